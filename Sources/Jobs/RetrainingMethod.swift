/// A way to make a policy of judgements, named like the command of the engine that does it.
package enum RetrainingMethod: String, Sendable, Codable, CaseIterable {
  case ppo, dpo, kto, orpo, sft, rloo, grpo
  case reinforce = "reinforce++"
  case onlineDPO = "online-dpo"

  /// Whether the policy answers prompts in training and learns from the scores of a reward model.
  package var samples: Bool {
    switch self {
    case .ppo, .rloo, .grpo, .reinforce, .onlineDPO: true
    case .sft, .dpo, .kto, .orpo: false
    }
  }

  /// Whether demonstrations are learned from in a stage of their own before this one. ORPO learns from
  /// demonstrations and comparisons at once (Hong et al. 2024).
  package var startsFromDemonstrations: Bool { self != .sft && self != .orpo }

  package static var names: [String] { allCases.map(\.rawValue) }

  /// Finds a method by its name; throws `RetrainingProblem.invalid`.
  package static func named(_ name: String) throws -> RetrainingMethod {
    guard let method = Self(rawValue: name) else {
      throw RetrainingProblem.invalid(
        "There is no method “\(name.prefix(100))”. Use one of: \(names.joined(separator: ", ")).",
        field: "method")
    }
    return method
  }
}
