import CMarkGFM

/// The spaces that lines begin with, which Markdown drops: without them nobody can tell right Python
/// from wrong where an answer's code is outside a fence.
///
/// They come back as no-break spaces, after each break of a paragraph. A paragraph is left alone
/// when its breaks are not its source's lines one by one. What Markdown takes for an indented block
/// of code keeps its four columns; where indented lines come before it, it is the rest of the same
/// code after an empty line, and stays plain text with them.
struct Indentation {
  private static let space = "\u{A0}"

  /// For each line, the columns of blank that it begins with, and -1 where it is all blank; a tab goes
  /// on to the next fourth.
  private let columns: [Int]

  init(_ source: String) {
    var columns: [Int] = []
    var column: Int? = 0
    var before: UInt8 = 0
    var isOpen = false
    for byte in source.utf8 {
      let endsLine = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
      if endsLine {
        // A return with its newline is one end.
        if byte == UInt8(ascii: "\n"), before == UInt8(ascii: "\r"), !isOpen {
          before = byte
          continue
        }
        if !isOpen { columns.append(-1) }
        (column, isOpen) = (0, false)
      } else if let blank = column {
        switch byte {
        case UInt8(ascii: " "): column = blank + 1
        case UInt8(ascii: "\t"): column = (blank / 4 + 1) * 4
        default:
          columns.append(blank)
          (column, isOpen) = (nil, true)
        }
      }
      before = byte
    }
    self.columns = columns
  }

  /// Puts the spaces back into a document that was read from the source.
  func restore(in document: OpaquePointer) {
    restoreParagraphs(of: document)
    var next = cmark_node_first_child(document)
    while let node = next {
      next = cmark_node_next(node)
      if cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK, !Self.isFenced(node) {
        restore(code: node)
      }
    }
  }

  private static func isFenced(_ code: OpaquePointer) -> Bool {
    var (length, offset, character) = (Int32(0), Int32(0), CChar(0))
    return cmark_node_get_fenced(code, &length, &offset, &character) != 0
  }

  private func restore(code node: OpaquePointer) {
    var lines = (cmark_node_get_literal(node).map { String(cString: $0) } ?? "")
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "    " + $0 }
    while lines.last == "" { lines.removeLast() }
    guard isRestOfCode(node), let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH) else {
      cmark_node_set_literal(node, lines.joined(separator: "\n") + "\n")
      return
    }
    for (index, line) in lines.enumerated() {
      if index > 0 { cmark_node_append_child(paragraph, cmark_node_new(CMARK_NODE_LINEBREAK)) }
      guard !line.isEmpty, let text = cmark_node_new(CMARK_NODE_TEXT) else { continue }
      cmark_node_set_literal(text, Self.kept(line[...]))
      cmark_node_append_child(paragraph, text)
    }
    cmark_node_replace(node, paragraph)
    cmark_node_free(node)
  }

  private func isRestOfCode(_ node: OpaquePointer) -> Bool {
    let above = columns.prefix(max(0, Int(cmark_node_get_start_line(node)) - 1))
    guard let before = cmark_node_previous(node),
      cmark_node_get_type(before) == CMARK_NODE_PARAGRAPH
    else { return false }
    return above.last { $0 >= 0 } ?? 0 > 0
  }

  private func restoreParagraphs(of document: OpaquePointer) {
    for paragraph in paragraphs(of: document) {
      guard let base = paragraph.base,
        paragraph.breaks.count == paragraph.lastLine - paragraph.firstLine,
        (1...columns.count).contains(paragraph.lastLine)
      else { continue }
      if base == 0, let first = cmark_node_first_child(paragraph.node),
        let text = Self.text(columns[paragraph.firstLine - 1])
      {
        cmark_node_insert_before(first, text)
      }
      for (number, lineBreak) in paragraph.breaks.enumerated() {
        if let text = Self.text(columns[paragraph.firstLine + number] - base) {
          cmark_node_insert_after(lineBreak, text)
        }
      }
    }
  }

  /// A line with its blank beginning made to stay.
  static func kept(_ line: Substring) -> String {
    let rest = line.drop { $0 == " " || $0 == "\t" }
    let indentation = Indentation(String(line)).columns.first ?? 0
    return String(repeating: space, count: rest.isEmpty ? 0 : indentation) + rest
  }

  private struct Paragraph {
    let node: OpaquePointer
    let firstLine: Int
    let lastLine: Int
    /// Columns that belong to the container of the paragraph; nil if they are not blank.
    let base: Int?
    var breaks: [OpaquePointer] = []

    init(_ node: OpaquePointer) {
      self.node = node
      firstLine = Int(cmark_node_get_start_line(node))
      lastLine = Int(cmark_node_get_end_line(node))
      switch cmark_node_parent(node).map(cmark_node_get_type) {
      case CMARK_NODE_DOCUMENT: base = 0
      case CMARK_NODE_ITEM: base = Int(cmark_node_get_start_column(node)) - 1
      default: base = nil
      }
    }
  }

  private func paragraphs(of document: OpaquePointer) -> [Paragraph] {
    guard let iterator = cmark_iter_new(document) else { return [] }
    defer { cmark_iter_free(iterator) }
    var found: [Paragraph] = []
    var isInside = false
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return found }
      guard let node = cmark_iter_get_node(iterator) else { continue }
      switch cmark_node_get_type(node) {
      case CMARK_NODE_PARAGRAPH:
        isInside = event == CMARK_EVENT_ENTER
        if isInside { found.append(Paragraph(node)) }
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK:
        if isInside { found[found.count - 1].breaks.append(node) }
      default: break
      }
    }
  }

  private static func text(_ columns: Int) -> OpaquePointer? {
    guard columns > 0, let node = cmark_node_new(CMARK_NODE_TEXT) else { return nil }
    cmark_node_set_literal(node, String(repeating: space, count: min(columns, 200)))
    return node
  }
}
