import Foundation

/// Settings of direct preference optimisation (Rafailov et al. 2023) and its variants.
public struct DirectPreferenceOptions: SettingsSection {
  public var epochs = 1
  /// Pairs per optimiser step.
  public var batch = 16
  /// One loss, or several joined by “+”. “sft” adds the negative log-likelihood of the chosen answers,
  /// averaged over tokens.
  public var loss = "sigmoid"
  /// The weight of each loss, joined by “+”. Empty means 1 for each.
  public var lossWeights = ""
  /// Strength of the KL constraint; larger values keep the policy closer to the reference. The default
  /// is 2 with loss=simpo (Meng et al. 2024, section 4: 2 to 2.5).
  public var beta = 0.1
  /// Assumed share of pairs whose labels are swapped. Only for the losses cdpo, robust, exo_pair, aot
  /// and aot_unpaired.
  public var labelSmoothing = 0.0
  /// Temperature of the loss discopop.
  public var discopopTemperature = 0.05
  /// Target margin γ of the loss simpo.
  public var simpoMargin = 0.5
  /// Weights each pair by its probability under the policy (WPO; Zhou et al. 2024).
  public var policyWeighted = false
  /// The pairs of a ranking to train on: all, adjacent (neighbouring places) or extremes (first and
  /// last place).
  public var pairs = PairChoice.all
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
    try require("beta", beta, beta > 0, "a positive number")
    try require(
      "discopopTemperature", discopopTemperature, discopopTemperature > 0, "a positive number")
    let losses = try DirectPreferenceObjective(self).losses
    for loss in losses { try loss.check(labelSmoothing: labelSmoothing) }
    if !losses.contains(where: \.smoothsLabels) {
      try settings.refuse(
        "labelSmoothing",
        because: losses.first?.smoothingReason
          ?? "with loss=\(loss), which does not compare answers")
    }
    if !losses.contains(.discopop) {
      try settings.refuse("discopopTemperature", because: "with loss=\(loss), only with discopop")
    }
    if !losses.contains(.simpo) {
      try settings.refuse("simpoMargin", because: "with loss=\(loss), only with simpo")
    }
    if losses.isEmpty {
      try settings.refuse(
        "beta", "policyWeighted", because: "with loss=\(loss), which does not compare answers")
    }
  }
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
    let areWeights = weights.allSatisfy { $0.map { $0 >= 0 && $0.isFinite } == true }
    try require(
      "lossWeights", settings.lossWeights,
      weights.isEmpty || (weights.count == names.count && areWeights),
      "a number of at least 0 for each loss, joined by “+”")
    try require(
      "loss", settings.loss, !names.isEmpty, "one of \(Self.names.joined(separator: ", "))")
    terms = try names.enumerated().map { index, name in
      let weight = weights.isEmpty ? 1 : weights[index] ?? 1
      if name == Self.supervisedName { return (.supervised, weight) }
      guard let loss = DirectPreferenceLoss(rawValue: name) else {
        throw AlignmentError.badSetting(
          key: "loss", value: name, expected: "one of \(Self.names.joined(separator: ", "))")
      }
      return (.preference(loss), weight)
    }
    var options = DirectPreferenceLoss.Options()
    options.beta = settings.beta
    options.labelSmoothing = settings.labelSmoothing
    options.temperature = settings.discopopTemperature
    options.margin = settings.simpoMargin
    self.options = options
    isPolicyWeighted = settings.policyWeighted
    try require(
      "policyWeighted", settings.policyWeighted, !(settings.policyWeighted && mixesPairs),
      "false (loss=\(settings.loss) does not treat each pair separately)")
  }

  /// The losses that compare answers.
  var losses: [DirectPreferenceLoss] {
    terms.compactMap { if case .preference(let loss) = $0.term { loss } else { nil } }
  }

  var needsReference: Bool { losses.contains(where: \.needsReference) }

  /// Whether the loss of a pair depends on the other pairs of its step.
  var mixesPairs: Bool { losses.contains(where: \.mixesPairs) }

  /// The β that the losses' authors recommend, if it is not 0.1.
  var suggestedBeta: Double? { !losses.isEmpty && losses.allSatisfy { $0 == .simpo } ? 2 : nil }
}
