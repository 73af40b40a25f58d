import Foundation

extension RotaryScaling {
  static let factorsName = "rope_freqs.weight"

  /// Reads the scaling from metadata, or from the factors that llama.cpp computes for Llama 3.1 and
  /// later.
  ///
  /// - Parameters:
  ///   - kind: The architecture, which begins the keys.
  ///   - context: The positions of the model.
  ///   - plain: The frequencies without scaling.
  init(gguf file: GGUFFile, kind: String, context: Int, plain: [Double]) throws {
    func value(_ key: String) -> GGUFValue? { file.metadata[kind + ".rope." + key] }
    func number(_ key: String) throws -> Double? {
      guard let number = value("scaling." + key)?.number else { return nil }
      guard number.isFinite, number > 0 else {
        throw LanguageModelError.malformed(
          file: file.file.path, problem: "\(kind).rope.scaling.\(key) is \(number)",
          remedy: "The file is damaged. Download it again")
      }
      return ModelConfiguration.shortest(number)
    }
    if let factors = file.tensor(named: Self.factorsName) {
      self = try Self.scaling(
        plain, by: file.floats(of: factors).map(Double.init), file: file.file.path)
      return
    }
    let older = value("scale_linear")?.number
    let type = value("scaling.type")?.string ?? (older ?? 1 == 1 ? "none" : "linear")
    switch type {
    case "none": self = .none
    case "linear":
      guard let factor = try number("factor") ?? older, factor.isFinite, factor > 0 else {
        throw LanguageModelError.malformed(
          file: file.file.path, problem: "\(kind).rope.scaling.factor is missing",
          remedy: "The file is damaged. Download it again")
      }
      self = factor == 1 ? .none : .linear(factor: factor)
    case "yarn":
      let factor = try number("factor") ?? 1
      self = .yarn(
        .init(
          factor: factor,
          originalContext: try number("original_context_length") ?? Double(context),
          attentionFactor: Self.yarnAmplitude(factor) * (try number("attn_factor") ?? 1),
          betaFast: try number("yarn_beta_fast") ?? 32,
          betaSlow: try number("yarn_beta_slow") ?? 1))
    default:
      throw LanguageModelError.unsupported(
        file: file.file.path, problem: "has the rotary scaling \(type)",
        remedy: "Supported: none, linear, yarn, and the factors of Llama 3.1")
    }
  }

  /// llama.cpp multiplies YaRN's amplitude into its `attn_factor`.
  private static func yarnAmplitude(_ factor: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * log(factor) + 1
  }

  /// Finds the parameters of Llama 3 from which factors were computed. Other factors are kept as
  /// they are.
  private static func scaling(
    _ plain: [Double], by factors: [Double], file: String
  ) throws -> RotaryScaling {
    guard factors.count == plain.count, factors.allSatisfy({ $0.isFinite && $0 > 0 }),
      let largest = factors.max()
    else {
      throw LanguageModelError.malformed(
        file: file, problem: "\(factorsName) does not have \(plain.count) positive factors",
        remedy: "The file is damaged. Download it again")
    }
    for context in (10...20).map({ Double(1 << $0) }) {
      let scaling = RotaryScaling.llama3(
        factor: ModelConfiguration.shortest(largest), low: 1, high: 4, originalContext: context)
      let scaled = scaling.apply(to: plain, theta: 1, width: 2 * plain.count)
      let isSame = zip(zip(plain, scaled), factors).allSatisfy { pair, factor in
        abs(pair.0 / pair.1 - factor) <= 1e-5 * factor
      }
      if isSame { return scaling }
    }
    return .factors(factors.map(ModelConfiguration.shortest))
  }

  /// Returns the metadata in which GGUF stores a scaling, or nil if it cannot.
  func ggufMetadata(kind: String) -> [(key: String, value: GGUFValue)]? {
    func all(
      _ type: String, _ values: [(key: String, value: GGUFValue)]
    ) -> [(key: String, value: GGUFValue)] {
      ([("type", .string(type))] + values).map { (kind + ".rope.scaling." + $0.key, $0.value) }
    }
    switch self {
    case .none: return []
    case .linear(let factor): return all("linear", [("factor", .number(factor))])
    case .yarn(let yarn):
      guard yarn.truncates, let original = Int(exactly: yarn.originalContext) else { return nil }
      return all(
        "yarn",
        [
          ("factor", .number(yarn.factor)), ("original_context_length", .integer(original)),
          ("attn_factor", .number(yarn.attentionFactor / Self.yarnAmplitude(yarn.factor))),
          ("yarn_beta_fast", .number(yarn.betaFast)), ("yarn_beta_slow", .number(yarn.betaSlow)),
        ])
    // llama.cpp reads factors for this architecture only.
    case .llama3, .factors: return kind == "llama" ? [] : nil
    case .dynamic: return nil
    }
  }

  /// Whether GGUF stores the scaling as a tensor of factors.
  var hasGGUFFactors: Bool {
    switch self {
    case .llama3, .factors: true
    case .none, .linear, .dynamic, .yarn: false
    }
  }
}

extension RotaryOptions {
  /// The name and the elements [K/2] of the tensor in which GGUF stores the scaling.
  func ggufFactors(headSize: Int) -> (name: String, values: [Float])? {
    guard scaling.hasGGUFFactors else { return nil }
    let plain = RotaryOptions(theta: theta, fraction: fraction).frequencies(headSize: headSize)
    let scaled = frequencies(headSize: headSize)
    return (RotaryScaling.factorsName, zip(plain, scaled).map { Float($0 / $1) })
  }
}
