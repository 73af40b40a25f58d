import GRDB
import Labelling
import PreferenceData

/// Makes judgements of the task, or known rankings, of the judgements in imported rows.
struct ImportedJudgements {
  let task: LabelTask
  let use: JudgementUse
  let importID: ImportID
  let actor: PersonID?
  let now: Int64
  private(set) var tally = JudgementTally()
  private var labellers: ExternalLabellers

  /// The most judgements from files on one prompt.
  static let limitPerPrompt = 100

  init(
    _ db: Database, of importID: ImportID, into task: LabelTask, as use: JudgementUse,
    source: String, by actor: PersonID?, at now: Int64
  ) throws {
    self.task = task
    self.use = use
    self.importID = importID
    self.actor = actor
    self.now = now
    labellers = try ExternalLabellers(db, task: task, source: source, at: now)
  }

  /// Counts what would become of the judgements of a row, without a store.
  static func check(
    _ record: PromptRecord, for questions: Questions, as use: JudgementUse
  ) -> JudgementTally {
    var tally = JudgementTally()
    switch use {
    case .metadata: tally.used = record.judgements.count
    case .gold: _ = known(record, ids(of: record), questions, &tally)
    case .labeller, .labellerInOverlap:
      var judges: Set<String> = []
      for (index, judged) in record.judgements.enumerated() {
        do throws(ImportedJudgementProblem) {
          _ = try judged.judgement(of: ids(of: record), for: questions)
          if index >= limitPerPrompt { throw .tooMany }
          if let judge = judged.judge, !judges.insert(judge).inserted { throw .repeated }
          tally.used += 1
        } catch {
          tally.leaveOut(error)
        }
      }
    }
    return tally
  }

  /// Stores the judgements of a row that was just stored as a prompt.
  mutating func store(
    _ db: Database, _ record: PromptRecord, as prompt: PromptID, named name: String
  ) throws {
    if record.judgements.isEmpty { return }
    let questions = task.definition.questions
    let ids = PromptInsertion.names(of: record.responses, promptNamed: name)
    switch use {
    case .metadata: tally.used += record.judgements.count
    case .gold:
      guard let known = Self.known(record, ids, questions, &tally) else { return }
      try Gold.mark(db, Prompt.find(db, prompt), known, at: now)
      try EventLog.append(
        db, .goldMarked, by: actor, task: task.id, at: now,
        ["prompt": .integer(Int(prompt.rawValue)), "judgement": known.json])
    case .labeller, .labellerInOverlap:
      for (index, judged) in record.judgements.enumerated() {
        let problem =
          index < Self.limitPerPrompt
          ? try store(db, judged, for: questions, on: prompt, name, ids) : .tooMany
        if let problem { tally.leaveOut(problem) } else { tally.used += 1 }
      }
    }
  }

  /// Counts judgements of a row that is there already.
  mutating func passOver(_ record: PromptRecord) {
    if use == .metadata || record.judgements.isEmpty { return }
    tally.leaveOut(.alreadyHere, count: record.judgements.count)
  }

  private mutating func store(
    _ db: Database, _ judged: ImportedJudgement, for questions: Questions, on prompt: PromptID,
    _ name: String, _ responses: [String]
  ) throws -> ImportedJudgementProblem? {
    let judgement: Judgement
    do {
      judgement = try judged.judgement(of: responses, for: questions)
    } catch {
      return error
    }
    guard let labeller = try labellers.labeller(db, judged.judge, on: prompt) else {
      return .repeated
    }
    let order = BlindOrder(
      taskSeed: task.seed, labeller: labeller.description, prompt: name, responses: responses)
    let lease = try Lease.insert(
      db, prompt: prompt, task: task.id, labeller: labeller, shown: order.shown, seed: order.seed,
      at: now, until: now + 1, importID: importID, isBesideOverlap: use == .labeller)
    guard let lease else { return .overlapFull }
    let payload = try StoredJudgement.insert(
      db, CanonicalJSON.text(judgement.json), 1, lease, at: now, importID: importID)
    _ = try EventLog.append(
      db, .judgementSubmitted, by: labeller, task: task.id, at: now, payload: payload,
      after: .load(db))
    return nil
  }

  /// Returns the order on which all judges of a row agree. Counts their judgements.
  private static func known(
    _ record: PromptRecord, _ ids: [String], _ questions: Questions, _ tally: inout JudgementTally
  ) -> Judgement? {
    if let given = record.metadata["gold"], given != .null {
      tally.leaveOut(.goldGiven, count: record.judgements.count)
      return nil
    }
    var judgements: [Judgement] = []
    for judged in record.judgements {
      do throws(ImportedJudgementProblem) {
        judgements.append(try judged.judgement(of: ids, for: questions))
      } catch {
        tally.leaveOut(error)
      }
    }
    guard let first = judgements.first else { return nil }
    guard judgements.allSatisfy({ $0.ranking == first.ranking }) else {
      tally.leaveOut(.judgesDiffer, count: judgements.count)
      return nil
    }
    tally.used += judgements.count
    var known = Judgement(ranking: first.ranking)
    known.rationale = judgements.lazy.compactMap(\.rationale).first
    return known
  }

  private static func ids(of record: PromptRecord) -> [String] {
    PromptInsertion.names(of: record.responses, promptNamed: record.id ?? "p")
  }
}
