import CMarkGFM

/// How many characters of Markdown's syntax a rendering may lack, because its elements stand for
/// them.
struct SyntaxAllowance {
  /// The limit of each ASCII character.
  private var counts: [Int] = []
  /// The limit of stars and underscores together.
  private(set) var emphasis = 0

  /// A limit without effect.
  private static let unlimited = 1_000_000_000

  mutating func add(_ type: cmark_node_type, _ node: OpaquePointer) {
    switch type {
    case CMARK_NODE_TEXT, CMARK_NODE_PARAGRAPH, CMARK_NODE_LINEBREAK, CMARK_NODE_SOFTBREAK: break
    case CMARK_NODE_EMPH: emphasis += 2
    case CMARK_NODE_STRONG: emphasis += 4
    case CMARK_NODE_CODE: add("`", Self.unlimited)
    case CMARK_NODE_CODE_BLOCK: add("`~", Self.unlimited)
    case CMARK_NODE_HEADING: add("#", Self.unlimited)
    case CMARK_NODE_BLOCK_QUOTE: add(">", Self.unlimited)
    case CMARK_NODE_THEMATIC_BREAK:
      add("-", Self.unlimited)
      emphasis += Self.unlimited
    case CMARK_NODE_LINK: add("[]()<>\"'", 2)
    case CMARK_NODE_IMAGE: add("![]()<>\"'", 2)
    default:
      switch String(cString: cmark_node_get_type_string(node)) {
      case "strikethrough": add("~", 4)
      case "table": add("|-:", Self.unlimited)
      default: break
      }
    }
  }

  /// Allows for the characters of a text.
  mutating func add(_ text: String, _ count: Int = 1) {
    if counts.isEmpty { counts = Array(repeating: 0, count: 128) }
    for byte in text.utf8 where byte < 128 {
      counts[Int(byte)] = min(counts[Int(byte)] + count, Self.unlimited)
    }
  }

  mutating func add(_ other: SyntaxAllowance) {
    emphasis = min(emphasis + other.emphasis, Self.unlimited)
    guard !other.counts.isEmpty else { return }
    if counts.isEmpty { counts = Array(repeating: 0, count: 128) }
    for index in counts.indices {
      counts[index] = min(counts[index] + other.counts[index], Self.unlimited)
    }
  }

  subscript(byte: Int) -> Int { counts.isEmpty ? 0 : counts[byte] }
}
