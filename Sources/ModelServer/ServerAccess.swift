/// Who may use a model server: by which names it goes, whose pages may ask, and with which key.
///
/// A browser lends its user's network to every page. So a page of any website could talk to a server
/// on this machine, were it not for these checks; they cost other programs nothing.
public struct ServerAccess: Sendable {
  /// Names in `Host` beside localhost, IP addresses and the one that is listened on; * is any.
  public var hosts: [String] = []
  /// Websites whose pages may ask, such as https://chat.example.org; * is any.
  public var origins: [String] = []
  /// What clients must send as a bearer token.
  public var key: String?

  public init() {}

  func listening(on host: String) -> ServerAccess {
    var access = self
    access.hosts.append(host)
    return access
  }

  /// Whether the server goes by the name in `Host`.
  ///
  /// With DNS rebinding a website lets its own name stand for this machine, so that its pages are no
  /// strangers to the browser. An address is no name, and cannot be rebound.
  func allows(host: String) -> Bool {
    let name = Self.name(ofHost: host)
    return name == "localhost" || name.hasSuffix(".localhost") || Self.isAddress(name)
      || hosts.contains { $0 == "*" || Self.name(ofHost: $0) == name }
  }

  func allows(origin: String) -> Bool {
    origins.contains { $0 == "*" || Self.plain(origin: $0) == Self.plain(origin: origin) }
  }

  var allowsAllOrigins: Bool { origins.contains("*") }

  /// Looks at every byte, so that the time does not tell how many were right.
  func allows(key given: String?) -> Bool {
    guard let key else { return true }
    let (known, given) = (Array(key.utf8), Array((given ?? "").utf8))
    guard !known.isEmpty else { return false }
    var difference = known.count ^ given.count
    for index in given.indices { difference |= Int(given[index] ^ known[index % known.count]) }
    return difference == 0
  }

  /// Without the port and the dot of a complete name.
  private static func name(ofHost host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<end])
    }
    // More than one colon is an address of IPv6 without brackets.
    let parts = host.split(separator: ":", omittingEmptySubsequences: false)
    let name = parts.count == 2 ? String(parts[0]) : host
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  private static func isAddress(_ name: String) -> Bool {
    if name.contains(":") { return name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func plain(origin: String) -> String {
    let origin = origin.lowercased()
    return origin.hasSuffix("/") ? String(origin.dropLast()) : origin
  }
}
