import CCrypto
import Foundation

/// An incremental SHA-256, computed by OpenSSL. Copies are independent of each other.
public struct SHA256: Sendable {
  private var context = Context()

  public init() {}

  /// Returns the digest of some bytes.
  public static func hash(data: some ContiguousBytes) -> Digest {
    Digest { output in
      data.withUnsafeBytes { bytes in
        EVP_Digest(bytes.baseAddress, bytes.count, output, nil, Algorithm.sha256, nil)
      }
    }
  }

  public mutating func update(data: some ContiguousBytes) {
    if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
    let state = context.state
    data.withUnsafeBytes { bytes in
      check(EVP_DigestUpdate(state, bytes.baseAddress, bytes.count))
    }
  }

  /// Returns the digest of all bytes so far. More bytes may follow.
  public func finalize() -> Digest {
    let copy = Context(copying: context)
    return Digest { EVP_DigestFinal_ex(copy.state, $0, nil) }
  }

  /// OpenSSL's state. A struct that changes it has the only reference.
  private final class Context: @unchecked Sendable {
    let state: OpaquePointer?

    init() {
      state = EVP_MD_CTX_new()
      check(EVP_DigestInit_ex2(state, Algorithm.sha256, nil))
    }

    init(copying other: Context) {
      state = EVP_MD_CTX_new()
      check(EVP_MD_CTX_copy_ex(state, other.state))
    }

    deinit {
      EVP_MD_CTX_free(state)
    }
  }
}

extension SHA256 {
  /// The 32 bytes of a SHA-256, or of an HMAC with SHA-256.
  public struct Digest: Sendable, Hashable, Sequence {
    public static let byteCount = 32

    // Eight bytes each, in the order of memory.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ fill: (UnsafeMutablePointer<UInt8>?) -> Int32) {
      withUnsafeMutableBytes(of: &words) { bytes in
        check(fill(bytes.bindMemory(to: UInt8.self).baseAddress))
      }
    }

    public func withUnsafeBytes<Result>(
      _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
      try Swift.withUnsafeBytes(of: words, body)
    }

    public func makeIterator() -> IndexingIterator<[UInt8]> {
      withUnsafeBytes { Array($0) }.makeIterator()
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
      withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// The digest as lower-case hexadecimal.
    public var hexadecimal: String {
      func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
      }
      return withUnsafeBytes { bytes in
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
          for (index, byte) in bytes.enumerated() {
            text[2 * index] = digit(byte >> 4)
            text[2 * index + 1] = digit(byte & 15)
          }
          return 2 * bytes.count
        }
      }
    }
  }
}

/// Looked up once: a look-up takes longer than the hash of a short text.
private enum Algorithm {
  nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}

// OpenSSL's hash functions fail only without memory or without SHA-256.
private func check(_ status: Int32) {
  precondition(status == 1, "OpenSSL could not compute a SHA-256")
}
