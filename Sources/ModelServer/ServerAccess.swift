/// The access rules of a model server: the host names it answers to, the websites whose pages may
/// use it, and the key.
///
/// A browser lets every page use its user's network. Without these checks, a page of any
/// website could use a server on this machine. Other programs are not affected.
public struct ServerAccess: Sendable {
  /// Names accepted in `Host` in addition to localhost, IP addresses and the bound address; *
  /// accepts any.
  public var hosts: [String] = []
  /// Websites whose pages may send requests, for example https://chat.example.org; * allows any.
  public var origins: [String] = []
  /// The bearer token that clients must send.
  public var key: String?

  public init() {}

  func listening(on host: String) -> ServerAccess {
    var access = self
    access.hosts.append(host)
    return access
  }

  /// Whether the server accepts the name in `Host`.
  ///
  /// With DNS rebinding, a website lets its own name resolve to this machine, so that the browser
  /// treats its pages as same-origin. IP addresses cannot be rebound.
  func allows(host: String) -> Bool {
    let name = Self.name(ofHost: host)
    return name == "localhost" || name.hasSuffix(".localhost") || Self.isAddress(name)
      || hosts.contains { $0 == "*" || Self.name(ofHost: $0) == name }
  }

  func allows(origin: String) -> Bool {
    origins.contains { $0 == "*" || Self.plain(origin: $0) == Self.plain(origin: origin) }
  }

  var allowsAllOrigins: Bool { origins.contains("*") }

  /// Compares every byte, so that the time does not reveal how many were right.
  func allows(key given: String?) -> Bool {
    guard let key else { return true }
    let (known, given) = (Array(key.utf8), Array((given ?? "").utf8))
    guard !known.isEmpty else { return false }
    var difference = known.count ^ given.count
    for index in given.indices { difference |= Int(given[index] ^ known[index % known.count]) }
    return difference == 0
  }

  /// Returns the name without the port and the trailing dot.
  private static func name(ofHost host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<end])
    }
    // A host with more than one colon is an IPv6 address without brackets.
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
