import Hummingbird

/// The page that a visitor asked for before signing in, in a cookie of the sign-in page.
///
/// The address does not carry it, so that no link can choose where someone lands after signing in.
package enum WantedPage {
  private static let name = "plumbline_wanted"

  /// Returns the cookie for a request that needs a session; nil if signing in cannot lead back.
  static func cookie(for request: Request, secure: Bool) -> Cookie? {
    guard request.method == .get, let path = local(request.uri.string) else { return nil }
    return carrying(path, lifetime: 1800, secure)
  }

  /// Returns the page to open after signing in.
  package static func page(of request: Request) -> SitePath {
    request.cookies[name].flatMap { local($0.value) }.map(SitePath.wanted) ?? .home
  }

  package static func gone(secure: Bool) -> Cookie { carrying("", lifetime: 0, secure) }

  private static func carrying(_ path: String, lifetime: Int, _ secure: Bool) -> Cookie {
    Cookie(
      name: name, value: path, maxAge: lifetime, path: SitePath.signIn.string, secure: secure,
      httpOnly: true, sameSite: .lax)
  }

  // A path of this site: browsers read “//” and “/\” as the start of another site's address.
  private static func local(_ path: String) -> String? {
    let bytes = Array(path.utf8)
    let isPlain = bytes.allSatisfy { (0x21...0x7E).contains($0) && !#"";,\"#.utf8.contains($0) }
    guard isPlain, bytes.count <= 1000, bytes.first == UInt8(ascii: "/"),
      bytes.dropFirst().first != UInt8(ascii: "/")
    else { return nil }
    return path
  }
}
