import Foundation
import Foundations
import LanguageModels
import TestSupport
import Testing

@Suite struct GGUFTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func write(_ builder: GGUFBuilder) throws -> String {
    let url = folder.file("x\(UInt64.random(in: 0...UInt64.max)).gguf")
    try builder.data.write(to: url)
    return url.path
  }

  private func reason(_ builder: GGUFBuilder) throws -> String {
    let path = try write(builder)
    let error = #expect(throws: LanguageModelError.self) { try GGUFFile(path: path) }
    return error.map { "\($0)" } ?? ""
  }

  /// A scale of 0.5 in half precision.
  static let scale: [UInt8] = [0x00, 0x38]
  static let minimum: [UInt8] = [0x00, 0xBC]

  @Test("Metadata of every type and tensors are read")
  func sound() throws {
    var builder = GGUFBuilder()
    builder.add("a.u32", UInt32(7))
    builder.add("a.f32", Float(1.5))
    builder.add("a.text", "héllo")
    builder.add("a.list", ["x", "y"])
    builder.add("a.bool", type: 7, [1])
    builder.add("a.i8", type: 1, [0xFF])
    builder.add("a.u64", type: 10, GGUFBuilder.bytes(UInt64(1) << 40))
    builder.add(tensor: "t", shape: [2, 3], type: 0, data: [UInt8](repeating: 0, count: 24))
    builder.add(tensor: "u", shape: [1], type: 0, data: GGUFBuilder.bytes(Float(2).bitPattern))

    let file = try GGUFFile(path: try write(builder))

    #expect(file.version == 3)
    #expect(file.metadata["a.u32"] == .integer(7))
    #expect(file.metadata["a.f32"] == .number(1.5))
    #expect(file.metadata["a.text"] == .string("héllo"))
    #expect(file.metadata["a.list"] == .strings(["x", "y"]))
    #expect(file.metadata["a.bool"] == .bool(true))
    #expect(file.metadata["a.i8"] == .integer(-1))
    #expect(file.metadata["a.u64"] == .integer(1 << 40))
    #expect(file.tensor(named: "t")?.shape == [2, 3])
    let u = try #require(file.tensor(named: "u"))
    #expect(u.offset % 32 == 0)
    #expect(file.floats(of: u) == [2])
  }

  @Test("Every stored type becomes the floats that its definition gives")
  func dequantisation() throws {
    let nibbles = (0..<16).map { UInt8($0 | (15 - $0) << 4) }
    let signed = (0..<32).map { UInt8(bitPattern: Int8($0 * 8 - 128)) }
    var builder = GGUFBuilder()
    builder.add(tensor: "q4_0", shape: [32], type: 2, data: Self.scale + nibbles)
    builder.add(tensor: "q4_1", shape: [32], type: 3, data: Self.scale + Self.minimum + nibbles)
    builder.add(tensor: "q8_0", shape: [32], type: 8, data: Self.scale + signed)
    builder.add(tensor: "f16", shape: [4], type: 1, data: [0, 0x3C, 0, 0xC0, 1, 0, 0, 0x7C])
    builder.add(tensor: "bf16", shape: [2], type: 30, data: [0x80, 0x3F, 0xC0, 0xBF])

    let file = try GGUFFile(path: try write(builder))
    func floats(_ name: String) throws -> [Float] {
      file.floats(of: try #require(file.tensor(named: name)))
    }

    let values = (0..<16).map(Float.init) + (0..<16).map { Float(15 - $0) }
    #expect(try floats("q4_0") == values.map { ($0 - 8) * 0.5 })
    #expect(try floats("q4_1") == values.map { $0 * 0.5 - 1 })
    #expect(try floats("q8_0") == (0..<32).map { Float($0 * 8 - 128) * 0.5 })
    #expect(try floats("f16") == [1, -2, 0x1p-24, .infinity])
    #expect(try floats("bf16") == [1, -1.5])
  }

  @Test("Malformed files are refused with a reason")
  func malformed() throws {
    var builder = GGUFBuilder()
    builder.version = 1
    #expect(try reason(builder).contains("version 1"))
    builder.version = 0x0300_0000
    #expect(try reason(builder).contains("big-endian"))

    builder = GGUFBuilder()
    builder.add("k", UInt32(1))
    builder.add("k", UInt32(2))
    #expect(try reason(builder).contains("occurs twice"))

    builder = GGUFBuilder()
    builder.add("k", type: 99, [])
    #expect(try reason(builder).contains("unknown type 99"))

    builder = GGUFBuilder()
    builder.add("k", type: 8, GGUFBuilder.bytes(UInt64.max))
    #expect(try reason(builder).contains("more than the file can contain"))

    builder = GGUFBuilder()
    builder.add("k", type: 9, GGUFBuilder.bytes(UInt32(4)) + GGUFBuilder.bytes(UInt64(1) << 61))
    #expect(try reason(builder).contains("more than the file can contain"))

    builder = GGUFBuilder()
    builder.add("k", type: 8, GGUFBuilder.bytes(UInt64(1)) + [0xFF])
    #expect(try reason(builder).contains("not UTF-8"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [4], type: 0, data: [0, 0])
    #expect(try reason(builder).contains("past the end"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [1 << 40, 1 << 40], type: 0, data: [])
    #expect(try reason(builder).contains("too large"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [33], type: 8, data: [])
    #expect(try reason(builder).contains("blocks of 32"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [-1], type: 0, data: [])
    #expect(try reason(builder).contains("too large"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [1], type: 16, data: [])
    #expect(try reason(builder).contains("GGML type IQ2_XXS"))

    builder = GGUFBuilder()
    builder.add(tensor: "t", shape: [8], type: 0, data: [UInt8](repeating: 0, count: 32))
    builder.add(tensor: "u", shape: [8], type: 0, data: [], offset: 0)
    #expect(try reason(builder).contains("overlap"))
  }

  @Test("Thousands of mutated files are read or refused, never a crash")
  func mutations() throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    builder.add("list", ["a", "bc", "def"])
    builder.add(tensor: "t", shape: [2, 32], type: 3, data: [UInt8](repeating: 1, count: 40))
    builder.add(tensor: "u", shape: [3], type: 0, data: [UInt8](repeating: 1, count: 12))
    let good = builder.data
    var random = RandomStream(seed: 2, .tests)
    let target = folder.file("mutated.gguf")
    var refused = 0
    var isWhole = true

    for _ in 0..<3000 {
      try Mutation.mutate(good, using: &random).write(to: target)
      do {
        let file = try GGUFFile(path: target.path)
        for tensor in file.tensors {
          isWhole = isWhole && file.floats(of: tensor).count == tensor.count
        }
        _ = try? Tokenizer(gguf: file)
        _ = try? ModelConfiguration(gguf: file)
      } catch is LanguageModelError {
        refused += 1
      }
    }

    #expect(isWhole)
    #expect(refused > 1000)
  }
}
