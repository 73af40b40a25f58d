import Foundation
import Foundations
import LabelStore
import PreferenceData

/// Measures how uncertain a reward model is about the answers to each open prompt, so that people
/// judge the most uncertain prompts first (`order: uncertainty`).
///
/// The measure is the entropy of which answer is best, under the Plackett–Luce model with the
/// scores as strengths, divided by that of equal answers: 0 is certain, 1 is undecided.
package struct UncertaintyScoring: Sendable {
  let task: LabelTask
  let rewardModel: URL

  // Small enough to show progress, large enough that loading the model costs little beside it.
  private static let chunk = 500

  package init(task: LabelTask, rewardModel: URL) {
    self.task = task
    self.rewardModel = rewardModel
  }

  /// Finds the reward model of the task's latest run that trained one, or of the run named.
  ///
  /// Throws `ModelFolderError.noRewardModel` where there is none.
  package static func rewardModel(
    of task: String, run: String? = nil, in workspace: Workspace
  ) throws -> URL {
    let folders =
      try run.map { [try RunFolder.find($0, in: workspace.runs)] }
      ?? RunFolder.all(in: workspace.runs).filter {
        (try? RunRecord.read($0, in: workspace.runs))?.request.task == task
      }
    guard let folder = folders.last(where: { $0.report(of: .rewardModel) != nil }) else {
      throw ModelFolderError.noRewardModel(task: task)
    }
    return folder.stage(.rewardModel).model
  }

  /// Scores every prompt that has answers and wants judgements; returns how many.
  @discardableResult
  package func run(
    store: LabelStore, engine: Engine, log: URL,
    onProgress: @Sendable (_ done: Int, _ of: Int) async -> Void
  ) async throws -> Int {
    let total = max(0, task.progress.answered - task.progress.complete)
    var position = 0
    var done = 0
    while true {
      let prompts = try await store.openPrompts(of: task.id, after: position, limit: Self.chunk)
      guard let last = prompts.last else { return done }
      position = last.prompt.position
      let before = done
      let scores = try await scores(of: prompts, engine, log) { share in
        await onProgress(before + Int(Double(prompts.count) * share), max(total, before))
      }
      let values = zip(prompts, scores).map { ($0.prompt.name, Self.uncertainty($1)) }
      try await store.setUncertainty(
        Dictionary(values, uniquingKeysWith: { $1 }), of: task.id)
      done += prompts.count
      await onProgress(done, max(total, done))
    }
  }

  /// The normalised entropy of which answer is best; `scores` are those of one prompt's answers.
  package static func uncertainty(_ scores: [Double]) -> Double {
    guard scores.count > 1, let top = scores.max() else { return 0 }
    let weights = scores.map { exp($0 - top) }
    let sum = weights.reduce(0, +)
    let entropy = weights.reduce(0) { total, weight in
      let share = weight / sum
      return share > 0 ? total - share * log(share) : total
    }
    return entropy / log(Double(scores.count))
  }

  private func scores(
    of prompts: [(prompt: Prompt, answers: [String])], _ engine: Engine, _ log: URL,
    onProgress: (Double) async -> Void
  ) async throws -> [[Double]] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let input = folder.appending(path: "answers.jsonl")
    let output = folder.appending(path: "scores.jsonl")
    let file = try AtomicFile(path: input.path)
    for (prompt, answers) in prompts {
      for answer in answers {
        let row: JSONValue = [
          "messages": .array(prompt.messages.map(\.json)), "completion": .string(answer),
        ]
        try file.write(CanonicalJSON.bytes(row) + [0x0A])
      }
    }
    try file.commit()
    try await engine.run(
      "score", ["--model", rewardModel.path, "--input", input.path, "--output", output.path],
      log: log,
      onProgress: { await onProgress(Double($0.step) / Double(max(1, $0.total))) })
    var lines = try JSONLinesReader(path: output.path, of: JSONValue.self).records()
      .map { $0["score"]?.doubleValue ?? 0 }[...]
    return prompts.map { prompt in
      defer { lines = lines.dropFirst(prompt.answers.count) }
      return Array(lines.prefix(prompt.answers.count))
    }
  }
}
