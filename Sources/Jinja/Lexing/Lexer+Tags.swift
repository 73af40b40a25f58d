extension Lexer {
  /// Reads the tokens of a tag up to its end.
  mutating func readTag(isVariable: Bool) throws {
    var open: [Unicode.Scalar] = []
    while place < source.count {
      let start = place
      if open.isEmpty {
        let closes = isVariable ? readClosing("}}", allowsPlus: false) : readClosing("%}")
        if closes { return add(isVariable ? .variableEnd : .blockEnd, at: start) }
      }
      let scalar = source[place]
      if scalar.isPythonSpace {
        place += 1
      } else if ("0"..."9").contains(scalar) {
        try readNumber()
      } else if scalar == "_" || scalar.properties.isXIDContinue {
        try readName()
      } else if scalar == "'" || scalar == "\"" {
        try readString(quote: scalar)
      } else {
        try readSymbol(&open)
      }
    }
    if !isVariable || !tokens.isEmpty { add(.end, at: source.count) }
  }

  private mutating func readName() throws {
    let start = place
    while place < source.count, source[place] == "_" || source[place].properties.isXIDContinue {
      place += 1
    }
    let name = Text(source[start..<place])
    guard name.isIdentifier else { throw failure("Invalid character in identifier", at: start) }
    add(.name(name.string), at: start)
  }

  private mutating func readSymbol(_ open: inout [Unicode.Scalar]) throws {
    let start = place
    let pairs = ["//", "**", "==", "!=", ">=", "<="]
    if let pair = pairs.first(where: { has($0, at: start) }) {
      place += 2
      return add(.symbol(pair), at: start)
    }
    let scalar = source[place]
    guard "+-/*%~[](){}<>=.:|,;".unicodeScalars.contains(scalar) else {
      throw failure("unexpected char \(Text([scalar]).representation) at \(start)", at: start)
    }
    switch scalar {
    case "(": open.append(")")
    case "[": open.append("]")
    case "{": open.append("}")
    case ")", "]", "}":
      guard let expected = open.popLast() else {
        throw failure("unexpected '\(scalar)'", at: start)
      }
      guard expected == scalar else {
        throw failure("unexpected '\(scalar)', expected '\(expected)'", at: start)
      }
    default: break
    }
    place += 1
    add(.symbol(String(Character(scalar))), at: start)
  }

  // MARK: - Numbers

  private mutating func readNumber() throws {
    let start = place
    let isFraction = start > 0 && source[start - 1] == "."
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16), ("0B", 2), ("0O", 8), ("0X", 16)]
    where has(prefix, at: place) {
      place += 2
      let digits = readDigits(radix: radix, from: place, leadingUnderscore: true)
      guard !digits.isEmpty else {
        place = start
        break
      }
      return try addInteger(digits, radix: radix, at: start)
    }
    // A number with leading zeros is several tokens, as in Python.
    let whole =
      source[place] == "0" && !hasFloat(from: place)
      ? readZeros() : readDigits(radix: 10, from: place)
    guard !isFraction, let float = readFraction(whole) else {
      return try addInteger(whole, radix: 10, at: start)
    }
    guard let value = Double(float) else { throw failure("invalid number", at: start) }
    add(.float(value), at: start)
  }

  private func hasFloat(from place: Int) -> Bool {
    var copy = self
    let whole = copy.readDigits(radix: 10, from: place)
    return copy.readFraction(whole) != nil
  }

  private mutating func readZeros() -> String {
    let start = place
    while place < source.count, source[place] == "0" || (source[place] == "_" && place > start) {
      place += 1
    }
    while source[place - 1] == "_" { place -= 1 }
    return "0"
  }

  private mutating func readDigits(
    radix: Int, from start: Int, leadingUnderscore: Bool = false
  ) -> String {
    var digits = ""
    place = start
    while place < source.count {
      let scalar = source[place]
      if scalar == "_" {
        let next = place + 1
        guard !digits.isEmpty || leadingUnderscore, next < source.count,
          isDigit(source[next], radix)
        else { break }
      } else {
        guard isDigit(scalar, radix) else { break }
        digits.unicodeScalars.append(scalar)
      }
      place += 1
    }
    return digits
  }

  private func isDigit(_ scalar: Unicode.Scalar, _ radix: Int) -> Bool {
    scalar.isASCII && Character(scalar).hexDigitValue.map { $0 < radix } ?? false
  }

  /// Reads the fraction and exponent of a float. Returns nil, and reads nothing, if there are none.
  private mutating func readFraction(_ whole: String) -> String? {
    let start = place
    var text = whole
    if place + 1 < source.count, source[place] == ".", isDigit(source[place + 1], 10) {
      text += "." + readDigits(radix: 10, from: place + 1)
    }
    if place + 1 < source.count, source[place] == "e" || source[place] == "E" {
      let exponent = place
      var sign = ""
      var digits = place + 1
      if source[digits] == "+" || source[digits] == "-" {
        sign = String(Character(source[digits]))
        digits += 1
      }
      let power = readDigits(radix: 10, from: digits)
      if power.isEmpty { place = exponent } else { text += "e" + sign + power }
    }
    return place == start ? nil : text
  }

  private mutating func addInteger(_ digits: String, radix: Int, at start: Int) throws {
    guard let value = Int(digits, radix: radix) else {
      throw failure("The number is too large: at most \(Int.max).", at: start)
    }
    add(.integer(value), at: start)
  }
}
