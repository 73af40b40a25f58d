import CCrypto
import Foundation

/// The key derivation function scrypt (RFC 7914), computed by OpenSSL.
public enum Scrypt {
  public enum Failure: Error, CustomStringConvertible {
    case invalidParameters

    public var description: String {
      "scrypt does not accept these parameters, or they need more than 256 MB of memory"
    }
  }

  private static let memoryLimit: UInt64 = 256 << 20

  /// Derives a key of `byteCount` bytes.
  ///
  /// `rounds` is the RFC's N, a power of two; `blockSize` its r; `parallelism` its p.
  public static func deriveKey(
    from password: Data, salt: [UInt8], byteCount: Int, rounds: Int, blockSize: Int,
    parallelism: Int
  ) throws -> Data {
    guard rounds > 1, blockSize > 0, parallelism > 0, byteCount > 0 else {
      throw Failure.invalidParameters
    }
    // OpenSSL takes a missing password or salt for a question about the parameters.
    let password = password.isEmpty ? [0] : [UInt8](password) + [0]
    let salted = salt + [0]
    var key = [UInt8](repeating: 0, count: byteCount)
    let status = password.withUnsafeBytes { bytes in
      EVP_PBE_scrypt(
        bytes.bindMemory(to: CChar.self).baseAddress, password.count - 1, salted, salt.count,
        UInt64(rounds), UInt64(blockSize), UInt64(parallelism), memoryLimit, &key, byteCount)
    }
    guard status == 1 else { throw Failure.invalidParameters }
    return Data(key)
  }
}
