/// The reason why a connection failed, out of the HTTP client's long description of it.
package enum ConnectionFailure {
  package static func words(for error: any Error) -> String {
    let text = "\(error)"
    if let match = text.firstMatch(of: #/(\w[\w ]*) \(errno: \d+\)/#) { return String(match.1) }
    return String(text.prefix(200))
  }
}
