import Foundation
import Testing

/// The folder of test data beside the repository, when there is one.
enum TestData {
  static let root: URL? = {
    let environment = ProcessInfo.processInfo.environment["PLUMBLINE_TEST_DATA"]
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let root = environment.map { URL(filePath: $0) } ?? package.appending(path: "../shared/data")
    return FileManager.default.fileExists(atPath: root.path) ? root.standardizedFileURL : nil
  }()

  static var isThere: Bool { root != nil }
  static let missing: Comment = "the test data folder is not there (set PLUMBLINE_TEST_DATA)"

  static func file(_ path: String) throws -> URL {
    try #require(root).appending(path: path)
  }

  /// A new empty folder, removed by the returned handle's `deinit`.
  static func scratch() throws -> ScratchFolder { try ScratchFolder() }
}

/// A temporary folder that goes away with this object.
final class ScratchFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-tests-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ name: String) -> URL { url.appending(path: name) }
}
