import Foundation

/// The way to read a file, detected from its beginning. It can be changed before the import.
public struct ImportPlan: Sendable, Hashable {
  public var container: SourceContainer
  public var shape: ImportShape
  /// Used by the shape `columns`.
  public var mapping: ColumnMapping
  /// The columns or keys of the first row, as they are named.
  public var columns: [String]

  /// How many columns, or keys of a row, are read: an admin says of each what it means.
  public static let mostColumns = 1000

  /// How much of a file is looked at.
  public static let headSize = 1 << 20

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
    let first = Self.firstRow(head, container)
    if case .csv(let delimiter) = container {
      columns = CSVParser.columns(of: Array(head), delimiter: delimiter)
    } else {
      columns = first?.objectValue?.keys.sorted() ?? []
    }
    self.mapping = mapping ?? ColumnMapping(guessing: columns)
    self.shape = shape ?? (mapping == nil ? first.map(ImportShape.detect) : nil) ?? .columns
    if case .csv = container, self.shape == .prompts { self.shape = .columns }
    if mapping == nil, first == nil, shape == nil, container == .lines { self.shape = .prompts }
  }

  /// Throws `PreferenceDataError.noPromptColumn` when nothing in the file is known to be a prompt.
  public func requirePrompt(in name: String) throws {
    guard shape != .columns || mapping.isUsable || columns.isEmpty else {
      throw PreferenceDataError.noPromptColumn(path: name, columns: columns)
    }
  }

  private static func firstRow(
    _ head: some Collection<UInt8>, _ container: SourceContainer
  ) -> JSONValue? {
    var cutter = RowCutter(container)
    var first: JSONValue?
    cutter.feed(head) { row in
      guard first == nil, case .success(let value) = row.value else { return }
      first = ImportReader.elements(of: value, in: container).first
    }
    // The last row of the head may be cut off; only a whole file shows it here.
    if first == nil {
      cutter.finish { row in
        guard first == nil, case .success(let value) = row.value else { return }
        first = ImportReader.elements(of: value, in: container).first
      }
    }
    return first
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
