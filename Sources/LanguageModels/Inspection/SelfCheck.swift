import Foundation
import Foundations
import Torch

/// Consistency checks that every correctly loaded model passes.
public struct SelfCheck {
  /// The result of one check: the measured difference and its limit.
  public struct Result: Sendable, Codable {
    public var name: String
    public var difference: Double
    public var limit: Double
    public var isFulfilled: Bool { difference <= limit }
  }

  private let folder: URL
  private let precision: Precision
  private let sequences: [[Int]]
  private let newTokens: Int

  /// Creates random token sequences of different lengths, the same for the same seed.
  public init(folder: URL, precision: Precision, seed: UInt64 = 1, newTokens: Int = 32) throws {
    self.folder = folder
    self.precision = precision
    let configuration = try ModelConfiguration(folder: folder)
    self.newTokens = max(1, min(newTokens, configuration.contextLength / 2))
    let longest = max(1, min(24, configuration.contextLength - self.newTokens))
    var random = RandomStream(seed: seed, .selfCheck)
    sequences = [longest, 1, (longest + 1) / 2, longest].map { length in
      (0..<length).map { _ in random.below(configuration.vocabularySize) }
    }
  }

  /// Runs all checks and calls `report` with each result.
  public func run(_ report: (Result) -> Void) throws {
    let configuration = try ModelConfiguration(folder: folder)
    if configuration.architecture.isMasked {
      let model = try MaskedLanguageModel(folder: folder, precision: precision)
      report(packing(model.logits))
      report(
        try saving {
          try model.save(to: $0, tokenizerFolder: folder)
        } logits: {
          try MaskedLanguageModel(folder: $0, precision: precision).logits
        })
    } else {
      let model = try CausalLanguageModel(folder: folder, precision: precision)
      report(packing(model.logits))
      let together = try generate(model, sequences)
      report(try batching(model, together))
      report(try caching(model, together))
      report(
        try saving {
          try model.save(to: $0, tokenizerFolder: folder)
        } logits: {
          try CausalLanguageModel(folder: $0, precision: precision).logits
        })
    }
  }

  /// Rounding depends on the shape of a product, so logits may differ by this much.
  private var limit: Double { precision == .float32 ? 1e-3 : 0.25 }

  /// The logits of a sequence are the same at every place in a batch: there is no padding that
  /// could influence them.
  private func packing(_ logits: (TokenBatch) -> Tensor) -> Result {
    let alone = sequences.map { sequence in noGradient { logits(TokenBatch([sequence])) } }
    var most = 0.0
    for order in [Array(sequences.indices), sequences.indices.reversed()] {
      let all = noGradient { logits(TokenBatch(order.map { sequences[$0] })) }
      var start = 0
      for index in order {
        let part = all[start..<(start + sequences[index].count)]
        most = Self.larger(most, (part - alone[index]).to(.float32).abs().max().item())
        start += sequences[index].count
      }
    }
    return Result(
      name: "logits do not depend on the neighbours in a batch", difference: most, limit: limit)
  }

  private func generate(_ model: CausalLanguageModel, _ prompts: [[Int]]) throws -> [Generation] {
    let options = SamplingOptions(temperature: 0, maxNewTokens: newTokens, ignoresEnd: true)
    let requests = prompts.map { GenerationRequest(ids: $0, seed: 0) }
    let room = BatchGenerator.room(
      for: requests, maxNewTokens: newTokens, batch: prompts.count,
      limit: model.configuration.contextLength)
    return try BatchGenerator(
      model, options: options, slots: room.slots, contextLength: room.contextLength
    ).generate(requests)
  }

  /// A row continues with the same tokens alone and in a batch.
  private func batching(_ model: CausalLanguageModel, _ together: [Generation]) throws -> Result {
    var different = 0
    for (sequence, expected) in zip(sequences, together) {
      let alone = try generate(model, [sequence])[0]
      different += zip(alone.ids, expected.ids).filter { $0 != $1 }.count
    }
    return Result(
      name: "tokens generated alone and in a batch that differ", difference: Double(different),
      limit: 0)
  }

  /// Text generated with the cache has the log-probabilities of one pass over the whole text.
  private func caching(_ model: CausalLanguageModel, _ generations: [Generation]) throws -> Result {
    var most = 0.0
    for (sequence, generation) in zip(sequences, generations) {
      let whole = TokenBatch([sequence + generation.ids])
      let all = noGradient { model.logProbabilities(whole).floats() }
      for (ours, expected) in zip(generation.logProbabilities, all.suffix(generation.ids.count)) {
        most = Self.larger(most, Double(abs(ours - expected)))
      }
    }
    return Result(
      name: "log-probabilities with the cache equal those without", difference: most, limit: limit)
  }

  /// NaN if either is NaN, because that is the largest difference.
  private static func larger(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : max(a, b)
  }

  /// A model is unchanged after it is saved and loaded.
  private func saving(
    _ save: (URL) throws -> Void, logits: (URL) throws -> (TokenBatch) -> Tensor
  ) throws -> Result {
    let place = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-selfcheck-\(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: place) }
    try save(place)
    let batch = TokenBatch(sequences)
    let (before, after) = (try logits(folder), try logits(place))
    let difference = noGradient {
      (before(batch) - after(batch)).to(.float32).abs().max().item()
    }
    return Result(
      name: "logits after saving and loading equal those before", difference: difference, limit: 0)
  }
}
