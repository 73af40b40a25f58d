import PreferenceData
import Torch

/// Measures a model on held-out rows during training, keeps the best weights, and ends training that
/// no longer helps.
package final class HeldOutMeasurement {
  private let options: HeldOutOptions
  private let measure: () throws -> [String: Double]
  private var best: BestPolicy?
  private var lowestLoss = Double.infinity
  /// Measurements since the lowest loss.
  private var misses = 0
  private var stoppedAt: Int?

  /// - Parameter measure: Returns numbers on the held-out rows, among them “validationLoss”.
  init(
    _ options: HeldOutOptions, parameters: [Parameter], run: StageFolder,
    measure: @escaping () throws -> [String: Double]
  ) {
    self.options = options
    self.measure = measure
    best = options.keepBest ? BestPolicy(parameters, run: run) : nil
  }

  /// Returns the numbers of a measurement if one is due after a step; else none.
  func numbers(step: Int, of total: Int) throws -> [String: Double] {
    guard options.evaluateEvery > 0, step % options.evaluateEvery == 0 || step == total else {
      return [:]
    }
    let numbers = try measure()
    guard let loss = numbers["validationLoss"] else { return numbers }
    guard loss.isFinite else {
      throw AlignmentError.notFinite(
        what: "at step \(step) the held-out loss is not a finite number")
    }
    try best?.offer(-loss, round: step)
    misses = loss < lowestLoss ? 0 : misses + 1
    lowestLoss = min(lowestLoss, loss)
    if options.patience > 0, misses >= options.patience, step < total { stoppedAt = step }
    return numbers
  }

  var hasStopped: Bool { stoppedAt != nil }

  /// Puts the best weights back.
  func finish(_ progress: ProgressReport) throws {
    if let stoppedAt {
      progress.warn(
        "training ended at step \(stoppedAt): the held-out loss has not fallen for "
          + "\(options.patience) measurements.")
    }
    try best?.restoreBest(warn: progress.warn)
  }

  /// The step of the saved weights, and the step at which training ended early.
  var metrics: [String: JSONValue] {
    var metrics: [String: JSONValue] = [:]
    metrics["bestStep"] = best?.round.map { .integer($0) }
    metrics["stoppedAt"] = stoppedAt.map { .integer($0) }
    return metrics
  }

  /// The state from which a resumed run continues.
  var state: JSONValue {
    var members: [String: JSONValue] = ["misses": .integer(misses)]
    if lowestLoss.isFinite { members["lowestLoss"] = .number(lowestLoss) }
    if let best { members["best"] = best.state }
    if let stoppedAt { members["stoppedAt"] = .integer(stoppedAt) }
    return .object(members)
  }

  func restore(_ state: JSONValue?) {
    misses = max(state?["misses"]?.intValue ?? 0, 0)
    lowestLoss = state?["lowestLoss"]?.doubleValue ?? .infinity
    stoppedAt = state?["stoppedAt"]?.intValue
    best?.restore(state?["best"])
  }
}
