import CSQLite
import Foundation
import GRDB
import Synchronization

/// Keeps people, tasks, prompts and judgements in one SQLite file, and their invariants with them.
public final class LabelStore: Sendable {
  /// The file of the store.
  public let path: String
  package let pool: DatabasePool
  let clock: @Sendable () -> Date
  private let writer: GroupWriter
  let syncer: LogSyncer
  /// Counts what was asked to be written, but for the search index: who sees it stand still knows
  /// that nobody waits.
  let writeCount = Atomic(0)
  let signIns: SessionCache
  private let checkpointer: Checkpointer

  /// Opens the store, creating or migrating it where needed.
  public static func open(
    path: String, clock: @escaping @Sendable () -> Date = { Date() }
  ) throws -> LabelStore {
    try open(path: path, clock: clock, fileSync: { fdatasync($0) })
  }

  /// The same with another way to sync the log, for tests of what is acknowledged when.
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
      // What REPLACE would remove counts as deleted, which the triggers forbid.
      try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON")
    }
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // NORMAL keeps the file whole in a power cut; that nothing acknowledged is lost in one is the
      // syncer's work. A larger cache writes a page that many change once, not many times.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64000")
      }
      if try pool.read(Migrations.all.hasBeenSuperseded) {
        throw LabelStoreError.newerSchema(path: path)
      }
      try Migrations.all.migrate(pool)
      let syncer = try LogSyncer(path: path, fileSync: fileSync)
      let checkpointer = try Checkpointer(path: path, pool: pool, syncer: syncer)
      return LabelStore(
        path: path, pool: pool, checkpointer: checkpointer, syncer: syncer, clock: clock)
    } catch let error as DatabaseError {
      throw LabelStoreError.unopenable(
        path: path, reason: error.message ?? error.resultCode.description)
    }
  }

  // SQLite is set up once in a process, before the first database is opened.
  private static let hasLeanSQLite = plumbline_sqlite_without_memory_statistics() == SQLITE_OK

  private init(
    path: String, pool: DatabasePool, checkpointer: Checkpointer, syncer: LogSyncer,
    clock: @escaping @Sendable () -> Date
  ) {
    self.path = path
    self.pool = pool
    self.checkpointer = checkpointer
    self.clock = clock
    signIns = SessionCache()
    self.syncer = syncer
    writer = GroupWriter(pool: pool, syncer: syncer, signIns: signIns)
  }

  deinit {
    try? checkpointer.close()
  }

  /// Closes the file; the store cannot be used afterwards.
  public func close() throws {
    // To close would move the log into the file, and there may be a hole in it.
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

  /// Writes in a transaction of its own: what admins do, and imports.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    let value = try await writeWithoutSync(body)
    try await syncer.sync()
    return value
  }

  /// Writes in a transaction of its own that a power cut may undo, with whatever followed it, until
  /// the next write is synced: for steps that the last of them makes durable.
  func writeWithoutSync<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    if let failure = syncer.failure { throw failure }
    writeCount.wrappingAdd(1, ordering: .relaxed)
    // Whatever was written, sign-ins and tasks may have changed.
    defer { signIns.forget() }
    return try await reportingFullDisk { [pool, writer] in
      try await pool.write { db in
        defer { writer.forget() }
        return try body(db)
      }
    }
  }

  /// Writes together with others who ask at the same time: what labellers do all day.
  package func writeInGroup<Value: Sendable>(
    _ body: @escaping @Sendable (Database, WriterMemory) throws -> Value
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
