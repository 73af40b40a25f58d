import Foundation

/// The copies of the store in the workspace's `backups` folder.
package struct Backups: Sendable {
  package struct Entry: Sendable, Encodable {
    package let name: String
    package let bytes: Int64
    package let madeAt: Date
    /// The last event of the copy's log; only of one that was just made.
    package var head: String?
  }

  private let store: LabelStore
  private let folder: URL
  private let now: @Sendable () -> Date

  package init(of store: LabelStore, in folder: URL, now: @escaping @Sendable () -> Date) {
    self.store = store
    self.folder = folder
    self.now = now
  }

  /// Newest first. Links do not count: they could lead anywhere.
  package func all() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".sqlite") }.compactMap { name in
      var status = stat()
      // An empty file is the place of a copy that is being made.
      guard lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        status.st_size > 0
      else { return nil }
      return Entry(
        name: name, bytes: Int64(status.st_size),
        madeAt: Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec)))
    }.sorted { $0.name > $1.name }
  }

  /// The file of that name, found among the backups, so that no address can reach another.
  package func file(named name: String) -> URL? {
    all().first { $0.name == name }.map { folder.appending(path: $0.name) }
  }

  /// Makes one more, while labellers go on working.
  package func make(by person: PersonID) async throws -> Entry {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let stamp = now().formatted(
      .iso8601.year().month().day().dateSeparator(.omitted).time(includingFractionalSeconds: false)
        .timeSeparator(.omitted))
    var number = 1
    while true {
      let name = "plumbline-\(stamp)\(number == 1 ? "" : "-\(number)").sqlite"
      do {
        let head = try await store.backUp(to: "\(path)/\(name)")
        guard var made = all().first(where: { $0.name == name }) else {
          throw LabelStoreError.notFound(kind: "backup", name: name)
        }
        made.head = head
        try await store.recordBackup(named: name, bytes: made.bytes, head: head, by: person)
        return made
      } catch LabelStoreError.fileExists {
        // Another copy is being made in the same second.
        number += 1
      }
    }
  }

  private var path: String { folder.path(percentEncoded: false) }
}
