import CZlib

/// Unpacks gzip with zlib.
final class GzipStream: DecompressionStream {
  // zlib keeps the address of the structure.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let isReady: Bool
  private(set) var isBetweenStreams = false
  private var hasEnded = false

  init() {
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the gzip header.
    isReady =
      inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deallocate()
  }

  func unpack(
    _ input: [UInt8], from position: inout Int, atMost size: Int
  ) throws(DecompressionError) -> [UInt8] {
    guard isReady else { throw .damaged(.gzip) }
    if isBetweenStreams {
      guard position < input.count else { return [] }
      // Tapes and block devices pad with zeros. Anything else is passed over too, as gunzip does.
      guard !hasEnded, begins(input, at: position) else {
        hasEnded = true
        position = input.count
        return []
      }
      guard inflateReset(stream) == Z_OK else { throw .damaged(.gzip) }
      isBetweenStreams = false
    }
    var status = Z_OK
    let start = position
    var taken = 0
    let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      input.withUnsafeBufferPointer { bytes in
        // zlib only reads from `next_in`; its type is not const for historical reasons.
        stream.pointee.next_in = bytes.baseAddress.map {
          UnsafeMutablePointer(mutating: $0 + start)
        }
        stream.pointee.avail_in = UInt32(clamping: bytes.count - start)
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(clamping: size)
        status = inflate(stream, Z_NO_FLUSH)
        taken = bytes.count - start - Int(stream.pointee.avail_in)
        count = size - Int(stream.pointee.avail_out)
      }
    }
    position += taken
    switch status {
    case Z_STREAM_END: isBetweenStreams = true
    case Z_OK, Z_BUF_ERROR: break
    default: throw .damaged(.gzip)
    }
    return output
  }

  private func begins(_ input: [UInt8], at position: Int) -> Bool {
    guard input[position] == 0x1F else { return false }
    return position + 1 == input.count || input[position + 1] == 0x8B
  }
}
