import Foundation
import PreferenceData
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
    #expect(throws: PreferenceDataError.self) {
      try AtomicFile.syncFolder(of: "/nowhere/to be found/a.jsonl")
    }
  }

  @Test("A name is taken once, and given back while nothing was written")
  func names() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "names \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try ReservedName.takeFirst(in: folder) { "a-\($0)" }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "a-2"), withDestinationURL: URL(filePath: "/nowhere"))

    #expect(first.hasSuffix("/a-1"))
    #expect(try !ReservedName.take(first))
    let third = try ReservedName.takeFirst(in: folder) { "a-\($0)" }
    #expect(third.hasSuffix("/a-3"))
    ReservedName.giveBack(first)
    #expect(try ReservedName.take(first))
    try Data([1]).write(to: URL(filePath: third))
    ReservedName.giveBack(third)
    #expect(try !ReservedName.take(third))
  }
}
