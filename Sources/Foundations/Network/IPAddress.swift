import Foundation

/// An IPv4 or IPv6 address. An IPv4 address inside an IPv6 one counts as IPv4.
package struct IPAddress: Sendable, Hashable {
  /// 4 or 16 bytes.
  package let bytes: [UInt8]

  package init?(_ text: some StringProtocol) {
    // A zone (`fe80::1%eth0`) names an interface of this machine and not another client.
    let text = String(text.prefix { $0 != "%" })
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { Array($0) }
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    let sixteen = withUnsafeBytes(of: six) { Array($0) }
    let isMapped = sixteen.prefix(10).allSatisfy { $0 == 0 } && sixteen[10...11] == [0xFF, 0xFF]
    bytes = isMapped ? Array(sixteen.suffix(4)) : sixteen
  }

  package var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// Whether the address belongs to a local network and cannot be reached from the internet.
  package var isPrivate: Bool {
    Self.privateRanges.contains { $0.contains(self) }
  }

  /// The part that identifies one client: an IPv4 address, or the first 64 bits of an IPv6 address, because
  /// providers hand these out whole.
  package var client: String {
    bytes.count == 4
      ? bytes.map(String.init).joined(separator: ".")
      : bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
  }

  // RFC 1918, RFC 3927, RFC 6598; RFC 4193 and link-local addresses of RFC 4291.
  private static let privateRanges = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "fc00::/7", "fe80::/10",
  ].compactMap(AddressRange.init)
}

/// An address such as `127.0.0.1`, or a range such as `10.0.0.0/8`.
package struct AddressRange: Sendable, Hashable {
  private let base: IPAddress
  private let bits: Int

  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let base = IPAddress(first) else { return nil }
    let longest = base.bytes.count * 8
    let bits = parts.count == 2 ? Int(parts[1]) : longest
    guard let bits, (0...longest).contains(bits) else { return nil }
    self.base = base
    self.bits = bits
  }

  package func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == base.bytes.count else { return false }
    let whole = bits / 8
    guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
    let rest = bits % 8
    return rest == 0 || (address.bytes[whole] ^ base.bytes[whole]) >> (8 - rest) == 0
  }
}
