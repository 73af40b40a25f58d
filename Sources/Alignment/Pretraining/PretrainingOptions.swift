/// Settings of pretraining from text.
public struct PretrainingOptions: SettingsSection {
  public enum Objective: String, Sendable, Codable, CaseIterable {
    case nextToken = "next-token"
    case masked
  }

  /// Prediction target: next-token (GPT-2, Llama) or masked (BERT, RoBERTa).
  public var objective = Objective.nextToken
  /// Share of the tokens in a window that objective=masked hides.
  public var maskedShare = 0.15
  /// A folder with tokenizer.json, or “characters” for one token per character.
  public var tokenizer = "characters"
  /// Tokens per window.
  public var context = 256
  /// Windows per optimiser step.
  public var batch = 16
  /// Optimiser steps.
  public var steps = 2000
  /// Must be 0: dropout is not implemented.
  public var dropout = 0.0
  /// Share of the text, taken from its end, that is held out for measurement.
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

/// The size of a new model.
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

  /// Throws `badSetting` if weights, gradients and the optimiser's moments, 16 bytes per parameter, do
  /// not fit into this machine's memory.
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
