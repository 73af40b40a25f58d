extension ImportedRow {
  /// Keeps a member of a foreign row as metadata.
  ///
  /// Names with a meaning of their own receive `imported_` before them: a column `gold` of another
  /// tool is not a gold judgement of Plumbline. The meaning stays if the value has Plumbline's form.
  mutating func keep(_ name: String, _ value: JSONValue) {
    if name == "language", let text = value.stringValue {
      return keepLanguage(text)
    }
    if name == "tools", let text = value.stringValue, let tools = try? JSONValue(parsing: text) {
      metadata[free(name)] = tools
      return
    }
    if Self.rubricNames.contains(ColumnWords.word(name)), let rubric = Self.rubric(value) {
      metadata["rubric"] = rubric
      return
    }
    guard Self.reserved.contains(name), !Self.isOwn(value, name) else {
      metadata[free(name)] = value
      return
    }
    let other = free("imported_" + name)
    findings.insert(RowFinding(.renamed, "\(name) → \(other)"))
    metadata[other] = value
  }

  /// Uses a value as the id of the prompt, or keeps it as metadata if it cannot be one.
  mutating func setID(_ value: JSONValue, key: String) {
    switch value {
    case .string(let text) where PromptRecord.isID(text): id = text
    case .integer(let number): id = String(number)
    case .digits(let digits) where PromptRecord.isID(digits): id = digits
    case .number(let number):
      id = Int(exactly: number).map(String.init) ?? CanonicalJSON.text(value)
    default:
      findings.insert(RowFinding(.unusableID))
      keep("imported_" + key, value)
    }
  }

  private func free(_ name: String) -> String {
    var free = name
    var number = 2
    while metadata[free] != nil {
      free = "\(name)_\(number)"
      number += 1
    }
    return free
  }

  private mutating func keepLanguage(_ text: String) {
    guard !LanguageNames.isCode(text), !text.isBlank else {
      metadata[free("language")] = .string(text)
      return
    }
    if let code = LanguageNames.code(text) {
      findings.insert(RowFinding(.language, "\(text) → \(code)"))
      metadata[free("language")] = .string(code)
    } else {
      findings.insert(RowFinding(.renamed, "language → imported_language"))
      metadata[free("imported_language")] = .string(text)
    }
  }

  /// Names of metadata that Plumbline reads or writes.
  private static let reserved: Set<String> = [
    "gold", "preference", "judgements", "reference", "rubric", "answers_left_out", "by_answer",
    "other_answers", "imported_judgements", "turn_details", "conversation", "parent",
  ]

  private static func isOwn(_ value: JSONValue, _ name: String) -> Bool {
    switch name {
    case "gold", "preference": value["ranking"]?.arrayValue != nil
    case "rubric":
      value.arrayValue?.allSatisfy { $0["text"] != nil && $0["weight"] != nil } ?? false
    default: false
    }
  }

  private static let rubricNames: Set<String> = ["rubric", "rubrics", "criteria"]

  /// A rubric in one form, `[{"text", "weight", …}]`, from RaR's and HealthBench's; nil for others.
  private static func rubric(_ value: JSONValue) -> JSONValue? {
    guard let items = value.arrayValue, !items.isEmpty else { return nil }
    var criteria: [JSONValue] = []
    for item in items {
      guard case .object(var members) = item,
        let text = ["criterion", "description", "text"].first(where: {
          members[$0]?.stringValue != nil
        }),
        let weight = ["points", "weight"].first(where: { members[$0]?.doubleValue != nil })
      else { return nil }
      let (words, number) = (members.removeValue(forKey: text), members.removeValue(forKey: weight))
      members["text"] = words
      members["weight"] = number
      criteria.append(.object(members))
    }
    return .array(criteria)
  }
}

/// Names of languages, with their codes (BCP 47).
enum LanguageNames {
  /// Whether a text has the form of a code, such as `en` or `zh-Hans`.
  static func isCode(_ text: String) -> Bool {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "_" }
    guard let first = parts.first, (2...3).contains(first.count) else { return false }
    return parts.enumerated().allSatisfy { index, part in
      (index == 0 || (2...8).contains(part.count))
        && part.utf8.allSatisfy { byte in
          (0x61...0x7A).contains(byte | 0x20) || (index > 0 && (0x30...0x39).contains(byte))
        }
    }
  }

  /// The code of a language named in English or by its speakers; nil for an unknown name.
  static func code(_ name: String) -> String? { codes[name.trimmed.lowercased()] }

  private static let codes: [String: String] = [
    "english": "en", "chinese": "zh", "mandarin": "zh", "simplified chinese": "zh-Hans",
    "traditional chinese": "zh-Hant", "chinese (simplified)": "zh-Hans",
    "chinese (traditional)": "zh-Hant", "中文": "zh", "汉语": "zh", "简体中文": "zh-Hans",
    "繁體中文": "zh-Hant", "german": "de", "deutsch": "de", "french": "fr", "français": "fr",
    "spanish": "es", "español": "es", "castilian": "es", "italian": "it", "italiano": "it",
    "portuguese": "pt", "português": "pt", "brazilian portuguese": "pt-BR", "dutch": "nl",
    "nederlands": "nl", "russian": "ru", "русский": "ru", "ukrainian": "uk", "polish": "pl",
    "polski": "pl", "czech": "cs", "slovak": "sk", "slovenian": "sl", "croatian": "hr",
    "serbian": "sr", "bosnian": "bs", "bulgarian": "bg", "romanian": "ro", "hungarian": "hu",
    "greek": "el", "turkish": "tr", "türkçe": "tr", "arabic": "ar", "العربية": "ar", "hebrew": "he",
    "persian": "fa", "farsi": "fa", "urdu": "ur", "hindi": "hi", "bengali": "bn", "tamil": "ta",
    "telugu": "te", "marathi": "mr", "gujarati": "gu", "punjabi": "pa", "kannada": "kn",
    "malayalam": "ml", "thai": "th", "vietnamese": "vi", "tiếng việt": "vi", "indonesian": "id",
    "malay": "ms", "filipino": "fil", "tagalog": "tl", "japanese": "ja", "日本語": "ja",
    "korean": "ko", "한국어": "ko", "swedish": "sv", "svenska": "sv", "norwegian": "no",
    "danish": "da", "dansk": "da", "finnish": "fi", "suomi": "fi", "estonian": "et",
    "latvian": "lv", "lithuanian": "lt", "icelandic": "is", "irish": "ga", "welsh": "cy",
    "catalan": "ca", "basque": "eu", "galician": "gl", "swahili": "sw", "amharic": "am",
    "afrikaans": "af", "latin": "la", "esperanto": "eo", "kazakh": "kk", "uzbek": "uz",
    "georgian": "ka", "armenian": "hy", "azerbaijani": "az", "mongolian": "mn", "nepali": "ne",
    "sinhala": "si", "burmese": "my", "khmer": "km", "lao": "lo", "albanian": "sq",
    "macedonian": "mk", "belarusian": "be", "maltese": "mt", "yoruba": "yo", "igbo": "ig",
    "hausa": "ha", "zulu": "zu", "somali": "so",
  ]
}
