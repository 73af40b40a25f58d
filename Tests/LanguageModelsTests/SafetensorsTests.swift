import Foundation
import Foundations
import LanguageModels
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A file of an arbitrary header and data.
  private func file(_ header: String, data: Int, length: UInt64? = nil) throws -> String {
    let url = folder.file("x\(UInt64.random(in: 0...UInt64.max)).safetensors")
    var bytes = Data()
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) {
      bytes.append(contentsOf: $0)
    }
    bytes.append(contentsOf: header.utf8)
    bytes.append(Data(count: data))
    try bytes.write(to: url)
    return url.path
  }

  @Test("What is written is read back, sorted by place")
  func roundTrip() throws {
    let path = folder.file("a.safetensors").path
    let floats: [Float] = [1, -2, 3.5, 0, 1e-30, .greatestFiniteMagnitude]
    let ids: [Int64] = [1, -1]

    try floats.withUnsafeBytes { floats in
      try ids.withUnsafeBytes { ids in
        try SafetensorsWriter.write(
          tensors: [("b", .float32, [2, 3], floats), ("a", .int64, [2], ids)], to: path)
      }
    }
    let file = try SafetensorsFile(path: path)

    #expect(file.tensors.map(\.name) == ["b", "a"])
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors[0].offset % 8 == 0)
    let b = try #require(file.tensor(named: "b"))
    #expect(b.shape == [2, 3] && b.dataType == .float32)
    #expect(Array(file.bytes(of: b).bindMemory(to: Float.self)) == floats)
    #expect(Array(file.bytes(of: file.tensors[1]).bindMemory(to: Int64.self)) == ids)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 1)
  }

  @Test("A writer that is dropped leaves nothing behind")
  func dropped() throws {
    let path = folder.file("a.safetensors").path
    do {
      let entry = SafetensorsWriter.Entry(name: "a", dataType: .float32, shape: [2])
      let writer = try SafetensorsWriter(path: path, entries: [entry])
      #expect(throws: LanguageModelError.self) { try writer.finish() }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  static let one = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#

  @Test(
    "A malformed file is refused with a reason",
    arguments: [
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "reaches from 0 to 8"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "does not take 4 bytes"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "reaches from 8 to 0"),
      (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "shape is not a list"),
      (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "shape is not a list"),
      (#"{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}"#, 4, "not valid JSON"),
      (#"{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}"#, 4, "shape is not a list"),
      (
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0,
        "does not take"
      ),
      (#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, 4, "has the dtype F33"),
      (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "has no dtype"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "not a pair"),
      (#"{"a":\#(one),"a":\#(one)}"#, 4, "occurs twice"),
      (#"{"a":\#(one),"b":\#(one)}"#, 4, "overlaps"),
      (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "leaves a gap"),
      (#"{"a":\#(one)}"#, 8, "do not belong to a tensor"),
      (#"{"a":\#(one)"#, 4, "not valid JSON"),
      (#"{"a":\#(one)}x"#, 4, "text after the value"),
      (#"[]"#, 0, "not a JSON object"),
      (#"{"__metadata__":{"a":1}}"#, 0, "not a string"),
    ])
  func malformed(header: String, data: Int, reason: String) throws {
    let path = try file(header, data: data)
    let error = #expect(throws: LanguageModelError.self) { try SafetensorsFile(path: path) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(reason) && text.contains(path))
  }

  @Test("Absurd header lengths are refused before anything is allocated")
  func headerLengths() throws {
    for length: UInt64 in [100_000_001, .max, UInt64(Int.max), 3] {
      let path = try file("{}", data: 0, length: length)
      #expect(throws: LanguageModelError.self) { try SafetensorsFile(path: path) }
    }
    try Data([1, 2]).write(to: folder.file("short"))
    #expect(throws: LanguageModelError.self) {
      try SafetensorsFile(path: folder.file("short").path)
    }
    #expect(throws: LanguageModelError.self) {
      try SafetensorsFile(path: folder.file("missing").path)
    }
    #expect(throws: LanguageModelError.self) { try SafetensorsFile(path: folder.url.path) }
    #expect(throws: LanguageModelError.self) { try SafetensorsFile(path: "/dev/zero") }
  }

  @Test("A bomb of nested lists is refused")
  func depth() throws {
    let path = try file(String(repeating: "[", count: 100_000), data: 0)
    let error = #expect(throws: LanguageModelError.self) { try SafetensorsFile(path: path) }
    #expect(error.map { "\($0)" }?.contains("nested more than 64 deep") == true)
  }

  @Test("Thousands of mutated files are read or refused, never a crash")
  func mutations() throws {
    let names = ["a", "b", "c"]
    let bytes = [UInt8](repeating: 7, count: 48)
    let path = folder.file("good.safetensors").path
    try bytes.withUnsafeBytes { bytes in
      try SafetensorsWriter.write(
        tensors: names.map { ($0, .float32, [3, 4], bytes) }, to: path)
    }
    let good = try Data(contentsOf: URL(filePath: path))
    var random = RandomStream(seed: 1, .tests)
    let target = folder.file("mutated.safetensors")
    var refused = 0
    var isWhole = true

    for _ in 0..<4000 {
      try Mutation.mutate(good, using: &random).write(to: target)
      do {
        let file = try SafetensorsFile(path: target.path)
        for tensor in file.tensors {
          isWhole = isWhole && file.bytes(of: tensor).count == tensor.byteCount
        }
      } catch is LanguageModelError {
        refused += 1
      }
    }

    #expect(isWhole)
    #expect(refused > 2000)
  }

  @Test("A sharded folder is read through its index")
  func shards() throws {
    let bytes = [UInt8](repeating: 7, count: 4)
    for name in ["a", "b"] {
      try bytes.withUnsafeBytes { bytes in
        try SafetensorsWriter.write(
          tensors: [(name, .float32, [1], bytes)],
          to: folder.file("model-\(name).safetensors").path)
      }
    }
    let index = folder.file("model.safetensors.index.json")
    try Data(
      #"{"metadata":{},"weight_map":{"a":"model-a.safetensors","b":"model-b.safetensors"}}"#.utf8
    ).write(to: index)

    let weights = try SafetensorsFolder(folder.url)

    #expect(weights.names == ["a", "b"])
    #expect(weights.tensor(named: "b")?.file.file.path.hasSuffix("model-b.safetensors") == true)
    #expect(weights.tensor(named: "c") == nil)
    for bad in [
      #"{"weight_map":{"a":"../model-a.safetensors"}}"#,
      #"{"weight_map":{"a":"model-b.safetensors"}}"#, #"{"weight_map":[]}"#, "{",
      #"{"weight_map":{"a":"model-c.safetensors"}}"#,
    ] {
      try Data(bad.utf8).write(to: index)
      #expect(throws: LanguageModelError.self) { try SafetensorsFolder(folder.url) }
    }
  }

  @Test("A PyTorch pickle is refused with the reason")
  func pickles() throws {
    try Data([0x80, 2]).write(to: folder.file("pytorch_model.bin"))
    let error = #expect(throws: LanguageModelError.self) { try SafetensorsFolder(folder.url) }
    #expect(error.map { "\($0)" }?.contains("can run code from the file") == true)
  }
}

/// Random damage to a file.
enum Mutation {
  static func mutate(_ good: Data, using random: inout RandomStream) -> Data {
    var data = [UInt8](good)
    for _ in 0..<Int.random(in: 1...4, using: &random) where !data.isEmpty {
      let place = Int.random(in: 0..<data.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: data[place] = UInt8.random(in: 0...255, using: &random)
      case 1: data[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: data.removeLast(data.count - place)
      case 3: data.remove(at: place)
      case 4: data.insert(UInt8(ascii: "9"), at: place)
      default:
        // A hostile length: eight bytes set at once.
        let values: [UInt64] = [.max, 1 << 62, 1 << 40, 0, 1 << 31]
        let value = values.randomElement(using: &random) ?? 0
        withUnsafeBytes(of: value.littleEndian) {
          for (index, byte) in $0.enumerated() where place + index < data.count {
            data[place + index] = byte
          }
        }
      }
    }
    return Data(data)
  }
}
