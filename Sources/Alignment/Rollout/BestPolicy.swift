import Foundation
import PreferenceData
import Torch

/// The policy of the round that scored best on held-out prompts, kept beside the run.
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

  /// Keeps the weights as they are now when `score` is above all before; the first of equals stays.
  mutating func offer(_ score: Double, round: Int) throws {
    guard score > self.score else { return }
    try folder.write(
      Checkpoint(
        step: round, tensors: parameters.map { ($0.name, $0.value.detached()) },
        state: ["step": .integer(round), "score": .number(score)]))
    (self.score, self.round) = (score, round)
  }

  /// Puts the best round's weights back, and drops the copy.
  func restoreBest(warn: (String) -> Void) throws {
    guard let round else { return }
    guard let best = folder.newest(warn: warn), best.step == round else {
      throw AlignmentError.cannotResume(
        path: folder.url.path, reason: "the weights of the best round, \(round), cannot be read.")
    }
    let stored = Dictionary(uniqueKeysWithValues: best.tensors.map { ($0.name, $0.value) })
    noGradient { parameters.forEach { parameter in stored[parameter.name].map(parameter.assign) } }
    folder.removeAll()
  }

  var state: JSONValue {
    guard let round else { return .null }
    return ["round": .integer(round), "score": .number(score)]
  }

  /// Goes on from `state`. What a later round wrote before the run was cut off is written again.
  mutating func restore(_ state: JSONValue?) {
    guard let round = state?["round"]?.intValue, let score = state?["score"]?.doubleValue else {
      return
    }
    (self.round, self.score) = (round, score)
  }
}
