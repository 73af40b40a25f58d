import Foundation

/// Settings of direct preference optimisation.
public struct DirectPreferenceOptions: SettingsSection {
  public var epochs = 1
  /// Pairs a step.
  public var batch = 16
  /// One loss or several joined by “+”; “sft” adds −log π of the chosen answers, by tokens.
  public var loss = "sigmoid"
  /// The weight of each, joined by “+”; empty weighs all as 1.
  public var lossWeights = ""
  public var beta = 0.1
  /// The share of pairs thought to be swapped: of cdpo, robust, exo_pair and aot.
  public var labelSmoothing = 0.0
  public var discopopTemperature = 0.05
  /// γ of simpo.
  public var simpoMargin = 0.5
  /// Weighs each pair by how likely the policy itself would write it (WPO).
  public var policyWeighted = false
  public var pairs = PairChoice.all
  public init() {}
}

/// A weighted sum of losses on pairs.
struct DirectPreferenceObjective: Sendable {
  enum Term: Sendable {
    case preference(DirectPreferenceLoss)
    case supervised
  }

  let terms: [(term: Term, weight: Double)]
  let options: DirectPreferenceLoss.Options
  let isPolicyWeighted: Bool

  static let supervisedName = "sft"
  static var names: [String] { DirectPreferenceLoss.allCases.map(\.rawValue) + [supervisedName] }

  init(_ settings: DirectPreferenceOptions) throws {
    let names = settings.loss.split(separator: "+").map(String.init)
    let weights = settings.lossWeights.split(separator: "+").map { Double($0) }
    guard weights.isEmpty || (weights.count == names.count && !weights.contains(nil)) else {
      throw AlignmentError.badSetting(
        key: "lossWeights", value: settings.lossWeights,
        expected: "a number for each loss, joined by “+”,")
    }
    guard !names.isEmpty else {
      throw AlignmentError.badSetting(key: "loss", value: "", expected: "a loss")
    }
    terms = try names.enumerated().map { index, name in
      let weight = weights.isEmpty ? 1 : weights[index] ?? 1
      if name == Self.supervisedName { return (.supervised, weight) }
      guard let loss = DirectPreferenceLoss(rawValue: name) else {
        throw AlignmentError.badSetting(
          key: "loss", value: name, expected: "one of \(Self.names.joined(separator: ", "))")
      }
      try Self.check(loss, settings)
      return (.preference(loss), weight)
    }
    var options = DirectPreferenceLoss.Options()
    options.beta = settings.beta
    options.labelSmoothing = settings.labelSmoothing
    options.temperature = settings.discopopTemperature
    options.margin = settings.simpoMargin
    self.options = options
    isPolicyWeighted = settings.policyWeighted
  }

  private static func check(_ loss: DirectPreferenceLoss, _ settings: DirectPreferenceOptions)
    throws
  {
    func check(_ holds: Bool, _ key: String, _ value: Double, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    let smoothing = settings.labelSmoothing
    try check(settings.beta > 0, "beta", settings.beta, "a positive number")
    try check((0..<1).contains(smoothing), "labelSmoothing", smoothing, "a share in [0, 1)")
    if loss == .robust {
      try check(smoothing < 0.5, "labelSmoothing", smoothing, "below 0.5 with loss=robust")
    }
    if loss == .exoPair {
      try check(smoothing > 0, "labelSmoothing", smoothing, "above 0 with loss=exo_pair")
    }
  }

  var needsReference: Bool {
    terms.contains {
      if case .preference(let loss) = $0.term { loss.needsReference } else { false }
    }
  }
}
