import CMarkGFM
import Foundations

/// Writes the HTML of a changed tree and checks it against the text: a block that lacks a visible
/// character of its source, other than syntax, is shown as it was written.
struct MarkdownPage {
  let tree: MarkdownTree
  let lines: [Substring.UTF8View]
  let options: Int32
  let extensions: UnsafeMutablePointer<cmark_llist>?

  private var source: MarkdownSource { tree.source }

  func html() -> String? {
    let allowance = tree.blocks.reduce(into: SyntaxAllowance()) { $0.add($1.allowance) }
    guard let whole = render([tree.document], numbers: tree.blocks.flatMap(\.numbers)) else {
      return nil
    }
    let isWhole = VisibleText(html: whole).holds(VisibleText(source.original), except: allowance)
    return isWhole ? whole : blockByBlock()
  }

  private func blockByBlock() -> String {
    tree.blocks.indices.map { index in
      let block = tree.blocks[index]
      let text = source.restored(lines(of: index))
      let html = render(block.pointers, numbers: block.numbers) ?? ""
      let isWhole = VisibleText(html: html).holds(VisibleText(text), except: block.allowance)
      return isWhole ? html : Markdown.asWritten(text)
    }.joined()
  }

  /// The lines from a block's first to the next block's, without empty ones at the end.
  private func lines(of index: Int) -> String {
    let first = min(max(0, tree.blocks[index].firstLine - 1), lines.count)
    let next = index + 1 < tree.blocks.count ? tree.blocks[index + 1].firstLine - 1 : lines.count
    var own = lines[first..<min(max(first, next), lines.count)]
    while let last = own.last, last.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { own.removeLast() }
    return own.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  private func render(_ nodes: [OpaquePointer], numbers: [Int?]) -> String? {
    var html = ""
    for node in nodes {
      guard let rendered = cmark_render_html(node, options, extensions) else { return nil }
      html += String(cString: rendered)
      cmark_get_default_mem_allocator().pointee.free(rendered)
    }
    return source.dressed(finished(html, numbers), pieces: tree.pieces)
  }

  // The renderer escapes text, so these openings can only be of its own making.
  private func finished(_ html: String, _ numbers: [Int?]) -> String {
    let link = Array("<a href=".utf8)
    let item = Array("<li>".utf8)
    var items = numbers.makeIterator()
    var result: [UInt8] = []
    result.reserveCapacity(html.utf8.count)
    var rest = html.utf8[...]
    while let place = rest.firstIndex(of: UInt8(ascii: "<")) {
      result += rest[..<place]
      rest = rest[place...]
      if rest.starts(with: link) {
        result += "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=".utf8
        rest = rest.dropFirst(link.count)
      } else if rest.starts(with: item) {
        result += ((items.next() ?? nil).map { "<li value=\"\($0)\">" } ?? "<li>").utf8
        rest = rest.dropFirst(item.count)
      } else {
        result.append(UInt8(ascii: "<"))
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result + rest, as: UTF8.self)
  }
}
