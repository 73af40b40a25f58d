import CMarkGFM
import Foundations

/// GitHub-flavoured Markdown as HTML in which nothing of the text can act: raw HTML is shown as it
/// was written, dangerous links lose their address, pictures become their description.
package struct Markdown: Sendable {
  package init() {
    cmark_gfm_core_extensions_ensure_registered()
  }

  /// Line breaks and indentation of answers are kept as written; guidelines are wrapped prose.
  ///
  /// A text that would take more than its share of time is shown as it was written.
  package func html(_ text: String, keepsLineBreaks: Bool = true) -> String {
    let limits = MarkdownLimits(text)
    if limits.isTooMuch { return Self.asWritten(text) }
    let options = CMARK_OPT_VALIDATE_UTF8 | (keepsLineBreaks ? CMARK_OPT_HARDBREAKS : 0)
    guard let parser = cmark_parser_new(options) else { return text.htmlEscaped }
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink", "tasklist"]
    where name != "table" || !limits.hasWideTables {
      if let syntax = cmark_find_syntax_extension(name) {
        cmark_parser_attach_syntax_extension(parser, syntax)
      }
    }
    let mathematics = Mathematics(text)
    var source = mathematics.text
    source.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        cmark_parser_feed(parser, characters.baseAddress, characters.count)
      }
    }
    guard let document = cmark_parser_finish(parser) else { return text.htmlEscaped }
    defer { cmark_node_free(document) }
    if keepsLineBreaks {
      Indentation(source).restore(in: document)
      restoreNames(in: document, source)
    }
    disarm(document)
    restore(mathematics, in: document)
    disarmAddresses(document)
    let extensions = cmark_parser_get_syntax_extensions(parser)
    guard let rendered = cmark_render_html(document, options, extensions) else {
      return text.htmlEscaped
    }
    defer { cmark_get_default_mem_allocator().pointee.free(rendered) }
    return mathematics.dressed(opensLinksElsewhere(String(cString: rendered)))
  }

  private static func asWritten(_ text: String) -> String {
    "<pre class=\"as-written\">\(text.htmlEscaped)</pre>\n"
  }

  private func restore(_ mathematics: Mathematics, in document: OpaquePointer) {
    guard !mathematics.isEmpty, let iterator = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
      let type = cmark_node_get_type(node)
      if type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK {
        cmark_node_set_literal(
          node, mathematics.restored(cmark_node_get_literal(node).map { String(cString: $0) } ?? "")
        )
      } else if type == CMARK_NODE_LINK {
        cmark_node_set_url(
          node, mathematics.restored(cmark_node_get_url(node).map { String(cString: $0) } ?? ""))
        cmark_node_set_title(
          node, mathematics.restored(cmark_node_get_title(node).map { String(cString: $0) } ?? ""))
      }
    }
  }

  // `__init__` and the like are names, not emphasis, where nobody wrote the word between asterisks.
  private func restoreNames(in document: OpaquePointer, _ source: String) {
    guard source.contains("__"), let iterator = cmark_iter_new(document) else { return }
    var found: [OpaquePointer] = []
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_EXIT, let node = cmark_iter_get_node(iterator) else { continue }
      if cmark_node_get_type(node) == CMARK_NODE_STRONG { found.append(node) }
    }
    cmark_iter_free(iterator)
    if found.isEmpty { return }
    let emphasised = Self.namesBetweenAsterisks(source)
    for node in found {
      guard let child = cmark_node_first_child(node), cmark_node_next(child) == nil,
        cmark_node_get_type(child) == CMARK_NODE_TEXT,
        let literal = cmark_node_get_literal(child).map({ String(cString: $0) }),
        Self.isName(literal[...].utf8), !emphasised.contains(literal),
        let name = text("__\(literal)__")
      else { continue }
      cmark_node_replace(node, name)
      cmark_node_free(node)
    }
  }

  private static func isName(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
      return false
    }
    return text.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
    }
  }

  // On bytes: a pattern over a long text would take a second.
  private static func namesBetweenAsterisks(_ source: String) -> Set<String> {
    var names: Set<String> = []
    var piece = source.utf8.startIndex
    var place = source.utf8.startIndex
    while place < source.utf8.endIndex {
      let next = source.utf8.index(after: place)
      guard source.utf8[place] == UInt8(ascii: "*"), next < source.utf8.endIndex,
        source.utf8[next] == UInt8(ascii: "*")
      else {
        place = next
        continue
      }
      let between = source[piece..<place]
      if piece > source.utf8.startIndex, isName(between.utf8) { names.insert(String(between)) }
      place = source.utf8.index(after: next)
      piece = place
    }
    return names
  }

  // Replacing a node while walking over it would pull the floor from under the iterator.
  private func disarm(_ document: OpaquePointer) {
    guard let iterator = cmark_iter_new(document) else { return }
    var found: [OpaquePointer] = []
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
      let type = cmark_node_get_type(node)
      if type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE
        || type == CMARK_NODE_IMAGE
      {
        found.append(node)
      }
    }
    cmark_iter_free(iterator)
    for node in found { disarm(node: node) }
  }

  // The renderer drops the schemes that run code. Others open programs on the reader's machine, or
  // nothing at all: only addresses of the web and of mail stay.
  private func disarmAddresses(_ document: OpaquePointer) {
    guard let iterator = cmark_iter_new(document) else { return }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator),
        cmark_node_get_type(node) == CMARK_NODE_LINK, let url = cmark_node_get_url(node)
      else { continue }
      let address = String(cString: url)
      guard let colon = address.firstIndex(of: ":"),
        !address[..<colon].contains(where: { "/?#".contains($0) })
      else { continue }
      let scheme = address[..<colon].lowercased()
      if !["http", "https", "mailto"].contains(scheme) { cmark_node_set_url(node, "") }
    }
  }

  private func disarm(node: OpaquePointer) {
    let type = cmark_node_get_type(node)
    if type == CMARK_NODE_IMAGE {
      unwrapPicture(node)
      return
    }
    let literal = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
    if type == CMARK_NODE_HTML_BLOCK, let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH) {
      for (index, line) in literal.split(separator: "\n").enumerated() {
        if index > 0 { cmark_node_append_child(paragraph, cmark_node_new(CMARK_NODE_LINEBREAK)) }
        if let text = text(Indentation.kept(line)) { cmark_node_append_child(paragraph, text) }
      }
      cmark_node_replace(node, paragraph)
    } else if let text = text(literal) {
      cmark_node_replace(node, text)
    }
    cmark_node_free(node)
  }

  private func text(_ literal: String) -> OpaquePointer? {
    guard let node = cmark_node_new(CMARK_NODE_TEXT) else { return nil }
    cmark_node_set_literal(node, literal)
    return node
  }

  // A picture from elsewhere would tell its server who reads what, so only its words stay.
  private func unwrapPicture(_ node: OpaquePointer) {
    while let child = cmark_node_first_child(node) {
      if cmark_node_insert_before(node, child) == 0 { break }
    }
    cmark_node_unlink(node)
    cmark_node_free(node)
  }

  // The renderer escapes text, so this opening can only be a link of its own making.
  private func opensLinksElsewhere(_ html: String) -> String {
    let opening = Array("<a href=".utf8)
    let elsewhere = "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href="
    var result: [UInt8] = []
    result.reserveCapacity(html.utf8.count)
    var rest = html.utf8[...]
    while let place = rest.firstIndex(of: opening[0]) {
      result += rest[..<place]
      rest = rest[place...]
      let isLink = rest.starts(with: opening)
      result += isLink ? Array(elsewhere.utf8) : [opening[0]]
      rest = rest.dropFirst(isLink ? opening.count : 1)
    }
    return String(decoding: result + rest, as: UTF8.self)
  }
}
