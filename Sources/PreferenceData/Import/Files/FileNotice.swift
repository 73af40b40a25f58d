import Compression
import Synchronization

/// A fact that a reader found out about a file, or a change that it made.
public enum FileNotice: Sendable, Hashable {
  case compression(CompressionKind)
  case encoding(TextEncoding)
  /// The most plausible of several encodings.
  case guessedEncoding(TextEncoding)
  case delimiter(String)
  /// Quotes within cells are written with a backslash, or the cells have single quotes.
  case unusualQuotes
  case delimiterLine
  case titleRows(Int)
  /// Columns without name and text.
  case emptyColumns(Int)
  /// Rows without text in any cell.
  case blankRows(Int)
  /// Rows with fewer cells than the header has names.
  case shortRows(Int)
  /// The names of the lists that hold the rows.
  case wrapper([String])
  /// NaN and infinities, which JSON does not have.
  case nonFinite(Int)
}

extension FileNotice: CustomStringConvertible {
  public var description: String {
    switch self {
    case .compression(let kind): "unpacked with \(kind.name)"
    case .encoding(let encoding): "read as \(encoding.name)"
    case .guessedEncoding(let encoding):
      "read as \(encoding.name), which seems the most likely; --encoding names another"
    case .delimiter(let name): name == "tab" ? "separated by tabs" : "separated by “\(name)”"
    case .unusualQuotes: "quotes as this file writes them"
    case .delimiterLine: "“sep=” line skipped"
    case .titleRows(let count): Self.counted(count, "title row") + " above the header skipped"
    case .emptyColumns(let count): Self.counted(count, "empty column") + " ignored"
    case .blankRows(let count): Self.counted(count, "empty row") + " ignored"
    case .shortRows(let count):
      Self.counted(count, "row") + " shorter than the header, filled with empty cells"
    case .wrapper(let names):
      "rows taken from \(names.map { "“\($0)”" }.joined(separator: ", ").quoted(atMost: 300))"
    case .nonFinite(let count):
      Self.counted(count, "NaN or infinity", "NaNs or infinities") + " read as null"
    }
  }

  private static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }
}

extension FileFormat {
  /// The facts that are known before the rows are read.
  public var notices: [FileNotice] {
    var notices: [FileNotice] = []
    if let compression { notices.append(.compression(compression)) }
    if encoding != .utf8 {
      notices.append(isGuessedEncoding ? .guessedEncoding(encoding) : .encoding(encoding))
    }
    switch container {
    case .lines: break
    case .json(let layout):
      if let wrapper = layout.wrapper { notices.append(.wrapper(wrapper.names)) }
    case .csv(let dialect):
      let isUsual = [UInt8(ascii: ","), UInt8(ascii: "\t"), nil].contains(dialect.delimiter)
      if !isUsual { notices.append(.delimiter(dialect.delimiterName)) }
      if dialect.escape != nil || dialect.quote != UInt8(ascii: "\"") {
        notices.append(.unusualQuotes)
      }
      if dialect.hasDelimiterLine { notices.append(.delimiterLine) }
      if dialect.titleRows > 0 { notices.append(.titleRows(dialect.titleRows)) }
    }
    return notices
  }
}

/// Counts of one reading of a file, while another thread may ask for them.
public final class FileTally: Sendable {
  struct Counts: Sendable {
    var emptyColumns = 0
    var blankRows = 0
    var shortRows = 0
    var nonFinite = 0
  }

  private let counts = Mutex(Counts())

  /// The facts that the rows so far have shown.
  public var notices: [FileNotice] {
    let counts = counts.withLock { $0 }
    return [
      counts.emptyColumns > 0 ? .emptyColumns(counts.emptyColumns) : nil,
      counts.blankRows > 0 ? .blankRows(counts.blankRows) : nil,
      counts.shortRows > 0 ? .shortRows(counts.shortRows) : nil,
      counts.nonFinite > 0 ? .nonFinite(counts.nonFinite) : nil,
    ].compactMap(\.self)
  }

  func set(_ counts: Counts) { self.counts.withLock { $0 = counts } }
}
