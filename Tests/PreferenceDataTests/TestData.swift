import Foundation

/// The shared test data, which a checkout may lack.
enum TestData {
  static let root: String = {
    if let path = ProcessInfo.processInfo.environment["PLUMBLINE_TEST_DATA"] { return path }
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appending(path: "shared/data").path
  }()

  static var isThere: Bool { FileManager.default.fileExists(atPath: root + "/json_test_suite") }
  static let missing = "the shared test data is not there (PLUMBLINE_TEST_DATA)"
}

/// A folder that is removed with its owner.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "plumbline-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var contents: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }
}
