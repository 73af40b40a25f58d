/// Shifts and scales to mean 0 and variance 1; the codes of the field give different numbers (P5).
public enum Whitening: String, Sendable, Codable, CaseIterable {
  case none
  /// Divides by n, ε = 10⁻⁸ under the root, over each minibatch (lm-human-preferences).
  case openai
  /// Divides by n − 1, ε = 10⁻⁸, over the batch (`masked_whiten`).
  case trl
  /// The same as TRL's.
  case verl
  /// Divides by n and keeps the variance above 10⁻⁸, over all episodes of a round.
  case openrlhf
  /// Divides by n, ε = 10⁻⁶ (MOSS-RLHF).
  case moss

  /// Whether each minibatch is whitened separately, rather than all episodes of a round together.
  public var isPerMinibatch: Bool { self == .openai }

  /// Whitened values; with `shiftsMean` false they keep their mean, as rewards are whitened.
  public func callAsFunction(_ values: [Float], shiftsMean: Bool = true) -> [Float] {
    guard self != .none, values.count > 1 else { return values }
    let count = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let scale = 1 / stabilised(squares, count).squareRoot()
    return values.map { Float((Double($0) - mean) * scale + (shiftsMean ? 0 : mean)) }
  }

  private func stabilised(_ squares: Double, _ count: Double) -> Double {
    switch self {
    case .none, .openai: squares / count + 1e-8
    case .trl, .verl: squares / (count - 1) + 1e-8
    case .openrlhf: max(squares / count, 1e-8)
    case .moss: squares / count + 1e-6
    }
  }
}
