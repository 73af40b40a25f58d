import Foundation
import Yams

/// Settings of a published recipe, each with its source: a YAML file of this module's Presets folder.
public enum Preset {
  /// The names there are, sorted.
  public static var names: [String] {
    guard let folder = Bundle.module.url(forResource: "Presets", withExtension: nil) else {
      return []
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Lays the part of a preset that is for `command` over `settings`.
  public static func apply(_ name: String, command: String, to settings: inout Settings) throws {
    guard names.contains(name),
      let file = Bundle.module.url(
        forResource: name, withExtension: "yaml", subdirectory: "Presets"),
      let data = FileManager.default.contents(atPath: file.path)
    else {
      throw AlignmentError.badSetting(
        key: "--preset", value: name, expected: "one of \(names.joined(separator: ", "))")
    }
    let parts = try YAMLDecoder().decode(
      [String: [String: Settings.Value]].self, from: String(decoding: data, as: UTF8.self))
    guard let part = parts[command] else {
      throw AlignmentError.badSetting(
        key: "--preset", value: name,
        expected:
          "a preset for \(command) (this one is for \(parts.keys.sorted().joined(separator: ", ")))"
      )
    }
    try settings.merge(part)
  }
}
