import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

/// A store in which everything that `verify` compares has happened.
struct VerifiedStore {
  let workshop: Workshop
  let task: LabelTask
  let ana: PersonID
  let ben: PersonID
  let rita: PersonID

  init() async throws {
    workshop = try Workshop()
    let store = workshop.store
    task = try await workshop.task(overlap: 2)
    try await workshop.load(
      task,
      text: """
        {"id":"g","prompt":"Gold?","responses":["yes","no"],"metadata":{"gold":{"ranking":[[1],[2]]}}}
        {"id":"u","prompt":"Unanswered?"}
        """)
    try await workshop.fill(task, prompts: 3)
    ana = try await workshop.labeller("Ana")
    ben = try await workshop.labeller("Ben")
    rita = try await store.addPerson(named: "Rita", role: .reviewer).id
    for person in [ana, ben] {
      for _ in 1...2 {
        let held = try #require(await store.claimNextPrompt(of: task.id, for: person))
        try await store.submitJudgement(.inOrder(held), for: held.id, by: person)
        workshop.pass(seconds: 1)
      }
      let skipped = try #require(await store.claimNextPrompt(of: task.id, for: person))
      try await store.skipPrompt(skipped.id, of: person, reason: "unclear")
      workshop.pass(seconds: 1)
    }
    let unanswered = try #require(
      await store.unansweredPrompts(of: task.id, limit: 9, after: 0).first)
    _ = try await store.addResponses(
      [unanswered.id: ["maybe", "never"]], source: "policy-1", to: task.id)
    let reviewed = try #require(await store.judgements(of: task.id).rows.first)
    let shown = try await store.reviewedPrompt(reviewed.promptID, of: task.id, for: rita).shown
    try await store.adjudicate(
      JudgementForm(ranking: BlindOrder.keys(count: shown.count).map { [$0] }),
      on: reviewed.promptID, of: task.id, by: rita)
    try await store.retractJudgement(
      of: reviewed.detail.assignmentID, by: rita, because: .careless, note: "too fast")
    _ = try await store.exportDataset(
      of: task.id, as: .rankings, to: workshop.folder + "/export.jsonl", by: rita)
    _ = try await store.startRound(of: task.id)
  }

  /// Changes the file as somebody with a shell does, triggers put aside and back.
  func tamper(_ sql: String) async throws {
    try await workshop.store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA foreign_keys = OFF")
      let triggers = try Row.fetchAll(
        db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
      for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger[0] as String)") }
      try db.execute(sql: sql)
      for trigger in triggers { try db.execute(sql: trigger[1] as String) }
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
  }

  /// Writes all hashes of the log anew, as somebody who knows the format can.
  func rewriteChain() async throws {
    let changes = try await workshop.store.pool.read { db in
      var previous = ""
      return try Row.fetchAll(db, sql: "SELECT * FROM event ORDER BY id").map { row -> String in
        let id: Int64 = row["id"]
        let before = previous
        previous = EventHash.of(row, previous: before)
        return "UPDATE event SET previousHash = '\(before)', hash = '\(previous)' WHERE id = \(id)"
      }
    }
    try await tamper(changes.joined(separator: ";\n"))
  }
}

@Suite("Verification")
struct VerificationTests {
  @Test("A store in which all has happened is sound, with its head among the expected ones")
  func sound() async throws {
    let verified = try await VerifiedStore()
    let head = try await verified.workshop.store.eventLogHead()

    let report = try await verified.workshop.store.verify(expecting: [head])

    #expect(report.problems == [])
    #expect(report.baseline == nil)
    #expect(report.prompts == 10)
    #expect(report.judgements == 4)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let sql: String
    let problem: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "every answer of a prompt replaced",
      sql: "UPDATE response SET text = CAST('haha' || name AS BLOB) WHERE promptId = 3",
      problem: "or their answers, differ"),
    Case(
      name: "a source renamed", sql: "UPDATE response SET source = 'ours' WHERE promptId = 3",
      problem: "or their answers, differ"),
    Case(
      name: "answers exchanged",
      sql: """
        UPDATE response SET text = CASE id & 15 WHEN 1 THEN (SELECT text FROM response WHERE id = 50)
          ELSE (SELECT text FROM response WHERE id = 49) END WHERE id IN (49, 50)
        """, problem: "or their answers, differ"),
    Case(
      name: "an answer that came later replaced",
      sql: "UPDATE response SET text = x'6e6f' WHERE id = 33", problem: "added differ"),
    Case(
      name: "the source of an answer that came later renamed",
      sql: "UPDATE response SET source = 'policy-2' WHERE promptId = 2", problem: "added differ"),
    Case(
      name: "an answer added",
      sql: """
        INSERT INTO response (id, promptId, name, position, text, createdAt)
          VALUES (53, 3, 'x', 5, x'61', 0);
        UPDATE prompt SET responseCount = 5 WHERE id = 3
        """, problem: "or their answers, differ"),
    Case(
      name: "a prompt replaced",
      sql: """
        UPDATE prompt SET messages = '[{"content":"Other?","role":"user"}]' WHERE id = 3
        """, problem: "or their answers, differ"),
    Case(
      name: "a prompt of a later round replaced",
      sql: """
        UPDATE prompt SET messages = '[{"content":"Other?","role":"user"}]'
          WHERE id = (SELECT max(id) FROM prompt)
        """, problem: "or their answers, differ"),
    Case(
      name: "metadata changed",
      sql: "UPDATE prompt SET metadata = '{\"language\":\"de\"}' WHERE id = 4",
      problem: "or their answers, differ"),
    Case(
      name: "a prompt added",
      sql: """
        INSERT INTO prompt (taskId, name, round, messages, metadata, contentHash, groupKey, position,
          shuffle, judgementTarget, createdAt)
          VALUES (1, 'x', 1, '[{"content":"x","role":"user"}]', '{}', x'00', 'x', 99, 1, 2, 0);
        UPDATE task SET promptCount = promptCount + 1
        """, problem: "1 prompts are in the store but not in the event log"),
    Case(
      name: "all judgements given to another labeller",
      sql: """
        UPDATE judgement SET labellerId = CASE labellerId WHEN 1 THEN 2 ELSE 1 END;
        UPDATE assignment SET labellerId = labellerId + 100;
        UPDATE assignment SET labellerId = CASE labellerId WHEN 101 THEN 2 ELSE 1 END
        """, problem: "belongs to another labeller"),
    Case(
      name: "a judgement's own labeller changed",
      sql: "UPDATE judgement SET labellerId = 2 WHERE id = 1",
      problem: "belongs to another labeller"),
    Case(
      name: "a judgement moved to another prompt",
      sql: """
        UPDATE assignment SET promptId = 1003 WHERE labellerId = 1 AND promptId = 3;
        UPDATE assignment SET promptId = 3 WHERE labellerId = 1 AND promptId = 5;
        UPDATE assignment SET promptId = 5 WHERE promptId = 1003
        """, problem: "on another prompt"),
    Case(
      name: "the shown order changed",
      sql: """
        UPDATE assignment SET shown = '["q1-r1","q1-r2","q1-r3","q1-r4"]', seed = 1
          WHERE promptId = 3
        """, problem: "in another order"),
    Case(
      name: "the time of a judgement changed",
      sql: "UPDATE judgement SET createdAt = createdAt - 86400000 WHERE id = 1",
      problem: "has another time"),
    Case(
      name: "the time of a claim changed",
      sql: "UPDATE assignment SET claimedAt = claimedAt - 1000 WHERE id = 1",
      problem: "at another time than the event log says"),
    Case(
      name: "the body of a judgement changed",
      sql: "UPDATE judgement SET body = '{\"ranking\":[[\"q1-r1\"]]}' WHERE id = 1",
      problem: "differs from the event log"),
    Case(
      name: "a reason of a skip changed", sql: "UPDATE skip SET reason = 'boring'",
      problem: "The skip of assignment"),
    Case(
      name: "pseudonyms swapped",
      sql: """
        UPDATE participant SET pseudonym = 'x' || personId;
        UPDATE participant SET pseudonym = 'labeller-2' WHERE personId = 1;
        UPDATE participant SET pseudonym = 'labeller-1' WHERE personId = 2
        """, problem: "The pseudonym of person 1 in task 1 differs"),
    Case(
      name: "a labeller made admin", sql: "UPDATE person SET role = 'admin' WHERE id = 1",
      problem: "The person 1 differs from the event log: role"),
    Case(
      name: "a person renamed", sql: "UPDATE person SET name = 'Eve' WHERE id = 1",
      problem: "The person 1 differs from the event log: name"),
    Case(
      name: "a person added",
      sql: "INSERT INTO person (name, role, createdAt) VALUES ('Eve', 'admin', 0)",
      problem: "is in the store but not in the event log"),
    Case(
      name: "a retraction moved to another judgement",
      sql: """
        UPDATE assignment SET state = 'submitted', slot = 2,
          endedAt = (SELECT createdAt FROM judgement WHERE assignmentId = assignment.id)
          WHERE state = 'retracted';
        UPDATE retraction SET assignmentId = 1;
        UPDATE assignment SET state = 'retracted', slot = NULL,
          endedAt = (SELECT createdAt FROM retraction) WHERE id = 1;
        UPDATE prompt SET
          slotsTaken = (SELECT count(*) FROM assignment WHERE promptId = prompt.id AND slot IS NOT NULL),
          judged = (SELECT count(*) FROM assignment
            WHERE promptId = prompt.id AND state = 'submitted')
        """, problem: "The retraction of judgement"),
    Case(
      name: "a retraction's reason changed", sql: "UPDATE retraction SET reason = 'test'",
      problem: "The retraction of judgement"),
    Case(
      name: "gold added",
      sql: """
        INSERT INTO gold (promptId, judgement, createdAt)
          VALUES (5, '{"ranking":[["q3-r1"],["q3-r2"]]}', 0);
        UPDATE prompt SET isGold = 1 WHERE id = 5;
        UPDATE task SET promptCount = promptCount - 1, answeredCount = answeredCount - 1
        """, problem: "The gold prompt 5 is in the store but not in the event log"),
    Case(
      name: "gold changed",
      sql: "UPDATE gold SET judgement = '{\"ranking\":[[\"g-r2\"],[\"g-r1\"]]}'",
      problem: "The gold prompt 1 differs from the event log"),
    Case(
      name: "gold removed",
      sql: """
        DELETE FROM gold; UPDATE prompt SET isGold = 0 WHERE id = 1;
        UPDATE task SET promptCount = promptCount + 1, answeredCount = answeredCount + 1
        """, problem: "The gold prompt 1 is in the event log but not in the store"),
    Case(
      name: "guidelines changed", sql: "UPDATE task SET guidelines = 'Prefer the shorter one.'",
      problem: "The task 1 differs from the event log: guidelines"),
    Case(
      name: "questions changed",
      sql: "UPDATE task SET definition = json_set(definition, '$.questions.ranking.ties', 0)",
      problem: "The task 1 differs from the event log: definition"),
    Case(
      name: "the overlap changed", sql: "UPDATE prompt SET judgementTarget = 1 WHERE id = 5",
      problem: "ask for another number of judgements"),
    Case(
      name: "the seed changed", sql: "UPDATE task SET seed = 7",
      problem: "The task 1 differs from the event log: short name, seed"),
    Case(
      name: "the round changed", sql: "UPDATE task SET round = 9",
      problem: "The task 1 differs from the event log: round"),
    Case(
      name: "a decision given to another reviewer", sql: "UPDATE adjudication SET personId = 1",
      problem: "The decision on prompt"),
    Case(
      name: "a manifest changed",
      sql: "UPDATE export SET manifest = json_set(manifest, '$.sha256', 'x')",
      problem: "The export 1 differs from the event log"),
    Case(
      name: "the last judgement removed, its event kept",
      sql: "DELETE FROM judgement WHERE id = (SELECT max(id) FROM judgement)",
      problem: "is in the event log but not in the store"),
    Case(
      name: "an event changed",
      sql: "UPDATE event SET payload = json_set(payload, '$.x', 1) WHERE id = 4",
      problem: "Event 4 was changed"),
    Case(
      name: "an event removed", sql: "DELETE FROM event WHERE id = 4",
      problem: "Event 4 is missing"),
    Case(
      name: "a foreign trigger",
      sql: """
        CREATE TABLE elsewhere (x);
        CREATE VIEW watched AS SELECT * FROM judgement;
        CREATE INDEX slow ON judgement(body)
        """, problem: "The table elsewhere is foreign"),
  ]

  @Test("Verification finds what somebody with a shell changed", arguments: cases)
  func finds(_ change: Case) async throws {
    let verified = try await VerifiedStore()

    try await verified.tamper(change.sql)

    let problems = try await verified.workshop.store.verify().problems
    #expect(problems.contains { $0.contains(change.problem) }, "\(problems)")
  }

  @Test("A foreign trigger, view, table or index is named, and a missing or changed trigger")
  func schema() async throws {
    let verified = try await VerifiedStore()

    try await verified.workshop.sql(
      """
      CREATE TRIGGER poison AFTER INSERT ON judgement BEGIN SELECT 1; END;
      CREATE TABLE elsewhere (x);
      CREATE VIEW watched AS SELECT * FROM judgement;
      CREATE INDEX slow ON judgement(createdAt);
      DROP TRIGGER judgementStays;
      DROP TRIGGER responseStays;
      CREATE TRIGGER responseStays BEFORE DELETE ON response BEGIN SELECT 1; END;
      """)

    #expect(
      try await verified.workshop.store.verify().problems == [
        "The index slow is foreign: no version of Plumbline made it.",
        "The table elsewhere is foreign: no version of Plumbline made it.",
        "The trigger judgementStays is missing.",
        "The trigger poison is foreign: no version of Plumbline made it.",
        "The trigger responseStays was changed.",
        "The view watched is foreign: no version of Plumbline made it.",
      ])
  }

  @Test("The last judgement cut off with its event shows against a head that was noted")
  func cutOff() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 2)
    let ana = try await workshop.labeller("Ana")
    let held = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))
    let earlier = try await workshop.store.eventLogHead()
    try await workshop.store.submitJudgement(.inOrder(held), for: held.id, by: ana)
    let head = try await workshop.store.eventLogHead()
    let verified = VerifiedStore(workshop: workshop, task: task, ana: ana, ben: ana, rita: ana)

    try await verified.tamper(
      """
      DELETE FROM judgement;
      DELETE FROM event WHERE id = (SELECT max(id) FROM event);
      UPDATE assignment SET state = 'leased', endedAt = NULL;
      UPDATE prompt SET judged = 0;
      UPDATE task SET judgementCount = 0, completeCount = 0;
      """)

    // By itself the log cannot show that it was longer.
    #expect(try await workshop.store.verify().problems == [])
    #expect(try await workshop.store.verify(expecting: [earlier]).problems == [])
    #expect(
      try await workshop.store.verify(expecting: [earlier, head.uppercased()]).problems == [
        "The head \(head) is not in the event log. The log was cut off or rewritten after the head "
          + "was noted."
      ])
  }

  @Test("A log whose hashes were all computed anew shows against a head that was noted")
  func rewritten() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    let ana = try await workshop.labeller("Ana")
    let head = try await workshop.store.eventLogHead()
    let verified = VerifiedStore(workshop: workshop, task: task, ana: ana, ben: ana, rita: ana)

    try await verified.tamper(
      """
      UPDATE event SET payload = json_set(payload, '$.role', 'admin') WHERE kind = 'personAdded';
      UPDATE person SET role = 'admin'
      """)
    try await verified.rewriteChain()

    #expect(try await workshop.store.verify().problems == [])
    #expect(try await workshop.store.verify(expecting: [head]).problems.count == 1)
  }

  @Test("People, tasks and gold are followed through all their changes")
  func changes() async throws {
    let verified = try await VerifiedStore()
    let store = verified.workshop.store

    try await store.change(verified.ana, .role(.reviewer), by: verified.rita)
    try await store.rename(verified.ana, to: "Anna", by: nil)
    try await store.change(verified.ben, .disabled, by: verified.rita)
    verified.workshop.pass(seconds: 5)
    try await store.change(verified.ben, .disabled, by: verified.rita)
    try await store.change(verified.ana, .disabled, by: verified.rita)
    try await store.change(verified.ana, .enabled, by: verified.rita)
    try await store.change(
      verified.ana, .promptFilter(PromptFilter(languages: ["de"], tags: nil)))
    let gold = try #require(await store.golds(of: verified.task.id).first)
    var other = Judgement()
    other.ranking = [["g-r2"], ["g-r1"]]
    try await store.markGold(gold.prompt.id, judgement: other)
    try await store.unmarkGold(gold.prompt.id)
    try await store.markGold(gold.prompt.id, judgement: other)
    var definition = verified.task.definition
    definition.overlap = 3
    try await store.saveTask(definition, guidelines: "Others.")
    try await store.archiveTask(verified.task.id)
    try await store.reopenTask(verified.task.id)
    try await store.archiveTask(verified.task.id)

    #expect(try await store.verify().problems == [])
  }

  @Test("What an older version recorded as found is covered from then on")
  func baseline() async throws {
    let path = try OldStore.make(
      """
      DROP TRIGGER responseKeepsItsContent;
      UPDATE response SET source = 'ours' WHERE promptId = 1;
      UPDATE person SET role = 'admin' WHERE name = 'Ana';
      DROP TRIGGER judgementKeepsItsContent;
      UPDATE judgement SET createdAt = 21 WHERE id = 1;
      """)

    let store = try LabelStore.open(path: path)
    let report = try await store.verify()

    #expect(report.baseline?.event == 2)
    for problem in [
      "The prompts with the row ids 1 to 2, or their answers, differ from event 2.",
      "The judgements with the row ids 1 to 1 differ from what event 2 found.",
      "The person 2 differs from the event log: role.",
    ] { #expect(report.problems.contains(problem), "\(report.problems)") }
    try store.close()
  }

  @Test("A store may be recorded as found once only, before anything else is covered")
  func secondBaseline() async throws {
    let verified = try await VerifiedStore()
    try await verified.tamper(
      """
      INSERT INTO event (id, kind, payload, createdAt, previousHash, hash)
        SELECT max(id) + 1, 'baselineRecorded', '{}', 0, '', '\(String(repeating: "0", count: 64))'
        FROM event
      """)
    try await verified.rewriteChain()

    let problems = try await verified.workshop.store.verify().problems
    #expect(problems.contains { $0.contains("records the whole store again") }, "\(problems)")
  }

  @Test("Parts of a large import are covered each, while it is under way and afterwards")
  func largeImport() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1500, responses: 2)

    let report = try await workshop.store.verify()

    #expect(report.problems == [])
    #expect(report.prompts == 1500)
    let parts = try await workshop.count(
      "SELECT count(*) FROM event WHERE kind = 'promptsStored'")
    #expect(parts == 4)
    let listed = try await workshop.store.events(matching: EventFilter(leavesOutLabelling: true))
    #expect(!listed.contains { $0.event.kind == "promptsStored" })
    let nobody = PersonID(rawValue: 1)
    try await VerifiedStore(
      workshop: workshop, task: task, ana: nobody, ben: nobody, rita: nobody
    ).tamper("UPDATE response SET source = 'ours' WHERE promptId = 900")
    #expect(
      try await workshop.store.verify().problems == [
        "The prompts with the row ids 801 to 1200, or their answers, differ from event 4."
      ])
  }
}

extension VerifiedStore {
  init(
    workshop: Workshop, task: LabelTask, ana: PersonID, ben: PersonID, rita: PersonID
  ) {
    self.workshop = workshop
    self.task = task
    self.ana = ana
    self.ben = ben
    self.rita = rita
  }
}
