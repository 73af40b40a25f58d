import Foundation
import GRDB
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Changes of tasks and people")
struct ChangeTests {
  @Test("A text that no page could show is refused when a task is created and when it is changed")
  func texts() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    for (title, guidelines) in [("Rank", "Rank\u{0}."), ("Rank\u{202E}", "")] {
      let definition = TaskDefinition(slug: "new", title: ["en": title])
      await #expect(throws: LabellingError.self) {
        try await workshop.store.createTask(definition, guidelines: guidelines)
      }
      await #expect(throws: LabellingError.self) {
        try await workshop.store.changeTask(task.id) {
          $0.definition.title = definition.title
          $0.guidelines = guidelines
        }
      }
    }
    #expect(try await workshop.store.tasks(includingArchived: true) == [task])
  }

  @Test("Changes of one task at once do not undo each other")
  func concurrentChanges() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...12 {
        group.addTask {
          try await workshop.store.changeTask(task.id) {
            $0.definition.title["x-\(number)"] = "Title \(number)"
          }
        }
      }
      try await group.waitForAll()
    }

    let title = try await workshop.store.task(task.id).definition.title
    #expect((1...12).allSatisfy { title["x-\($0)"] == "Title \($0)" })
  }

  @Test("A change of a task is stored as a whole or not at all, and the short name stays")
  func wholeTask() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()

    await #expect(throws: LabelStoreError.slugIsPermanent("helpfulness")) {
      try await workshop.store.changeTask(task.id) {
        $0.isArchived = true
        $0.definition.slug = "other"
      }
    }
    #expect(try await workshop.store.task(task.id) == task)

    try await workshop.sql(
      """
      CREATE TRIGGER refuse BEFORE UPDATE OF archivedAt ON task BEGIN
        SELECT RAISE(ABORT, 'refused');
      END
      """)
    await #expect(throws: DatabaseError.self) {
      try await workshop.store.changeTask(task.id) {
        $0.isArchived = true
        $0.guidelines = "Others."
      }
    }
    #expect(try await workshop.store.task(task.id) == task)
  }

  @Test("A change of a person is stored as a whole or not at all")
  func wholePerson() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")
    let change = PersonChange(role: .reviewer, isDisabled: false, languages: .some(["de"]))
    try await workshop.sql(
      """
      CREATE TRIGGER refuse BEFORE INSERT ON promptFilter BEGIN
        SELECT RAISE(ABORT, 'refused');
      END
      """)
    await #expect(throws: DatabaseError.self) { try await store.change(ana, change) }
    #expect(try await store.person(ana).role == .labeller)
    #expect(
      try await workshop.count("SELECT count(*) FROM event WHERE kind = 'personChanged'") == 0)

    try await workshop.sql("DROP TRIGGER refuse")
    try await store.change(ana, change)
    try await store.change(ana, PersonChange(tags: .some(["law"])))
    #expect(try await store.person(ana).role == .reviewer)
    let filter = try await store.promptFilter(of: ana)
    #expect(filter == PromptFilter(languages: ["de"], tags: ["law"]))
    #expect(try await store.verify().problems == [])
  }

  @Test("Nobody changes their own role or disables themselves; their prompts they may choose")
  func notYourself() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ada = try await store.addPerson(named: "Ada", role: .admin).id

    for change in [
      .disabled, .enabled, .role(.labeller), PersonChange(role: .admin, languages: .some(["de"])),
    ] as [PersonChange] {
      await #expect(throws: LabelStoreError.notYourself) {
        try await store.change(ada, change, by: ada)
      }
    }
    #expect(try await store.promptFilter(of: ada).takesAll)
    try await store.change(ada, .promptFilter(PromptFilter(languages: ["de"])), by: ada)
    #expect(try await store.promptFilter(of: ada).languages == ["de"])
    await #expect(throws: LabelStoreError.notFound(kind: "person", name: "99")) {
      try await store.change(PersonID(rawValue: 99), .disabled, by: ada)
    }
  }

  @Test("A token needs a visible name of at most 80 characters")
  func tokenNames() async throws {
    let workshop = try Workshop()
    let ana = try await workshop.labeller("Ana")
    for name in ["", "  ", String(repeating: "x", count: 81), "a\u{0}b"] {
      await #expect(throws: LabelStoreError.badTokenName) {
        try await workshop.store.addAPIToken(named: name, tokenHash: name, person: ana)
      }
    }
    let token = try await workshop.store.addAPIToken(named: " ci ", tokenHash: "t", person: ana)
    #expect(token.name == "ci")
  }
}
