import Labelling
import PreferenceData
import Rendering

/// The form fields of one question on the settings page.
struct QuestionEditor: Sendable {
  struct Number: Sendable {
    let value: String
    let least: Int
    let most: Int
  }

  struct Check: Sendable {
    let checked: Bool
  }

  struct Lines: Sendable {
    let text: String
    let hasPresets: Bool
    let presetLabel: String
    let presets: [TaskSettingsPage.Choice]
  }

  /// One setting of the kind; one of its members is there.
  struct Setting: Sendable {
    let name: String
    let id: String
    let label: String
    var number: Number?
    var check: Check?
    var lines: Lines?
  }

  let row: String
  let id: String
  let heading: String
  let kind: String
  let kindName: String
  let about: String
  let place: Int
  let hasFixedID: Bool
  let isOpen: Bool
  let title: String
  let help: String
  let required: Bool
  let scopes: [TaskSettingsPage.Choice]
  let settings: [Setting]

  init(_ item: [String: JSONValue], at index: Int, strings: Translations) {
    func text(_ key: String) -> String { item[key]?.stringValue ?? "" }
    let kind = QuestionKinds.named(text("kind"))
    let row = "question.\(index)"
    let id = text("id")
    self.row = row
    self.id = id
    self.kind = text("kind")
    kindName = strings("settings", "kind.\(text("kind"))")
    let isKnown = WellKnownQuestion(rawValue: id) != nil
    heading =
      !text("title").isEmpty
      ? text("title") : isKnown ? strings("settings", "question.\(id)") : id
    about = isKnown ? strings("settings", "question.\(id).hint") : kindName
    place = index + 1
    hasFixedID = kind?.onlyID != nil
    isOpen = !isKnown
    title = text("title")
    help = text("help")
    required = item["required"]?.boolValue ?? false
    scopes = (kind?.scopes ?? []).map {
      .init(
        value: $0.rawValue, name: strings("settings", "scope.\($0.rawValue)"),
        selected: $0.rawValue == text("scope"))
    }
    settings = (kind?.editor(of: item) ?? []).map { field in
      Setting(field, row: row, id: id, strings: strings)
    }
  }
}

extension QuestionEditor.Setting {
  init(_ field: SettingField, row: String, id question: String, strings: Translations) {
    name = "\(row).\(field.key)"
    id = "\(question)-\(field.key)"
    label = strings("settings", "setting.\(field.key)")
    switch field.input {
    case .number(let value, let range):
      number = .init(value: String(value), least: range.lowerBound, most: range.upperBound)
    case .check(let checked): check = .init(checked: checked)
    case .lines(let texts, let presets):
      lines = .init(
        text: texts.joined(separator: "\n"), hasPresets: !presets.isEmpty,
        presetLabel: strings("settings", "preset"),
        presets: (["own"] + presets).map {
          .init(value: $0, name: strings("settings", "preset.\($0)"), selected: $0 == "own")
        })
    }
  }
}
