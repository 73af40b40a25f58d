import Foundation
import Foundations
import Testing

@Suite("Files that appear whole")
struct AtomicFileTests {
  @Test(
    "Their folder is synced whatever its name", arguments: ["plain", "my exports", "标注", "50% ü#?"])
  func folderNames(name: String) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "atomic-\(UUID().uuidString)").appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    let path = folder.appending(path: "a.jsonl").path(percentEncoded: false)

    let file = try AtomicFile(path: path)
    try file.write(Array("{}\n".utf8))
    // A folder that cannot be opened to be synced is an error, so this says that it was.
    try file.commit()

    #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}\n")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) == [
        "a.jsonl"
      ])
  }

  @Test("A folder that cannot be synced is an error")
  func missingFolder() {
    #expect(throws: FileError.self) {
      try AtomicFile.syncFolder(of: "/nowhere/to be found/a.jsonl")
    }
  }

  @Test("Bytes, texts and large blocks come in the order in which they were written")
  func order() throws {
    let path = NSTemporaryDirectory() + "order \(UUID().uuidString)"
    defer { unlink(path) }
    let block = [UInt8](repeating: 7, count: 100_000)
    let file = try AtomicFile(path: path)
    try file.write([1, 2])
    try block.withUnsafeBytes { try file.write($0) }
    try file.write("ü")
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.commit()
    #expect(try Array(Data(contentsOf: URL(filePath: path))) == [1, 2] + block + [0xC3, 0xBC])
  }

  @Test("A file that is not committed leaves nothing behind, and the old one stays")
  func discarded() throws {
    let folder = NSTemporaryDirectory() + "discarded \(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write([1], to: folder + "/a")
    do {
      let file = try AtomicFile(path: folder + "/a")
      try file.write([2])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
    #expect(try Array(Data(contentsOf: URL(filePath: folder + "/a"))) == [1])
  }
}
