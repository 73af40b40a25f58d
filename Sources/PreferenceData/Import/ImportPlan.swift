import Foundation

/// The way to read a file, detected from its beginning. It can be changed before the import.
public struct ImportPlan: Sendable, Hashable {
  public var format: FileFormat
  /// The shape of most of the first rows. Rows of another shape are read as what they are, unless the
  /// shape was chosen.
  public var shape: ImportShape
  /// Used by the shape `columns`.
  public var mapping: ColumnMapping
  /// The columns, or the keys of the first rows, as they are named.
  public var columns: [String]
  /// A few values of each column, shortened.
  public let samples: [String: [String]]
  /// The detected shape and mapping, to recognise a later change.
  private let detected: Detected

  private struct Detected: Sendable, Hashable {
    var shape: ImportShape?
    var mapping: ColumnMapping
  }

  /// How many columns, or keys of a row, are read: an admin says of each what it means.
  public static let mostColumns = 1000

  /// How many rows of a file are looked at, and how many of their values are shown.
  public static let headRows = 100
  private static let samplesPerColumn = 3
  private static let sampleLength = 120

  /// The arrangement of rows in the file.
  public var container: SourceContainer { format.container }

  /// Whether the shape of each row is found by its keys: nobody chose a shape or named columns.
  public var isAutomatic: Bool {
    shape == detected.shape && mapping.hasSameRoles(as: detected.mapping)
  }

  /// Looks at the beginning of a file; a shape, mapping or encoding that is given is kept.
  /// Throws `PreferenceDataError`.
  public init(
    path: String, name: String? = nil, shape: ImportShape? = nil, mapping: ColumnMapping? = nil,
    encoding: TextEncoding? = nil
  ) throws {
    let name = name ?? path
    let (format, head, isWhole) = try FileFormat.look(
      at: path, name: name, encoding: encoding, isTable: mapping != nil || shape == .columns)
    self.init(format, head: head, isWhole: isWhole, shape: shape, mapping: mapping)
  }

  /// Looks at a text that is in memory.
  public init(
    head: some Collection<UInt8>, name: String, shape: ImportShape? = nil,
    mapping: ColumnMapping? = nil, encoding: TextEncoding? = nil
  ) throws {
    let (format, head) = try FileFormat.look(
      at: Array(head), name: name, encoding: encoding,
      isTable: mapping != nil || shape == .columns)
    self.init(format, head: head, isWhole: true, shape: shape, mapping: mapping)
  }

  private init(
    _ format: FileFormat, head: [UInt8], isWhole: Bool, shape: ImportShape?,
    mapping: ColumnMapping?
  ) {
    self.format = format
    let (rows, columns) = Self.firstRows(head, format.container, isWhole: isWhole)
    self.columns = columns
    samples = Self.samples(rows)
    let guess = ColumnMapping(guessing: columns)
    self.mapping = mapping ?? guess
    var found = Self.mostFrequentShape(rows, columns) ?? .columns
    if format.container.isTable, found == .prompts { found = .columns }
    if rows.isEmpty, format.container == .lines { found = .prompts }
    self.shape = shape ?? (mapping == nil ? found : .columns)
    detected = Detected(shape: shape == nil && mapping == nil ? found : nil, mapping: guess)
  }

  /// Throws `PreferenceDataError.noPromptColumn` when nothing in the file is known to be a prompt.
  public func requirePrompt(in name: String) throws {
    guard shape != .columns || mapping.isUsable || columns.isEmpty else {
      throw PreferenceDataError.noPromptColumn(path: name, columns: columns)
    }
  }

  /// The shape of most rows; of several, that of the earliest row.
  private static func mostFrequentShape(_ rows: [JSONValue], _ columns: [String]) -> ImportShape? {
    var cache = RowKeyCache(columns: columns)
    let shapes = rows.map { row -> ImportShape in
      guard case .object(let members) = row else { return .prompts }
      return ImportShape.detect(members, cache.keys(of: members))
    }
    let counts = Dictionary(grouping: shapes, by: \.self).mapValues(\.count)
    let most = counts.values.max()
    return shapes.first { counts[$0] == most }
  }

  /// Returns the first rows, and the columns of a table or the keys of the rows.
  private static func firstRows(
    _ head: [UInt8], _ container: SourceContainer, isWhole: Bool
  ) -> (rows: [JSONValue], columns: [String]) {
    var cutter = RowCutter(container)
    var rows: [JSONValue] = []
    func take(_ row: RowCutter.Row) {
      guard rows.count < headRows, case .success(let value) = row.value else { return }
      rows.append(ImportReader.element(value, in: container, split: row.split))
    }
    cutter.feed(head, take)
    // The last row of the head may be cut off; only a whole file shows it here.
    if rows.isEmpty || isWhole { cutter.finish(take) }
    if case .csv(let parser) = cutter { return (rows, parser.visibleColumns) }
    return (rows, Set(rows.flatMap { ($0.objectValue ?? [:]).keys }).sorted())
  }

  private static func samples(_ rows: [JSONValue]) -> [String: [String]] {
    var samples: [String: [String]] = [:]
    for case .object(let members) in rows {
      for (name, value) in members where samples[name]?.count ?? 0 < samplesPerColumn {
        let text = value.stringValue ?? (value == .null ? "" : CanonicalJSON.text(value))
        let shown = text.trimmed.quoted(atMost: sampleLength)
        if !shown.isEmpty, samples[name]?.contains(shown) != true {
          samples[name, default: []].append(shown)
        }
      }
    }
    return samples
  }
}

extension FileHandle {
  /// Opens a file for reading; throws `PreferenceDataError.unreadable`.
  convenience init(opening path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw PreferenceDataError.unreadable(path: path, reason: "there is no such file")
    }
    if isDirectory.boolValue {
      throw PreferenceDataError.unreadable(path: path, reason: "it is a folder")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw PreferenceDataError.unreadable(path: path, reason: "it may not be opened")
    }
    self.init(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
