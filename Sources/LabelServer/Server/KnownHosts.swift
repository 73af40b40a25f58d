import Foundation
import Foundations
import Hummingbird

/// The names under which this server may be asked for.
///
/// Whoever sends a request writes its `Host` header. Links never begin with a name that is not ours,
/// and a page of another site whose name was made to lead here changes nothing (DNS rebinding).
/// Ours are: the host of `address`, the host that we listen on, this machine's name, loopback, and
/// addresses of local networks, where nobody needs a name.
package struct KnownHosts: Sendable {
  private let names: Set<String>
  private let publicOrigin: String?

  package init(_ settings: ServerSettings, machine: String = Self.machineName) {
    var names = [settings.host.lowercased(), machine.lowercased()]
    names.append(contentsOf: names.compactMap { $0.split(separator: ".").first.map(String.init) })
    names.append(contentsOf: names.map { $0 + ".local" })
    if let host = settings.publicAddress?.host() { names.append(host.lowercased()) }
    self.names = Set(names.filter { IPAddress($0) == nil && !$0.isEmpty })
    publicOrigin = settings.publicAddress.flatMap(Self.origin)
  }

  /// Whether a `Host` header names this server; `arrival` is the address that the request came to.
  package func knows(_ authority: String, arrival: String?) -> Bool {
    guard let host = Self.host(of: authority) else { return false }
    if let address = IPAddress(host) {
      return address.isLoopback || address.isPrivate || address == arrival.flatMap { IPAddress($0) }
    }
    return host == "localhost" || host.hasSuffix(".localhost") || names.contains(host)
  }

  /// Whether an `Origin` header names the pages under the configured address.
  package func isPublicOrigin(_ origin: String?) -> Bool {
    origin != nil && origin?.lowercased() == publicOrigin
  }

  /// `example.org:8080` and `[::1]:8080` without the port; nil for what is no host.
  package static func host(of authority: String) -> String? {
    let text = authority.lowercased()
    let host: Substring
    let rest: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
    } else {
      host = text.prefix { $0 != ":" }
      rest = text.dropFirst(host.count)
    }
    guard rest.isEmpty || rest.first == ":" && rest.dropFirst().allSatisfy(\.isWholeNumber),
      !host.isEmpty
    else { return nil }
    return String(host.hasSuffix(".") ? host.dropLast() : host)
  }

  private static func origin(of url: URL) -> String? {
    guard let scheme = url.scheme?.lowercased(), let host = url.host()?.lowercased() else {
      return nil
    }
    // Browsers leave out the port that goes without saying.
    let isUsual = url.port == nil || url.port == (scheme == "https" ? 443 : 80)
    let written = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(written)" + (isUsual ? "" : ":\(url.port ?? 0)")
  }

  // ProcessInfo's would ask the network.
  package static let machineName: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()
}

extension WebError {
  static let unknownHost = WebError(
    .misdirectedRequest, code: "unknownHost",
    message: "This server does not know the name in the Host header. Open the server at its own "
      + "address; if this is its address, an admin sets `address` in plumbline.yaml.")
}
