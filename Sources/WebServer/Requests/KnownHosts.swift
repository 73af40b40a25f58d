import Foundation
import Foundations
import Hummingbird

/// The host names of this server.
///
/// The client writes the `Host` header, so links never contain an unknown name, and a page of another
/// site whose name resolves to this machine cannot change anything (DNS rebinding). Known are the
/// host of `address`, the host that the server listens on, the machine's name, loopback, and
/// addresses of local networks.
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

  /// Returns whether a `Host` header names this server. `arrival` is the local address of the
  /// connection.
  package func knows(_ authority: String, arrival: String?) -> Bool {
    guard let host = Self.host(of: authority) else { return false }
    if let address = IPAddress(host) {
      return address.isLoopback || address.isPrivate || address == arrival.flatMap { IPAddress($0) }
    }
    return host == "localhost" || host.hasSuffix(".localhost") || names.contains(host)
  }

  /// Returns whether an `Origin` header names the configured address.
  package func isPublicOrigin(_ origin: String?) -> Bool {
    origin != nil && origin?.lowercased() == publicOrigin
  }

  /// Removes the port from `example.org:8080` or `[::1]:8080`; nil when the text is not a host.
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
    // Browsers leave out the default port.
    let isUsual = url.port == nil || url.port == (scheme == "https" ? 443 : 80)
    let written = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(written)" + (isUsual ? "" : ":\(url.port ?? 0)")
  }

  // ProcessInfo.hostName would ask the network.
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
