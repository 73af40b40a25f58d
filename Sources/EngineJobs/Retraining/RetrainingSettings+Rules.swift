import Jobs
import PreferenceData

/// Which settings of the engine may come over the network.
///
/// On the command line a setting may name any file that the person who types it can read. Over
/// HTTP it must not: the engine would read and write for the server what an admin may not see.
package enum WebSettings {
  /// The settings whose value is the path of a file, and the options that take one.
  package static let files: Set<String> = [
    "capabilityText", "chatTemplate", "labellerWeights", "ptxDataset",
    "config", "dataset", "input", "log", "model", "output", "prompts", "resume", "rewardModel",
    "suite", "weights",
  ]

  private static let mostSettings = 100
  private static let longestValue = 200

  /// Throws `RetrainingError.badSetting` or `fileSetting`.
  static func check(_ settings: [String: String]) throws {
    if settings.count > mostSettings {
      throw RetrainingError.badSetting("more than \(mostSettings) settings")
    }
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      try RetrainingRequest.check(key: key)
      let name = key.split(separator: ".").last.map(String.init) ?? key
      if files.contains(name) { throw RetrainingError.fileSetting(key) }
      let isPlain = !value.unicodeScalars.contains { $0.properties.generalCategory == .control }
      guard isPlain, value.utf8.count <= longestValue else {
        throw RetrainingError.badSetting("\(key)=\(value.quoted())")
      }
    }
  }
}

extension RetrainingRequest {
  /// A setting begins with a letter: a word that begins with a dash would be an option.
  static func check(key: String) throws {
    guard key.wholeMatch(of: #/[a-z][A-Za-z0-9.+-]{0,79}/#) != nil else {
      throw RetrainingError.badSetting(key.quoted())
    }
  }
}
