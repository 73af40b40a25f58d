import Foundation
import PreferenceData
import Testing

@Suite("Names of new files")
struct ReservedNameTests {
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
