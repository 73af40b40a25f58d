import CSQLite
import Foundation
import GRDB
import Synchronization

/// People, tasks, prompts and judgements in one SQLite file. Triggers of the file enforce their
/// invariants; see `Schema/schema.sql`.
public final class LabelStore: Sendable {
  /// The path of the file.
  public let path: String
  package let pool: DatabasePool
  let clock: @Sendable () -> Date
  private let writer: GroupWriter
  let syncer: WALSyncer
  /// Counts the writes, except those of the search index. While the count does not change, no
  /// request waits for the writer.
  let writeCount = Atomic(0)
  let sessions: SessionCache
  private let checkpointer: Checkpointer

  /// Opens the store. Creates or migrates it if necessary.
  public static func open(
    path: String, clock: @escaping @Sendable () -> Date = { Date() }
  ) throws -> LabelStore {
    try open(path: path, clock: clock, fileSync: { fdatasync($0) })
  }

  /// Opens the store with another function to sync the WAL, for tests of acknowledgement.
  package static func open(
    path: String, clock: @escaping @Sendable () -> Date = { Date() },
    fileSync: @escaping @Sendable (_ descriptor: Int32) -> Int32
  ) throws -> LabelStore {
    _ = hasLeanSQLite
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 8
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      // With this, REPLACE runs the triggers that forbid deleting.
      try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON")
    }
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // NORMAL keeps the file intact in a power cut; `WALSyncer` makes acknowledged commits
      // durable. With a large cache, a page that many transactions change is written once.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64000")
      }
      try Migrations.apply(to: pool, path: path)
      // A connection that knows the schema of before would prepare its first query for the columns
      // of before.
      pool.invalidateReadOnlyConnections()
      let syncer = try WALSyncer(path: path, fileSync: fileSync)
      let checkpointer = try Checkpointer(path: path, pool: pool, syncer: syncer)
      return LabelStore(
        path: path, pool: pool, checkpointer: checkpointer, syncer: syncer, clock: clock)
    } catch let error as DatabaseError {
      throw LabelStoreError.unopenable(
        path: path, reason: error.message ?? error.resultCode.description)
    }
  }

  // SQLite is configured once per process, before the first database is opened.
  private static let hasLeanSQLite = plumbline_sqlite_without_memory_statistics() == SQLITE_OK

  private init(
    path: String, pool: DatabasePool, checkpointer: Checkpointer, syncer: WALSyncer,
    clock: @escaping @Sendable () -> Date
  ) {
    self.path = path
    self.pool = pool
    self.checkpointer = checkpointer
    self.clock = clock
    sessions = SessionCache()
    self.syncer = syncer
    writer = GroupWriter(pool: pool, syncer: syncer, sessions: sessions)
  }

  deinit {
    try? checkpointer.close()
  }

  /// Closes the file. The store cannot be used afterwards.
  public func close() throws {
    // Closing moves the WAL into the file, and after a failed sync the WAL may have a gap.
    if syncer.failure != nil { return }
    try checkpointer.close()
    try pool.close()
  }

  var now: Int64 { clock().milliseconds }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await pool.read(body)
  }

  /// Writes in a separate transaction and syncs it: for the work of admins, and for imports.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    let value = try await writeWithoutSync(body)
    try await syncer.sync()
    return value
  }

  /// Writes in a separate transaction without a sync. A power cut may undo it and all later writes
  /// until the next sync. For sequences of steps whose last step syncs.
  func writeWithoutSync<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    if let failure = syncer.failure { throw failure }
    writeCount.wrappingAdd(1, ordering: .relaxed)
    // The write may have changed people or sessions.
    defer { sessions.forget() }
    return try await reportingFullDisk { [pool, writer] in
      try await pool.write { db in
        defer { writer.forget() }
        return try body(db)
      }
    }
  }

  /// Writes in one transaction with other requests that arrive at the same time: for the work of
  /// labellers.
  package func writeInGroup<Value: Sendable>(
    _ body: @escaping @Sendable (Database, WriterCache) throws -> Value
  ) async throws -> Value {
    writeCount.wrappingAdd(1, ordering: .relaxed)
    return try await reportingFullDisk { [writer] in try await writer.run(body) }
  }

  private func reportingFullDisk<Value: Sendable>(
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
      throw LabelStoreError.diskFull
    }
  }
}
