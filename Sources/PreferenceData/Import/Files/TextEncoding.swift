/// An encoding of text that files of rows come in.
public enum TextEncoding: String, Sendable, Hashable, Codable, CaseIterable {
  case utf8 = "utf-8"
  case utf16LittleEndian = "utf-16le"
  case utf16BigEndian = "utf-16be"
  case windows1252 = "windows-1252"
  case windows1250 = "windows-1250"
  case windows1251 = "windows-1251"
  case macRoman = "macintosh"
  case gb18030
  case big5
  case shiftJIS = "shift_jis"
  case eucJP = "euc-jp"
  case eucKR = "euc-kr"

  /// Finds an encoding by a common name of it; nil for `auto`.
  /// Throws `PreferenceDataError.unknownEncoding`.
  public static func named(_ name: String) throws -> TextEncoding? {
    let word = name.lowercased().filter { $0.isLetter || $0.isNumber }
    if word == "auto" || word.isEmpty { return nil }
    for encoding in allCases
    where encoding.names.contains(where: { $0.filter { $0.isLetter || $0.isNumber } == word }) {
      return encoding
    }
    throw PreferenceDataError.unknownEncoding(name)
  }

  private var names: [String] {
    switch self {
    case .utf8: ["utf-8", "utf-8-sig"]
    case .utf16LittleEndian: ["utf-16le", "utf-16", "unicode"]
    case .utf16BigEndian: ["utf-16be"]
    case .windows1252: ["windows-1252", "cp1252", "latin1", "iso-8859-1", "iso-8859-15", "ansi"]
    case .windows1250: ["windows-1250", "cp1250"]
    case .windows1251: ["windows-1251", "cp1251"]
    case .macRoman: ["macintosh", "mac-roman", "x-mac-roman"]
    case .gb18030: ["gb18030", "gbk", "gb2312", "cp936", "euc-cn"]
    case .big5: ["big5", "cp950", "big5-hkscs"]
    case .shiftJIS: ["shift_jis", "sjis", "cp932", "windows-31j"]
    case .eucJP: ["euc-jp"]
    case .eucKR: ["euc-kr", "cp949", "uhc", "ks_c_5601-1987"]
    }
  }

  /// The name for people.
  public var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16LittleEndian: "UTF-16"
    case .utf16BigEndian: "UTF-16 (big-endian)"
    case .windows1252: "Windows-1252"
    case .windows1250: "Windows-1250"
    case .windows1251: "Windows-1251"
    case .macRoman: "Mac Roman"
    case .gb18030: "GB18030 (GBK)"
    case .big5: "Big5"
    case .shiftJIS: "Shift JIS"
    case .eucJP: "EUC-JP"
    case .eucKR: "EUC-KR"
    }
  }

  /// The name that iconv knows. Those of Windows hold more characters than the standards they extend.
  var iconvName: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16LittleEndian: "UTF-16LE"
    case .utf16BigEndian: "UTF-16BE"
    case .windows1252: "CP1252"
    case .windows1250: "CP1250"
    case .windows1251: "CP1251"
    case .macRoman: "MACINTOSH"
    case .gb18030: "GB18030"
    case .big5: "BIG5"
    case .shiftJIS: "CP932"
    case .eucJP: "EUC-JP"
    case .eucKR: "UHC"
    }
  }

  var isUTF16: Bool { self == .utf16LittleEndian || self == .utf16BigEndian }
}
