import Foundation
import Yams

/// Settings of a published recipe, each with its source: a YAML file in this module's Presets folder.
public enum Preset {
  /// The names of all presets, sorted.
  public static var names: [String] {
    guard let folder = Bundle.module.url(forResource: "Presets", withExtension: nil) else {
      return []
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Returns the commands that a preset has settings for, sorted.
  public static func commands(of name: String) throws -> [String] {
    try parts(name).keys.filter { $0 != deviations }.sorted()
  }

  /// Overrides `settings` by the preset's settings for `command`.
  ///
  /// - Returns: The differences of a run from the published one; nil without differences.
  @discardableResult
  public static func apply(_ name: String, command: String, to settings: inout Settings) throws
    -> String?
  {
    let parts = try parts(name)
    guard command != deviations, let part = parts[command] else {
      let others = try commands(of: name).joined(separator: ", ")
      throw AlignmentError.badSetting(
        key: "--preset", value: name,
        expected: "a preset for \(command) (this one is for \(others))")
    }
    try settings.merge(part)
    guard case .text(let text) = parts[deviations]?[command] else { return nil }
    return text
  }

  /// The key of the texts that list, for each command, the differences from the source.
  private static let deviations = "deviations"

  private static func parts(_ name: String) throws -> [String: [String: Settings.Value]] {
    guard names.contains(name),
      let file = Bundle.module.url(
        forResource: name, withExtension: "yaml", subdirectory: "Presets"),
      let data = FileManager.default.contents(atPath: file.path)
    else {
      throw AlignmentError.badSetting(
        key: "--preset", value: name, expected: "one of \(names.joined(separator: ", "))")
    }
    return try YAMLDecoder().decode(
      [String: [String: Settings.Value]].self, from: String(decoding: data, as: UTF8.self))
  }
}
