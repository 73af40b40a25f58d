import Foundation
import Foundations
import PreferenceData
import TestSupport
import Testing

@Suite("A full disk")
struct FullDiskTests {
  @Test("An export that does not fit says so and leaves nothing behind")
  func fullDisk() throws {
    let folder = try ScratchFolder()
    guard try Self.mount(folder.path) else {
      print("skipped: a small disk can only be mounted as root")
      return
    }
    defer { _ = try? Self.run("umount", folder.path) }
    var random = RandomRecords(seed: 3)
    let records = (0..<400).map { random.record(number: $0) }
    let path = folder.path + "/x.jsonl"
    try Data("the export before\n".utf8).write(to: URL(filePath: path))

    #expect {
      try ExportFile.write(records, to: path, manifest: ExportTests.manifest(.rankings))
    } throws: { error in
      (error as? FileError)?.path == path && (error as? FileError)?.code == ENOSPC
    }

    #expect(folder.contents == ["x.jsonl"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "the export before\n")
  }

  @Test("A folder that is not there is a clear error")
  func missingFolder() {
    #expect(throws: FileError.self) {
      try ExportFile.write(
        [], to: "/nowhere/x.jsonl", manifest: ExportTests.manifest(.rankings))
    }
  }

  static func mount(_ path: String) throws -> Bool {
    guard geteuid() == 0 else { return false }
    return try run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path) == 0
  }

  @discardableResult
  static func run(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
