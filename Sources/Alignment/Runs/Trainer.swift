import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The optimiser, records and checkpoints of a stage.
///
/// A stage calls `update` for each optimiser step, and `advance` at each point where it can be
/// resumed: after every step, or after every round of an online method.
package final class Trainer {
  package private(set) var updates = 0
  /// The completed steps or rounds.
  package private(set) var done = 0
  /// All steps or rounds.
  package let total: Int
  private let stage: String
  private let parameters: [Parameter]
  private let optimizer: AdamW
  private let schedule: Schedule
  private let options: TrainingOptions
  private let run: StageFolder
  private let progress: ProgressReport
  private var workers: Workers { run.workers }
  /// Exponential moving averages of the weights, initialised with the weights; empty unless
  /// `averageDecay` is set.
  private let averages: [Tensor]
  /// A factor of the schedule's rate, by which the guard slows a run down.
  package var learningRateScale = 1.0
  private var lastCheckpoint = ContinuousClock.now
  private var tokens = 0

  /// - Parameters:
  ///   - total: Steps, or rounds of an online method.
  ///   - updates: All optimiser steps of the run, which the schedule spans.
  package init(
    stage: String, _ parameters: [Parameter], options: TrainingOptions, total: Int,
    updates: Int, run: StageFolder, progress: ProgressReport
  ) {
    self.stage = stage
    self.parameters = parameters
    self.options = options
    self.total = total
    self.run = run
    self.progress = progress
    optimizer = AdamW(parameters.map(\.value), options: options.optimizer)
    schedule = Schedule(options, steps: updates)
    averages = options.averageDecay > 0 ? parameters.map { $0.value.detached().cloned() } : []
  }

  /// Runs `body`, which accumulates gradients and returns numbers including “loss”, then updates the
  /// parameters. Returns the numbers with gradient norm and learning rate.
  ///
  /// Throws `notANumber`, before any parameter has changed, if the loss or the gradient is not finite.
  package func update(
    batch: @autoclosure () -> [String], tokens: Int = 0, _ body: () throws -> [String: Double]
  ) throws -> [String: Double] {
    optimizer.clearGradients()
    let own = try workers.summingGradients(
      of: parameters.map(\.value), bucketBytes: Int(options.bucketMegabytes * 1e6), body)
    var numbers = try workers.sum(own.result)
    numbers["earlyBuckets"] = own.early.map(Double.init)
    try check(numbers["loss"] ?? .nan, "loss", batch())
    let limit = options.gradientClip > 0 ? options.gradientClip : .infinity
    let norm = optimizer.clipGradients(toNorm: limit)
    try check(norm, "gradient", batch())
    let learningRate = schedule.learningRate(at: updates) * learningRateScale
    optimizer.update(learningRate: learningRate)
    optimizer.clearGradients()
    average()
    updates += 1
    self.tokens += tokens
    numbers["gradientNorm"] = norm
    numbers["learningRate"] = learningRate
    return numbers
  }

  /// Updates the averages: a ← decay · a + (1 − decay) · θ.
  private func average() {
    guard !averages.isEmpty else { return }
    noGradient {
      for (average, parameter) in zip(averages, parameters) {
        average.scale(by: options.averageDecay)
        average.accumulate(parameter.value.detached(), factor: 1 - options.averageDecay)
      }
    }
  }

  /// Ends training. Replaces the weights by their averages, if there are any.
  ///
  /// Throws `notFinite` if a weight is not finite, because no later loss checks the last update.
  package func finish() throws {
    useAveragedWeights()
    if let weight = NonFiniteWeight(firstIn: parameters.lazy.map { ($0.name, $0.value) }) {
      throw AlignmentError.notFinite(what: "after \(updates) updates \(weight)")
    }
  }

  private func useAveragedWeights() {
    noGradient { zip(averages, parameters).forEach { $1.value.assign($0) } }
  }

  private func check(_ value: Double, _ what: String, _ batch: [String]) throws {
    guard !value.isFinite else { return }
    let named = batch.prefix(16).joined(separator: ", ") + (batch.count > 16 ? ", …" : "")
    throw AlignmentError.notANumber(what: what, step: updates + 1, batch: named)
  }

  /// Records one completed step or round, and writes a checkpoint if one is due.
  ///
  /// `state` is everything that the stage needs to continue from here. Throws `interrupted`, after
  /// writing a checkpoint, if someone asked the process to stop.
  package func advance(_ numbers: [String: Double], state: @autoclosure () -> [String: JSONValue])
    throws
  {
    done += 1
    try run.record(StageProgress(stage: stage, step: done, values: numbers))
    var shown = numbers
    if tokens > 0 { shown["tokensPerSecond"] = Double(tokens) / max(progress.seconds, 1e-9) }
    progress.update(step: done, of: total, shown)
    guard done < total else { return }
    if try workers.any(Interruption.isRequested) {
      try checkpoint(state())
      throw AlignmentError.interrupted(step: done, of: total)
    }
    if isCheckpointDue { try checkpoint(state()) }
  }

  private var isCheckpointDue: Bool {
    if options.checkpointEvery > 0 { return done % options.checkpointEvery == 0 }
    return ContinuousClock.now - lastCheckpoint > .seconds(600)
  }
}

// MARK: - Checkpoints

extension Trainer {
  private var tensors: [(name: String, value: Tensor)] {
    parameters.map { ($0.name, $0.value.detached()) }
      + optimizer.state.enumerated().map { ("optimizer.\($0)", $1) }
      + averages.enumerated().map { ("average.\($0)", $1) }
  }

  private func checkpoint(_ state: [String: JSONValue]) throws {
    guard workers.isFirst else { return }
    var state = state
    state["step"] = .integer(done)
    state["updates"] = .integer(updates)
    state["inputs"] = run.inputs
    try run.checkpoints.write(Checkpoint(step: done, tensors: tensors, state: state))
    lastCheckpoint = .now
  }

  /// Loads the newest good checkpoint of a resumed run and returns the stage's state; nil to start from
  /// the beginning.
  package func resume() throws -> [String: JSONValue]? {
    guard run.isResumed else { return nil }
    let checkpoint = workers.isFirst ? run.checkpoints.newest(warn: progress.warn) : nil
    // Only the first process reads files: the others may run on hosts without them.
    let texts = try workers.gather(checkpoint.map { CanonicalJSON.text(.object($0.state)) } ?? "")
    guard let text = texts.first, !text.isEmpty else {
      try run.dropRecords(after: 0)
      return nil
    }
    if let checkpoint { try take(checkpoint) }
    try workers.broadcast(tensors.map(\.value))
    let state = try JSONValue(parsing: text).objectValue ?? [:]
    done = state["step"]?.intValue ?? 0
    updates = state["updates"]?.intValue ?? done
    try run.dropRecords(after: done)
    progress.resume(at: done)
    return state
  }

  private func take(_ checkpoint: Checkpoint) throws {
    let stored = Dictionary(uniqueKeysWithValues: checkpoint.tensors.map { ($0.name, $0.value) })
    let own = tensors
    guard stored.count == own.count,
      own.allSatisfy({ stored[$0.name]?.shape == $0.value.shape })
    else {
      throw AlignmentError.cannotResume(
        path: run.checkpoints.url.path,
        reason: "the checkpoint belongs to another model or another version of this program.")
    }
    noGradient { own.forEach { name, value in stored[name].map(value.assign) } }
  }
}
