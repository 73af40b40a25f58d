import Foundation

/// A table with headings and aligned columns: numbers to the right, words to the left.
struct ConsoleTable {
  enum Alignment { case left, right }

  private let headings: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: (String, Alignment)...) {
    headings = columns.map(\.0)
    alignments = columns.map(\.1)
  }

  mutating func add(_ cells: String...) {
    precondition(cells.count == headings.count, "a row needs a cell for every column")
    rows.append(cells)
  }

  var lines: [String] {
    let all = [headings] + rows
    let widths = headings.indices.map { column in
      all.map { Self.width($0[column]) }.max() ?? 0
    }
    return all.map { row in
      let cells = row.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - Self.width(row[column]))
        return alignments[column] == .left ? row[column] + gap : gap + row[column]
      }
      return cells.joined(separator: "  ").replacing(/[ ]+$/, with: "")
    }
  }

  /// The width on a terminal, where East Asian wide characters take two columns.
  private static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x0300...0x036F, 0x200B...0x200D, 0xFE00...0xFE0F: sum
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        sum + 2
      default: sum + 1
      }
    }
  }
}

extension Console {
  func say(_ table: ConsoleTable) {
    for line in table.lines { say(line) }
  }
}
