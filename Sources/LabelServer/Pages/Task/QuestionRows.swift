import HTTPSupport
import Labelling
import PreferenceData
import WebServer

/// The questions in the settings form, as items of a task file. They may still be invalid.
///
/// Adding a question or choosing a preset submits the form and shows it again. The page therefore
/// needs no script.
struct QuestionRows {
  private(set) var items: [[String: JSONValue]]

  init(_ questions: Questions) {
    items = questions.list.map { $0.json.objectValue ?? [:] }
  }

  var json: JSONValue { .array(items.map { .object($0) }) }

  /// A submission that edits the rows instead of saving them.
  enum Edit: String {
    case add, preset
  }

  /// Reads the rows of a form. A form without rows changes nothing. Throws `WebError.invalid` if a
  /// number field is not a number.
  mutating func read(_ form: Form) throws(WebError) {
    if let count = try form.whole("questions") {
      var rows: [(place: Double, item: [String: JSONValue])] = []
      for index in 0..<min(max(0, count), Questions.limit + 1) {
        guard !form.names.contains("question.\(index).remove") else { continue }
        let place = try form.whole("question.\(index).place") ?? index + 1
        // A question that is moved to an occupied place gets it, and the other question shifts.
        let aside = place < index + 1 ? -0.5 : place > index + 1 ? 0.5 : 0
        rows.append((Double(place) + aside, try Self.item(form, "question.\(index)")))
      }
      items = rows.sorted { $0.place < $1.place }.map(\.item)
    }
    switch Edit(rawValue: form["edit"]) {
    case .add:
      items.append([
        "id": .string(freeID(form["newKind"])), "kind": .string(form["newKind"]),
      ])
    case .preset:
      if let preset = QuestionPreset(rawValue: form["preset"]) {
        self = QuestionRows(preset.questions)
      }
    case nil: break
    }
  }

  private func freeID(_ kind: String) -> String {
    let taken = items.compactMap { $0["id"]?.stringValue }
    if let only = QuestionKinds.named(kind)?.onlyID { return only }
    return (1...Questions.limit + 1).map { "\(kind)\($0)" }.first { !taken.contains($0) } ?? kind
  }

  private static func item(
    _ form: Form, _ row: String
  ) throws(WebError) -> [String: JSONValue] {
    var item: [String: JSONValue] = [:]
    for name in ["id", "kind", "scope", "title", "help"] {
      item[name] = form.filled("\(row).\(name)").map { .string($0) }
    }
    item["required"] = .bool(form.names.contains("\(row).required"))
    guard let kind = item["kind"]?.stringValue.flatMap(QuestionKinds.named) else { return item }
    for field in kind.editor(of: item) {
      let name = "\(row).\(field.key)"
      switch field.input {
      case .number: item[field.key] = try form.whole(name).map { .integer($0) }
      case .check: item[field.key] = .bool(form.names.contains(name))
      case .lines(_, let presets):
        let lines = form[name].split(whereSeparator: \.isNewline)
          .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        let chosen = form["\(name).preset"]
        if presets.contains(chosen) {
          item[field.key] = .string(chosen)
        } else if !lines.isEmpty {
          item[field.key] = .array(lines.map { .string($0) })
        }
      }
    }
    return item
  }
}

extension QuestionKind {
  /// Returns the fields of an item's settings, or of a new question if the settings are invalid.
  static func editor(of item: [String: JSONValue]) -> [SettingField] {
    let kind = try? Self(settings: item)
    return (kind ?? (try? Self(settings: [:])))?.editor ?? []
  }
}
