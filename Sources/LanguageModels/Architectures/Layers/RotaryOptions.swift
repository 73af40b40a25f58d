import Foundation

/// How positions become rotary angles.
public struct RotaryOptions: Sendable, Hashable {
  /// The base of the frequencies.
  public var theta: Double = 10_000
  /// The share of a head's dimensions that rotates.
  public var fraction: Double = 1
  public var scaling = RotaryScaling.none

  public init(theta: Double = 10_000, fraction: Double = 1) {
    self.theta = theta
    self.fraction = fraction
  }

  func rotatedWidth(headSize: Int) -> Int { Int(Double(headSize) * fraction) }

  /// Returns radians per position, lowest dimension first.
  func frequencies(headSize: Int) -> [Double] {
    let width = rotatedWidth(headSize: headSize)
    let plain = stride(from: 0, to: width, by: 2).map { pow(theta, -Double($0) / Double(width)) }
    return scaling.apply(to: plain, theta: theta, width: width)
  }

  /// Returns the frequencies of a text of `length` tokens, or nil if they do not depend on it.
  ///
  /// Dynamic NTK scaling as in Transformers: θ·(f·n/c − (f − 1))^(K/(K−2)) for n tokens and the
  /// original context c.
  func frequencies(headSize: Int, length: Int) -> [Double]? {
    guard case .dynamic(let factor, let context) = scaling, Double(length) > context else {
      return nil
    }
    let width = Double(rotatedWidth(headSize: headSize))
    guard width > 2 else { return nil }
    let growth = factor * Double(length) / context - (factor - 1)
    let stretched = RotaryOptions(
      theta: theta * pow(growth, width / (width - 2)), fraction: fraction)
    return stretched.frequencies(headSize: headSize)
  }

  /// The factor of cosines and sines.
  var amplitude: Double {
    if case .yarn(let yarn) = scaling { yarn.attentionFactor } else { 1 }
  }
}

/// How rotary frequencies are scaled for contexts longer than those of pretraining.
public enum RotaryScaling: Sendable, Hashable {
  case none
  /// All frequencies by one factor (Chen et al. 2023).
  case linear(factor: Double)
  /// By a base that grows with the length of the text. Texts up to the context of pretraining are
  /// unchanged, and the model takes texts that are `factor` times as long.
  case dynamic(factor: Double, originalContext: Double)
  /// Llama 3: low frequencies by the factor, high frequencies not at all, those between by a blend.
  case llama3(factor: Double, low: Double, high: Double, originalContext: Double)
  case yarn(Yarn)
  /// Each frequency divided by its own factor.
  case factors([Double])

  /// YaRN (Peng et al. 2023): scales the slowly rotating dimensions and leaves the fast ones.
  public struct Yarn: Sendable, Hashable {
    public var factor: Double
    public var originalContext: Double
    public var attentionFactor: Double
    public var betaFast = 32.0
    public var betaSlow = 1.0
    public var truncates = true
  }

  func apply(to frequencies: [Double], theta: Double, width: Int) -> [Double] {
    switch self {
    case .none, .dynamic: frequencies
    case .linear(let factor): frequencies.map { $0 / factor }
    case .llama3(let factor, let low, let high, let context):
      frequencies.map { Self.llama3($0, factor: factor, low: low, high: high, context: context) }
    case .yarn(let yarn): yarn.apply(to: frequencies, theta: theta, width: width)
    case .factors(let factors): zip(frequencies, factors).map { $0 / $1 }
    }
  }

  private static func llama3(
    _ frequency: Double, factor: Double, low: Double, high: Double, context: Double
  ) -> Double {
    let turns = context * frequency / (2 * .pi)
    if turns < low { return frequency / factor }
    if turns > high { return frequency }
    let share = (turns - low) / (high - low)
    return (1 - share) * frequency / factor + share * frequency
  }
}

extension RotaryScaling.Yarn {
  func apply(to frequencies: [Double], theta: Double, width: Int) -> [Double] {
    /// Returns the dimension that rotates `rotations` times over the original context.
    func dimension(_ rotations: Double) -> Double {
      Double(width) * log(originalContext / (rotations * 2 * .pi)) / (2 * log(theta))
    }
    let (fast, slow) = (dimension(betaFast), dimension(betaSlow))
    let low = max(truncates ? fast.rounded(.down) : fast, 0)
    var high = min(truncates ? slow.rounded(.up) : slow, Double(width - 1))
    if low == high { high += 0.001 }
    return frequencies.enumerated().map { index, frequency in
      let stretched = min(max((Double(index) - low) / (high - low), 0), 1)
      return frequency / factor * stretched + frequency * (1 - stretched)
    }
  }
}
