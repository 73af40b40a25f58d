/// Settings of pretraining from text.
public struct PretrainingOptions: SettingsSection {
  public enum Objective: String, Sendable, Codable, CaseIterable {
    case nextToken = "next-token"
    case masked
  }

  public var objective = Objective.nextToken
  /// Of the tokens of a window, those that objective=masked hides.
  public var maskedShare = 0.15
  /// “characters”, or a folder with tokenizer.json.
  public var tokenizer = "characters"
  /// Tokens of a window.
  public var context = 256
  /// Windows a step.
  public var batch = 16
  public var steps = 2000
  /// Only 0: models of this engine drop nothing out.
  public var dropout = 0.0
  /// The share of the text, from its end, that is only measured on.
  public var validation = 0.1
  public init() {}

  public func check(in settings: Settings) throws {
    try require("context", context, in: 2...SettingLimit.step)
    try require("batch", batch, in: 1...SettingLimit.step)
    let tokens = try product(("batch", batch), ("context", context))
    try require(
      "batch", batch, tokens <= SettingLimit.count,
      "at most \(SettingLimit.count / context) windows of \(context) tokens")
    try require("steps", steps, in: 1...SettingLimit.count)
    try require("dropout", dropout, dropout == 0, "0 (dropout is not implemented)")
    try require(
      "maskedShare", maskedShare, maskedShare > 0 && maskedShare < 1, "a share in (0, 1)")
    try require("validation", validation, (0..<1).contains(validation), "a share in [0, 1)")
    try checkEffects(in: settings)
  }

  private func checkEffects(in settings: Settings) throws {
    if objective == .nextToken {
      try settings.refuse("maskedShare", because: "with objective=next-token, only with masked")
    }
    try settings.refuse("maxLength", because: "on pretraining, whose windows are context=… long")
    try settings.refuse("capabilityText", because: "on pretraining: it measures what tuning costs")
  }
}

/// The shape of a model that is trained from nothing.
public struct NewModelOptions: SettingsSection {
  public var architecture = "gpt2"
  public var layers = 4
  public var heads = 4
  public var width = 128
  public init() {}

  enum CodingKeys: String, CodingKey {
    case architecture = "model.architecture"
    case layers = "model.layers"
    case heads = "model.heads"
    case width = "model.width"
  }

  public func check(in settings: Settings) throws {
    try require("model.layers", layers, in: 1...10_000)
    try require("model.width", width, in: 1...SettingLimit.step)
    try require(
      "model.heads", heads, heads > 0 && heads <= width && width % heads == 0,
      "a divisor of model.width (\(width))")
  }

  /// Throws when weights, gradients and the optimiser's moments, 16 bytes a parameter, would not fit
  /// into this machine's memory.
  func check(vocabularySize: Int, context: Int, memory: UInt64) throws {
    let width = Double(width)
    let count =
      12 * Double(layers) * width * width + Double(vocabularySize + context) * width
    try require(
      "model.width", self.width, 16 * count <= Double(memory),
      """
      a model that this machine can train (\(layers) layers of this width are about \
      \(Int(count / 1e6)) million parameters, 16 bytes each, and it has \(memory >> 30) GiB)
      """)
  }
}
