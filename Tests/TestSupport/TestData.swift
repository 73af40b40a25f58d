import Foundation

/// The folder of third-party test data, which does not come with a clone (docs/testing.md).
package enum TestData {
  package static let root: URL? = {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["PLUMBLINE_TEST_DATA"].map { URL(filePath: $0) }
    let folder = named ?? package.deletingLastPathComponent().appending(path: "shared/data")
    let path = folder.path(percentEncoded: false)
    return FileManager.default.fileExists(atPath: path) ? folder.standardizedFileURL : nil
  }()

  package static var isThere: Bool { root != nil }

  /// The reason of a skip. `Tests/allowed-skips.txt` lists it by the words before the colon.
  package static let missing = """
    no test data: PLUMBLINE_TEST_DATA is not set and ../shared/data does not exist (docs/testing.md)
    """

  /// The address of a file or folder in the data. Tests that use it are enabled only where the
  /// data is there.
  package static func file(_ path: String) throws -> URL {
    guard let root else { throw CocoaError(.fileNoSuchFile) }
    return root.appending(path: path)
  }

  /// The same as a path.
  package static func path(_ path: String) throws -> String {
    try file(path).path(percentEncoded: false)
  }
}
