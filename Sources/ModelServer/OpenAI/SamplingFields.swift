import LanguageModels

/// One text, or a list of them.
enum OneOrMany: Decodable, Sendable {
  case one(String)
  case many([String])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .one(text)
    } else {
      self = .many(try container.decode([String].self))
    }
  }

  var all: [String] {
    switch self {
    case .one(let text): [text]
    case .many(let texts): texts
    }
  }
}

/// The members of a request that say how to sample; `top_k`, `min_p` and `repetition_penalty` are
/// those of vLLM.
struct SamplingFields: Decodable, Sendable {
  var temperature: Double?
  var top_p: Double?
  var top_k: Int?
  var min_p: Double?
  var repetition_penalty: Double?
  var presence_penalty: Double?
  var frequency_penalty: Double?
  var logit_bias: [String: Double]?
  var stop: OneOrMany?
  var seed: Int?
  var n: Int?
  var best_of: Int?
  var ignore_eos: Bool?

  static let mostChoices = 128

  var choices: Int { n ?? 1 }

  /// Without a seed, each request draws its own; ask once for all of its choices.
  var requestSeed: UInt64 {
    seed.map { UInt64(bitPattern: Int64($0)) } ?? UInt64.random(in: 0...UInt64.max)
  }

  func options(maxNewTokens: Int, alternatives: Int) throws -> SamplingOptions {
    guard (1...Self.mostChoices).contains(choices) else {
      throw ServerError.invalid("n must be between 1 and \(Self.mostChoices).", parameter: "n")
    }
    guard best_of ?? choices == choices else {
      throw ServerError.invalid("best_of must equal n.", parameter: "best_of")
    }
    for (name, value) in [
      ("presence_penalty", presence_penalty), ("frequency_penalty", frequency_penalty),
    ] where !(-2...2).contains(value ?? 0) {
      throw ServerError.invalid("\(name) must be between -2 and 2.", parameter: name)
    }
    var options = SamplingOptions(
      temperature: temperature ?? 1, topK: max(top_k ?? 0, 0), topP: top_p ?? 1,
      maxNewTokens: maxNewTokens, ignoresEnd: ignore_eos ?? false)
    options.minP = min_p ?? 0
    options.repetitionPenalty = repetition_penalty ?? 1
    options.frequencyPenalty = frequency_penalty ?? 0
    options.presencePenalty = presence_penalty ?? 0
    options.stops = stop?.all ?? []
    options.alternatives = alternatives
    for (key, value) in logit_bias ?? [:] {
      guard let id = Int(key) else {
        throw ServerError.invalid(
          "\(key) is no token id; logit_bias takes ids as keys.", parameter: "logit_bias")
      }
      options.logitBias[id] = value
    }
    return options
  }
}

/// How many tokens were read and written.
struct Usage: Encodable, Sendable {
  var prompt_tokens: Int
  var completion_tokens: Int
  var total_tokens: Int

  init(prompt: Int, completion: Int) {
    prompt_tokens = prompt
    completion_tokens = completion
    total_tokens = prompt + completion
  }
}

struct StreamOptions: Decodable, Sendable {
  var include_usage: Bool?
}
