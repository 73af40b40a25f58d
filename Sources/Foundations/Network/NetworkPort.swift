/// The port in an address that someone typed.
package enum NetworkPort {
  /// Whether the address names no port, or one that there is.
  ///
  /// Read from the text: Foundation finds no port in a number that does not fit into an integer, and
  /// one that does not fit into 16 bits ends the process when it is connected to.
  package static func isUsable(in address: String) -> Bool {
    let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
    var host = address[start...].prefix { !"/?#".contains($0) }
    // Colons may stand in a name and password, and within the brackets of an address of IPv6.
    for character in "@]" {
      if let place = host.lastIndex(of: character) { host = host[place...].dropFirst() }
    }
    guard let colon = host.lastIndex(of: ":") else { return true }
    let port = host[host.index(after: colon)...]
    return port.isEmpty || (Int(port).map((1...65_535).contains) ?? false)
  }
}
