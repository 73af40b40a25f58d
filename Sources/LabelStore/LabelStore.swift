import Foundation
import GRDB

/// Keeps people, tasks, prompts and judgements in one SQLite file, and their invariants with them.
public final class LabelStore: Sendable {
  /// The file of the store.
  public let path: String
  package let pool: DatabasePool
  let clock: @Sendable () -> Date

  /// Opens the store, creating or migrating it where needed.
  public static func open(
    path: String, clock: @escaping @Sendable () -> Date = { Date() }
  ) throws -> LabelStore {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 8
    configuration.foreignKeysEnabled = true
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // An acknowledged judgement must survive a power cut; GRDB's default for WAL is NORMAL.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      if try pool.read(Migrations.all.hasBeenSuperseded) {
        throw LabelStoreError.newerSchema(path: path)
      }
      try Migrations.all.migrate(pool)
      return LabelStore(path: path, pool: pool, clock: clock)
    } catch let error as DatabaseError {
      throw LabelStoreError.unopenable(
        path: path, reason: error.message ?? error.resultCode.description)
    }
  }

  private init(path: String, pool: DatabasePool, clock: @escaping @Sendable () -> Date) {
    self.path = path
    self.pool = pool
    self.clock = clock
  }

  /// Closes the file; the store cannot be used afterwards.
  public func close() throws {
    try pool.close()
  }

  var now: Int64 { clock().milliseconds }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await pool.read(body)
  }

  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    do {
      return try await pool.write(body)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
      throw LabelStoreError.diskFull
    }
  }
}
