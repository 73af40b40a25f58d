import Alignment
import Foundations
import Testing

@Suite("Mixing of datasets")
struct DatasetMixTests {
  /// 30 examples of a first file and 10 of a second.
  private static let files = Array(repeating: 0, count: 30) + Array(repeating: 1, count: 10)
  private static let random = RandomStream(seed: 1, .exampleOrder)

  private func order(_ plan: EpochPlan, _ epoch: Int, shuffles: Bool = true) throws -> [Int] {
    try #require(plan.order(epoch: epoch, random: Self.random, shuffles: shuffles))
  }

  @Test("Without shares, an epoch is every example once, in the order that it always had")
  func whole() throws {
    let plan = try DatasetMix(shares: []).plan(files: Self.files)
    var random = Self.random.substream(3)
    #expect(try order(plan, 3) == random.shuffled(Array(0..<40)))
    #expect(try order(plan, 3, shuffles: false) == Array(0..<40))
  }

  @Test("A share is that part of an epoch, and the other files are used whole")
  func besideWholeFile() throws {
    let plan = try DatasetMix(shares: [nil, 0.25]).plan(files: Self.files)
    #expect(plan.length == 40)
    #expect(try order(plan, 0).sorted() == Array(0..<40))
    let small = try DatasetMix(shares: [nil, 0.1]).plan(files: Self.files)
    #expect(try order(small, 0).count { $0 >= 30 } == 3)
    #expect(Set(try order(small, 0)).isSuperset(of: 0..<30))
  }

  @Test("A file that an epoch does not use up continues in the next one")
  func continues() throws {
    let plan = try DatasetMix(shares: [nil, 0.143]).plan(files: Self.files)
    let drawn = try (0..<2).map { epoch in try order(plan, epoch).filter { $0 >= 30 } }
    #expect(drawn.map(\.count) == [5, 5])
    #expect(Set(drawn.joined()) == Set(30..<40))
  }

  @Test("A file with more draws than examples repeats all of them equally often")
  func repeats() throws {
    let plan = try DatasetMix(shares: [nil, 0.5]).plan(files: Self.files)
    let counts = Dictionary(grouping: try order(plan, 0).filter { $0 >= 30 }, by: \.self)
      .mapValues(\.count)
    #expect(counts.count == 10 && counts.values.allSatisfy { $0 == 3 })
  }

  @Test("Shares of all files are scaled to one, and an epoch keeps its length")
  func scaled() throws {
    let plan = try DatasetMix(shares: [1, 3]).plan(files: Self.files)
    #expect(plan.length == 40)
    #expect(try order(plan, 0).count { $0 >= 30 } == 30)
  }

  @Test("Shares that leave nothing to the other files are refused", arguments: [1.0, 2.0])
  func noRoom(share: Double) {
    #expect(throws: AlignmentError.self) {
      _ = try DatasetMix(shares: [nil, share]).plan(files: Self.files)
    }
  }

  @Test("An epoch longer than memory is refused")
  func tooLong() {
    #expect(throws: AlignmentError.self) {
      _ = try DatasetMix(shares: [nil, 0.999_999_999_9]).plan(files: Self.files)
    }
  }

  @Test("An epoch's number that cannot be counted with has no order")
  func hugeEpoch() throws {
    let plan = try DatasetMix(shares: [nil, 0.5]).plan(files: Self.files)
    #expect(plan.order(epoch: .max, random: Self.random, shuffles: true) == nil)
  }
}
