import PreferenceData

extension ImportNotice {
  /// The notice in the reader's language.
  package func text(_ strings: Translations) -> String {
    let text = strings(
      "importNotices", kind.rawValue, ["detail": (detail ?? "").quoted(atMost: 200)])
    return strings.count(
      "importNotices", "rows", count, ["line": firstLine.formatted(), "text": text])
  }
}
