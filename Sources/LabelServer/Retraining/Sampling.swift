import Foundation
import PreferenceData

/// Lets a policy answer the prompts of a task that it has not answered yet.
///
/// Works in chunks, each of which is in the store before the next begins: what was answered
/// before an interruption stays, and the same command goes on from there.
package struct Sampling: Sendable {
  package let task: String
  package let model: ModelFolder
  package let responses: Int
  package var settings = SamplingSettings()

  private static let chunk = 24

  package init(
    task: String, model: ModelFolder, responses: Int,
    settings: SamplingSettings = SamplingSettings()
  ) {
    self.task = task
    self.model = model
    self.responses = responses
    self.settings = settings
  }

  /// Answers every waiting prompt and returns how many prompts were answered.
  @discardableResult
  package func run(
    source: any RetrainingSource, engine: Engine, log: URL,
    onProgress: @Sendable (_ answered: Int, _ of: Int) async -> Void
  ) async throws -> Int {
    let prompts = try await source.prompts(of: task, notAnsweredBy: model.name)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var done = 0
    await onProgress(0, prompts.count)
    while done < prompts.count {
      let chunk = Array(prompts[done..<min(done + Self.chunk, prompts.count)])
      let answered = done
      let answers = try await answer(chunk, number: done, in: folder, engine, log) { share in
        await onProgress(answered + Int(Double(chunk.count) * share), prompts.count)
      }
      try await source.add(answers, by: model.name, to: task)
      done += chunk.count
      await onProgress(done, prompts.count)
    }
    return prompts.count
  }

  private func answer(
    _ prompts: [UnansweredPrompt], number: Int, in folder: URL, _ engine: Engine, _ log: URL,
    onProgress: (Double) async -> Void
  ) async throws -> [PromptAnswers] {
    let input = folder.appending(path: "prompts.jsonl")
    let output = folder.appending(path: "answers.jsonl")
    let file = try AtomicFile(path: input.path)
    for prompt in prompts {
      let row: JSONValue = ["messages": .array(prompt.messages.map(\.json))]
      try file.write(CanonicalJSON.bytes(row) + [0x0A])
    }
    try file.commit()
    try await engine.run(
      "sample",
      [
        "--model", model.url.path, "--input", input.path, "--output", output.path,
        "--responses", String(responses), "--max-new-tokens", String(settings.maxNewTokens),
        "--temperature", String(settings.temperature), "--top-p", String(settings.topP),
        // A chunk must not repeat the numbers of the one before.
        "--seed", String(settings.seed + number), "--batch", String(settings.batch),
      ],
      log: log,
      onProgress: { progress in
        await onProgress(Double(progress.step) / Double(max(1, progress.total)))
      })
    let rows = try JSONLinesReader(path: output.path, of: JSONValue.self).records()
    return try zip(prompts, rows).map { prompt, row in
      PromptAnswers(promptID: prompt.id, texts: try texts(in: row, of: prompt))
    }
  }

  /// Different answers only: two that are alike leave nothing to rank.
  private func texts(in row: JSONValue, of prompt: UnansweredPrompt) throws -> [String] {
    let texts = row["responses"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
    var seen: Set<String> = []
    return texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      .filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}

/// How answers are drawn.
package struct SamplingSettings: Sendable, Equatable, Codable {
  package var temperature = 0.9
  package var topP = 0.95
  package var maxNewTokens = 160
  package var seed = 1
  package var batch = 32

  package init() {}
}
