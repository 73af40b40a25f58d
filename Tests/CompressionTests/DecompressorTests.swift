import CZlib
import CZstd
import Compression
import Testing

@Suite("Unpacking")
struct DecompressorTests {
  /// Lines that compress as texts of people do.
  private static let lines = Array(
    (0..<40_000).map { "line \($0) \(($0 &* 2_654_435_761) % 1_000_003)\n" }.joined().utf8)

  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    let most = Int(deflateBound(&stream, UInt(bytes.count)))
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: most) { output, count in
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(most)
        deflate(&stream, Z_FINISH)
      }
      count = most - Int(stream.avail_out)
    }
  }

  static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    let most = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: most) { output, count in
      count = ZSTD_compress(output.baseAddress, most, bytes, bytes.count, 3)
    }
  }

  static func packed(_ bytes: [UInt8], _ kind: CompressionKind) -> [UInt8] {
    kind == .gzip ? gzip(bytes) : zstd(bytes)
  }

  /// Unpacks bytes that arrive in pieces.
  private func unpack(
    _ bytes: [UInt8], _ kind: CompressionKind, pieces: Int = 1000
  ) throws -> [UInt8] {
    let decompressor = Decompressor(kind)
    var rest = bytes[...]
    var output: [UInt8] = []
    while let next = try decompressor.next({
      defer { rest = rest.dropFirst(pieces) }
      return Array(rest.prefix(pieces))
    }) {
      output += next
    }
    return output
  }

  @Test(
    "What was packed comes out again, in pieces of any size", arguments: CompressionKind.allCases)
  func roundTrip(kind: CompressionKind) throws {
    let packed = Self.packed(Self.lines, kind)
    #expect(CompressionKind(head: packed) == kind)
    for pieces in [1 << 20, 4096, 7] {
      #expect(try unpack(packed, kind, pieces: pieces) == Self.lines)
    }
    #expect(try unpack(Self.packed([], kind), kind) == [])
  }

  @Test("Streams one after the other are one text", arguments: CompressionKind.allCases)
  func severalStreams(kind: CompressionKind) throws {
    let packed = Self.packed(Self.lines, kind) + Self.packed([1, 2, 3], kind)
    #expect(try unpack(packed, kind) == Self.lines + [1, 2, 3])
    // Exactly one full piece of output at the end of the first stream.
    let full = [UInt8](repeating: 7, count: 1 << 18)
    #expect(
      try unpack(Self.packed(full, kind) + Self.packed([9], kind), kind, pieces: 50) == full + [9])
  }

  @Test("Zeros after a gzip stream are padding")
  func padding() throws {
    let packed = Self.gzip(Self.lines) + [UInt8](repeating: 0, count: 3000)
    #expect(try unpack(packed, .gzip) == Self.lines)
  }

  @Test("A stream that is cut off is named", arguments: CompressionKind.allCases)
  func truncated(kind: CompressionKind) throws {
    let packed = Self.packed(Self.lines, kind)
    for length in [5, packed.count / 2, packed.count - 1] {
      #expect(throws: DecompressionError.truncated(kind)) {
        try unpack(Array(packed.prefix(length)), kind)
      }
    }
  }

  @Test("Damaged bytes are named", arguments: CompressionKind.allCases)
  func damaged(kind: CompressionKind) throws {
    var packed = Self.packed(Self.lines, kind)
    for index in (packed.count / 2)..<(packed.count / 2 + 40) { packed[index] ^= 0x5A }
    #expect(throws: DecompressionError.self) { try unpack(packed, kind) }
  }

  @Test("Data that grow out of all proportion are refused", arguments: CompressionKind.allCases)
  func bomb(kind: CompressionKind) throws {
    let zeros = [UInt8](repeating: 0, count: 160 << 20)
    let packed = Self.packed(zeros, kind)
    #expect(throws: DecompressionError.tooLarge(kind)) {
      let decompressor = Decompressor(kind)
      var rest = packed[...]
      var size = 0
      while let next = try decompressor.next({
        defer { rest = rest.dropFirst(4096) }
        return Array(rest.prefix(4096))
      }) {
        size += next.count
        #expect(size <= 128 << 20)
      }
    }
  }
}
