import Crypto
import CryptoExtras
import Foundation

/// A password as it is stored: `scrypt$rounds$block$parallelism$salt$key`, salt and key in base64.
package struct PasswordHash: Sendable, Equatable {
  package var encoded: String

  // OWASP's password storage cheat sheet: N = 2^14, r = 8, p = 5 (16 MB for each hash at work).
  private static let rounds = 1 << 14
  private static let blockSize = 8
  private static let parallelism = 5

  /// A hash that no password matches, as costly to try as any.
  package static let nobodys = PasswordHash(
    encoded: prefix + Data(count: 16).base64EncodedString() + "$"
      + Data(count: 32).base64EncodedString())

  private static let prefix = "scrypt$\(rounds)$\(blockSize)$\(parallelism)$"

  /// Whether it was made with other numbers than those in use now.
  package var isOutdated: Bool { !encoded.hasPrefix(Self.prefix) }

  package init(encoded: String) {
    self.encoded = encoded
  }

  /// Hashes a password. Deliberately slow, a quarter of a second of one core, so a server uses its
  /// `PasswordQueue`.
  package static func make(_ password: String, salt: [UInt8]) throws -> PasswordHash {
    let key = try derive(
      password, salt: salt, rounds: rounds, blockSize: blockSize, parallelism: parallelism)
    return PasswordHash(
      encoded: prefix + Data(salt).base64EncodedString() + "$" + key.base64EncodedString())
  }

  /// Compares a password with this hash. As slow as `make`.
  package func matches(_ password: String) throws -> Bool {
    let parts = encoded.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]),
      let blockSize = Int(parts[2]), let parallelism = Int(parts[3]),
      let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5])
    else { return false }
    let derived = try Self.derive(
      password, salt: Array(salt), rounds: rounds, blockSize: blockSize,
      parallelism: parallelism)
    return constantTimeEquals(derived, key)
  }

  private static func derive(
    _ password: String, salt: [UInt8], rounds: Int, blockSize: Int, parallelism: Int
  ) throws -> Data {
    try KDF.Scrypt.deriveKey(
      from: Data(password.precomposedStringWithCompatibilityMapping.utf8), salt: salt,
      outputByteCount: 32, rounds: rounds, blockSize: blockSize, parallelism: parallelism
    ).withUnsafeBytes { Data($0) }
  }

  private func constantTimeEquals(_ a: Data, _ b: Data) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
