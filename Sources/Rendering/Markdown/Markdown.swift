import CMarkGFM
import Foundations

/// GitHub-flavoured Markdown as HTML in which nothing of the text can act and nothing of it is lost.
///
/// What is judged is what a model learns from. Whatever cannot be rendered true to the text is shown
/// as it was written. docs/display.md lists what is rendered.
package struct Markdown: Sendable {
  /// Whether texts are shown as they were written, for the request being answered.
  @TaskLocal package static var showsSource = false

  package init() {
    cmark_gfm_core_extensions_ensure_registered()
  }

  /// Line breaks and indentation of answers are kept as written; guidelines are wrapped prose.
  ///
  /// A text that would take more than its share of time is shown as it was written. The result is
  /// never blank: a text without a visible character is named as such.
  package func html(_ text: String, keepsLineBreaks: Bool = true) -> String {
    let seen = VisibleText(text)
    if seen.isEmpty { return Self.nothingVisible(text) }
    if Self.showsSource && keepsLineBreaks { return Self.asWritten(text) }
    let limits = MarkdownLimits(text)
    if limits.isTooMuch { return Self.asWritten(text) }
    let source = MarkdownSource(text, isProse: !keepsLineBreaks)
    let html = rendered(
      source, keepsLineBreaks: keepsLineBreaks, hasTables: !limits.hasWideTables)
    return html.flatMap { VisibleText(html: $0).isEmpty ? nil : $0 } ?? Self.asWritten(text)
  }

  static func asWritten(_ text: String) -> String {
    "<pre class=\"as-written\">\(text.htmlEscaped)</pre>\n"
  }

  private static func nothingVisible(_ text: String) -> String {
    let codes = text.unicodeScalars.prefix(8).map { scalar in
      let code = String(scalar.value, radix: 16, uppercase: true)
      return "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
    }
    let more = text.unicodeScalars.count > codes.count ? " …" : ""
    let characters = codes.isEmpty ? "" : ": " + codes.joined(separator: " ") + more
    return "<p><span class=\"picture\">[\(DisplayWords().nothingVisible)\(characters)]</span></p>\n"
  }

  private func rendered(
    _ source: MarkdownSource, keepsLineBreaks: Bool, hasTables: Bool
  ) -> String? {
    let options =
      CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE
      | (keepsLineBreaks ? CMARK_OPT_HARDBREAKS : 0)
    guard let parser = cmark_parser_new(options) else { return nil }
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink"] where name != "table" || hasTables {
      if let syntax = cmark_find_syntax_extension(name) {
        cmark_parser_attach_syntax_extension(parser, syntax)
      }
    }
    var prepared = source.prepared
    prepared.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        cmark_parser_feed(parser, characters.baseAddress, characters.count)
      }
    }
    guard let document = cmark_parser_finish(parser) else { return nil }
    defer { cmark_node_free(document) }
    if keepsLineBreaks { Indentation(prepared).restore(in: document) }
    let lines = prepared.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    var tree = MarkdownTree(document, of: source)
    tree.change(lines: lines, words: DisplayWords())
    let page = MarkdownPage(
      tree: tree, lines: lines, options: options,
      extensions: cmark_parser_get_syntax_extensions(parser))
    return page.html()
  }
}
