import Foundation

/// The way to read a file, detected from its beginning. It can be changed before the import.
public struct ImportPlan: Sendable, Hashable {
  public var format: FileFormat
  public var shape: ImportShape
  /// Used by the shape `columns`.
  public var mapping: ColumnMapping
  /// The columns or keys of the first row, as they are named.
  public var columns: [String]
  /// A few values of each column, shortened.
  public private(set) var samples: [String: [String]] = [:]

  private static let sampledRows = 100
  private static let samplesPerColumn = 3
  private static let sampleLength = 120

  /// How many columns, or keys of a row, are read: an admin says of each what it means.
  public static let mostColumns = 1000

  /// The arrangement of rows in the file.
  public var container: SourceContainer { format.container }

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
    let rows = Self.rows(head, format.container, isWhole: isWhole)
    let first = rows.values.first
    columns = rows.columns
    samples = Self.samples(rows.values)
    self.mapping = mapping ?? ColumnMapping(guessing: columns)
    self.shape = shape ?? (mapping == nil ? first.map(ImportShape.detect) : nil) ?? .columns
    if container.isTable, self.shape == .prompts { self.shape = .columns }
    if mapping == nil, first == nil, shape == nil, container == .lines { self.shape = .prompts }
  }

  /// Throws `PreferenceDataError.noPromptColumn` when nothing in the file is known to be a prompt.
  public func requirePrompt(in name: String) throws {
    guard shape != .columns || mapping.isUsable || columns.isEmpty else {
      throw PreferenceDataError.noPromptColumn(path: name, columns: columns)
    }
  }

  /// Returns the first rows, and the columns of a table or the keys of the first row.
  private static func rows(
    _ head: [UInt8], _ container: SourceContainer, isWhole: Bool
  ) -> (values: [JSONValue], columns: [String]) {
    var cutter = RowCutter(container)
    var values: [JSONValue] = []
    func take(_ row: RowCutter.Row) {
      guard values.count < sampledRows, case .success(let value) = row.value else { return }
      values.append(ImportReader.element(value, in: container))
    }
    cutter.feed(head, take)
    // The last row of the head may be cut off; only a whole file shows it here.
    if values.isEmpty || isWhole { cutter.finish(take) }
    if case .csv(let parser) = cutter { return (values, parser.visibleColumns) }
    return (values, values.first?.objectValue?.keys.sorted() ?? [])
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
