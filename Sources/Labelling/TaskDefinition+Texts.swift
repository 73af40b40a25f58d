import PreferenceData

extension TaskDefinition {
  /// The longest guidelines, in UTF-8 bytes.
  public static let guidelinesLimit = 200_000
  private static let titleLimit = 300
  private static let helpLimit = 4000

  /// Checks the texts of a task before it is saved; throws `LabellingError.badTask`.
  ///
  /// Reading a task does not include this check, because old versions saved tasks without it.
  public func checkTexts(guidelines: String) throws {
    func refuse(_ key: String, _ reason: String) -> LabellingError {
      .badTask(key: key, reason: reason)
    }
    if title.count > 100 { throw refuse("title", "has more than 100 languages") }
    if guidelinesIn.count > 20 { throw refuse("guidelinesIn", "has more than 20 languages") }
    for (key, languages) in [("title", title), ("guidelinesIn", guidelinesIn)] {
      for language in languages.keys.sorted() where !Self.isLanguage(language) {
        throw refuse(key, "names “\(language.quoted())”, which is not a language such as en")
      }
    }
    for (language, text) in title.sorted(by: { $0.key < $1.key }) {
      try check(text, "title.\(language)", limit: Self.titleLimit)
    }
    for question in questions.list {
      let key = "questions.\(question.id)"
      if (question.help ?? "").utf8.count > Self.helpLimit {
        throw refuse(key, "has a help of more than \(Self.helpLimit) bytes")
      }
      try check(question.title ?? "", key, limit: Self.titleLimit)
      try check(question.kind.editor, key)
    }
    for text in [guidelines] + guidelinesIn.values where text.utf8.count > Self.guidelinesLimit {
      throw refuse("guidelines", "are longer than 200,000 bytes")
    }
    // SQLite's interfaces cut a text at a NUL, and the event log would contain the whole text.
    if guidelines.utf8.contains(0) { throw refuse("guidelines", "contain a NUL character") }
  }

  private func check(_ settings: [SettingField], _ key: String) throws {
    for case .lines(let lines, _) in settings.map(\.input) {
      if lines.count > FlagsQuestion.most {
        throw LabellingError.badTask(key: key, reason: "lists more than \(FlagsQuestion.most)")
      }
      for line in lines { try check(line, key, limit: FlagsQuestion.longest) }
    }
  }

  /// Whether a text has the form of a language tag such as `en` or `zh-Hans`.
  public static func isLanguage(_ text: String) -> Bool {
    text.wholeMatch(of: #/[A-Za-z0-9\-]{1,35}/#) != nil
  }

  private func check(_ text: String, _ key: String, limit: Int) throws {
    if text.utf8.count > limit {
      throw LabellingError.badTask(key: key, reason: "is longer than \(limit) bytes")
    }
    if !PlainText.isPlain(text) {
      throw LabellingError.badTask(
        key: key, reason: "contains control characters or characters that cannot be seen")
    }
  }
}
