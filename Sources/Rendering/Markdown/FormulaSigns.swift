/// The signs that a text between a formula's delimiters is a formula, and not a price, a variable of
/// a shell or a remark in brackets.
struct FormulaSigns {
  private var hasCommand = false
  private var hasEscape = false
  private var hasScript = false
  private var hasRelation = false
  private var hasOperator = false
  private var hasCode = false
  private var letters = 0
  private var digits = 0
  private var longestWord = 0

  private static let functions: Set<String> = [
    "sin", "cos", "tan", "cot", "log", "exp", "lim", "max", "min", "sup", "inf", "det", "dim",
    "ker",
    "gcd", "lcm", "mod", "arg", "deg", "var", "cov", "dx", "dy", "dt",
  ]

  init(_ content: ArraySlice<UInt8>) {
    var index = content.startIndex
    // The length of the word or bracket before, which a script may stand at.
    var base = 0
    while index < content.endIndex {
      let byte = content[index]
      if byte == UInt8(ascii: "\\") {
        index = readCommand(content, index + 1)
        base = 1
      } else if SourceScanner.isLetter(byte) || byte >= 0x80 {
        let end = content[index...].firstIndex { !SourceScanner.isLetter($0) && $0 < 0x80 }
        let word = content[index..<(end ?? content.endIndex)]
        readWord(word)
        base = word.count
        index = word.endIndex
      } else {
        base = readSign(byte, base, next: content.dropFirst(index + 1 - content.startIndex).first)
        index += 1
      }
    }
  }

  /// Whether the text is a formula where its delimiters mean little else.
  var areFormula: Bool {
    if areClearFormula { return true }
    guard !hasCode, letters > 0, longestWord <= 2 else { return false }
    return hasOperator || letters == 1
  }

  /// Whether the text is a formula where its delimiters may be brackets that somebody escaped.
  var areClearFormula: Bool {
    if hasCommand { return true }
    guard !hasCode, longestWord <= 3 else { return false }
    return hasScript || hasRelation && letters + digits > 0 || hasEscape && letters + digits > 0
  }

  private mutating func readWord(_ word: ArraySlice<UInt8>) {
    letters += word.count
    let text = String(decoding: word, as: UTF8.self)
    if Self.functions.contains(text) { return }
    // Letters of other scripts are words, except Greek ones.
    let isProse = text.unicodeScalars.contains {
      !$0.isASCII && $0.properties.isAlphabetic && !(0x370...0x3FF).contains($0.value)
    }
    longestWord = max(longestWord, isProse ? 9 : text.unicodeScalars.count)
  }

  // A command has two letters or more; those of one letter are as often a pattern's, as `\d`.
  private mutating func readCommand(_ content: ArraySlice<UInt8>, _ start: Int) -> Int {
    guard start < content.endIndex else { return start }
    let end = content[start...].firstIndex { !SourceScanner.isLetter($0) } ?? content.endIndex
    switch end - start {
    case 0:
      hasEscape = true
      return start + 1
    case 1:
      hasCode = true
    default: hasCommand = true
    }
    return end
  }

  private mutating func readSign(_ byte: UInt8, _ base: Int, next: UInt8?) -> Int {
    switch byte {
    case UInt8(ascii: "^"):
      if base == 1 || next == UInt8(ascii: "{") { hasScript = true }
    case UInt8(ascii: "_"):
      if base == 1, next != nil {
        hasScript = true
      } else {
        longestWord = 9
      }
    case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"): hasRelation = true
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"),
      UInt8(ascii: "|"), UInt8(ascii: "!"), UInt8(ascii: ","):
      hasOperator = true
    case UInt8(ascii: "("), UInt8(ascii: "["): hasOperator = true
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return 1
    case UInt8(ascii: ";"), UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: "?"),
      UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "$"):
      hasCode = true
    case 0x30...0x39:
      digits += 1
      return 1
    default: break
    }
    return 0
  }
}
