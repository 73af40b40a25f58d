import CSQLite
import Foundation
import GRDB

extension Statement {
  /// Executes a statement that returns no rows, with the values that `bind` gives in their order.
  ///
  /// For what labellers and imports do all the time: GRDB's `execute(arguments:)` makes several
  /// arrays of boxed values for each.
  func execute(binding bind: (inout ValueBinder) -> Void) throws {
    sqlite3_reset(sqliteStatement)
    var values = ValueBinder(statement: sqliteStatement)
    bind(&values)
    let wanted = sqlite3_bind_parameter_count(sqliteStatement)
    precondition(values.count == wanted, "a value is missing")
    let code = sqlite3_step(sqliteStatement)
    let message = code == SQLITE_DONE ? nil : sqlite3_errmsg(sqlite3_db_handle(sqliteStatement))
    let problem = message.map {
      DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: $0), sql: sql)
    }
    sqlite3_reset(sqliteStatement)
    if let problem { throw problem }
  }
}

/// Binds the values of a statement, from the first to the last; SQLite copies them.
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

  mutating func bind(_ text: String?) {
    count += 1
    guard let text else { return check(sqlite3_bind_null(statement, count)) }
    let length = UInt64(text.utf8.count)
    // As a C string: an empty one has an address too, and SQLite takes a null pointer for NULL.
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

  // Binding fails for values beyond SQLite's limit of a gigabyte, which no import lets in, and for
  // a wrong index.
  private func check(_ code: Int32) {
    precondition(code == SQLITE_OK, "SQLite takes no value here (\(code))")
  }

  private static var copied: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}
