import LabelStore

/// A policy that answers prompts: a model of the workspace, or one behind an endpoint.
package enum AnsweringPolicy: Sendable {
  case model(ModelFolder)
  case endpoint(Endpoint)

  package var name: String {
    switch self {
    case .model(let model): model.name
    case .endpoint(let endpoint): endpoint.model
    }
  }

  package var isModel: Bool {
    if case .model = self { true } else { false }
  }

  /// The source name of each policy's answers: its name, with the place if names repeat.
  package static func sources(_ policies: [AnsweringPolicy]) -> [String] {
    let names = policies.map(\.name)
    var seen: [String: Int] = [:]
    return policies.map { policy in
      var source = policy.name
      if case .endpoint(let endpoint) = policy, names.filter({ $0 == source }).count > 1 {
        source += "@" + endpoint.place
      }
      seen[source, default: 0] += 1
      return seen[source] == 1 ? source : "\(source)#\(seen[source] ?? 1)"
    }
  }

  /// Shares the answers of a prompt out: as evenly as can be, the first get what is left over.
  package static func shares(of responses: Int, among policies: [AnsweringPolicy]) -> [PolicyShare]
  {
    zip(policies, sources(policies)).enumerated().map { index, pair in
      let extra = index < responses % policies.count ? 1 : 0
      return PolicyShare(
        policy: pair.0, source: pair.1, count: responses / policies.count + extra)
    }
  }
}

/// The number of answers of a policy per prompt, and their source name.
package struct PolicyShare: Sendable {
  package let policy: AnsweringPolicy
  package let source: String
  package let count: Int
}
