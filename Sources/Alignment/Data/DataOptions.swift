import PreferenceData

/// Settings on the reading of datasets.
public struct DataOptions: SettingsSection {
  /// How prompts that are texts, not messages, are read.
  public enum TextPrompts: String, Sendable, Codable, CaseIterable {
    /// As they are, without the chat template, as TRL does.
    case asWritten
    /// As the message of a user, in the chat template.
    case chat
  }

  /// The share of the prompts that is held out, of files whose rows name no split. Near-duplicates
  /// stay together. Does not concern judgements of the workbench. 0 holds out none.
  public var validationShare = 0.05
  /// The share that each dataset has in an epoch, joined by “+”, for example 0.7+0.3; “all” uses a
  /// file once and whole. “--dataset FILE:0.3” sets it. Empty uses all files once and whole.
  public var mix = ""
  /// Reading of prompts that are texts, in rows with prompt and chosen, rejected or completion:
  /// asWritten (without the chat template, as TRL does) or chat (as the message of a user).
  public var textPrompts = TextPrompts.asWritten
  /// Rows that cannot be read: error (the first one ends the run) or skip (they are left out and
  /// counted).
  public var invalidRows = TrainingFile.InvalidRows.error

  public init() {}

  public func check(in settings: Settings) throws {
    try require(
      "validationShare", validationShare, (0..<1).contains(validationShare),
      "0 or more, and below 1")
    _ = try shares
  }

  /// The share of each file: nil for a file that is used whole.
  var shares: [Double?] {
    get throws {
      guard !mix.isEmpty else { return [] }
      return try mix.split(separator: "+", omittingEmptySubsequences: false).map { word in
        if word == "all" { return nil }
        let share = Double(word)
        let isShare = share.map { $0 > 0 && $0 <= Double(SettingLimit.step) } ?? false
        try require(
          "mix", mix, isShare, "a positive number or “all” for each dataset, joined by “+”")
        return share
      }
    }
  }
}
