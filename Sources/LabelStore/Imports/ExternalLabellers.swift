import Foundation
import GRDB
import Labelling
import PreferenceData

/// The people who represent the judges of imported files. None of them can sign in.
///
/// A judge has the same person in all files of one name. Judges without a name, and those beyond
/// `limit` in a task, share people: the first such judgement on a prompt is that of the first of them,
/// and so on.
struct ExternalLabellers {
  /// The most judges that become people of their own in a task.
  static let limit = 500

  private let task: LabelTask
  private let file: String
  private let now: Int64
  private var known: [String: PersonID] = [:]
  private var count: Int

  init(_ db: Database, task: LabelTask, source: String, at now: Int64) throws {
    self.task = task
    self.now = now
    file = Self.fileName(source)
    count =
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM participant JOIN person ON person.id = personId
          WHERE taskId = ? AND isExternal = 1
          """, arguments: [task.id]) ?? 0
  }

  /// Returns the person of a judge, who has not judged the prompt; nil if this judge has.
  mutating func labeller(
    _ db: Database, _ judge: String?, on prompt: PromptID
  ) throws -> PersonID? {
    if let judge, let person = try named(db, judge) {
      return try hasJudged(db, person, prompt) ? nil : person
    }
    for number in 1...ImportedJudgements.limitPerPrompt {
      let name = number == 1 ? "file: \(file)" : "file: \(file) (\(number))"
      let person = try self.person(db, name)
      if try !hasJudged(db, person, prompt) { return person }
    }
    return nil
  }

  private mutating func named(_ db: Database, _ judge: String) throws -> PersonID? {
    let name = "file: \(file) \(Self.judgeName(judge))"
    if let person = known[name] { return person }
    if let person = try Self.find(db, name), try isHere(db, person) {
      return remember(person, name)
    }
    guard count < Self.limit else { return nil }
    return try person(db, name)
  }

  private mutating func person(_ db: Database, _ name: String) throws -> PersonID {
    if let person = known[name] { return person }
    let person = try Self.find(db, name) ?? Self.add(db, name, in: task.id, at: now)
    if try !isHere(db, person) {
      try Self.join(db, person, task.id, at: now)
      count += 1
    }
    return remember(person, name)
  }

  private mutating func remember(_ person: PersonID, _ name: String) -> PersonID {
    known[name] = person
    return person
  }

  private func isHere(_ db: Database, _ person: PersonID) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND personId = ?)"),
      arguments: [task.id, person]) ?? false
  }

  private func hasJudged(_ db: Database, _ person: PersonID, _ prompt: PromptID) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM assignment WHERE promptId = ? AND labellerId = ?)"),
      arguments: [prompt, person]) ?? false
  }

  // MARK: - People

  private static func find(_ db: Database, _ name: String) throws -> PersonID? {
    for candidate in candidates(name) {
      let found = try PersonID.fetchOne(
        db.cachedStatement(
          sql: "SELECT id FROM person WHERE name = ? COLLATE BINARY AND isExternal = 1"),
        arguments: [candidate])
      if let found { return found }
    }
    return nil
  }

  /// Adds a person who can never sign in. A name that another has gets a suffix.
  static func add(
    _ db: Database, _ wanted: String, in task: TaskID, at now: Int64
  ) throws -> PersonID {
    let name = try freeName(db, wanted)
    try db.execute(
      sql: """
        INSERT INTO person (name, role, createdAt, disabledAt, isExternal)
        VALUES (?, 'labeller', ?, ?, 1)
        """, arguments: [name, now, now])
    let id = PersonID(rawValue: db.lastInsertedRowID)
    try EventLog.append(
      db, .personAdded, task: task, at: now,
      [
        "id": .integer(Int(id.rawValue)), "name": .string(name), "role": "labeller",
        "disabled": true, "external": true,
      ])
    return id
  }

  private static func join(_ db: Database, _ person: PersonID, _ task: TaskID, at now: Int64) throws
  {
    var number =
      try Int.fetchOne(
        db,
        sql: "SELECT count(*) + 1 FROM participant WHERE taskId = ? AND pseudonym GLOB ?",
        arguments: [task, "\(Participant.externalPrefix)*"]) ?? 1
    while try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND pseudonym = ?)"),
      arguments: [task, "\(Participant.externalPrefix)\(number)"]) == true
    { number += 1 }
    let pseudonym = "\(Participant.externalPrefix)\(number)"
    try Participant.insert(db, person, in: task, as: pseudonym)
    try EventLog.append(
      db, .labellerJoined, by: person, task: task, at: now, ["pseudonym": .string(pseudonym)])
  }

  private static func freeName(_ db: Database, _ name: String) throws -> String {
    for candidate in candidates(name) {
      let isTaken = try Bool.fetchOne(
        db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM person WHERE name = ?)"),
        arguments: [candidate])
      if isTaken == false { return candidate }
    }
    throw LabelStoreError.nameTaken(name)
  }

  // Names of people differ by more than case and are short; names in files need neither.
  private static func candidates(_ name: String) -> [String] {
    let other =
      String(Substring(name.unicodeScalars.prefix(80))) + "-"
      + StoredJudgement.hash(name).prefix(16)
    return (1...100).contains(name.unicodeScalars.count) ? [name, other] : [other]
  }

  // MARK: - Names

  private static func fileName(_ source: String) -> String {
    let name = source.split(separator: "/").last.map(String.init) ?? ""
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let plain = plain(stem, longest: 30)
    return plain.isEmpty ? "import" : plain
  }

  /// Returns a name that can be shown. If it differs from the judge's own, a part of a hash keeps
  /// two judges apart.
  private static func judgeName(_ judge: String) -> String {
    let plain = plain(judge, longest: 40)
    // A number in brackets is a judge without a name.
    if plain == judge, !plain.isEmpty, plain.first != "(" { return plain }
    return (plain.isEmpty ? "judge" : plain) + "-" + StoredJudgement.hash(judge).prefix(8)
  }

  private static func plain(_ text: String, longest: Int) -> String {
    let visible = text.unicodeScalars.prefix(1000).map { scalar in
      PlainText.isPlain(String(scalar)) ? scalar : " "
    }
    let words = String(String.UnicodeScalarView(visible)).precomposedStringWithCompatibilityMapping
      .split(whereSeparator: \.isWhitespace)
    let joined = words.joined(separator: " ").unicodeScalars.prefix(longest)
    return String(Substring(joined)).trimmingCharacters(in: .whitespaces)
  }
}
