import Foundation

/// The words of the interface in one language: sections of named sentences.
package struct Translations: Sendable {
  package let language: String
  package let sections: [String: [String: String]]

  /// The language of the request being answered; `Site.strings` reads it.
  @TaskLocal package static var spoken: Translations?

  package init(language: String, file: URL) throws {
    self.init(
      language: language,
      sections: try JSONDecoder().decode(
        [String: [String: String]].self, from: Data(contentsOf: file)))
  }

  package init(language: String, sections: [String: [String: String]]) {
    self.language = language
    self.sections = sections
  }

  /// A sentence with its `{places}` filled in.
  package func callAsFunction(
    _ section: String, _ name: String, _ values: [String: String] = [:]
  ) -> String {
    guard let sentence = sections[section]?[name] else { return "\(section).\(name)" }
    return values.reduce(sentence) { $0.replacing("{\($1.key)}", with: $1.value) }
  }

  /// A sentence that depends on a number: `name.one` or `name.other`.
  package func count(
    _ section: String, _ name: String, _ number: Int, _ more: [String: String] = [:]
  ) -> String {
    let form = number == 1 && sections[section]?["\(name).one"] != nil ? "one" : "other"
    return self(
      section, "\(name).\(form)", more.merging(["count": number.formatted()]) { $1 })
  }

  /// Joins items to a list inside a sentence.
  package func list(_ items: [String]) -> String {
    items.joined(separator: self("behaviour", "separator"))
  }

  /// The interface's word for a name, or the name itself if there is none.
  package func name(of thing: String, in section: String) -> String {
    sections[section]?[thing] ?? thing
  }
}

// MARK: - Languages for tests

extension Translations {
  /// Marks every sentence, so that text from elsewhere shows on a page.
  package func marked() -> Translations {
    changed(to: "en-XA") {
      "⟦\($0.replacing(#/[aeiou](?![^{]*\})/#) { accented[String($0.output)] ?? "" })⟧"
    }
  }

  /// The same words on pages that run from right to left.
  package func mirrored() -> Translations {
    var mirrored = changed(to: "ar-XB") { $0 }.sections
    mirrored["layout"]?["direction"] = "rtl"
    return Translations(language: "ar-XB", sections: mirrored)
  }

  private func changed(
    to language: String, _ change: (String) -> String
  ) -> Translations {
    var changed = sections.mapValues { $0.mapValues(change) }
    changed["layout"]?["direction"] = sections["layout"]?["direction"]
    return Translations(language: language, sections: changed)
  }
}

private let accented = ["a": "á", "e": "é", "i": "í", "o": "ó", "u": "ú"]
