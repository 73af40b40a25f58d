import Foundation

/// Estimates of the true class of items and of the labellers' errors, by EM.
///
/// The method is by Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates Using
/// the EM Algorithm (1979). It starts from the shares of the votes.
public struct DawidSkene: Sendable {
  public struct Vote: Sendable, Hashable {
    public var item: Int
    public var labeller: Int
    public var value: Int

    public init(item: Int, labeller: Int, value: Int) {
      self.item = item
      self.labeller = labeller
      self.value = value
    }
  }

  public let classes: Int
  /// The share of each class.
  public private(set) var priors: [Double]
  // By labeller, true class and given class.
  private var errors: [Double]
  // By item and class.
  private var posteriors: [Double]

  private static let least = 1e-10

  public static func fit(
    _ votes: [Vote], items: Int, labellers: Int, classes: Int, iterations: Int = 1000,
    tolerance: Double = 1e-7
  ) -> DawidSkene {
    var model = DawidSkene(votes, items: items, labellers: labellers, classes: classes)
    for _ in 0..<iterations {
      model.maximise(votes)
      if model.expect(votes) < tolerance { break }
    }
    return model
  }

  private init(_ votes: [Vote], items: Int, labellers: Int, classes: Int) {
    self.classes = classes
    priors = [Double](repeating: 1 / Double(classes), count: classes)
    errors = [Double](repeating: 0, count: labellers * classes * classes)
    posteriors = [Double](repeating: 0, count: items * classes)
    for vote in votes { posteriors[vote.item * classes + vote.value] += 1 }
    Self.normalise(&posteriors, by: classes)
  }

  /// Returns the probability that a labeller answers `given` for an item of class `truth`.
  public func error(labeller: Int, truth: Int, given: Int) -> Double {
    errors[(labeller * classes + truth) * classes + given]
  }

  /// Returns the probability that an item has a class.
  public func posterior(item: Int, class label: Int) -> Double {
    posteriors[item * classes + label]
  }

  // Scales each row of `size` values to sum to 1. A row of zeros becomes equal probabilities.
  private static func normalise(_ values: inout [Double], by size: Int) {
    for start in stride(from: 0, to: values.count, by: size) {
      var total = 0.0
      for index in start..<(start + size) { total += values[index] }
      for index in start..<(start + size) {
        values[index] = total > 0 ? values[index] / total : 1 / Double(size)
      }
    }
  }

  private mutating func maximise(_ votes: [Vote]) {
    for label in 0..<classes {
      var sum = 0.0
      for item in stride(from: label, to: posteriors.count, by: classes) { sum += posteriors[item] }
      priors[label] = max(Self.least, sum * Double(classes) / Double(max(1, posteriors.count)))
    }
    for index in errors.indices { errors[index] = 0 }
    for vote in votes {
      for truth in 0..<classes {
        errors[(vote.labeller * classes + truth) * classes + vote.value] +=
          posteriors[vote.item * classes + truth]
      }
    }
    for index in errors.indices { errors[index] = max(errors[index], Self.least) }
    Self.normalise(&errors, by: classes)
  }

  // Returns the greatest change of a posterior.
  private mutating func expect(_ votes: [Vote]) -> Double {
    let logErrors = errors.map { log($0) }
    let logPriors = priors.map { log($0) }
    var next = [Double](repeating: 0, count: posteriors.count)
    for index in next.indices { next[index] = logPriors[index % classes] }
    for vote in votes {
      for truth in 0..<classes {
        next[vote.item * classes + truth] +=
          logErrors[(vote.labeller * classes + truth) * classes + vote.value]
      }
    }
    for start in stride(from: 0, to: next.count, by: classes) {
      var greatest = -Double.infinity
      for index in start..<(start + classes) { greatest = max(greatest, next[index]) }
      for index in start..<(start + classes) { next[index] = exp(next[index] - greatest) }
    }
    Self.normalise(&next, by: classes)
    var change = 0.0
    for index in next.indices { change = max(change, abs(next[index] - posteriors[index])) }
    posteriors = next
    return change
  }
}
