import CSQLite
import Foundation
import GRDB

// Statements that run for every claim, judgement, imported row or verified row use `binding:`. It
// binds values and reads columns directly, while GRDB's `arguments:` creates several arrays of
// boxed values per statement and an object per row. All other code uses `arguments:`.
extension Statement {
  /// Executes a statement that returns no rows. `bind` binds the values in their order.
  func execute(binding bind: (inout ValueBinder) -> Void) throws {
    try eachRow(binding: bind) { _ in true }
  }

  /// Returns the first row, if there is one.
  func first<Value>(
    binding bind: (inout ValueBinder) -> Void, _ read: (Columns) throws -> Value
  ) throws -> Value? {
    var first: Value?
    try eachRow(binding: bind) { columns in
      first = try read(columns)
      return false
    }
    return first
  }

  /// Returns all rows.
  func all<Value>(
    binding bind: (inout ValueBinder) -> Void, _ read: (Columns) throws -> Value
  ) throws -> [Value] {
    var all: [Value] = []
    try eachRow(binding: bind) { columns in
      all.append(try read(columns))
      return true
    }
    return all
  }

  /// Calls `visit` with row after row until it returns false.
  func eachRow(
    binding bind: (inout ValueBinder) -> Void, visit: (Columns) throws -> Bool
  ) throws {
    sqlite3_reset(sqliteStatement)
    defer { sqlite3_reset(sqliteStatement) }
    var values = ValueBinder(statement: sqliteStatement)
    bind(&values)
    let wanted = sqlite3_bind_parameter_count(sqliteStatement)
    precondition(values.count == wanted, "a value is missing")
    let columns = Columns(statement: sqliteStatement)
    while true {
      let code = sqlite3_step(sqliteStatement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else {
        let message = sqlite3_errmsg(sqlite3_db_handle(sqliteStatement)).map(String.init(cString:))
        throw DatabaseError(
          resultCode: ResultCode(rawValue: code), message: message, sql: sql)
      }
      if try !visit(columns) { return }
    }
  }
}

/// The columns of a statement's current row, by their index from 0.
struct Columns {
  fileprivate let statement: OpaquePointer

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  func optionalInteger(_ column: Int32) -> Int64? {
    isNull(column) ? nil : integer(column)
  }

  /// Returns a text, or the UTF-8 of a blob; empty for NULL.
  func text(_ column: Int32) -> String {
    let start = sqlite3_column_blob(statement, column)
    let bytes = UnsafeRawBufferPointer(
      start: start, count: Int(sqlite3_column_bytes(statement, column)))
    return String(decoding: bytes, as: UTF8.self)
  }

  func optionalText(_ column: Int32) -> String? {
    isNull(column) ? nil : text(column)
  }

  func data(_ column: Int32) -> Data {
    let start = sqlite3_column_blob(statement, column)
    return start.map { Data(bytes: $0, count: Int(sqlite3_column_bytes(statement, column))) }
      ?? Data()
  }

  var count: Int32 { sqlite3_column_count(statement) }

  /// Adds all columns to a hash, each with its own type.
  func add(to rows: inout SealedRows) {
    for column in 0..<count {
      switch sqlite3_column_type(statement, column) {
      case SQLITE_NULL: rows.add(Int64?.none)
      case SQLITE_INTEGER: rows.add(integer(column))
      default:
        let start = sqlite3_column_blob(statement, column)
        rows.add(
          UnsafeRawBufferPointer(
            start: start, count: Int(sqlite3_column_bytes(statement, column))))
      }
    }
  }

  private func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(statement, column) == SQLITE_NULL
  }
}

/// Binds the values of a statement, from the first to the last. SQLite copies them.
struct ValueBinder {
  fileprivate let statement: OpaquePointer
  fileprivate private(set) var count: Int32 = 0

  fileprivate init(statement: OpaquePointer) {
    self.statement = statement
  }

  mutating func bind(_ value: Int64?) {
    count += 1
    if let value {
      check(sqlite3_bind_int64(statement, count, value))
    } else {
      check(sqlite3_bind_null(statement, count))
    }
  }

  /// Binds ids, one after the other.
  mutating func bind<each Subject>(_ ids: repeat ID<each Subject>?) {
    for id in repeat each ids { bind(id?.rawValue) }
  }

  mutating func bind(_ text: String?) {
    count += 1
    guard let text else { return check(sqlite3_bind_null(statement, count)) }
    let length = UInt64(text.utf8.count)
    // As a C string: even an empty one has an address, and SQLite reads a null pointer as NULL.
    text.withCString { start in
      check(
        sqlite3_bind_text64(statement, count, start, length, Self.copied, UInt8(SQLITE_UTF8)))
    }
  }

  mutating func bind(_ bytes: Data) {
    count += 1
    bytes.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress, !bytes.isEmpty {
        check(
          sqlite3_bind_blob64(statement, count, start, UInt64(bytes.count), Self.copied))
      } else {
        check(sqlite3_bind_zeroblob(statement, count, 0))
      }
    }
  }

  /// Binds the bytes of a text as a blob.
  mutating func bind(utf8 text: String) {
    count += 1
    let length = UInt64(text.utf8.count)
    text.withCString { start in
      check(sqlite3_bind_blob64(statement, count, start, length, Self.copied))
    }
  }

  // Binding fails only for a wrong index, and for values above SQLite's limit of 1 GB, which
  // imports refuse.
  private func check(_ code: Int32) {
    precondition(code == SQLITE_OK, "SQLite takes no value here (\(code))")
  }

  private static var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}
