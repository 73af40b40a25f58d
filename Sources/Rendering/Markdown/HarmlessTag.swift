/// The three tags of HTML that are rendered. They break a line, or lower or raise a word.
enum HarmlessTag: Equatable {
  case lineBreak
  case opening(String)
  case closing(String)

  /// - Parameter tag: The text between the angle brackets.
  init?(_ tag: String) {
    switch tag.lowercased() {
    case "br", "br/", "br /": self = .lineBreak
    case "sub", "sup": self = .opening(tag.lowercased())
    case "/sub", "/sup": self = .closing(String(tag.lowercased().dropFirst()))
    default: return nil
    }
  }

  var html: String {
    switch self {
    case .lineBreak: "<br />"
    case .opening(let name): "<\(name)>"
    case .closing(let name): "</\(name)>"
    }
  }
}
