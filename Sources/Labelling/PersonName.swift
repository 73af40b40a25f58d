import Foundation

/// A person's name, which differs visibly from every other person's name.
///
/// The text has Unicode's form NFKC and single spaces. Names that look alike are the same name. The
/// comparison ignores case, and treats letters of Greek, Cyrillic and other scripts as the Latin
/// letters that they resemble. A word that mixes two such scripts is refused.
public struct PersonName: Sendable, Hashable {
  /// The reason that a text cannot be a name.
  public enum Problem: Error, Sendable, Hashable {
    case length, hidden, mixedScripts
  }

  /// The longest name, in characters.
  public static let longest = 80

  public let text: String

  public init(_ entered: String) throws(Problem) {
    let words = entered.precomposedStringWithCompatibilityMapping
      .split(whereSeparator: { $0 == " " || $0 == "\u{3000}" || $0 == "\u{A0}" })
    text = words.joined(separator: " ")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard (1...Self.longest).contains(text.count), text.unicodeScalars.count <= 100 else {
      throw .length
    }
    guard PlainText.isPlain(text), text.unicodeScalars.contains(where: Self.isVisible) else {
      throw .hidden
    }
    for word in text.unicodeScalars.split(whereSeparator: { !$0.properties.isAlphabetic }) {
      if Set(word.compactMap(Script.init)).count > 1 { throw .mixedScripts }
    }
  }

  /// The name in a form that is the same for all names that look alike.
  public var likeness: String { Self.likeness(of: text) }

  /// Returns the likeness of any stored name, including names older than the rules.
  public static func likeness(of name: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in name.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
      if scalar.value == 0x200C || scalar.value == 0x200D { continue }
      scalars.append(lookalikes[scalar] ?? scalar)
    }
    return String(scalars)
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .nonspacingMark, .enclosingMark, .format: false
    default: true
    }
  }

  // The characters in Unicode's confusables (UTS 39) that look like lower-case Latin letters.
  private static let lookalikes: [Unicode.Scalar: Unicode.Scalar] = Dictionary(
    zip(
      "аеорсухіјѕԁһӏкмтвнгԛԝɡαοανικρτυχηγօոսհցɩ".unicodeScalars,
      "aeopcyxijsdhlkmtbhrqwgaoavikptuxnyonuhgi".unicodeScalars)
  ) { first, _ in first }
}

extension PersonName {
  /// The scripts with letters that look alike.
  private enum Script {
    case latin, greek, cyrillic, armenian, cherokee

    init?(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x250...0x2AF, 0x1E00...0x1EFF: self = .latin
      case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
      case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
      case 0x530...0x58F: self = .armenian
      case 0x13A0...0x13FF, 0xAB70...0xABBF: self = .cherokee
      default: return nil
      }
    }
  }
}

extension PersonName.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .length:
      "A name has 1 to \(PersonName.longest) characters."
    case .hidden:
      "A name must not hold control characters or characters that cannot be seen. Type it again."
    case .mixedScripts:
      "A word of this name mixes letters of scripts that look alike, such as Latin and Cyrillic. "
        + "Write it in one script."
    }
  }
}
