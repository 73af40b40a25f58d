import Foundation
import LabelStore
import PreferenceData
import Testing

@Suite("People")
struct PeopleTests {
  @Test("Names are unique whatever their case")
  func names() async throws {
    let workshop = try Workshop()
    let ana = try await workshop.store.addPerson(named: "Ana", role: .admin)
    await #expect(throws: LabelStoreError.nameTaken("ANA")) {
      try await workshop.store.addPerson(named: "ANA", role: .labeller)
    }
    #expect(try await workshop.store.person(named: "ana")?.id == ana.id)
    #expect(ana.role == .admin && !ana.hasPassword)
  }

  @Test("A link works once, for its time, and a newer one replaces it")
  func links() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")
    let soon = Date(timeIntervalSince1970: 1_800_000_060)
    try await store.createInvitation(tokenHash: "one", person: ana, expiresAt: soon)
    try await store.createInvitation(tokenHash: "two", person: ana, expiresAt: soon)

    await #expect(throws: LabelStoreError.linkExpired) {
      try await store.redeemInvitation(tokenHash: "one")
    }
    #expect(try await store.invitee(tokenHash: "two").id == ana)
    #expect(try await store.redeemInvitation(tokenHash: "two").id == ana)
    await #expect(throws: LabelStoreError.linkUsed) {
      try await store.redeemInvitation(tokenHash: "two")
    }
    try await store.createInvitation(tokenHash: "three", person: ana, expiresAt: soon)
    workshop.pass(seconds: 61)
    await #expect(throws: LabelStoreError.linkExpired) {
      try await store.redeemInvitation(tokenHash: "three")
    }
  }

  @Test("Sessions and tokens end by time, by sign-out, by a new password and by disabling")
  func sessions() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")
    let later = Date(timeIntervalSince1970: 1_800_000_600)
    for hash in ["a", "b", "c"] {
      try await store.openSession(tokenHash: hash, person: ana, expiresAt: later)
    }
    try await store.addAPIToken(named: "script", tokenHash: "t", person: ana)
    #expect(try await store.person(apiTokenHash: "t")?.id == ana)

    try await store.closeSession(tokenHash: "a")
    #expect(try await store.person(sessionHash: "a") == nil)
    try await store.setPasswordHash("scrypt$…", of: ana, keepingSession: "b")
    #expect(try await store.person(sessionHash: "c") == nil)
    #expect(try await store.person(sessionHash: "b")?.hasPassword == true)
    workshop.pass(seconds: 601)
    #expect(try await store.person(sessionHash: "b") == nil)
    try await store.change(ana, .disabled, by: nil)
    #expect(try await store.person(apiTokenHash: "t") == nil)
    #expect(try await store.passwordHash(of: ana) == nil)
    try await store.change(ana, .enabled, by: nil)
    #expect(try await store.passwordHash(of: ana) == "scrypt$…")
    // A token that may have been stolen does not come back with the person.
    #expect(try await store.person(apiTokenHash: "t") == nil)
    let token = try await store.addAPIToken(named: "new", tokenHash: "u", person: ana)
    #expect(try await store.person(apiTokenHash: "u")?.id == ana)
    try await store.revokeAPIToken(token.id, of: ana)
    #expect(try await store.person(apiTokenHash: "u") == nil)
  }

  @Test("A new password in the place of an old one revokes tokens; the first one does not")
  func passwordAndTokens() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")
    let later = Date(timeIntervalSince1970: 1_800_000_600)
    try await store.addAPIToken(named: "script", tokenHash: "t", person: ana)

    try await store.setPasswordHash("scrypt$…", of: ana)
    #expect(try await store.person(apiTokenHash: "t")?.id == ana)
    for hash in ["this", "phone"] {
      try await store.openSession(tokenHash: hash, person: ana, expiresAt: later)
    }
    try await store.setPasswordHash("scrypt$other", of: ana, keepingSession: "this")

    #expect(try await store.person(apiTokenHash: "t") == nil)
    #expect(try await store.person(sessionHash: "phone") == nil)
    #expect(try await store.person(sessionHash: "this")?.id == ana)
  }

  @Test("A reset link ends sessions and tokens when it is made, a first invitation ends nothing")
  func resetLink() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let (ana, ben) = (try await workshop.labeller("Ana"), try await workshop.labeller("Ben"))
    let later = Date(timeIntervalSince1970: 1_800_000_600)
    for (person, name) in [(ana, "ana"), (ben, "ben")] {
      try await store.openSession(tokenHash: name, person: person, expiresAt: later)
      try await store.addAPIToken(named: "script", tokenHash: name, person: person)
    }

    try await store.createInvitation(tokenHash: "first", person: ana, expiresAt: later)
    #expect(try await store.person(sessionHash: "ana")?.id == ana)
    #expect(try await store.person(apiTokenHash: "ana")?.id == ana)
    try await store.setPasswordHash("scrypt$…", of: ana, keepingSession: "ana")
    try await store.createInvitation(tokenHash: "reset", person: ana, expiresAt: later)

    #expect(try await store.person(sessionHash: "ana") == nil)
    #expect(try await store.person(apiTokenHash: "ana") == nil)
    #expect(try await store.person(sessionHash: "ben")?.id == ben)
    #expect(try await store.person(apiTokenHash: "ben")?.id == ben)
  }

  @Test("A person has at most twenty tokens that work")
  func tokenLimit() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let ana = try await workshop.labeller("Ana")
    var last: APIToken?
    for number in 1...20 {
      last = try await store.addAPIToken(named: "n", tokenHash: "t\(number)", person: ana)
    }

    await #expect(throws: LabelStoreError.tooManyTokens(limit: 20)) {
      try await store.addAPIToken(named: "n", tokenHash: "t21", person: ana)
    }
    try await store.revokeAPIToken(try #require(last).id, of: ana)
    try await store.addAPIToken(named: "n", tokenHash: "t22", person: ana)
    #expect(try await store.apiTokens(of: ana).count == 20)
  }

  @Test("A key is made once and stays, whichever server asks")
  func serverKeys() async throws {
    let workshop = try Workshop()
    let (first, second) = (Data(repeating: 1, count: 32), Data(repeating: 2, count: 32))

    #expect(try await workshop.store.serverKey(named: "a", otherwise: first) == first)
    #expect(try await workshop.store.serverKey(named: "a", otherwise: second) == first)
    #expect(try await workshop.store.serverKey(named: "b", otherwise: second) == second)
  }

  @Test("Disabling someone frees what they hold")
  func disabling() async throws {
    let workshop = try Workshop()
    let task = try await workshop.task()
    try await workshop.fill(task, prompts: 1)
    let ana = try await workshop.labeller("Ana")
    let ben = try await workshop.labeller("Ben")
    _ = try #require(await workshop.store.claimNextPrompt(of: task.id, for: ana))

    try await workshop.store.change(ana, .disabled, by: nil)

    #expect(try await workshop.store.claimNextPrompt(of: task.id, for: ben) != nil)
    await #expect(throws: LabelStoreError.personDisabled("Ana")) {
      try await workshop.store.claimNextPrompt(of: task.id, for: ana)
    }
  }

  @Test("Runs and models are recorded with their story")
  func runs() async throws {
    let workshop = try Workshop()
    let store = workshop.store
    let task = try await workshop.task()
    try await store.addRun("r1", of: task.id, method: "ppo", configuration: ["seed": 1])
    try await store.updateRun("r1", status: .running, stage: "reward")
    workshop.pass(seconds: 10)
    try await store.updateRun("r1", status: .done, summary: ["accuracy": 0.75])
    try await store.registerModel(
      named: "helpfulness-1", kind: .policy, path: "models/helpfulness-1", run: "r1")

    let run = try await store.run("r1")
    #expect(run.status == .done && run.summary == ["accuracy": 0.75] && run.taskSlug == task.slug)
    #expect(run.endedAt?.timeIntervalSince(run.startedAt ?? .distantPast) == 10)
    #expect(try await store.models().map(\.name) == ["helpfulness-1"])
    #expect(try await store.runs(of: task.id).count == 1)
    await #expect(throws: LabelStoreError.notFound(kind: "run", name: "r2")) {
      try await store.run("r2")
    }
  }
}
