import Foundation
import LabelStore
import PreferenceData

/// Lets a policy answer the prompts of a task that lack answers.
///
/// Works in chunks, each of which is in the store before the next begins: what was answered
/// before an interruption stays, and the same command goes on from there.
package struct Sampling: Sendable {
  package let task: LabelTask
  package let model: ModelFolder
  package let responses: Int
  package var settings = SamplingSettings()

  private static let chunk = 24

  package init(
    task: LabelTask, model: ModelFolder, responses: Int? = nil,
    settings: SamplingSettings = SamplingSettings()
  ) {
    self.task = task
    self.model = model
    self.responses = responses ?? task.definition.responses
    self.settings = settings
  }

  /// Asks for answers to every waiting prompt and returns how many got some to rank.
  @discardableResult
  package func run(
    store: LabelStore, engine: Engine, log: URL,
    onProgress: @Sendable (_ asked: Int, _ of: Int) async -> Void
  ) async throws -> Int {
    let prompts = try await store.unansweredPrompts(of: task.id)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var asked = 0
    var answered = 0
    await onProgress(0, prompts.count)
    while asked < prompts.count {
      let chunk = Array(prompts[asked..<min(asked + Self.chunk, prompts.count)])
      let before = asked
      let answers = try await answer(chunk, number: before, in: folder, engine, log) { share in
        await onProgress(before + Int(Double(chunk.count) * share), prompts.count)
      }
      do {
        answered += try await store.addResponses(answers, source: model.name, to: task.id).prompts
      } catch {
        throw RetrainingError.interruption(error)
      }
      asked += chunk.count
      await onProgress(asked, prompts.count)
    }
    return answered
  }

  private func answer(
    _ prompts: [UnansweredPrompt], number: Int, in folder: URL, _ engine: Engine, _ log: URL,
    onProgress: (Double) async -> Void
  ) async throws -> [PromptID: [String]] {
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
    return Dictionary(
      zip(prompts, rows).map { prompt, row in (prompt.id, Self.texts(in: row)) }
    ) { first, _ in first }
  }

  private static func texts(in row: JSONValue) -> [String] {
    let texts = row["responses"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
    return texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
  }
}

/// How answers are drawn.
package struct SamplingSettings: Sendable, Equatable, Codable {
  package var temperature = 0.7
  package var topP = 0.95
  package var maxNewTokens = 160
  package var seed = 1
  package var batch = 32

  package init() {}
}
