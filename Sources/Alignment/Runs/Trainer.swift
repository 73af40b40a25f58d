import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The part that all stages share: gradients in, one optimiser step out, written down.
final class Trainer {
  let steps: Int
  private(set) var step = 0
  private let optimizer: AdamW
  private let schedule: Schedule
  private let options: TrainingOptions
  private let run: RunFolder

  init(_ parameters: [Parameter], options: TrainingOptions, steps: Int, run: RunFolder) {
    self.options = options
    self.steps = steps
    self.run = run
    optimizer = AdamW(parameters.map(\.value), options: options.optimizer)
    schedule = Schedule(options, steps: steps)
  }

  /// Runs `body`, which accumulates gradients and returns the loss, then updates the parameters.
  ///
  /// Throws when the loss or the gradient is not finite, before any parameter has changed.
  @discardableResult
  func update(_ body: () throws -> Double) throws -> [String: Double] {
    optimizer.clearGradients()
    let loss = try body()
    guard loss.isFinite else { throw AlignmentError.notANumber(what: "loss", step: step + 1) }
    let limit = options.gradientClip > 0 ? options.gradientClip : .infinity
    let norm = optimizer.clipGradients(toNorm: limit)
    guard norm.isFinite else { throw AlignmentError.notANumber(what: "gradient", step: step + 1) }
    let learningRate = schedule.learningRate(at: step)
    optimizer.update(learningRate: learningRate)
    optimizer.clearGradients()
    step += 1
    return ["loss": loss, "gradientNorm": norm, "learningRate": learningRate]
  }

  /// Writes the numbers of the step that has just been done.
  func record(_ metrics: [String: Double], stage: String) throws {
    var line: [String: JSONValue] = ["stage": .string(stage), "step": .integer(step)]
    for (key, value) in metrics { line[key] = .number(value) }
    try run.record(line)
  }
}

/// What a stage is started with.
public struct StageRequest: Sendable {
  /// The folder of the model to start from.
  public var model: URL
  public var dataset: String
  public var output: URL
  public var settings: Settings
  public var progress: ProgressReport.Style

  public init(
    model: URL, dataset: String, output: URL, settings: Settings, progress: ProgressReport.Style
  ) {
    self.model = model
    self.dataset = dataset
    self.output = output
    self.settings = settings
    self.progress = progress
  }
}

/// A prompt with one response to it, as tokens.
struct Completion: Sendable {
  var prompt: [Int]
  var response: [Int]

  var ids: [Int] { prompt + response }
  var count: Int { prompt.count + response.count }
}

/// A packed batch of completions, with the places of their response tokens.
struct CompletionBatch {
  let tokens: TokenBatch
  /// Indices of the states that predict the response tokens, int64 [N].
  let states: Tensor
  /// Those tokens, int64 [N].
  let targets: Tensor
  /// Indices of the last token of each completion, int64 [S].
  let ends: Tensor
  let responseLengths: [Int]

  init(_ completions: [Completion], on device: Device) {
    tokens = TokenBatch(completions.map(\.ids), on: device)
    var indices: [Int] = []
    var last: [Int] = []
    var start = 0
    for completion in completions {
      let first = start + completion.prompt.count - 1
      indices.append(contentsOf: first..<(first + completion.response.count))
      start += completion.count
      last.append(start - 1)
    }
    states = Tensor(indices).to(device)
    targets = tokens.ids.selecting(0, states + 1)
    ends = Tensor(last).to(device)
    responseLengths = completions.map(\.response.count)
  }
}
