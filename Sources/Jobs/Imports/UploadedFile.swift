import Foundation
import Foundations
import PreferenceData

/// A file that somebody sent, on the disk and not in memory; deleted with its last owner.
package final class UploadedFile: Sendable {
  package static let limit = 8 << 30

  package let path: String
  package let size: Int

  private init(path: String, size: Int) {
    self.path = path
    self.size = size
  }

  deinit { unlink(path) }

  /// Stores bytes that are in memory, such as a pasted text or a part of a form.
  package static func keep(
    _ bytes: some Collection<UInt8>, in workspace: URL
  ) throws -> UploadedFile {
    let writer = try Writer(in: workspace)
    var rest = bytes[...]
    while !rest.isEmpty {
      try writer.write(Array(rest.prefix(1 << 20)))
      rest = rest.dropFirst(1 << 20)
    }
    return try writer.finish()
  }

  /// Writes a file as its parts arrive.
  package final class Writer {
    private let file: AtomicFile
    package private(set) var size = 0

    package init(in workspace: URL) throws {
      let folder = workspace.appending(path: "uploads")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      file = try AtomicFile(
        path: folder.appending(path: UUID().uuidString).path(percentEncoded: false))
    }

    package func write(_ bytes: [UInt8]) throws {
      size += bytes.count
      try file.write(bytes)
    }

    package func finish() throws -> UploadedFile {
      try file.commit()
      return UploadedFile(path: file.path, size: size)
    }
  }
}
