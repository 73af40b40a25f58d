import PreferenceData
import Yams

/// A reader of hand-written YAML, without anchors and aliases, and with limits on size and depth.
///
/// Ten lines of aliases can expand to more nodes than fit in any machine's memory.
public enum PlainYAML {
  /// The reason that a file is refused.
  public enum Problem: Error, Sendable, Hashable {
    case tooLarge, tooDeep, anchor
    case notYAML(String)
  }

  /// The largest file, in UTF-8 bytes.
  public static let sizeLimit = 1 << 20
  static let depthLimit = 32

  /// Returns the document's root, or nil for an empty text.
  public static func compose(_ text: String) throws(Problem) -> Node? {
    if text.utf8.count > sizeLimit { throw .tooLarge }
    // Refuse aliases before Yams resolves them, because its check for repeated keys would visit
    // every node of the expansion.
    if usesAlias(text) { throw .anchor }
    if opensDeep(text) { throw .tooDeep }
    let parser: Parser
    let root: Node?
    do {
      parser = try Parser(yaml: text)
      root = try parser.singleRoot()
    } catch {
      throw .notYAML("\(error)".quoted(atMost: 500))
    }
    // Nodes know their anchors only during the parser's lifetime.
    defer { withExtendedLifetime(parser) {} }
    if let root { try check(root, depth: 0) }
    return root
  }

  private static func check(_ node: Node, depth: Int) throws(Problem) {
    if depth > depthLimit { throw .tooDeep }
    if node.anchor != nil { throw .anchor }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        try check(key, depth: depth + 1)
        try check(value, depth: depth + 1)
      }
    case .sequence(let sequence): for each in sequence { try check(each, depth: depth + 1) }
    case .scalar: break
    case .alias: throw .anchor
    }
  }

  // Whether a name follows “&” in one place and “*” in another. Prose almost never has both.
  private static func usesAlias(_ text: String) -> Bool {
    var anchors: Set<Substring> = []
    var aliases: Set<Substring> = []
    for word in text.split(whereSeparator: { $0.isWhitespace || "[]{},".contains($0) }) {
      let name = word.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
      switch word.first {
      case "&": anchors.insert(name)
      case "*": aliases.insert(name)
      default: break
      }
    }
    return !anchors.isDisjoint(with: aliases)
  }

  // The parser recurses at each opening, so a long line of brackets would exhaust its stack.
  private static func opensDeep(_ text: String) -> Bool {
    var depth = 0
    var dashes = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      case UInt8(ascii: "-"), UInt8(ascii: "?"): dashes += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"): break
      case UInt8(ascii: "\n"): dashes = 0
      default: dashes = 0
      }
      if depth > 4 * depthLimit || dashes > 4 * depthLimit { return true }
    }
    return false
  }
}

extension PlainYAML.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLarge: "is larger than 1 MB"
    case .tooDeep: "is nested too deep"
    case .anchor: "uses YAML anchors or aliases (& and *); write the value out"
    case .notYAML(let reason): "is not YAML: \(reason)"
    }
  }
}
