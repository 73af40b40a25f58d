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

/// A small seeded generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
