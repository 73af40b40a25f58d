import LabelStore
import PreferenceData
import Rendering

/// Says what one saving of a task changed, by whom and when.
struct TaskChange: Sendable {
  let who: String
  let when: String
  let lines: [String]

  /// The changes in a task's saves, newest first as they come; the first save made the task.
  static func all(_ saves: [NamedEvent], wording: Wording) -> [TaskChange] {
    zip(saves, saves.dropFirst().map { Optional($0) } + [nil]).map { save, earlier in
      TaskChange(
        who: save.personName ?? wording.strings("audit", "commandLine"),
        when: wording.exact(save.event.createdAt),
        lines: earlier.map { difference($0.event.payload, save.event.payload, wording.strings) }
          ?? [wording.strings("settings", "created")])
    }
  }

  private static func difference(
    _ before: JSONValue, _ after: JSONValue, _ strings: Translations
  ) -> [String] {
    let old = flattened(before["definition"] ?? .null)
    let new = flattened(after["definition"] ?? .null)
    let guidelines = "guidelinesIn"
    var lines = Set(old.keys).union(new.keys).sorted().compactMap { key -> String? in
      guard old[key] != new[key], !key.hasPrefix(guidelines) else { return nil }
      return "\(key): \(old[key] ?? "–") → \(new[key] ?? "–")"
    }
    if before["guidelines"] != after["guidelines"]
      || before["definition"]?[guidelines] != after["definition"]?[guidelines]
    {
      lines.append(strings("settings", "guidelines"))
    }
    return lines
  }

  private static func flattened(_ value: JSONValue, under path: String = "") -> [String: String] {
    guard let members = value.objectValue, !members.isEmpty else {
      return [path: CanonicalJSON.text(value)]
    }
    return members.reduce(into: [:]) { lines, member in
      let path = path.isEmpty ? member.key : "\(path).\(member.key)"
      lines.merge(flattened(member.value, under: path)) { _, new in new }
    }
  }
}
