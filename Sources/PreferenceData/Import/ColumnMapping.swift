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

  public init() {}

  /// Whether there is a prompt to read.
  public var isUsable: Bool { !prompt.isEmpty || (chosen != nil && rejected != nil) }

  /// All columns that mean something; the others become metadata.
  var named: Set<String> {
    Set(prompt + responses + sources + [system, id, chosen, rejected].compactMap(\.self))
  }

  /// Guesses from the columns' names.
  public init(guessing columns: [String]) {
    let known = columns.map { (name: $0, word: Self.word($0)) }
    func first(_ words: [String]) -> String? {
      words.lazy.compactMap { word in known.first { $0.word == word }?.name }.first
    }
    prompt = first(["prompt", "instruction", "question", "query", "userprompt"]).map { [$0] } ?? []
    if let prompt = prompt.first, Self.word(prompt) == "instruction", let input = first(["input"]) {
      self.prompt.append(input)
    }
    if prompt.isEmpty { prompt = first(["input", "text"]).map { [$0] } ?? [] }
    system = first(["system", "systemprompt", "systemmessage"])
    id = first(["id", "promptid", "uid", "uuid", "questionid"])
    chosen = first(["chosen", "preferred", "better"])
    rejected = first(["rejected", "worse"])
    responses = known.filter { Self.isAnswer($0.word) && !prompt.contains($0.name) }.map(\.name)
    let sources = known.filter { Self.isSource($0.word) }.map(\.name)
    if sources.count == responses.count { self.sources = sources }
  }

  private static func word(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  private static func isAnswer(_ word: String) -> Bool {
    ["response", "answer", "completion", "output", "candidate", "reply"].contains { stem in
      word == stem || word == stem + "s" || isNumbered(word, stem: stem)
    }
  }

  private static func isSource(_ word: String) -> Bool {
    ["model", "source", "policy"].contains { isNumbered(word, stem: $0) }
  }

  /// response1 … response9, responsea … responsei.
  private static func isNumbered(_ word: String, stem: String) -> Bool {
    guard word.hasPrefix(stem) else { return false }
    let suffix = word.dropFirst(stem.count)
    return Int(suffix) != nil || (suffix.count == 1 && "abcdefghi".contains(suffix))
  }
}

extension ColumnMapping {
  /// Reads `prompt=COLUMN,response=COLUMN,…`; throws `PreferenceDataError.badMapping`.
  public init(parsing text: String) throws {
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      guard sides.count == 2 else { throw PreferenceDataError.badMapping(String(part)) }
      try set(sides[0], to: sides[1])
    }
    guard isUsable else { throw PreferenceDataError.badMapping(text) }
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
    default: throw PreferenceDataError.badMapping("\(role)=\(column)")
    }
  }

  /// The mapping as `init(parsing:)` reads it.
  public var text: String {
    var parts = prompt.map { "prompt=\($0)" }
    parts += responses.map { "response=\($0)" } + sources.map { "source=\($0)" }
    if let system { parts.append("system=\(system)") }
    if let id { parts.append("id=\(id)") }
    if let chosen { parts.append("chosen=\(chosen)") }
    if let rejected { parts.append("rejected=\(rejected)") }
    return parts.joined(separator: ",")
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
