import Labelling
import PreferenceData

/// An operation that the store refused, with the reason and the next step.
public enum LabelStoreError: Error, Sendable, Hashable {
  case unopenable(path: String, reason: String)
  case newerSchema(path: String)
  /// The store lacks some of the migrations that were merged into the first.
  case olderSchema(path: String)
  case diskFull
  case notFound(kind: String, name: String)
  case nameTaken(String)
  case badName(PersonName.Problem)
  case personDisabled(String)
  case linkUsed
  case linkExpired
  case taskArchived(String)
  case leaseExpired
  case leaseEnded(AssignmentState)
  case responsesFrozen(prompt: String)
  case responsesRefused(prompt: String, reason: String)
  case goldRefused(prompt: String)
  case nothingToExport(task: String)
  case nothingToDecide(prompt: String)
  case fileExists(String)
  case importInterrupted(stored: Int, of: Int, reason: String)
  case webhookExists(String)
  case tooManyTokens(limit: Int)
  case slugTaken(String)
  case slugIsPermanent(String)
  case notYourself
  case badTokenName
  case tooManyRevisions(limit: Int)
  case tooManyDecisions(limit: Int)
  case promptHeld
  case promptWithdrawn
  case importUnfinished(String)
  case externalLabeller(String)
}

extension LabelStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unopenable(let path, let reason):
      "Cannot open the store \(path): \(reason)."
    case .newerSchema(let path):
      "The store \(path) was written by a newer Plumbline. Update this installation."
    case .olderSchema(let path):
      "The store \(path) was last opened by a Plumbline older than revision fa3a5a5. Build that "
        + "revision, run plumbline verify with it, and then open the store with this version."
    case .diskFull:
      "The disk is full and nothing was stored. Free some space and try again."
    case .notFound(let kind, let name):
      "There is no \(kind) “\(name.quoted())”."
    case .nameTaken(let name):
      "Another person has the name “\(name)” or one that looks the same. Choose another name."
    case .badName(let problem):
      problem.description
    case .personDisabled(let name):
      "\(name)'s account is disabled. Ask an admin."
    case .linkUsed:
      "This link was already used. Ask an admin for a new one."
    case .linkExpired:
      "This link has expired. Ask an admin for a new one."
    case .taskArchived(let slug):
      "The task “\(slug)” is archived. Ask an admin to reopen it."
    case .leaseExpired:
      "Your time for this prompt ran out, and another labeller has claimed it. Continue "
        + "with the next prompt."
    case .leaseEnded(let state):
      "This assignment is \(state.rawValue). Continue with the next prompt."
    case .responsesFrozen(let prompt):
      "A labeller has already seen the answers to “\(prompt)”. Start a new round instead."
    case .responsesRefused(let prompt, let reason):
      "Cannot add these answers to “\(prompt)”: \(reason)."
    case .goldRefused(let prompt):
      "The known judgement of “\(prompt)” must rank each of its answers once, by id."
    case .nothingToExport(let task):
      "The task “\(task)” has no judgements yet. Label some prompts first."
    case .importInterrupted(let stored, let count, let reason):
      "The import stopped after \(stored) of \(count) prompts: \(reason) All were checked and none "
        + "is lost. The rest are stored when the server starts, or with the next plumbline import."
    case .nothingToDecide(let prompt):
      "Cannot decide on “\(prompt)”: it has no judgements yet."
    case .fileExists(let path):
      "The file \(path) already exists. Choose another path, or remove the file first."
    case .slugTaken(let slug):
      "There is already a task “\(slug)”. Choose another short name."
    case .slugIsPermanent(let slug):
      "The short name of the task “\(slug)” cannot change. Create another task."
    case .notYourself:
      "You cannot change your own role or disable yourself. Ask another admin."
    case .badTokenName:
      "Name the purpose of the token, in at most 80 visible characters."
    case .tooManyDecisions(let limit):
      "The decision on this prompt was changed \(limit - 1) times and cannot be changed again. "
        + "You can still withdraw it."
    case .tooManyRevisions(let limit):
      "This judgement was corrected \(limit - 1) times and cannot be corrected again. "
        + "If it is wrong, ask an admin to retract it."
    case .promptHeld:
      "You are labelling this prompt. Its sources and judgements are hidden until you have judged, "
        + "skipped or returned it."
    case .promptWithdrawn:
      "This prompt was withdrawn while you had it, so no judgement is needed. Continue with the "
        + "next prompt."
    case .importUnfinished(let source):
      "The import of “\(source.quoted())” is still being stored. Withdraw it when it is complete."
    case .externalLabeller(let name):
      "“\(name.quoted())” represents a judge of an imported file, who cannot sign in. To retract "
        + "the judgements, withdraw the import."
    case .webhookExists(let url):
      "This task already has a webhook to \(url). Remove it first, or choose another address."
    case .tooManyTokens(let limit):
      "A person may have at most \(limit) API tokens. Revoke one that is no longer needed."
    }
  }
}
