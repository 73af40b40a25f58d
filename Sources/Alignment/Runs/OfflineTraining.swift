import Foundation
import Foundations
import PreferenceData
import Torch

/// One example of a dataset.
package protocol TrainingExample {
  /// The name in error messages, such as the prompt's id.
  var name: String { get }
  /// The tokens of its forward pass.
  var tokenCount: Int { get }
  /// The position of its file among the datasets.
  var file: Int { get }
}

extension TrainingExample {
  package var file: Int { 0 }
}

/// The training loop on a fixed dataset, for all stages that do not sample.
package struct OfflineTraining<Example: TrainingExample> {
  let stage: String
  let examples: [Example]
  let epochs: Int
  let batch: Int
  private let plan: EpochPlan
  private let heldOut: HeldOutMeasurement?
  let options: TrainingOptions
  let run: StageFolder
  let progress: ProgressReport

  package init(
    stage: String, examples: [Example], epochs: Int, batch: Int, options: TrainingOptions,
    run: StageFolder, progress: ProgressReport
  ) {
    self.init(
      stage: stage, examples: examples, plan: EpochPlan(whole: examples.count), epochs: epochs,
      batch: batch, options: options, run: run, progress: progress, heldOut: nil)
  }

  /// - Parameters:
  ///   - plan: The examples of each epoch.
  ///   - heldOut: Measurements during training; nil without held-out rows.
  init(
    stage: String, examples: [Example], plan: EpochPlan, epochs: Int, batch: Int,
    options: TrainingOptions, run: StageFolder, progress: ProgressReport,
    heldOut: HeldOutMeasurement?
  ) {
    self.stage = stage
    self.examples = examples
    self.plan = plan
    self.heldOut = heldOut
    self.epochs = epochs
    self.batch = batch
    self.options = options
    self.run = run
    self.progress = progress
  }

  /// All steps of the run. The last batch of an epoch may be smaller.
  package var steps: Int { epochs * ((plan.length + batch - 1) / batch) }

  /// Trains `parameters` and returns the mean loss of the last epoch. `accumulate` adds the gradients
  /// of one batch and returns its numbers, including “loss”.
  package func callAsFunction(
    _ parameters: [Parameter], _ accumulate: ([Example]) throws -> [String: Double]
  ) throws -> Double {
    let trainer = Trainer(
      stage: stage, parameters, options: options, total: steps, updates: steps, run: run,
      progress: progress)
    var cursor = DataCursor(
      examples, plan: plan, batch: batch, random: RandomStream(seed: options.seed, .exampleOrder),
      shuffles: options.shuffle)
    var losses: [Double] = []
    if let state = try trainer.resume() {
      losses = state["losses"]?.arrayValue?.compactMap(\.doubleValue) ?? []
      heldOut?.restore(state["heldOut"])
      guard cursor.restore(state["cursor"]) else {
        throw AlignmentError.cannotResume(
          path: run.url.path, reason: "the checkpoint does not match this dataset.")
      }
    }
    while trainer.done < trainer.total, heldOut?.hasStopped != true {
      let part = cursor.next()
      let tokens = part.reduce(0) { $0 + $1.tokenCount }
      var numbers = try trainer.update(batch: part.map(\.name), tokens: tokens) {
        try accumulate(part)
      }
      losses = losses.suffix(cursor.batchesPerEpoch - 1) + [numbers["loss"] ?? 0]
      if let heldOut {
        numbers.merge(try heldOut.numbers(step: trainer.done + 1, of: trainer.total)) { $1 }
      }
      try trainer.advance(
        numbers,
        state: [
          "cursor": cursor.state, "losses": .array(losses.map(JSONValue.number)),
          "heldOut": heldOut?.state ?? .null,
        ])
    }
    try trainer.finish()
    try heldOut?.finish(progress)
    return losses.reduce(0, +) / Double(max(losses.count, 1))
  }
}
