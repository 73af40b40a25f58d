import Foundation
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("A store on a full disk")
struct StoreOnFullDiskTests {
  @Test("An import that does not fit is refused whole, and the store stays sound")
  func fullDisk() async throws {
    let folder = NSTemporaryDirectory() + "plumbline-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    guard try Self.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder) == 0 else {
      print("skipped: a small disk can only be mounted as root")
      return
    }
    defer { _ = try? Self.run("umount", folder) }
    let store = try LabelStore.open(path: folder + "/plumbline.sqlite")
    let task = try await store.saveTask(TaskDefinition(slug: "a"), guidelines: "")
    let long = String(repeating: "long ", count: 2000)
    var parser = JSONLinesParser(PromptRecord.self)
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    for number in 0..<500 {
      let record = PromptRecord(prompt: "\(number) \(long)")
      parser.feed(CanonicalJSON.bytes(record.json) + [0x0A]) { rows.append($0) }
    }
    let imported = rows

    await #expect(throws: LabelStoreError.diskFull) {
      try await store.importPrompts(imported, into: task.id)
    }

    #expect(try await store.progress(of: task.id).prompts == 0)
    #expect(try await store.verify().problems == [])
    let few = Array(imported.prefix(3))
    #expect(try await store.importPrompts(few, into: task.id).accepted == 3)
    try store.close()
  }

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
