import Foundation

/// How a value is laid out: Python's format specification and the flags of `%`.
struct FormatSpecification {
  var fill: Unicode.Scalar = " "
  var alignment: Unicode.Scalar?
  var sign: Unicode.Scalar?
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  static let maximum = 1_000_000

  init() {}

  /// Reads `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
  init(_ text: Text) throws {
    let scalars = text.scalars
    var place = 0
    func isAlignment(_ place: Int) -> Bool {
      place < scalars.count && "<>=^".unicodeScalars.contains(scalars[place])
    }
    if isAlignment(1) {
      (fill, alignment) = (scalars[0], scalars[1])
      place = 2
    } else if isAlignment(0) {
      alignment = scalars[0]
      place = 1
    }
    func take(_ set: String) -> Unicode.Scalar? {
      guard place < scalars.count, set.unicodeScalars.contains(scalars[place]) else { return nil }
      defer { place += 1 }
      return scalars[place]
    }
    sign = take("+- ")
    isAlternate = take("#") != nil
    if take("0") != nil, alignment == nil { (fill, alignment) = ("0", "=") }
    width = try Self.number(scalars, &place) ?? 0
    grouping = take(",_")
    if take(".") != nil {
      guard let digits = try Self.number(scalars, &place) else {
        throw JinjaError.value("Format specifier missing precision")
      }
      precision = digits
    }
    if place < scalars.count {
      type = scalars[place]
      place += 1
    }
    guard place == scalars.count else { throw JinjaError.value("Invalid format specifier") }
  }

  static func number(_ scalars: [Unicode.Scalar], _ place: inout Int) throws -> Int? {
    var value: Int?
    while place < scalars.count, ("0"..."9").contains(scalars[place]) {
      let next = (value ?? 0) * 10 + Int(scalars[place].value) - 48
      guard next <= maximum else {
        throw JinjaError.limit("A width or precision is larger than \(maximum).")
      }
      value = next
      place += 1
    }
    return value
  }

  /// Fills a text to the width.
  ///
  /// - Parameter prefix: Scalars at the start, the sign, that `=` keeps before the fill.
  func padded(_ text: Text, prefix: Int = 0, byDefault: Unicode.Scalar) -> Text {
    let margin = width - text.count
    guard margin > 0 else { return text }
    let filler = { (count: Int) in Array(repeating: fill, count: count) }
    switch alignment ?? byDefault {
    case "<": return text.with(text.scalars + filler(margin))
    case "^": return text.with(filler(margin / 2) + text.scalars + filler(margin - margin / 2))
    case "=":
      return text.with(
        text.scalars.prefix(prefix) + filler(margin) + text.scalars.dropFirst(prefix))
    default: return text.with(filler(margin) + text.scalars)
    }
  }

  func formatted(whole: Int) throws -> Text {
    let type = type ?? "d"
    if "eEfFgG%".unicodeScalars.contains(type) { return try formatted(number: Double(whole)) }
    guard precision == nil else {
      throw JinjaError.value("Precision not allowed in integer format specifier")
    }
    let radix: [Unicode.Scalar: Int] = ["d": 10, "n": 10, "x": 16, "X": 16, "o": 8, "b": 2]
    if type == "c" {
      guard let scalar = UInt32(exactly: whole).flatMap(Unicode.Scalar.init) else {
        throw JinjaError(.python("OverflowError"), "%c arg not in range(0x110000)")
      }
      return padded(Text([scalar]), byDefault: "<")
    }
    guard let base = radix[type] else {
      throw JinjaError.value("Unknown format code '\(type)' for object of type 'int'")
    }
    var digits = String(whole.magnitude, radix: base, uppercase: type == "X")
    if grouping != nil { digits = grouped(digits) }
    let mark = isAlternate && base != 10 ? "0" + String(Character(type)) : ""
    return signed(mark + digits, isNegative: whole < 0, marked: mark.count)
  }

  func formatted(number: Double) throws -> Text {
    let type = type ?? "\0"
    let digits: String
    let size = number.magnitude
    guard size.isFinite else {
      let name = size.isNaN ? "nan" : "inf"
      return signed(
        "EFG".unicodeScalars.contains(type) ? name.uppercased() : name,
        isNegative: number.sign == .minus && !size.isNaN)
    }
    switch type {
    case "f", "F": digits = String(format: "%.\(precision ?? 6)f", size)
    case "%": digits = String(format: "%.\(precision ?? 6)f", size * 100) + "%"
    case "e", "E": digits = String(format: "%.\(precision ?? 6)\(type)", size)
    case "g", "G", "n":
      digits = String(format: "%.\(precision ?? 6)\(type == "n" ? "g" : type)", size)
    case "\0":
      if let precision {
        let short = String(format: "%.\(precision)g", size)
        digits = short.contains("e") || short.contains(".") ? short : short + ".0"
      } else {
        digits = size.pythonRepresentation
      }
    default:
      throw JinjaError.value("Unknown format code '\(type)' for object of type 'float'")
    }
    return signed(grouping == nil ? digits : grouped(digits), isNegative: number.sign == .minus)
  }

  func formatted(text: Text) throws -> Text {
    guard type == nil || type == "s" else {
      throw JinjaError.value(
        "Unknown format code '\(type ?? "s")' for object of type 'str'")
    }
    if let grouping { throw JinjaError.value("Cannot specify '\(grouping)' with 's'.") }
    guard sign == nil else {
      throw JinjaError.value("Sign not allowed in string format specifier")
    }
    guard alignment != "=" || fill == "0" else {
      throw JinjaError.value("'=' alignment not allowed in string format specifier")
    }
    var copy = self
    if alignment == "=" { copy.alignment = "<" }
    return copy.padded(precision.map { text.with(text.scalars.prefix($0)) } ?? text, byDefault: "<")
  }

  private func signed(_ digits: String, isNegative: Bool, marked: Int = 0) -> Text {
    let mark =
      isNegative ? "-" : sign == "+" ? "+" : sign == " " ? " " : ""
    return padded(Text(mark + digits), prefix: mark.count + marked, byDefault: ">")
  }

  private func grouped(_ digits: String) -> String {
    let whole = digits.prefix { $0.isNumber || $0.isLetter && $0 != "e" }
    let separator = String(Character(grouping ?? ","))
    let size = type.map { "xXob".unicodeScalars.contains($0) } ?? false ? 4 : 3
    var groups: [Substring] = []
    var rest = Substring(whole)
    while rest.count > size {
      groups.append(rest.suffix(size))
      rest = rest.dropLast(size)
    }
    groups.append(rest)
    return groups.reversed().joined(separator: separator) + digits.dropFirst(whole.count)
  }
}
