import CZstd

/// Unpacks Zstandard with libzstd.
final class ZstdStream: DecompressionStream {
  private let context: OpaquePointer?
  private(set) var isBetweenStreams = false

  init() {
    context = ZSTD_createDCtx()
  }

  deinit { ZSTD_freeDCtx(context) }

  func unpack(
    _ input: [UInt8], from position: inout Int, atMost size: Int
  ) throws(DecompressionError) -> [UInt8] {
    var result = 0
    let start = position
    var taken = 0
    let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      input.withUnsafeBytes { bytes in
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: start)
        var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: size, pos: 0)
        result = ZSTD_decompressStream(context, &target, &source)
        taken = source.pos - start
        count = target.pos
      }
    }
    position += taken
    guard ZSTD_isError(result) == 0 else {
      let isWindow = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
      throw isWindow ? .windowTooLarge(.zstd) : .damaged(.zstd)
    }
    // 0 at the end of a frame that was written out. A call without input says nothing about it.
    if taken > 0 || !output.isEmpty { isBetweenStreams = result == 0 }
    return output
  }
}
