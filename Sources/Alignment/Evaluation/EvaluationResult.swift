import Foundation
import Foundations
import PreferenceData

/// The metrics of one suite.
public struct EvaluationResult: Sendable {
  public var suite: EvaluationSuite
  /// Items: tokens, questions, sentence pairs, comparisons.
  public var count: Int
  public var metrics: [EvaluationMetric]

  /// Returns the result as JSON. With `before`, another model's result on the same suite, each metric
  /// has its change.
  public func json(before: EvaluationResult? = nil) -> JSONValue {
    var members: [String: JSONValue] = [
      "kind": .string(suite.kind.rawValue), "file": .string(suite.file), "n": .integer(count),
    ]
    for metric in metrics {
      var numbers = metric.estimate.members
      if let earlier = before?.metric(metric.name) {
        numbers["before"] = .object(earlier.estimate.members)
        numbers["change"] = metric.change(from: earlier).map { .object($0.members) }
      }
      members[metric.name] = .object(numbers)
    }
    return .object(members)
  }

  public func metric(_ name: String) -> EvaluationMetric? { metrics.first { $0.name == name } }
}

/// A number that is a function of the mean over all items.
public struct EvaluationMetric: Sendable {
  public let name: String
  /// With its 95 % interval: a bootstrap over groups.
  public let estimate: Estimate
  /// The items' values; those of one group are drawn together.
  let groups: [[Double]]
  /// A rising function that converts the mean to the metric.
  let transform: @Sendable (Double) -> Double

  /// Returns nil without items.
  init?(
    _ name: String, _ groups: [[Double]],
    transform: @escaping @Sendable (Double) -> Double = { $0 }
  ) {
    guard let mean = Bootstrap.mean(of: groups) else { return nil }
    self.name = name
    self.groups = groups
    self.transform = transform
    estimate = Estimate(
      value: transform(mean.value), low: transform(mean.low), high: transform(mean.high),
      count: mean.count)
  }

  /// How much higher it is than with another model, whose groups are of the same items in the same
  /// order: each draw takes the same groups of both.
  public func change(from earlier: EvaluationMetric) -> Estimate? {
    Bootstrap.change(from: earlier.groups, to: groups, of: transform)
  }
}

extension Estimate {
  fileprivate var members: [String: JSONValue] {
    ["value": .number(value), "low": .number(low), "high": .number(high)]
  }
}
