/// A piece of an answer: text to read, or what a model wrote for itself or for a tool between two
/// tags.
struct TextPart: Equatable {
  enum Kind: Equatable {
    case text, toolCall, toolResult
    case reasoning(isFinished: Bool)
  }

  let kind: Kind
  let body: String

  /// The tags that hide what is between them, at the beginning of a line.
  private static let tags: [(name: String, kind: Kind)] = [
    ("think", .reasoning(isFinished: true)), ("thinking", .reasoning(isFinished: true)),
    ("reasoning", .reasoning(isFinished: true)), ("thought", .reasoning(isFinished: true)),
    ("tool_call", .toolCall), ("function_call", .toolCall),
    ("tool_response", .toolResult), ("tool_result", .toolResult),
  ]
  /// The most parts of a text that are set apart.
  private static let most = 200

  /// Cuts a text at such tags. Tags within fenced code are text.
  static func all(_ text: String) -> [TextPart] {
    guard text.utf8.count <= MarkdownLimits.longest, text.utf8.contains(UInt8(ascii: "<")) else {
      return [TextPart(kind: .text, body: text)]
    }
    var splitter = Splitter(text)
    splitter.split()
    return splitter.parts
  }

  private struct Splitter {
    let text: String
    var parts: [TextPart] = []
    /// The beginning of the text that is not in a part yet.
    private var start: String.Index
    private var place: String.Index
    private var fence: Substring?
    /// The names of tags that are closed nowhere after the place.
    private var unclosed: Set<String> = []

    init(_ text: String) {
      self.text = text
      start = text.startIndex
      place = text.startIndex
    }

    mutating func split() {
      endUnopened()
      while place < text.endIndex {
        let end = text[place...].firstIndex(where: \.isNewline) ?? text.endIndex
        let line = text[place..<end]
        let words = line.drop { $0 == " " || $0 == "\t" }
        let run = words.prefix { $0 == words.first && ($0 == "`" || $0 == "~") }
        if let open = fence {
          if run.first == open.first, run.count >= open.count { fence = nil }
        } else if run.count >= 3 {
          fence = run
        } else if parts.count < TextPart.most, take(words) {
          continue
        }
        place = end < text.endIndex ? text.index(after: end) : end
      }
      add(.text, text[start...])
    }

    // A template may have written the opening tag, so that the answer has only the closing one.
    private mutating func endUnopened() {
      for name in ["think", "thinking"] {
        guard let close = text.firstRange(of: "</\(name)>"),
          text.firstRange(of: "<\(name)>") == nil,
          text[close.upperBound...].first?.isNewline ?? true
            || text[..<close.lowerBound].last?.isNewline ?? true,
          text[..<close.lowerBound].firstRange(of: "```") == nil
        else { continue }
        add(.reasoning(isFinished: true), text[..<close.lowerBound])
        (start, place) = (close.upperBound, close.upperBound)
        return
      }
    }

    private mutating func take(_ words: Substring) -> Bool {
      guard words.first == "<",
        let tag = TextPart.tags.first(where: { words.hasPrefix("<\($0.name)>") })
      else { return false }
      let inside = words.index(words.startIndex, offsetBy: tag.name.count + 2)
      let isAlone = text[inside..<words.endIndex].allSatisfy(\.isWhitespace)
      let isFirst = text[..<words.startIndex].allSatisfy(\.isWhitespace)
      if !unclosed.contains(tag.name),
        let close = text[inside...].firstRange(of: "</\(tag.name)>")
      {
        add(.text, text[start..<words.startIndex])
        add(tag.kind, text[inside..<close.lowerBound])
        (start, place) = (close.upperBound, close.upperBound)
        return true
      }
      unclosed.insert(tag.name)
      guard isAlone || isFirst else { return false }
      add(.text, text[start..<words.startIndex])
      let isReasoning = tag.kind == .reasoning(isFinished: true)
      add(isReasoning ? .reasoning(isFinished: false) : tag.kind, text[inside...])
      (start, place) = (text.endIndex, text.endIndex)
      return true
    }

    private mutating func add(_ kind: Kind, _ body: Substring) {
      if kind == .text, body.allSatisfy(\.isWhitespace) { return }
      parts.append(TextPart(kind: kind, body: String(body)))
    }
  }
}
