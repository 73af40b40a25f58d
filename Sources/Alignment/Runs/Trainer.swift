import Foundation
import LanguageModels
import PreferenceData
import Torch

/// What all stages share: gradients in, one optimiser step out, written down, and resumable.
///
/// A stage calls `update` for each optimiser step and `advance` where it could go on from: after
/// every step, or after every round of an online method.
package final class Trainer {
  package private(set) var updates = 0
  /// Steps or rounds that are done.
  package private(set) var done = 0
  /// Steps or rounds in all.
  package let total: Int
  private let stage: String
  private let parameters: [Parameter]
  private let optimizer: AdamW
  private let schedule: Schedule
  private let options: TrainingOptions
  private let run: StageFolder
  private let progress: ProgressReport
  private var workers: Workers { run.workers }
  /// Exponential moving averages of the weights, from their first values on; none when not asked for.
  private let averages: [Tensor]
  /// Multiplies the schedule's rate, for a guard that slows a run down.
  package var learningRateScale = 1.0
  private var lastCheckpoint = ContinuousClock.now
  private var tokens = 0

  /// - Parameters:
  ///   - total: Steps, or rounds of an online method.
  ///   - updates: Optimiser steps in all, which the schedule spans.
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

  /// Runs `body`, which accumulates gradients and returns its numbers with “loss” among them, then
  /// updates the parameters.
  ///
  /// Throws when the loss or the gradient is not finite, before any parameter has changed.
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

  /// a ← decay · a + (1 − decay) · θ, where the settings ask for an average.
  private func average() {
    guard !averages.isEmpty else { return }
    noGradient {
      for (average, parameter) in zip(averages, parameters) {
        average.scale(by: options.averageDecay)
        average.accumulate(parameter.value.detached(), factor: 1 - options.averageDecay)
      }
    }
  }

  /// Ends training: puts the averages over the updates in the weights' place, where there are any.
  ///
  /// Throws `notFinite` when a weight is no number: the last update is checked by no further loss.
  package func finish() throws {
    noGradient { zip(averages, parameters).forEach { $1.value.assign($0) } }
    if let weight = NonFiniteWeight(firstIn: parameters.lazy.map { ($0.name, $0.value) }) {
      throw AlignmentError.notFinite(what: "after \(updates) updates \(weight)")
    }
  }

  private func check(_ value: Double, _ what: String, _ batch: [String]) throws {
    guard !value.isFinite else { return }
    let named = batch.prefix(16).joined(separator: ", ") + (batch.count > 16 ? ", …" : "")
    throw AlignmentError.notANumber(what: what, step: updates + 1, batch: named)
  }

  /// Writes down that one more step (or round) is done, and checkpoints when it is time to.
  ///
  /// `state` is what the stage needs to go on from here. Throws `interrupted`, after a checkpoint,
  /// when someone asked the process to stop.
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

  /// Takes up the newest good checkpoint when the run is to be resumed; returns its stage's state.
  package func resume() throws -> [String: JSONValue]? {
    guard run.isResumed else { return nil }
    let checkpoint = workers.isFirst ? run.checkpoints.newest(warn: progress.warn) : nil
    // Only the first process reads files: the others may be on hosts that do not have them.
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
        reason: "the checkpoint is of another model, or of another version of this program.")
    }
    noGradient { own.forEach { name, value in stored[name].map(value.assign) } }
  }
}
