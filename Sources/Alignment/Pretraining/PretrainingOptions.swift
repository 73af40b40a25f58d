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

  func checked() throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    try check(context > 1, "context", context, "at least 2 tokens")
    try check(batch > 0, "batch", batch, "a positive number")
    try check(steps > 0, "steps", steps, "a positive number")
    try check(dropout == 0, "dropout", dropout, "0 (dropout is not implemented)")
    try check(
      maskedShare > 0 && maskedShare < 1, "maskedShare", maskedShare, "a share in (0, 1)")
    try check((0..<1).contains(validation), "validation", validation, "a share in [0, 1)")
    return self
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

  func checked() throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    try check(layers > 0, "model.layers", layers, "a positive number")
    try check(heads > 0 && width % heads == 0, "model.heads", heads, "a divisor of model.width")
    return self
  }
}
