import Foundation
import GRDB
import LabelStore
import Synchronization
import Testing

/// A disk that syncs only when it is told to, or not at all.
private final class SlowDisk: Sendable {
  private let begun = Atomic(0)
  private let allowance = DispatchSemaphore(value: 0)
  private let refuses = Atomic(false)

  var begunCount: Int { begun.load(ordering: .sequentiallyConsistent) }

  func allow(_ count: Int = 1) {
    for _ in 0..<count { allowance.signal() }
  }

  func refuse() {
    refuses.store(true, ordering: .sequentiallyConsistent)
    allow(1_000)
  }

  func sync(_ descriptor: Int32) -> Int32 {
    begun.wrappingAdd(1, ordering: .sequentiallyConsistent)
    allowance.wait()
    guard !refuses.load(ordering: .sequentiallyConsistent) else {
      errno = EIO
      return -1
    }
    return fdatasync(descriptor)
  }
}

@Suite("What is acknowledged is on the disk")
struct WALSyncerTests {
  private let disk = SlowDisk()
  private let store: LabelStore

  init() throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "synced-\(UUID().uuidString).sqlite").path
    store = try LabelStore.open(path: path, fileSync: disk.sync)
  }

  /// A write by a labeller or an admin, which notes when it was acknowledged.
  private func write(
    _ name: String, inGroup: Bool, noting acknowledged: Flag
  ) -> Task<Void, any Error> {
    Task {
      if inGroup {
        try await store.writeInGroup { db, _ in
          try db.execute(
            sql: "INSERT INTO person (name, role, createdAt) VALUES (?, 'labeller', 0)",
            arguments: [name])
        }
      } else {
        _ = try await store.addPerson(named: name, role: .labeller)
      }
      acknowledged.raise()
    }
  }

  private func waitUntil(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<2_000 where try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try await condition())
  }

  @Test(
    "A write is acknowledged only by a sync that began after its commit",
    arguments: [true, false])
  func order(inGroup: Bool) async throws {
    let (first, second) = (Flag(), Flag())

    let one = write("Ana", inGroup: inGroup, noting: first)
    try await waitUntil { disk.begunCount == 1 }
    #expect(try await store.people().map(\.name) == ["Ana"])
    // Committed while the first sync is under way, which may have come too early for it.
    let two = write("Ben", inGroup: inGroup, noting: second)
    try await waitUntil { try await store.people().count == 2 }
    #expect(!first.isRaised && !second.isRaised)

    disk.allow()
    try await one.value
    try await waitUntil { disk.begunCount == 2 }
    #expect(first.isRaised && !second.isRaised)

    disk.allow()
    try await two.value
    #expect(second.isRaised)
  }

  @Test(
    "After the disk refused to sync, nothing is acknowledged any more", arguments: [true, false])
  func refusal(inGroup: Bool) async throws {
    let acknowledged = Flag()
    disk.refuse()

    for name in ["Ana", "Ben"] {
      let outcome = await write(name, inGroup: inGroup, noting: acknowledged).result
      #expect {
        try outcome.get()
      } throws: { error in
        (error as? DatabaseError)?.extendedResultCode == .SQLITE_IOERR_FSYNC
      }
    }

    #expect(!acknowledged.isRaised)
    // Once there may be a hole in the log, nothing is written behind it.
    #expect(try await store.people().map(\.name) == ["Ana"])
  }
}

private final class Flag: Sendable {
  private let raised = Atomic(false)

  var isRaised: Bool { raised.load(ordering: .sequentiallyConsistent) }

  func raise() { raised.store(true, ordering: .sequentiallyConsistent) }
}
