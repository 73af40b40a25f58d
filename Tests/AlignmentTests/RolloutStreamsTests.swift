import Alignment
import Foundation
import Foundations
import LanguageModels
import Testing
import Torch

/// Answers of a model whose next token hardly depends on the ones before, so that two answers drawn
/// from overlapping numbers say nearly the same.
@Suite("Independence of sampled answers", .serialized)
struct RolloutStreamsTests {
  private static let count = 12_800

  private static func answers(_ requests: [GenerationRequest]) throws -> [Double] {
    var configuration = ModelConfiguration(
      vocabularySize: 24, width: 8, feedForwardWidth: 8, layers: 1, heads: 1, keyValueHeads: 1,
      headWidth: 8, contextLength: 16, tiesEmbeddings: true)
    configuration.endTokens = [0]
    let source = RandomSource(generator: Generator(seed: 1), deviation: { _ in 0.05 })
    let model = try CausalLanguageModel(configuration, source: source, computeType: .float32)
    let options = SamplingOptions(temperature: 1, maxNewTokens: 8, ignoresEnd: true)
    return try BatchGenerator(model, options: options, slots: 256, contextLength: 10)
      .generate(requests)
      .map { Double($0.ids.reduce(0, +)) / Double($0.ids.count) }
  }

  private static func requests(_ count: Int, _ random: RandomStream) -> [GenerationRequest] {
    RolloutStreams.requests(Array(repeating: [3], count: count), random: random)
  }

  private static func correlation(_ first: ArraySlice<Double>, _ second: ArraySlice<Double>)
    -> Double
  {
    func centred(_ values: ArraySlice<Double>) -> [Double] {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { $0 - mean }
    }
    let (left, right) = (centred(first), centred(second))
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return product(left, right) / (product(left, left) * product(right, right)).squareRoot()
  }

  /// What the variance of a mean over 32 answers is, relative to that of independent answers.
  private static func varianceRatio(_ values: [Double]) -> Double {
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
    let means = stride(from: 0, to: values.count, by: 32).map {
      values[$0..<($0 + 32)].reduce(0, +) / 32
    }
    return variance(means) * 32 / variance(values)
  }

  // When the seeds of neighbours were one apart, an answer had 7 of its 8 numbers from its neighbour:
  // for tokens that do not depend on each other a correlation of 0.87, and a ratio of 7.3.
  @Test("Answers of a round, to held-out prompts and of a seed are independent", arguments: 0...2)
  func neighbours(kind: Int) throws {
    let streams = RolloutStreams(seed: 1)
    let requests =
      switch kind {
      case 0: Self.requests(Self.count, streams.round(0))
      case 1: Self.requests(Self.count, streams.heldOut)
      default:
        (0..<Self.count).map {
          GenerationRequest(ids: [3], seed: 1, prompt: $0 / 8, response: $0 % 8)
        }
      }

    let answers = try Self.answers(requests)

    let error = 1 / Double(answers.count).squareRoot()
    for lag in 1...3 {
      let found = Self.correlation(answers.dropFirst(lag), answers.dropLast(lag))
      #expect(abs(found) < 4 * error, "lag \(lag)")
    }
    #expect((0.8...1.25).contains(Self.varianceRatio(answers)))
  }

  @Test("Rounds, held-out answers and runs of neighbouring seeds are independent of each other")
  func places() throws {
    let (one, two) = (RolloutStreams(seed: 1), RolloutStreams(seed: 2))
    let rows = try [one.round(0), one.round(1), one.heldOut, two.round(0), two.heldOut].map {
      try Self.answers(Self.requests(4000, $0))
    }

    for first in rows.indices {
      for second in rows.indices where second > first {
        // Shifted by one or two answers, too.
        for shift in 0...2 {
          let found = Self.correlation(rows[first].dropFirst(shift), rows[second].dropLast(shift))
          #expect(abs(found) < 4 / 4000.0.squareRoot(), "\(first), \(second), \(shift)")
        }
      }
    }
  }

  @Test("The processes of one run share a round's answers out without a change")
  func processes() throws {
    let round = RolloutStreams(seed: 1).round(3)
    let whole = try Self.answers(Self.requests(20, round))

    let second = RolloutStreams.requests(Array(repeating: [3], count: 12), random: round, from: 8)

    #expect(try Self.answers(second) == Array(whole.dropFirst(8)))
  }
}
