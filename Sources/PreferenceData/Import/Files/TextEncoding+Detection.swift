extension TextEncoding {
  /// A conclusion from the first bytes of a file about its encoding.
  public enum Finding: Sendable, Hashable {
    /// The bytes themselves say it.
    case certain(TextEncoding)
    /// The most plausible of several readings.
    case guess(TextEncoding)
    /// The bytes are no text that Plumbline reads; the reason says what to do.
    case refused(String)

    public var encoding: TextEncoding? {
      switch self {
      case .certain(let encoding), .guess(let encoding): encoding
      case .refused: nil
      }
    }
  }

  /// Finds the encoding of a text by its first bytes: UTF-8 if they can be read as such, UTF-16 by its
  /// pattern, else the most plausible of the others.
  static func detect(_ head: [UInt8]) -> Finding {
    if head.starts(with: [0xEF, 0xBB, 0xBF]) { return .certain(.utf8) }
    let isUTF32 =
      head.starts(with: [0xFF, 0xFE, 0, 0]) || head.starts(with: [0, 0, 0xFE, 0xFF])
      || isUTF32(head)
    if isUTF32 { return .refused("it is UTF-32. Save it as UTF-8") }
    if head.starts(with: [0xFF, 0xFE]) { return .certain(.utf16LittleEndian) }
    if head.starts(with: [0xFE, 0xFF]) { return .certain(.utf16BigEndian) }
    if head.contains(0) { return withNULs(head) }
    let (valid, invalid) = sequences(head)
    // A few bad bytes in UTF-8 are the business of their rows.
    if invalid == 0 || valid >= invalid { return .certain(.utf8) }
    let best = candidates.compactMap { encoding in
      plausibility(of: head, as: encoding).map { (encoding: encoding, score: $0) }
    }.max { $0.score < $1.score }
    guard let best, best.score > 0.5 else { return .certain(.utf8) }
    return .guess(best.encoding)
  }

  // MARK: - UTF-16, UTF-32

  private static func isUTF32(_ head: [UInt8]) -> Bool {
    let head = head.prefix(4096)
    guard head.count >= 16 else { return false }
    let quarters = (0..<4).map { place in
      stride(from: place, to: head.count, by: 4).count { head[$0] == 0 }
    }
    let most = head.count / 4 * 9 / 10
    // The two high bytes of a character are zero, and one of them says which way round.
    return (quarters[3] >= most && quarters[2] >= most)
      || (quarters[0] >= most && quarters[1] >= most)
  }

  private static func withNULs(_ head: [UInt8]) -> Finding {
    let zeros = head.count { $0 == 0 }
    let little = plausibleUnits(head, isLittle: true)
    let big = plausibleUnits(head, isLittle: false)
    if let little, little.ascii >= (big?.ascii ?? 0) { return .certain(.utf16LittleEndian) }
    if big != nil { return .certain(.utf16BigEndian) }
    // A stray zero is the business of its row.
    if zeros * 200 <= head.count { return .certain(.utf8) }
    return .refused(
      "it contains zero bytes (NUL), so it is not text. Save the rows as UTF-8 text")
  }

  /// Counts the units of UTF-16 that text has. Nil if the bytes cannot be UTF-16 of this order.
  private static func plausibleUnits(
    _ head: [UInt8], isLittle: Bool
  ) -> (ascii: Int, all: Int)? {
    var (ascii, odd, count) = (0, 0, 0)
    var isAfterHigh = false
    for index in stride(from: 0, to: head.count - 1, by: 2) {
      let (low, high) = isLittle ? (head[index], head[index + 1]) : (head[index + 1], head[index])
      let unit = UInt16(high) << 8 | UInt16(low)
      count += 1
      if isAfterHigh != (0xDC00..<0xE000).contains(unit) { return nil }
      isAfterHigh = (0xD800..<0xDC00).contains(unit)
      switch unit {
      case 0x09, 0x0A, 0x0D, 0x20...0x7E: ascii += 1
      case 0...0x1F, 0x7F, 0xFFFE, 0xFFFF: return nil
      case 0xE000...0xF8FF, 0x80...0x9F: odd += 1
      default: break
      }
    }
    // Every table and every JSON has commas, quotes or line ends.
    return ascii * 50 >= count && odd * 50 <= count && ascii > 0 ? (ascii, count) : nil
  }

  // MARK: - UTF-8

  /// Counts the characters of several bytes, and the bytes that belong to none. What the end of the
  /// sample cuts off counts as neither.
  static func sequences(_ bytes: [UInt8]) -> (valid: Int, invalid: Int) {
    var (valid, invalid, index) = (0, 0, 0)
    while index < bytes.count {
      let first = bytes[index]
      let length =
        switch first {
        case 0..<0x80: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
      if length == 1 {
        index += 1
        continue
      }
      let rest = bytes[(index + 1)..<min(index + max(length, 1), bytes.count)]
      let isWhole = rest.allSatisfy { $0 & 0xC0 == 0x80 }
      if length > 0, isWhole, index + length > bytes.count { break }
      if length > 0, isWhole,
        String(validating: bytes[index..<(index + length)], as: UTF8.self) != nil
      {
        valid += 1
        index += length
      } else {
        invalid += 1
        index += 1
      }
    }
    return (valid, invalid)
  }

  // MARK: - Other encodings

  // In this order when two are equally plausible.
  private static let candidates: [TextEncoding] = [
    .windows1252, .gb18030, .eucKR, .big5, .shiftJIS, .windows1251, .windows1250,
  ]

  /// How much of a text outside ASCII is what people write, from 0 to 1; nil if it cannot be read.
  private static func plausibility(of head: [UInt8], as encoding: TextEncoding) -> Double? {
    let sample = Array(head.prefix(1 << 16))
    let outside = sample.count { $0 >= 0x80 }
    guard outside > 0, let (text, bad) = Transcoder.text(of: sample, as: encoding),
      bad * 100 <= outside
    else { return nil }
    switch encoding {
    case .gb18030:
      return pairs(sample) { lead, trail in
        if trail < 0xA1 { return trail < 0x40 ? 0.5 : 0.2 }
        switch lead {
        case 0xA1, 0xA3, 0xB0...0xD7: return 1
        case 0xA2, 0xA4...0xA9, 0xD8...0xF7: return 0.6
        default: return 0.1
        }
      }
    case .big5:
      return pairs(sample) { lead, trail in
        switch lead {
        case 0xA1...0xA2, 0xA4...0xC6: 1
        case 0xA3, 0xC9...0xF9: 0.4
        default: 0
        }
      }
    case .eucKR:
      // Chinese of a few characters may use the same bytes by chance, but not of many.
      let hangul = outside >= 16 ? 1.02 : 0.98
      return pairs(sample) { lead, trail in
        switch lead {
        case 0xB0...0xC8 where trail >= 0xA1: hangul
        case 0xA1...0xA3 where trail >= 0xA1: 0.9
        default: 0
        }
      }
    case .shiftJIS: return japanese(sample)
    default:
      return String(validating: text, as: UTF8.self).map { letters($0, in: encoding) }
    }
  }

  /// The mean weight of the characters of two bytes.
  private static func pairs(
    _ sample: [UInt8], _ weight: (_ lead: UInt8, _ trail: UInt8) -> Double
  ) -> Double {
    var (sum, count, index) = (0.0, 0, 0)
    while index < sample.count {
      guard sample[index] >= 0x80, index + 1 < sample.count else {
        index += 1
        continue
      }
      sum += weight(sample[index], sample[index + 1])
      count += 1
      // Four bytes of GB18030 have digits in the second and fourth place.
      index += (0x30...0x39).contains(sample[index + 1]) ? 4 : 2
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  private static func japanese(_ sample: [UInt8]) -> Double {
    var (sum, count, index) = (0.0, 0, 0)
    while index < sample.count {
      let lead = sample[index]
      switch lead {
      case 0..<0x80: index += 1
      // Katakana of half width, which text rarely has.
      case 0xA1...0xDF:
        (sum, count, index) = (sum + 0.2, count + 1, index + 1)
      default:
        let weight =
          switch lead {
          case 0x81...0x83, 0x88...0x97: 1.0
          case 0x84, 0x87, 0x98...0x9F, 0xE0...0xEA: 0.4
          default: 0.1
          }
        (sum, count, index) = (sum + weight, count + 1, index + 2)
      }
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  /// The share of letters where a language would have them: Latin letters with marks stand among plain
  /// ones, and Cyrillic ones among their like.
  private static func letters(_ text: String, in encoding: TextEncoding) -> Double {
    let scalars = Array(text.unicodeScalars)
    var (sum, count, run) = (0.0, 0, 0)
    for (index, scalar) in scalars.enumerated() {
      guard scalar.value >= 0x80 else {
        run = 0
        continue
      }
      let before = index > 0 ? scalars[index - 1] : " "
      let after = index + 1 < scalars.count ? scalars[index + 1] : " "
      run += 1
      count += 1
      sum +=
        encoding == .windows1251
        ? cyrillic(scalar, before) : latin(scalar, before, after, run)
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  /// - Parameter run: How many characters outside ASCII stand side by side up to this one.
  private static func latin(
    _ scalar: Unicode.Scalar, _ before: Unicode.Scalar, _ after: Unicode.Scalar, _ run: Int
  ) -> Double {
    guard scalar.properties.isAlphabetic, scalar != "ª", scalar != "º" else {
      let isInWord = before.properties.isAlphabetic && after.properties.isAlphabetic
      // Punctuation of print, and what prices and measures need.
      if "“”‘’‚„–—…•«»¿¡".unicodeScalars.contains(scalar) {
        return "’–—…".unicodeScalars.contains(scalar) || !isInWord ? 1 : 0.3
      }
      return "€£©®™°§·²³½±×\u{A0}".unicodeScalars.contains(scalar) && !isInWord ? 0.9 : 0.2
    }
    // Marked letters are rarely side by side, and capitals do not follow small letters.
    guard scalar.properties.isLowercase || !before.properties.isLowercase else { return 0.2 }
    switch run {
    case 1: return 1
    case 2: return 0.75
    default: return 0.2
    }
  }

  private static func cyrillic(_ scalar: Unicode.Scalar, _ before: Unicode.Scalar) -> Double {
    guard (0x400...0x45F).contains(scalar.value) else {
      return "«»–—“”„№…\u{A0}".unicodeScalars.contains(scalar) ? 0.9 : 0.2
    }
    guard (0x400...0x45F).contains(before.value) else {
      return before.properties.isAlphabetic ? 0 : 0.9
    }
    return scalar.properties.isLowercase || before.properties.isUppercase ? 1 : 0
  }
}
