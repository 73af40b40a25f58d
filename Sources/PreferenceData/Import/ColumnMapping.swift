/// The columns of a table, or keys of an object, that contain the prompt, the answers and so on.
public struct ColumnMapping: Sendable, Hashable, Codable {
  /// Joined by a blank line when there are several, as Alpaca's instruction and input are.
  public var prompt: [String] = []
  public var system: String?
  public var id: String?
  public var responses: [String] = []
  /// The columns with the source of each answer, in the order of `responses`.
  public var sources: [String] = []
  public var chosen: String?
  public var rejected: String?
  /// The column that names the better answer, by its letter, number, source or column.
  public var preference: String?
  /// The column with the name of the person who judged.
  public var judge: String?

  public init() {}

  /// Whether there is a prompt to read.
  public var isUsable: Bool { !prompt.isEmpty || (chosen != nil && rejected != nil) }

  /// Guesses from the columns' names.
  public init(guessing columns: [String]) {
    let keys = RowKeys(guessing: columns)
    prompt = Array(keys.prompts.prefix(1)) + keys.further
    system = keys.system.first
    id = keys.id.first
    if let better = keys.better, let worse = keys.worse, keys.answers.count < 2 {
      (chosen, rejected) = (better, worse)
    } else {
      responses = keys.answers.map(\.name)
      let sources = keys.answers.compactMap(\.source)
      if sources.count == responses.count { self.sources = sources }
    }
    guard responses.count >= 2 else { return }
    preference = keys.verdicts.first
    judge = preference == nil ? nil : keys.judges.first
  }

  /// Whether each column means the same in both.
  func hasSameRoles(as other: ColumnMapping) -> Bool {
    self == other
      || (Set(prompt) == Set(other.prompt) && Set(responses) == Set(other.responses)
        && Set(sources) == Set(other.sources) && system == other.system && id == other.id
        && chosen == other.chosen && rejected == other.rejected && preference == other.preference
        && judge == other.judge)
  }
}

extension ColumnMapping {
  /// Reads `prompt=COLUMN,response=COLUMN,…`. A name with a comma is in double quotes, and a quote
  /// within them is doubled. Throws `PreferenceDataError.badMapping`.
  public init(parsing text: String) throws {
    for part in try Self.parts(of: text) {
      let sides = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      guard sides.count == 2 else { throw PreferenceDataError.badMapping(part) }
      try set(sides[0], to: Self.unquoted(sides[1]))
    }
    guard isUsable else { throw PreferenceDataError.badMapping(text) }
  }

  /// Splits at commas outside quotes.
  private static func parts(of text: String) throws -> [String] {
    var parts: [String] = []
    var part = ""
    var isQuoted = false
    // Quotes count in a name that begins with one.
    var hasQuotes = false
    for character in text {
      if character == "\"" {
        hasQuotes = hasQuotes || part.last(where: { !$0.isWhitespace }) == "="
        if hasQuotes { isQuoted.toggle() }
      }
      if character == ",", !isQuoted {
        parts.append(part)
        (part, hasQuotes) = ("", false)
      } else {
        part.append(character)
      }
    }
    guard !isQuoted else { throw PreferenceDataError.badMapping(text) }
    return (parts + [part]).filter { !$0.trimmed.isEmpty }
  }

  private static func unquoted(_ name: String) -> String {
    guard name.count >= 2, name.first == "\"", name.last == "\"" else { return name }
    return String(name.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }

  private static func quoted(_ name: String) -> String {
    let needsQuotes = name.contains(",") || name.first == "\"" || name.trimmed != name
    return needsQuotes ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
  }

  private mutating func set(_ role: String, to column: String) throws {
    switch role {
    case "prompt": prompt.append(column)
    case "response", "answer": responses.append(column)
    case "source": sources.append(column)
    case "system": system = column
    case "id": id = column
    case "chosen": chosen = column
    case "rejected": rejected = column
    case "preference": preference = column
    case "judge": judge = column
    default: throw PreferenceDataError.badMapping("\(role)=\(column)")
    }
  }

  /// The mapping as `init(parsing:)` reads it.
  public var text: String {
    var parts = prompt.map { ("prompt", $0) }
    parts += responses.map { ("response", $0) } + sources.map { ("source", $0) }
    let single = [
      ("system", system), ("id", id), ("chosen", chosen), ("rejected", rejected),
      ("preference", preference), ("judge", judge),
    ]
    parts += single.compactMap { role, name in name.map { (role, $0) } }
    return parts.map { "\($0)=\(Self.quoted($1))" }.joined(separator: ",")
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
