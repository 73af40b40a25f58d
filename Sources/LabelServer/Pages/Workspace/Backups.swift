import Foundation
import LabelStore

/// The copies of the store in the workspace's `backups` folder.
struct Backups: Sendable {
  struct Entry: Sendable, Encodable {
    let name: String
    let bytes: Int64
    let madeAt: Date
  }

  let store: LabelStore
  let folder: URL
  let now: @Sendable () -> Date

  init(_ dependencies: ServerDependencies) {
    store = dependencies.store
    folder = dependencies.settings.workspace.appending(path: "backups")
    now = dependencies.now
  }

  /// Newest first.
  func all() -> [Entry] {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.fileSizeKey, .contentModificationDateKey])) ?? []
    return files.filter { $0.pathExtension == "sqlite" }.compactMap { file in
      let values = try? file.resourceValues(forKeys: [.fileSizeKey, .contentModificationDateKey])
      guard let bytes = values?.fileSize, let madeAt = values?.contentModificationDate else {
        return nil
      }
      return Entry(name: file.lastPathComponent, bytes: Int64(bytes), madeAt: madeAt)
    }.sorted { $0.name > $1.name }
  }

  /// The file of that name, found among the backups, so that no address can reach another.
  func file(named name: String) -> URL? {
    all().first { $0.name == name }.map { folder.appending(path: $0.name) }
  }

  /// Makes one more, while labellers go on working.
  func make(by person: PersonID) async throws -> Entry {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let stamp = now().formatted(
      .iso8601.year().month().day().dateSeparator(.omitted).time(includingFractionalSeconds: false)
        .timeSeparator(.omitted))
    let taken = Set(all().map(\.name))
    var name = "plumbline-\(stamp).sqlite"
    var number = 2
    while taken.contains(name) {
      name = "plumbline-\(stamp)-\(number).sqlite"
      number += 1
    }
    try await store.backUp(to: folder.appending(path: name).path)
    guard let made = all().first(where: { $0.name == name }) else { throw WebError.notFound }
    try await store.recordBackup(named: name, bytes: made.bytes, by: person)
    return made
  }
}
