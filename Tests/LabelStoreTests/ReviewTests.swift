import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Reviewing judgements")
struct ReviewTests {
  /// Three labellers: alike on q1, one against two on q2, and q3 judged by one alone. Rosa reviews.
  struct Scene {
    let workshop: Workshop
    let task: LabelTask
    let labellers: [PersonID]
    let rosa: PersonID
    let prompts: [Prompt]

    var store: LabelStore { workshop.store }

    init() async throws {
      workshop = try Workshop()
      task = try await workshop.task(overlap: 3)
      try await workshop.fill(task, prompts: 3, responses: 3)
      rosa = try await workshop.store.addPerson(named: "Rosa", role: .reviewer).id
      var labellers: [PersonID] = []
      for name in ["Ana", "Ben", "Cem"] {
        let person = try await workshop.labeller(name)
        labellers.append(person)
        for prompt in 1...(name == "Ana" ? 3 : 2) {
          let held = try #require(
            await workshop.store.claimNextPrompt(of: task.id, for: person))
          let best = held.responses.sorted { $0.text < $1.text }.map { [$0.key] }
          let form = JudgementForm(
            ranking: prompt == 2 && name == "Cem" ? best.reversed() : best)
          try await workshop.store.submitJudgement(form, for: held.id, by: person)
        }
      }
      self.labellers = labellers
      prompts = try await workshop.store.prompts(of: task.id)
    }

    /// Ranks the answers from last to first, in the reviewer's own letters.
    func decide(_ prompt: Prompt, tie: Bool = false) async throws {
      let seen = try await store.reviewedPrompt(prompt.id, of: task.id, for: rosa)
      let keys = Dictionary(
        uniqueKeysWithValues: zip(seen.shown, BlindOrder.keys(count: seen.shown.count)))
      let groups = seen.detail.responses.map(\.id).reversed().compactMap { keys[$0] }
      var form = JudgementForm(ranking: tie ? [groups] : groups.map { [$0] })
      form.rationale = "The last one is right."
      try await store.adjudicate(form, on: prompt.id, of: task.id, by: rosa)
    }

    func export(
      _ adjudications: ExportFilter.Adjudications
    ) async throws -> (manifest: Manifest, records: [PreferenceRecord]) {
      let path = workshop.folder + "/\(UUID().uuidString).jsonl"
      let manifest = try await store.exportDataset(
        of: task.id, as: .rankings, to: path, filter: .init(adjudications: adjudications))
      return (manifest, try JSONLinesReader(path: path, of: PreferenceRecord.self).records())
    }
  }

  @Test("The queue holds disputed prompts first, and follows corrections and retractions")
  func queue() async throws {
    let scene = try await Scene()
    let store = scene.store
    let id = scene.task.id

    let open = try await store.review(of: id)
    // One of three labellers reversed: two pairs of labellers of three differ, in every pair.
    #expect(open.map(\.prompt.name) == ["q2"] && open[0].judgements == 3)
    #expect(abs(open[0].disagreement - 2.0 / 3) < 1e-12)
    #expect(try await store.review(of: id, .agreed).map(\.prompt.name) == ["q1"])
    #expect(try await store.review(of: id, after: open[0].cursor).isEmpty)
    #expect(ReviewCursor(open[0].cursor.description) == open[0].cursor)
    #expect(try await store.reviewCount(of: id) == 1)

    let cem = scene.labellers[2]
    let past = try await store.pastJudgements(of: cem)
    let disputed = try #require(
      try await store.prompt(scene.prompts[1].id).judgements.first { $0.labellerID == cem })
    #expect(past.contains { $0.assignmentID == disputed.assignmentID })
    try await store.retractJudgement(
      of: disputed.assignmentID, by: scene.rosa, because: .misunderstood,
      note: "Read it upside down")
    #expect(try await store.review(of: id).isEmpty)
    #expect(
      Set(try await store.review(of: id, .agreed).map(\.prompt.name)) == ["q1", "q2"])
    let retracted = try await store.prompt(scene.prompts[1].id).judgements.compactMap(\.retraction)
    #expect(retracted.map(\.personName) == ["Rosa"] && retracted[0].reason == .misunderstood)
    #expect(try await store.verify().problems == [])
  }

  @Test("Gold prompts are not disputed: what is right there is known")
  func gold() async throws {
    let scene = try await Scene()
    let disputed = scene.prompts[1]
    var known = Judgement()
    known.ranking = try await scene.store.prompt(disputed.id).responses.map {
      [ResponseID(rawValue: $0.id)]
    }

    try await scene.store.markGold(disputed.id, judgement: known, by: scene.rosa)
    #expect(try await scene.store.review(of: scene.task.id).isEmpty)

    try await scene.store.unmarkGold(disputed.id, by: scene.rosa)
    #expect(try await scene.store.review(of: scene.task.id).map(\.prompt.id) == [disputed.id])
  }

  @Test("A page of the queue is read from an index, without sorting")
  func plan() async throws {
    let scene = try await Scene()
    let plan = try await scene.store.pool.read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + LabelStore.reviewPlan)
        .map { $0["detail"] as String }
    }
    #expect(plan.contains { $0.contains("INDEX disagreementQueue") }, "\(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("SCAN") }, "\(plan)")
  }

  @Test("A decision stands beside the judgements; exports prefer it only when asked, and say so")
  func decision() async throws {
    let scene = try await Scene()
    let store = scene.store
    let disputed = scene.prompts[1]

    try await scene.decide(disputed)

    #expect(try await store.review(of: scene.task.id).isEmpty)
    #expect(try await store.review(of: scene.task.id, .decided).map(\.prompt.id) == [disputed.id])
    let plain = try await scene.export(.ignore)
    #expect(plain.manifest.adjudicated == nil && plain.records.count == 7)
    let preferred = try await scene.export(.prefer)
    #expect(preferred.manifest.adjudicated?.prompts == 1)
    #expect(preferred.manifest.adjudicated?.replaced == 3)
    #expect(preferred.manifest.filter["adjudications"] == "prefer")
    let decided = preferred.records.filter { $0.promptID == "q2" }
    #expect(decided.map(\.labeller) == ["reviewer-1"] && preferred.records.count == 5)
    #expect(decided[0].ranking == decided[0].responses.map { [$0.id] }.reversed())
    #expect(decided[0].judgement.rationale == "The last one is right.")
    #expect(
      decided[0].shownOrder
        == BlindOrder(seed: decided[0].assignmentSeed, responses: decided[0].responses.map(\.id))
        .shown)
    #expect(try await scene.export(.prefer).manifest.sha256 == preferred.manifest.sha256)
    #expect(try await store.verify().problems == [])
  }

  @Test("A decision can be revised and withdrawn, and nothing of it is lost")
  func revisions() async throws {
    let scene = try await Scene()
    let store = scene.store
    let prompt = scene.prompts[1]
    try await scene.decide(prompt)
    try await scene.decide(prompt)
    try await scene.decide(prompt, tie: true)

    try await store.withdrawAdjudication(on: prompt.id, of: scene.task.id, by: scene.rosa)
    try await store.withdrawAdjudication(on: prompt.id, of: scene.task.id, by: scene.rosa)

    let seen = try await store.reviewedPrompt(prompt.id, of: scene.task.id, for: scene.rosa)
    #expect(seen.decision == nil)
    #expect(seen.adjudications.map(\.revision) == [3, 2, 1])
    #expect(seen.adjudications[1].judgement?.ranking.count == 1)
    #expect(try await store.review(of: scene.task.id).map(\.prompt.id) == [prompt.id])
    #expect(try await scene.export(.prefer).records.count == 7)
    #expect(try await store.verify().problems == [])
  }

  @Test("Nobody decides on a prompt that nobody judged, and labellers decide nothing")
  func refused() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1, responses: 2)
    let prompt = try #require(try await workshop.store.prompts(of: task.id).first)
    let rosa = try await workshop.store.addPerson(named: "Rosa", role: .reviewer).id
    let form = JudgementForm(ranking: [["A"], ["B"]])

    await #expect(throws: LabelStoreError.nothingToDecide(prompt: "q1")) {
      try await workshop.store.adjudicate(form, on: prompt.id, of: task.id, by: rosa)
    }
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    try await workshop.store.submitJudgement(form, for: held.id, by: ana)
    await #expect(throws: DatabaseError.self) {
      try await workshop.store.adjudicate(form, on: prompt.id, of: task.id, by: ana)
    }
    await #expect(
      throws: LabellingError.badForm(.missingResponses(field: "ranking", keys: ["B"]))
    ) {
      try await workshop.store.adjudicate(
        JudgementForm(ranking: [["A"]]), on: prompt.id, of: task.id, by: rosa)
    }
    #expect(try await workshop.count("SELECT count(*) FROM adjudication") == 0)
  }

  @Test("A labeller's whole work is retracted at once, and the manifest says how much and why")
  func wholeWork() async throws {
    let scene = try await Scene()
    let ben = scene.labellers[1]
    let count = try await scene.store.retractWork(
      of: ben, in: scene.task.id, by: scene.rosa, because: .spam)

    #expect(count == 2)
    let export = try await scene.export(.ignore)
    #expect(export.manifest.retracted == ["spam": 2])
    #expect(export.records.count == 5 && !export.records.contains { $0.labeller == "labeller-2" })
    let progress = try await scene.store.progress(of: scene.task.id)
    #expect(progress.judgements == 5)
    let events = try await scene.store.events(matching: .init(kind: .workRetracted))
    #expect(events.first?.event.payload["judgements"] == 2)
    #expect(
      try await scene.store.retractWork(
        of: ben, in: scene.task.id, by: scene.rosa, because: .spam) == 0)
    #expect(try await scene.store.verify().problems == [])
  }

  static let forbidden: [(String, String)] = [
    (insert + #"(2, 2, 1, 1, '["a","b","c"]', '{"ranking":[]}', 0)"#, "reviewers and admins"),
    (insert + #"(2, 1, 2, 1, '["a","b","c"]', '{"ranking":[]}', 0)"#, "count up"),
    (insert + #"(2, 1, 1, 1, '["a"]', '{"ranking":[]}', 0)"#, "every response"),
    (insert + #"(2, 1, 1, 1, '["a","b","c"]', '{"ranking":[["x"]]}', 0)"#, "of its prompt"),
    (insert + #"(2, 1, 1, 1, '["a","b","c"]', NULL, 0)"#, "no decision to withdraw"),
    (insert + #"(9, 1, 1, 1, '["a","b","c"]', '{"ranking":[]}', 0)"#, "FOREIGN KEY"),
    ("UPDATE adjudication SET body = '{}'", "cannot change"),
    ("DELETE FROM adjudication", "cannot be deleted"),
    ("INSERT INTO disagreement (promptId, taskId, value, judgements) VALUES (3, 1, 2, 2)", "CHECK"),
  ]

  private static let insert =
    "INSERT INTO adjudication (promptId, personId, revision, seed, shown, body, createdAt) VALUES "

  @Test("The database itself refuses an unsound decision", arguments: forbidden)
  func invariants(sql: String, reason: String) async throws {
    let scene = try await Scene()
    try await scene.decide(scene.prompts[0])

    await #expect {
      try await scene.workshop.sql(sql)
    } throws: { error in
      (error as? DatabaseError)?.message?.contains(reason) == true
    }

    #expect(try await scene.store.verify().problems == [])
  }

  @Test("A changed decision is found by verify")
  func tampering() async throws {
    let scene = try await Scene()
    try await scene.decide(scene.prompts[1])
    try await scene.workshop.sql("DROP TRIGGER adjudicationKeepsItsContent")

    try await scene.workshop.sql(#"UPDATE adjudication SET body = '{"ranking":[]}'"#)

    #expect(
      try await scene.store.verify().problems.contains { $0.contains("decision on prompt") })
  }
}
