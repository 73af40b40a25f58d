/// The difference between addresses of links and code, such as the argument of a call. Works on
/// bytes, because an answer can have tens of thousands of brackets.
enum LinkAddress {
  /// The endings of names that are files or sites.
  private static let endings: Set<String> = [
    "com", "org", "net", "io", "dev", "htm", "html", "md", "pdf", "png", "jpg", "jpeg", "gif",
    "svg", "webp", "txt", "csv", "json",
  ]

  /// Whether a text between a link's brackets leads somewhere.
  static func isLikely(_ address: ArraySlice<UInt8>) -> Bool {
    if address.contains(UInt8(ascii: "/")) || address.first == UInt8(ascii: "#") { return true }
    if address.starts(with: "www.".utf8) { return true }
    let words = address.drop { $0 == UInt8(ascii: "<") }
    return scheme(words).count >= 2 || isFileName(words)
  }

  /// Whether a text is an address of the web or of mail, with its scheme.
  static func isAbsolute(_ address: ArraySlice<UInt8>) -> Bool {
    ["http://", "https://", "mailto:"].contains {
      address.starts(with: $0.utf8) && address.count > $0.utf8.count
    }
  }

  /// Whether a text is an address of mail.
  static func isMail(_ address: ArraySlice<UInt8>) -> Bool {
    guard let at = address.firstIndex(of: UInt8(ascii: "@")), at > address.startIndex else {
      return false
    }
    let site = address[(at + 1)...].split(separator: 0x2E, omittingEmptySubsequences: false)
    let name = address[..<at]
    return site.count > 1 && site.allSatisfy { !$0.isEmpty && $0.allSatisfy(isWord) }
      && name.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "+") }
  }

  private static func scheme(_ address: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let colon = address.firstIndex(of: UInt8(ascii: ":")) else { return [] }
    let name = address[..<colon]
    let isScheme = name.allSatisfy { isWord($0) || $0 == UInt8(ascii: "+") || $0 == 0x2E }
    return isScheme && name.first.map(SourceScanner.isLetter) ?? false ? name : []
  }

  private static func isFileName(_ name: ArraySlice<UInt8>) -> Bool {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex,
      name.count - (dot - name.startIndex) <= 5
    else { return false }
    let isName = name.allSatisfy { isWord($0) || $0 == 0x2E || $0 == UInt8(ascii: "%") }
    return isName && endings.contains(String(decoding: name[(dot + 1)...], as: UTF8.self))
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    SourceScanner.isLetter(byte) || SourceScanner.isDigit(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-") || byte >= 0x80
  }
}
