import Foundations
import Testing

/// Neighbouring streams, in every way in which the product names them.
@Suite("Streams of random numbers")
struct RandomStreamTests {
  private enum Neighbours: String, CaseIterable, Sendable {
    case seeds, indices, outerIndices, purposes, substreams, largeSeeds

    /// Stream `number` of a row of neighbours.
    func stream(_ number: Int) -> RandomStream {
      let purposes = RandomPurpose.allCases
      return switch self {
      case .seeds: RandomStream(seed: number, .answers, 0, 0)
      case .indices: RandomStream(seed: 1, .answers, 0, number)
      case .outerIndices: RandomStream(seed: 1, .rollouts, number, 0)
      case .purposes:
        RandomStream(
          seed: number / purposes.count, purposes[number % purposes.count], number / purposes.count)
      case .substreams: RandomStream(seed: 1, .tests).substream(number)
      case .largeSeeds: RandomStream(seed: UInt64.max - UInt64(number), .answers, 0, 0)
      }
    }
  }

  private static let count = 4000

  // With the seeds of neighbours one apart, as it was once, draw t + 1 of one stream was draw t of
  // the next: the correlation at lag 1 was 1, 167 standard errors from 0.
  @Test("Draws of neighbours do not correlate at any lag", arguments: Neighbours.allCases)
  private func neighboursAreIndependent(_ neighbours: Neighbours) {
    let draws = (0..<Self.count).map { number -> [Double] in
      var stream = neighbours.stream(number)
      return (0..<8).map { _ in stream.uniform() }
    }
    for lag in -3...3 {
      let pairs = zip(draws, draws.dropFirst()).flatMap { first, second in
        first.indices.compactMap { place in
          second.indices.contains(place + lag) ? (first[place], second[place + lag]) : nil
        }
      }
      let error = 1 / Double(pairs.count).squareRoot()
      #expect(abs(correlation(pairs)) < 4 * error, "lag \(lag)")
    }
  }

  @Test(
    "A mean over 32 streams varies as that of independent numbers", arguments: Neighbours.allCases)
  private func meansVary(_ neighbours: Neighbours) {
    let statistics = (0..<(32 * 1000)).map { number -> Double in
      var stream = neighbours.stream(number)
      return (0..<4).reduce(0) { sum, _ in sum + stream.uniform() }
    }
    let means = stride(from: 0, to: statistics.count, by: 32).map {
      mean(statistics[$0..<($0 + 32)])
    }
    #expect((0.87...1.13).contains(variance(means) * 32 / variance(statistics)))
  }

  // PPO's defaults. With streams that overlapped these were 479 different numbers.
  @Test("12 rounds of 32 answers of 96 tokens draw 36,864 different numbers")
  func rounds() {
    var seen: Set<UInt64> = []
    for round in 0..<12 {
      for episode in 0..<32 {
        var stream = RandomStream(seed: 1, .rollouts, round, episode)
        for _ in 0..<96 { seen.insert(stream.next()) }
      }
    }
    #expect(seen.count == 36_864)
  }

  @Test("Order and number of the indices make a difference, and drawing does not")
  func names() {
    func first(_ stream: RandomStream) -> UInt64 {
      var stream = stream
      return stream.next()
    }
    let streams = [
      RandomStream(seed: 1, .tests), RandomStream(seed: 1, .tests, 0),
      RandomStream(seed: 1, .tests, 0, 0), RandomStream(seed: 1, .tests, 1),
      RandomStream(seed: 1, .tests, 0, 1), RandomStream(seed: 1, .tests, 1, 0),
      RandomStream(seed: -1, .tests), RandomStream(seed: 0, .tests),
    ]
    #expect(Set(streams.map(first)).count == streams.count)

    var drawn = RandomStream(seed: 1, .tests, 3)
    for _ in 0..<5 { _ = drawn.next() }
    #expect(first(drawn.substream(2)) == first(RandomStream(seed: 1, .tests, 3, 2)))
    #expect(
      first(RandomStream(seed: Int64(-1), .tests)) == first(RandomStream(seed: UInt64.max, .tests)))
  }

  @Test("The purposes' numbers are different and stay")
  func purposes() {
    #expect(
      RandomPurpose.allCases.map(\.rawValue) == [
        1, 2, 3, 4, 5, 16, 17, 18, 19, 32, 33, 34, 35, 36, 37, 38, 39, 40, 48, 64, 65, 66, 67, 80,
        81,
      ])
  }

  @Test("Whole numbers below a bound are equally likely", arguments: [1, 2, 3, 7, 10, 100])
  func below(bound: Int) {
    var stream = RandomStream(seed: 5, .tests)
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<(1000 * bound) { counts[stream.below(bound)] += 1 }
    let square = counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    let freedom = Double(bound - 1)
    #expect(square <= freedom + 3 * (2 * freedom).squareRoot())
  }

  // Of 2^64 numbers, those above 3 · 2^62 are left over. Taken modulo the bound, as once in two of
  // four generators, half of all draws would lie in the first third.
  @Test("A bound that does not divide 2^64 favours nothing")
  func unbiased() {
    var stream = RandomStream(seed: 6, .tests)
    let bound = 3 << 61
    let low = (0..<6000).count { _ in stream.below(bound) < bound / 3 }
    #expect(abs(low - 2000) < 110)
  }

  private struct Fixed: RandomNumberGenerator {
    let bits: UInt64
    mutating func next() -> UInt64 { bits }
  }

  @Test("Uniform numbers keep their ends")
  func ends() {
    var (none, all) = (Fixed(bits: 0), Fixed(bits: .max))
    #expect(none.uniform() == 0 && all.uniform() == 1 - 0x1p-53)
    #expect(none.openUniform() == 0x1p-53 && all.openUniform() == 1 - 0x1p-53)
  }

  @Test("Every order is equally likely")
  func shuffles() {
    var counts: [[Int]: Int] = [:]
    var stream = RandomStream(seed: 7, .tests)
    for _ in 0..<24_000 { counts[stream.shuffled([0, 1, 2, 3]), default: 0] += 1 }
    #expect(counts.count == 24)
    let square = counts.values.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(square < 23 + 3 * 46.0.squareRoot())
  }
}

func mean(_ values: some Collection<Double>) -> Double {
  values.reduce(0, +) / Double(values.count)
}

func variance(_ values: some Collection<Double>) -> Double {
  let centre = mean(values)
  return values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count - 1)
}

func correlation(_ pairs: [(Double, Double)]) -> Double {
  let (first, second) = (mean(pairs.map(\.0)), mean(pairs.map(\.1)))
  let product = pairs.reduce(0) { $0 + ($1.0 - first) * ($1.1 - second) }
  return product / Double(pairs.count - 1)
    / (variance(pairs.map(\.0)) * variance(pairs.map(\.1))).squareRoot()
}
