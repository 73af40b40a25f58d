import LanguageModels

/// The members of a request that control sampling. `top_k`, `min_p`, `repetition_penalty`,
/// `stop_token_ids` and `ignore_eos` are extensions of vLLM.
struct SamplingFields: Sendable {
  var seed: Int?
  var n: Int?
  /// All options except the length and the number of alternatives.
  private var base: SamplingOptions

  static let mostChoices = 128
  /// Every token is compared with every stop string.
  static let mostStops = 64
  static let longestStop = 1024
  /// At lower temperatures sampling is greedy, and the inverse is not finite.
  private static let leastTemperature = 1e-6

  var choices: Int { n ?? 1 }

  /// Without a seed, each request has a random one. Read it once for all choices of a request.
  var requestSeed: UInt64 {
    seed.map { UInt64(bitPattern: Int64($0)) } ?? UInt64.random(in: 0...UInt64.max)
  }

  func options(maxNewTokens: Int, alternatives: Int) -> SamplingOptions {
    var options = base
    options.maxNewTokens = maxNewTokens
    options.alternatives = alternatives
    return options
  }

  /// - Parameters:
  ///   - defaults: The values of omitted members.
  ///   - vocabularySize: Token ids must be below it.
  init(_ fields: RequestFields, defaults: SamplingOptions, vocabularySize: Int) throws {
    seed = try fields.whole("seed", in: Int.min...Int.max)
    n = try fields.whole("n", in: 1...Self.mostChoices)
    if let best = try fields.whole("best_of", in: 1...Self.mostChoices), best != n ?? 1 {
      throw ServerError.invalid("best_of must equal n.", parameter: "best_of")
    }
    base = defaults
    base.temperature = try fields.number("temperature", in: 0...1000) ?? base.temperature
    if base.temperature < Self.leastTemperature { base.temperature = 0 }
    base.topP = try fields.number("top_p", in: 0...1) ?? base.topP
    base.minP = try fields.number("min_p", in: 0...1) ?? base.minP
    base.topK = try fields.whole("top_k", in: -1...Int.max) ?? base.topK
    base.topK = min(max(base.topK, 0), vocabularySize)
    base.repetitionPenalty =
      try fields.number("repetition_penalty", in: 0.01...100) ?? base.repetitionPenalty
    base.presencePenalty = try fields.number("presence_penalty", in: -2...2) ?? 0
    base.frequencyPenalty = try fields.number("frequency_penalty", in: -2...2) ?? 0
    base.ignoresEnd = try fields.flag("ignore_eos") ?? false
    // The smallest share that contains a token, which selects only tokens as likely as the most
    // likely one.
    if base.topP == 0 || base.minP == 1 { (base.topK, base.topP, base.minP) = (1, 1, 0) }
    base.stops = try Self.stops(fields)
    base.stopTokens = try Self.stopTokens(fields, vocabularySize)
    base.logitBias = try Self.biases(fields, vocabularySize)
  }

  private static func stops(_ fields: RequestFields) throws -> [String] {
    guard let value = fields["stop"] else { return [] }
    let texts = value.string.map { [$0] } ?? value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count ?? 1 else {
      throw fields.wrong("stop", "a text or a list of texts")
    }
    guard texts.count <= mostStops, texts.allSatisfy({ $0.utf8.count <= longestStop }) else {
      throw ServerError.invalid(
        "stop takes at most \(mostStops) texts of at most \(longestStop) bytes.",
        parameter: "stop")
    }
    return texts.filter { !$0.isEmpty }
  }

  private static func stopTokens(_ fields: RequestFields, _ vocabularySize: Int) throws -> Set<Int>
  {
    guard let value = fields["stop_token_ids"] else { return [] }
    let ids = value.array?.compactMap(\.wholeNumber) ?? []
    guard ids.count == value.array?.count, ids.allSatisfy((0..<vocabularySize).contains) else {
      throw ServerError.invalid(
        "stop_token_ids must be a list of token ids below \(vocabularySize).",
        parameter: "stop_token_ids")
    }
    return Set(ids)
  }

  private static func biases(
    _ fields: RequestFields, _ vocabularySize: Int
  ) throws -> [Int: Double] {
    var biases: [Int: Double] = [:]
    for (key, value) in try fields.pairs("logit_bias") {
      guard let id = Int(key), (0..<vocabularySize).contains(id) else {
        throw ServerError.invalid(
          "\(key) is not a token id; logit_bias takes ids below \(vocabularySize) as keys.",
          parameter: "logit_bias")
      }
      guard let bias = value.double, (-100...100).contains(bias) else {
        throw ServerError.invalid(
          "logit_bias.\(key) must be a number between -100 and 100, not \(value.kind).",
          parameter: "logit_bias.\(key)")
      }
      biases[id] = bias
    }
    return biases
  }
}

/// The numbers of tokens read and generated.
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
