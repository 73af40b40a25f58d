import Foundation

extension ConfigurationReader {
  /// Transformers 5 writes `rope_parameters`; Transformers 4 wrote `rope_theta` and `rope_scaling`.
  func rotary(standardTheta: Double) throws -> RotaryOptions {
    for key in ["rope_parameters", "rope_scaling"] {
      guard let value = json[key], !value.isNull else { continue }
      guard value.members != nil else { throw malformed("\(key) is not an object") }
      if let options = try rotary(from: value) { return options }
      var options = RotaryOptions(theta: try number("rope_theta") ?? standardTheta)
      options.scaling = try scaling(value)
      return options
    }
    return RotaryOptions(theta: try number("rope_theta") ?? standardTheta)
  }

  /// Reads rotary options from one object, or returns nil if it does not contain the base.
  func rotary(from parameters: JSON) throws -> RotaryOptions? {
    guard let theta = parameters["rope_theta"] else { return nil }
    guard let theta = theta.double else { throw malformed("rope_theta is not a number") }
    var options = RotaryOptions(theta: theta)
    options.scaling = try scaling(parameters)
    return options
  }

  private func scaling(_ json: JSON) throws -> RotaryScaling {
    func optional(_ key: String) throws -> Double? {
      guard let value = json[key], !value.isNull else { return nil }
      guard let number = value.double, number > 0 else {
        throw malformed("\(key) of the rotary scaling is not a positive number")
      }
      return number
    }
    func number(_ key: String) throws -> Double {
      guard let number = try optional(key) else {
        throw malformed("\(key) of the rotary scaling is missing")
      }
      return number
    }
    let kind = (json["rope_type"] ?? json["type"])?.string ?? "default"
    switch kind {
    case "default": return .none
    case "linear": return .linear(factor: try number("factor"))
    case "dynamic":
      return .dynamic(
        factor: try number("factor"),
        originalContext: Double(try optionalWhole("max_position_embeddings") ?? 2048))
    case "llama3":
      return .llama3(
        factor: try number("factor"), low: try number("low_freq_factor"),
        high: try number("high_freq_factor"),
        originalContext: try number("original_max_position_embeddings"))
    case "yarn":
      let original =
        try optional("original_max_position_embeddings")
        ?? Double(whole("max_position_embeddings"))
      let factor =
        try optional("factor") ?? Double(whole("max_position_embeddings")) / original
      func amplitude(_ weight: Double) -> Double {
        factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
      }
      var standard = amplitude(1)
      if let some = try optional("mscale"), let all = try optional("mscale_all_dim") {
        standard = amplitude(some) / amplitude(all)
      }
      return .yarn(
        .init(
          factor: factor, originalContext: original,
          attentionFactor: try optional("attention_factor") ?? standard,
          betaFast: try optional("beta_fast") ?? 32, betaSlow: try optional("beta_slow") ?? 1,
          truncates: json["truncate"]?.bool ?? true))
    case "longrope": return .factors(try factors(json))
    default:
      throw LanguageModelError.unsupported(
        file: file, problem: "the rotary scaling \(kind)",
        remedy: "Supported: default, linear, dynamic, llama3, yarn")
    }
  }

  /// Reads LongRoPE with the same factors for all lengths, which is how factors of a GGUF file are
  /// written.
  private func factors(_ json: JSON) throws -> [Double] {
    func list(_ key: String) throws -> [Double] {
      let numbers = json[key]?.array?.compactMap(\.double) ?? []
      guard !numbers.isEmpty, numbers.count <= 1 << 13, numbers.allSatisfy({ $0 > 0 }) else {
        throw malformed("\(key) of the rotary scaling is not a list of positive numbers")
      }
      return numbers
    }
    let factors = try list("short_factor")
    guard try list("long_factor") == factors, json["attention_factor"]?.double == 1 else {
      throw LanguageModelError.unsupported(
        file: file, problem: "the rotary scaling longrope with factors that depend on the length",
        remedy: "Supported: longrope with one list of factors and the attention_factor 1")
    }
    return factors
  }
}

extension RotaryScaling {
  /// The options in the format of `rope_scaling` in `config.json`.
  var json: JSON {
    func members(_ type: String, _ numbers: [(key: String, value: Double)]) -> JSON {
      .object(
        [("rope_type", .string(type))]
          + numbers.map { ($0.key, Int(exactly: $0.value).map(JSON.integer) ?? .number($0.value)) })
    }
    switch self {
    case .none: return .null
    case .linear(let factor): return members("linear", [("factor", factor)])
    case .dynamic(let factor, _): return members("dynamic", [("factor", factor)])
    case .llama3(let factor, let low, let high, let context):
      return members(
        "llama3",
        [
          ("factor", factor), ("low_freq_factor", low), ("high_freq_factor", high),
          ("original_max_position_embeddings", context),
        ])
    case .yarn(let yarn):
      let numbers = members(
        "yarn",
        [
          ("factor", yarn.factor), ("original_max_position_embeddings", yarn.originalContext),
          ("attention_factor", yarn.attentionFactor), ("beta_fast", yarn.betaFast),
          ("beta_slow", yarn.betaSlow),
        ])
      return .object((numbers.members ?? []) + [("truncate", .bool(yarn.truncates))])
    case .factors(let factors):
      // Transformers has no plain list of factors. This is one in LongRoPE's form.
      let list = JSON.array(factors.map(JSON.number))
      return .object([
        ("rope_type", .string("longrope")), ("short_factor", list), ("long_factor", list),
        ("attention_factor", .number(1)),
      ])
    }
  }
}
