import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import Torch

/// A workload that `bench` measures.
enum WorkloadKind: String, CaseIterable, ExpressibleByArgument {
  /// Answers of `--tokens` tokens to short prompts.
  case generate
  /// One token after prompts of `--tokens` tokens.
  case prompt
  /// Forward, backward and AdamW over all weights.
  case train
  /// The same for low-rank adapters of all linear layers.
  case lora
  /// Loading a folder until the model is ready to generate.
  case load
}

/// Repeatable work, and the number of tokens it processes.
struct Workload {
  let tokens: Int
  let run: () throws -> Void

  struct Size {
    var batch: Int
    var tokens: Int
    var promptTokens: Int
  }

  init(_ kind: WorkloadKind, folder: URL, precision: Precision, size: Size) throws {
    guard kind != .load else {
      tokens = 0
      run = {
        let model = try CausalLanguageModel(folder: folder, precision: precision)
        _ = try ContinuousBatch(model, slots: size.batch, contextLength: 64)
      }
      return
    }
    let model = try CausalLanguageModel(folder: folder, precision: precision)
    let rows = Self.rows(
      size.batch, length: kind == .generate ? size.promptTokens : size.tokens,
      vocabulary: model.configuration.vocabularySize)
    switch kind {
    case .train, .lora:
      tokens = size.batch * size.tokens
      run = Self.training(model, rows, hasAdapters: kind == .lora)
    case .generate, .prompt, .load:
      let new = kind == .generate ? size.tokens : 1
      tokens = size.batch * (kind == .generate ? new : size.tokens)
      let options = SamplingOptions(temperature: 0, maxNewTokens: new, ignoresEnd: true)
      let generator = try BatchGenerator(
        model, options: options, slots: size.batch, contextLength: rows[0].count + new)
      let requests = rows.map { GenerationRequest(ids: $0, seed: 1) }
      run = { _ = try generator.generate(requests) }
    }
  }

  /// Returns token ids that look random but are fixed, so that another program can use the same.
  private static func rows(_ count: Int, length: Int, vocabulary: Int) -> [[Int]] {
    (0..<count).map { row in
      (0..<length).map { (row * 7919 + $0 * 104_729 + 17) % vocabulary }
    }
  }

  private static func training(
    _ model: CausalLanguageModel, _ rows: [[Int]], hasAdapters: Bool
  ) -> () throws -> Void {
    if hasAdapters {
      model.addAdapters(rank: 16, alpha: 32, generator: Generator(seed: 1))
    } else {
      model.trainAllWeights()
    }
    let batch = TokenBatch(rows)
    let optimizer = AdamW(model.trainedParameters.map(\.value))
    return {
      optimizer.clearGradients()
      let loss = model.logProbabilities(batch).mean() * -1
      loss.backward()
      optimizer.update(learningRate: 1e-5)
      guard loss.item().isFinite else {
        throw LanguageModelError.invalid("the loss is not finite.")
      }
    }
  }
}
