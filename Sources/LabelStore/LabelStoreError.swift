import Labelling
import PreferenceData

/// Says why the store refused, and what to do.
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
  case tooManyRevisions(limit: Int)
  case promptHeld
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
      "The disk is full. Nothing was stored; free some space and try again."
    case .notFound(let kind, let name):
      "There is no \(kind) “\(name.quoted())”."
    case .nameTaken(let name):
      "Someone has the name “\(name)”, or one that looks like it. Choose another."
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
      "Your time for this prompt ran out, and someone else has taken it. Go on with the next."
    case .leaseEnded(let state):
      "This assignment is \(state.rawValue). Go on with the next."
    case .responsesFrozen(let prompt):
      "The answers to “\(prompt)” were already shown to a labeller. Start a new round instead."
    case .responsesRefused(let prompt, let reason):
      "Cannot add these answers to “\(prompt)”: \(reason)."
    case .goldRefused(let prompt):
      "The known judgement of “\(prompt)” must rank its answers by their ids, each once."
    case .nothingToExport(let task):
      "The task “\(task)” has no judgements yet. Label some prompts first."
    case .importInterrupted(let stored, let count, let reason):
      "The import stopped after \(stored) of \(count) prompts: \(reason) All were checked and "
        + "none is lost: the rest follows when the server starts or with the next plumbline import."
    case .nothingToDecide(let prompt):
      "Nobody has judged “\(prompt)” yet, so there is nothing to decide on."
    case .fileExists(let path):
      "\(path) already exists. Choose another place, or remove it first."
    case .slugTaken(let slug):
      "There is a task “\(slug)” already."
    case .tooManyRevisions(let limit):
      "This judgement was corrected \(limit - 1) times and cannot be corrected again. "
        + "It stays as it is. Ask an admin to retract it if it is wrong."
    case .promptHeld:
      "You are labelling this prompt. Its sources and what others said are hidden until you have "
        + "judged it, skipped it or given it back."
    case .webhookExists(let url):
      "This task has a webhook to \(url) already. Remove it first, or choose another address."
    case .tooManyTokens(let limit):
      "A person may have \(limit) API tokens. Revoke one that is not needed any more."
    }
  }
}
