import Foundation
import Jobs

/// How the engine is to be run: what a terminal may say beyond the request itself.
package struct EngineOptions: Codable, Sendable, Equatable {
  /// A YAML file with the engine's settings.
  package var configuration: String?
  /// The command that starts the engine, such as `torchrun --no-python`.
  package var launcher: String?

  package init(configuration: String? = nil, launcher: String? = nil) {
    self.configuration = configuration
    self.launcher = launcher
  }
}

extension RetrainingRequest {
  /// The seed of every stage: the setting `seed`, or 1.
  package var seed: Int {
    get throws {
      guard let text = settings["seed"] else { return 1 }
      guard let seed = Int(text), (0...1 << 53).contains(seed) else {
        throw RetrainingError.badSetting("seed=\(text)")
      }
      return seed
    }
  }

  /// The settings of one stage as the engine takes them: `key` is for every stage,
  /// `stage.key` for one, and the narrower wins.
  package func settings(for stage: RetrainingStage) throws -> [String] {
    for key in settings.keys { try Self.check(key: key) }
    var chosen = ["seed": String(try seed)]
    for (key, value) in settings where RetrainingStage.command(namedIn: key) == nil {
      chosen[key] = value
    }
    for (key, value) in settings where RetrainingStage.command(namedIn: key) == stage.command {
      chosen[String(key.dropFirst(stage.command.count + 1))] = value
    }
    return chosen.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  /// Reads `key=value` words; throws `RetrainingError.badSetting`.
  package static func settings(parsing words: [String]) throws -> [String: String] {
    var settings: [String: String] = [:]
    for word in words {
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw RetrainingError.badSetting(word)
      }
      let key = String(word[..<equals])
      try check(key: key)
      settings[key] = String(word[word.index(after: equals)...])
    }
    return settings
  }
}

extension RetrainingStage {
  /// The command in front of the dot of `command.key`; nil if there is none.
  static func command(namedIn key: String) -> String? {
    guard let dot = key.firstIndex(of: ".") else { return nil }
    let name = String(key[..<dot])
    return commands.contains(name) ? name : nil
  }
}
