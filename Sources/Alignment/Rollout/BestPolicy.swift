import Foundation
import PreferenceData
import Torch

/// The weights of the round with the best score on held-out prompts, stored in the run's folder.
struct BestPolicy {
  private let parameters: [Parameter]
  private let folder: CheckpointFolder
  private(set) var round: Int?
  private var score = -Double.infinity

  init(_ parameters: [Parameter], run: StageFolder) {
    self.parameters = parameters
    folder = CheckpointFolder(url: run.layout.best)
    if !run.isResumed { folder.removeAll() }
  }

  /// Stores the current weights if `score` is above all earlier scores.
  mutating func offer(_ score: Double, round: Int) throws {
    guard score > self.score else { return }
    try folder.write(
      Checkpoint(
        step: round, tensors: parameters.map { ($0.name, $0.value.detached()) },
        state: ["step": .integer(round), "score": .number(score)]))
    (self.score, self.round) = (score, round)
  }

  /// Restores the weights of the best round and removes their file.
  ///
  /// Throws `cannotResume` if the file cannot be read.
  func restoreBest(warn: (String) -> Void) throws {
    guard let round else { return }
    guard let best = folder.newest(warn: warn), best.step == round else {
      throw AlignmentError.cannotResume(
        path: folder.url.path, reason: "cannot read the weights of the best round, \(round).")
    }
    let stored = Dictionary(uniqueKeysWithValues: best.tensors.map { ($0.name, $0.value) })
    noGradient { parameters.forEach { parameter in stored[parameter.name].map(parameter.assign) } }
    folder.removeAll()
  }

  var state: JSONValue {
    guard let round else { return .null }
    return ["round": .integer(round), "score": .number(score)]
  }

  /// Continues from `state`. Rounds after the checkpoint run again and overwrite their file.
  mutating func restore(_ state: JSONValue?) {
    guard let round = state?["round"]?.intValue, let score = state?["score"]?.doubleValue else {
      return
    }
    (self.round, self.score) = (round, score)
  }
}
