import Foundation

/// The way to read a file, detected from its beginning. It can be changed before the import.
public struct ImportPlan: Sendable, Hashable {
  public var container: SourceContainer
  /// What most of the first rows are. Rows of another shape are read as what they are, unless the
  /// shape was chosen.
  public var shape: ImportShape
  /// Used by the shape `columns`.
  public var mapping: ColumnMapping
  /// The columns, or the keys of the first rows, as they are named.
  public var columns: [String]
  /// What was found, to tell what was changed afterwards.
  private let detected: Detected

  private struct Detected: Sendable, Hashable {
    var shape: ImportShape?
    var mapping: ColumnMapping
  }

  /// How many columns, or keys of a row, are read: an admin says of each what it means.
  public static let mostColumns = 1000

  /// How much of a file is looked at, and how many of its rows.
  public static let headSize = 1 << 20
  public static let headRows = 100

  /// Whether the shape of each row is found by its keys: nobody chose a shape or named columns.
  public var isAutomatic: Bool {
    shape == detected.shape && mapping.hasSameRoles(as: detected.mapping)
  }

  /// Looks at the beginning of a file; a shape or mapping that is given is kept.
  /// Throws `PreferenceDataError`.
  public init(
    path: String, name: String? = nil, shape: ImportShape? = nil, mapping: ColumnMapping? = nil
  ) throws {
    let handle = try FileHandle(opening: path)
    defer { try? handle.close() }
    let head = (try? handle.read(upToCount: Self.headSize)) ?? Data()
    try self.init(head: head, name: name ?? path, shape: shape, mapping: mapping)
  }

  /// Looks at the first bytes of a file.
  public init(
    head: some Collection<UInt8>, name: String, shape: ImportShape? = nil,
    mapping: ColumnMapping? = nil
  ) throws {
    let container = try SourceContainer.detect(head: head, name: name)
    self.container = container
    let rows = Self.firstRows(head, container)
    if case .csv(let delimiter) = container {
      columns = CSVParser.columns(of: Array(head), delimiter: delimiter)
    } else {
      columns = Set(rows.prefix(Self.headRows).flatMap { ($0.objectValue ?? [:]).keys }).sorted()
    }
    let guess = ColumnMapping(guessing: columns)
    self.mapping = mapping ?? guess
    var found = Self.mostFrequentShape(rows, columns) ?? .columns
    if case .csv = container, found == .prompts { found = .columns }
    if rows.isEmpty, container == .lines { found = .prompts }
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

  private static func firstRows(
    _ head: some Collection<UInt8>, _ container: SourceContainer
  ) -> [JSONValue] {
    var cutter = RowCutter(container)
    var rows: [JSONValue] = []
    func take(_ row: RowCutter.Row) {
      guard rows.count < headRows, case .success(let value) = row.value else { return }
      rows += ImportReader.elements(of: value, in: container).prefix(headRows - rows.count)
    }
    cutter.feed(head, take)
    // The last row of the head may be cut off; only a whole file shows it here.
    if rows.isEmpty || head.count < headSize { cutter.finish(take) }
    return rows
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
