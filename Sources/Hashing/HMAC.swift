import CCrypto
import Foundation

/// HMAC with SHA-256 (RFC 2104), computed by OpenSSL.
public enum HMACSHA256 {
  /// Returns the authentication code of a message.
  public static func code(for message: some ContiguousBytes, key: Data) -> SHA256.Digest {
    SHA256.Digest { output in
      key.withUnsafeBytes { key in
        message.withUnsafeBytes { message in
          HMAC(
            EVP_sha256(), key.baseAddress, Int32(clamping: key.count),
            message.bindMemory(to: UInt8.self).baseAddress, message.count, output, nil) == nil
            ? 0 : 1
        }
      }
    }
  }

  /// Returns whether a code is that of the message, in a time that does not depend on the code.
  public static func isValid(_ code: Data, for message: some ContiguousBytes, key: Data) -> Bool {
    constantTimeEquals(code, Data(self.code(for: message, key: key)))
  }
}

/// Compares two texts of bytes in a time that depends on their lengths alone.
public func constantTimeEquals(_ left: Data, _ right: Data) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBytes { left in
    right.withUnsafeBytes { right in
      CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
    }
  }
}
