import CMarkGFM

/// The nodes of a parsed text, in reading order, each with the top-level block that it is in.
struct MarkdownTree {
  struct Node {
    let pointer: OpaquePointer
    let type: cmark_node_type
    let block: Int
  }

  /// A piece between two top-level blocks' beginnings.
  struct Block {
    var pointers: [OpaquePointer]
    let firstLine: Int
    /// The characters of syntax that the block's rendering may lack.
    var allowance = SyntaxAllowance()
    /// The numbers of its list items, in reading order; nil for those of lists without numbers.
    var numbers: [Int?] = []
  }

  let document: OpaquePointer
  let source: MarkdownSource
  /// The markup that the tree has as numbers, because a table's cell takes no other nodes.
  private(set) var pieces: [String] = []
  private(set) var nodes: [Node] = []
  var blocks: [Block] = []

  init(_ document: OpaquePointer, of source: MarkdownSource) {
    self.document = document
    self.source = source
    guard let iterator = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_ENTER, let pointer = cmark_iter_get_node(iterator),
        pointer != document
      else { continue }
      if cmark_node_parent(pointer) == document { addBlock(pointer) }
      nodes.append(
        Node(pointer: pointer, type: cmark_node_get_type(pointer), block: blocks.count - 1))
    }
  }

  // A block without a line of its own belongs to the one before.
  private mutating func addBlock(_ pointer: OpaquePointer) {
    let line = Int(cmark_node_get_start_line(pointer))
    if let last = blocks.last, line <= last.firstLine {
      blocks[blocks.count - 1].pointers.append(pointer)
    } else {
      blocks.append(Block(pointers: [pointer], firstLine: blocks.isEmpty ? 1 : line))
    }
  }

  // MARK: Nodes

  static func literal(_ node: OpaquePointer) -> String {
    cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
  }

  static func address(_ node: OpaquePointer) -> String {
    cmark_node_get_url(node).map { String(cString: $0) } ?? ""
  }

  static func title(_ node: OpaquePointer) -> String {
    cmark_node_get_title(node).map { String(cString: $0) } ?? ""
  }

  static func text(_ literal: String) -> OpaquePointer? {
    guard let node = cmark_node_new(CMARK_NODE_TEXT) else { return nil }
    cmark_node_set_literal(node, literal)
    return node
  }

  /// Returns a node that is rendered as some HTML, which may hold placeholders.
  mutating func markup(_ html: String) -> OpaquePointer? {
    let number = source.firstPiece + pieces.count
    pieces.append(source.dressed(html, pieces: pieces))
    let mark = Placeholder.bytes(Placeholder.number)
    return Self.text(String(decoding: mark + Array("\(number)".utf8) + mark, as: UTF8.self))
  }

  static func replace(_ node: OpaquePointer, with other: OpaquePointer?) {
    guard let other, cmark_node_replace(node, other) != 0 else { return }
    cmark_node_free(node)
  }

  /// The words in a node, without markup.
  static func words(in node: OpaquePointer) -> String {
    guard let iterator = cmark_iter_new(node) else { return "" }
    defer { cmark_iter_free(iterator) }
    var words = ""
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return words }
      guard event == CMARK_EVENT_ENTER, let one = cmark_iter_get_node(iterator) else { continue }
      switch cmark_node_get_type(one) {
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: words += " "
      default: words += literal(one)
      }
    }
  }
}
