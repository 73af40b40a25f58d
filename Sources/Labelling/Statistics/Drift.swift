import Foundations

/// The change over time of a labeller's agreement with the others.
public struct Drift: Sendable, Hashable, Codable {
  /// A span of consecutive judgements. The windows divide the judgements evenly.
  public struct Window: Sendable, Hashable, Codable {
    /// Milliseconds since 1970 of the first and the last judgement.
    public var from: Int64
    public var to: Int64
    public var agreement: Estimate
  }

  public var windows: [Window]
  /// The agreement in the later half minus that in the earlier half.
  public var change: Estimate
  /// Whether the interval of the change excludes 0.
  public var isDrifting: Bool { change.low > 0 || change.high < 0 }

  static let mostWindows = 10
  static let judgementsPerWindow = 10

  /// Computes the drift, or returns nil if there are too few judgements for two windows.
  init?(_ moments: [LabellerTally.Moment]) {
    let count = min(Self.mostWindows, moments.count / Self.judgementsPerWindow)
    guard count >= 2 else { return nil }
    let ordered = moments.sorted { $0.at < $1.at }
    func share(_ moments: ArraySlice<LabellerTally.Moment>) -> ClusteredShare {
      moments.reduce(into: ClusteredShare()) { $0.add(Double($1.alike), of: Double($1.pairs)) }
    }
    windows = (0..<count).compactMap { window in
      let slice = ordered[
        (window * ordered.count / count)..<((window + 1) * ordered.count / count)]
      guard let first = slice.first, let last = slice.last, let agreement = share(slice).estimate
      else { return nil }
      return Window(from: first.at, to: last.at, agreement: agreement)
    }
    let early = share(ordered.prefix(ordered.count / 2))
    let late = share(ordered.dropFirst(ordered.count / 2))
    guard let before = early.value, let after = late.value, let spread = early.variance,
      let laterSpread = late.variance
    else { return nil }
    let reach = Estimate.z * (spread + laterSpread).squareRoot()
    change = Estimate(
      value: after - before, low: after - before - reach, high: after - before + reach,
      count: ordered.count)
  }
}
