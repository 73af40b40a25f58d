import Foundation
import Hashing
import Testing

@Suite("Hashes")
struct HashingTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func digests(text: String, expected: String) {
    #expect(SHA256.hash(data: Data(text.utf8)).hexadecimal == expected)
    var hash = SHA256()
    for byte in text.utf8 { hash.update(data: [byte]) }
    #expect(hash.finalize().hexadecimal == expected)
  }

  @Test("A million bytes in parts have one digest")
  func parts() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.update(data: [UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
    let digest = hash.finalize()
    #expect(
      digest.hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(Array(digest).count == 32 && Array(digest)[0] == 0xCD)
  }

  @Test("A copy goes its own way, and a digest does not end its hash")
  func copies() {
    var first = SHA256()
    first.update(data: Data("a".utf8))
    var second = first
    second.update(data: Data("bc".utf8))
    _ = first.finalize()
    first.update(data: Data("x".utf8))
    #expect(second.finalize() == SHA256.hash(data: Data("abc".utf8)))
    #expect(first.finalize() == SHA256.hash(data: Data("ax".utf8)))
    #expect(first.finalize() != second.finalize())
  }

  // RFC 4231, test cases 1, 2 and 6.
  @Test(
    "HMAC gives the codes of RFC 4231",
    arguments: [
      (
        [UInt8](repeating: 0x0B, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xAA, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ])
  func codes(key: [UInt8], message: String, expected: String) {
    let code = HMACSHA256.code(for: Data(message.utf8), key: Data(key))
    #expect(code.hexadecimal == expected)
    #expect(HMACSHA256.isValid(Data(code), for: Data(message.utf8), key: Data(key)))
    #expect(!HMACSHA256.isValid(Data(code).dropLast(), for: Data(message.utf8), key: Data(key)))
    #expect(!HMACSHA256.isValid(Data(count: 32), for: Data(message.utf8), key: Data(key)))
  }

  // RFC 7914, section 12.
  @Test(
    "scrypt gives the keys of RFC 7914",
    arguments: [
      ("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"),
      (
        "password", "NaCl", 1024, 8, 16,
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
      ),
      (
        "pleaseletmein", "SodiumChloride", 16384, 8, 1,
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
      ),
    ])
  func keys(
    password: String, salt: String, rounds: Int, blockSize: Int, parallelism: Int, expected: String
  ) throws {
    let key = try Scrypt.deriveKey(
      from: Data(password.utf8), salt: Array(salt.utf8), byteCount: 32, rounds: rounds,
      blockSize: blockSize, parallelism: parallelism)
    #expect(key.map { String(format: "%02x", $0) }.joined() == expected)
  }

  @Test(
    "Parameters of scrypt that cannot be right are refused",
    arguments: [
      (0, 8, 1), (-1, 8, 1), (1000, 8, 1), (16384, 0, 1), (16384, 8, -3), (1 << 40, 8, 1),
      (16384, Int.max, 1), (16384, 8, Int.max),
    ])
  func refused(rounds: Int, blockSize: Int, parallelism: Int) {
    #expect(throws: Scrypt.Failure.self) {
      try Scrypt.deriveKey(
        from: Data("x".utf8), salt: [1], byteCount: 32, rounds: rounds, blockSize: blockSize,
        parallelism: parallelism)
    }
  }
}
