import Foundation
import Foundations
import LabelStore
import PreferenceData

/// Lets models of the workspace answer a chunk of prompts, one model after the other.
struct EngineAnswers: Sendable {
  let shares: [PolicyShare]
  let settings: SamplingSettings
  let engine: Engine
  let log: URL

  func answers(
    to prompts: [UnansweredPrompt], onProgress: (Double) async -> Void
  ) async throws -> [PromptID: [SampledResponse]] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let input = folder.appending(path: "prompts.jsonl")
    let file = try AtomicFile(path: input.path)
    for prompt in prompts {
      let row: JSONValue = ["messages": .array(prompt.messages.map(\.json))]
      try file.write(CanonicalJSON.bytes(row) + [0x0A])
    }
    try file.commit()
    var answers: [PromptID: [SampledResponse]] = [:]
    let local = shares.filter(\.policy.isModel)
    for (index, share) in local.enumerated() {
      guard case .model(let model) = share.policy else { continue }
      let seed = settings.engineSeed(policy: index, positions: prompts.map(\.position))
      let rows = try await rows(from: model, share, seed, input) { part in
        await onProgress((Double(index) + part) / Double(local.count))
      }
      for (prompt, row) in zip(prompts, rows) {
        answers[prompt.id, default: []] += Self.texts(in: row).map {
          SampledResponse(text: $0, source: share.source)
        }
      }
    }
    return answers
  }

  private func rows(
    from model: WorkspaceModel, _ share: PolicyShare, _ seed: UInt64, _ input: URL,
    onProgress: (Double) async -> Void
  ) async throws -> [JSONValue] {
    let output = input.deletingLastPathComponent().appending(path: "answers.jsonl")
    try await engine.run(
      "sample",
      [
        "--model", model.url.path, "--input", input.path, "--output", output.path,
        "--responses", String(share.count), "--max-new-tokens", String(settings.maxNewTokens),
        "--temperature", String(settings.temperature), "--top-p", String(settings.topP),
        "--seed", String(seed), "--batch", String(settings.batch),
      ],
      log: log,
      onProgress: { progress in
        await onProgress(Double(progress.step) / Double(max(1, progress.total)))
      })
    return try JSONLinesReader(path: output.path, of: JSONValue.self).records()
  }

  private static func texts(in row: JSONValue) -> [String] {
    let texts = row["responses"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
    return texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
  }
}
