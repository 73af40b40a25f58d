import CMarkGFM
import Foundations

// What the page shows differently from cmark: numbers as they were written, pictures as words,
// addresses in sight.
extension MarkdownTree {
  /// Changes the nodes for the page.
  ///
  /// - Parameters:
  ///   - lines: The prepared text, line by line.
  mutating func change(lines: [Substring.UTF8View], words: DisplayWords) {
    for node in nodes { blocks[node.block].allowance.add(node.type, node.pointer) }
    for node in nodes where node.type == CMARK_NODE_ITEM { mark(item: node, lines) }
    renderTags()
    // What is inside a node comes after it, and is changed before it.
    for node in nodes.reversed() {
      switch node.type {
      case CMARK_NODE_TEXT: keepSpaces(node.pointer)
      case CMARK_NODE_CODE:
        cmark_node_set_literal(node.pointer, source.restored(Self.literal(node.pointer)))
      case CMARK_NODE_CODE_BLOCK: render(code: node)
      case CMARK_NODE_LINK: show(link: node)
      case CMARK_NODE_IMAGE: describe(picture: node.pointer, words)
      default: break
      }
    }
  }

  // MARK: Lists

  private mutating func mark(item node: Node, _ lines: [Substring.UTF8View]) {
    let line = Int(cmark_node_get_start_line(node.pointer)) - 1
    let column = max(0, Int(cmark_node_get_start_column(node.pointer)) - 1)
    var marker = ""
    if lines.indices.contains(line) {
      let rest = lines[line].dropFirst(column).drop { $0 == 0x20 || $0 == 0x09 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      marker = String(decoding: rest.prefix(digits.count + 1), as: UTF8.self)
    }
    blocks[node.block].numbers.append(Int(marker.dropLast()))
    let kind = marker == "*" ? "marker bullet" : "marker"
    guard let label = markup("<span class=\"\(kind)\">\(marker.htmlEscaped)</span> ") else {
      return
    }
    if let first = cmark_node_first_child(node.pointer),
      cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH
    {
      cmark_node_prepend_child(first, label)
    } else if let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH) {
      cmark_node_append_child(paragraph, label)
      cmark_node_prepend_child(node.pointer, paragraph)
    }
  }

  // MARK: Tags

  private mutating func renderTags() {
    var open: [(node: OpaquePointer, tag: String, parent: OpaquePointer?)] = []
    var rendered: [OpaquePointer: HarmlessTag] = [:]
    let found = nodes.filter { $0.type == CMARK_NODE_HTML_INLINE }
    for node in found {
      let literal = Self.literal(node.pointer)
      let parent = cmark_node_parent(node.pointer)
      guard let tag = HarmlessTag(String(literal.dropFirst().dropLast())) else { continue }
      switch tag {
      case .lineBreak: rendered[node.pointer] = tag
      case .opening(let name): open.append((node.pointer, name, parent))
      case .closing(let name):
        // A tag that is not closed within its own element is text.
        guard let last = open.last, last.tag == name, last.parent == parent else { continue }
        open.removeLast()
        rendered[last.node] = .opening(name)
        rendered[node.pointer] = tag
      }
    }
    for node in found {
      let literal = Self.literal(node.pointer)
      if let tag = rendered[node.pointer] {
        blocks[node.block].allowance.add(literal)
        Self.replace(node.pointer, with: markup(tag.html))
      } else {
        Self.replace(node.pointer, with: Self.text(literal))
      }
    }
  }

  // MARK: Text and code

  // HTML shows several blanks as one.
  private func keepSpaces(_ node: OpaquePointer) {
    let literal = Self.literal(node)
    guard literal.contains("  ") || literal.contains("\t") else { return }
    cmark_node_set_literal(
      node,
      literal.replacing("\t", with: "\u{A0}\u{A0}\u{A0} ").replacing("  ", with: "\u{A0} "))
  }

  // The words after a fence are shown: not all of them name a language.
  private mutating func render(code node: Node) {
    let code = source.restored(Self.literal(node.pointer))
    let about = source.restored(
      cmark_node_get_fence_info(node.pointer).map { String(cString: $0) } ?? "")
    guard !about.isEmpty else {
      cmark_node_set_literal(node.pointer, code)
      return
    }
    let language = about.prefix { !$0.isWhitespace }
    let isName = language.wholeMatch(of: #/[A-Za-z0-9+#._-]{1,30}/#) != nil
    let kind = isName ? " class=\"language-\(language)\"" : ""
    let html = "<pre><span class=\"about\">\(about.htmlEscaped)</span><code\(kind)>"
    guard let block = cmark_node_new(CMARK_NODE_CUSTOM_BLOCK) else { return }
    cmark_node_set_on_enter(block, html + code.htmlEscaped + "</code></pre>")
    blocks[node.block].pointers = blocks[node.block].pointers.map {
      $0 == node.pointer ? block : $0
    }
    Self.replace(node.pointer, with: block)
  }

  // MARK: Links and pictures

  private mutating func show(link node: Node) {
    let address = source.restored(Self.address(node.pointer))
    let title = source.restored(Self.title(node.pointer))
    let words = source.restored(Self.words(in: node.pointer))
    cmark_node_set_url(node.pointer, Self.isHarmless(address) ? address : "")
    cmark_node_set_title(node.pointer, "")
    let isShown = [words, "mailto:" + words, "http://" + words].contains(address)
    if isShown, title.isEmpty {
      // It may stand twice in the source, as in [a](a).
      blocks[node.block].allowance.add(address)
      return
    }
    let quoted = title.isEmpty ? "" : " \"\(title)\""
    guard
      let shown = markup(
        "<span class=\"address\">(\((address + quoted).htmlEscaped))</span>")
    else { return }
    cmark_node_insert_after(node.pointer, shown)
  }

  // The renderer drops the schemes that run code. Others open programs on the reader's machine, or
  // nothing at all: only addresses of the web and of mail stay.
  private static func isHarmless(_ address: String) -> Bool {
    guard let colon = address.firstIndex(of: ":"),
      !address[..<colon].contains(where: { "/?#".contains($0) })
    else { return true }
    return ["http", "https", "mailto"].contains(address[..<colon].lowercased())
  }

  // A picture from elsewhere would tell its server who reads what, so only words stay.
  private mutating func describe(picture node: OpaquePointer, _ words: DisplayWords) {
    let title = source.restored(Self.title(node))
    let parts = [
      Self.words(in: node), source.restored(Self.address(node)),
      title.isEmpty ? "" : "\"\(title)\"",
    ]
    let text = parts.filter { !$0.isEmpty }.joined(separator: ", ")
    Self.replace(
      node,
      with: markup("<span class=\"picture\">[\("\(words.picture): \(text)".htmlEscaped)]</span>"))
  }
}
