import Foundation

/// The words of the interface in one language: sections of named sentences.
package struct Catalogue: Sendable {
  package let language: String
  package let sections: [String: [String: String]]

  package init(language: String, file: URL) throws {
    self.language = language
    sections = try JSONDecoder().decode(
      [String: [String: String]].self, from: Data(contentsOf: file))
  }

  /// A sentence with its `{places}` filled in.
  package func callAsFunction(
    _ section: String, _ name: String, _ values: [String: String] = [:]
  ) -> String {
    guard let sentence = sections[section]?[name] else { return "\(section).\(name)" }
    return values.reduce(sentence) { $0.replacing("{\($1.key)}", with: $1.value) }
  }

  /// A sentence that depends on a number: `name.one` or `name.other`.
  package func count(_ section: String, _ name: String, _ number: Int) -> String {
    let form = number == 1 && sections[section]?["\(name).one"] != nil ? "one" : "other"
    return self(section, "\(name).\(form)", ["count": number.formatted()])
  }
}
