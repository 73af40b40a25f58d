import Foundation

/// A model's default sampling settings: its `generation_config.json`.
public struct GenerationSettings: Sendable {
  static let fileName = "generation_config.json"

  /// All members of the file, in order; empty without a file.
  private let members: [(key: String, value: JSON)]
  private let path: String

  init() { self.init(members: [], path: Self.fileName) }

  private init(members: [(key: String, value: JSON)], path: String) {
    self.members = members
    self.path = path
  }

  public init(folder: URL) throws {
    let file = folder.appending(path: Self.fileName)
    guard FileManager.default.fileExists(atPath: file.path) else {
      self.init()
      return
    }
    guard let members = try JSON(file: file).members else {
      throw LanguageModelError.malformed(
        file: file.path, problem: "is not an object", remedy: "Correct it, or remove it")
    }
    self.init(members: members, path: file.path)
  }

  /// Returns `options` with the settings of the file applied.
  ///
  /// Throws if a setting is not valid.
  public func applied(to options: SamplingOptions) throws -> SamplingOptions {
    let reader = ConfigurationReader(json: .object(members), file: path)
    var options = options
    options.temperature = try reader.number("temperature") ?? options.temperature
    options.topP = try reader.number("top_p") ?? options.topP
    options.minP = try reader.number("min_p") ?? options.minP
    options.topK = max(try reader.optionalWhole("top_k") ?? options.topK, 0)
    options.repetitionPenalty =
      try reader.number("repetition_penalty") ?? options.repetitionPenalty
    do {
      try options.validate()
    } catch LanguageModelError.invalid(let problem) {
      throw LanguageModelError.malformed(
        file: path, problem: problem, remedy: "Correct it, or remove the file")
    }
    return options
  }

  /// Returns all members, with the end tokens and, if the file names none, the other special tokens
  /// of a configuration.
  func members(for configuration: ModelConfiguration) -> [(key: String, value: JSON)] {
    var all = members.isEmpty ? [("_from_model_config", JSON.bool(true))] : members
    func set(_ key: String, _ value: JSON?, replaces: Bool = false) {
      guard let value else { return }
      if let place = all.firstIndex(where: { $0.key == key }) {
        if replaces || all[place].value.isNull { all[place].value = value }
      } else {
        all.append((key, value))
      }
    }
    let ends = configuration.endTokens.map(JSON.integer)
    set("bos_token_id", configuration.beginToken.map(JSON.integer))
    set("eos_token_id", ends.count > 1 ? .array(ends) : ends.first, replaces: true)
    set("pad_token_id", configuration.padToken.map(JSON.integer))
    return all
  }

  // MARK: - GGUF

  /// GGUF's names of the members, without `general.sampling.`.
  private static let ggufNames = [
    (key: "temperature", name: "temp"), ("top_k", "top_k"), ("top_p", "top_p"),
    ("min_p", "min_p"), ("repetition_penalty", "penalty_repeat"),
  ]
  private static let ggufPrefix = "general.sampling."

  init(gguf file: GGUFFile) {
    let members = Self.ggufNames.compactMap { key, name -> (key: String, value: JSON)? in
      guard let value = file.metadata[Self.ggufPrefix + name] else { return nil }
      if let whole = value.integer { return (key, .integer(whole)) }
      // GGUF stores single precision: this returns 0.95, not 0.949999988079071.
      return value.number.map { (key, .number(Double("\(Float($0))") ?? $0)) }
    }
    self.init(members: members, path: file.file.path)
  }

  /// The members that GGUF has keys for.
  var ggufMetadata: [(key: String, value: GGUFValue)] {
    Self.ggufNames.compactMap { key, name in
      let value = members.first { $0.key == key }?.value
      guard let value, let number = value.double else { return nil }
      let name = Self.ggufPrefix + name
      guard key == "top_k" else { return (name, .number(number)) }
      return value.integer.flatMap { $0 >= 0 ? (name, .integer($0)) : nil }
    }
  }
}

extension ModelConfiguration {
  /// Returns the text of a `generation_config.json` with all members of `settings` and the end
  /// tokens of this configuration.
  func generationJSON(like settings: GenerationSettings) -> String {
    JSON.object(settings.members(for: self)).text(indent: 2) + "\n"
  }
}
