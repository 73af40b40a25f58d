import Foundations
import Labelling
import PreferenceData
import Testing

@Suite("Agreement")
struct AgreementTests {
  /// Krippendorff's example of four observers and twelve units (Content Analysis, 2004).
  static let reliability: [[Int]] = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
  ]

  static func table(_ units: [[Int]], scale: ClosedRange<Int>) -> CoincidenceTable {
    var table = CoincidenceTable(scale: scale.map(Double.init))
    for unit in units { table.add(unit.map { $0 - scale.lowerBound }) }
    return table
  }

  @Test(
    "Krippendorff's alpha of the published example",
    arguments: [(CoincidenceTable.Metric.nominal, 0.743), (.ordinal, 0.815), (.interval, 0.849)])
  func alpha(metric: CoincidenceTable.Metric, expected: Double) throws {
    let alpha = try #require(Self.table(Self.reliability, scale: 1...5).alpha(metric))
    #expect(abs(alpha - expected) < 0.0005)
  }

  @Test("Alpha and kappa of what cannot disagree are undefined")
  func undefined() {
    #expect(Self.table([[1, 1], [1, 1]], scale: 1...2).alpha(.nominal) == nil)
    #expect(Self.table([[1], [2]], scale: 1...2).alpha(.nominal) == nil)
    #expect(Self.table([[1, 1], [1, 1]], scale: 1...2).fleissKappa == nil)
    #expect(Self.table([], scale: 1...2).fleissKappa == nil)
  }

  /// Fourteen raters and ten subjects (Fleiss's worked example, as in Wikipedia's article).
  @Test("Fleiss' kappa of the published example")
  func kappa() throws {
    let counts = [
      [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
    let units = counts.map { row in
      row.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    }

    let kappa = try #require(Self.table(units, scale: 0...4).fleissKappa)

    #expect(abs(kappa - 0.20993) < 0.00001)
  }

  @Test("Tables of parts add up to the table of the whole")
  func additive() throws {
    var sum = Self.table(Array(Self.reliability.prefix(5)), scale: 1...5)
    sum.add(Self.table(Array(Self.reliability.dropFirst(5)), scale: 1...5), times: 1)

    let whole = Self.table(Self.reliability, scale: 1...5)

    #expect(abs(try #require(sum.alpha(.ordinal)) - (try #require(whole.alpha(.ordinal)))) < 1e-12)
    #expect(sum.units == whole.units && sum.pairs == whole.pairs)
  }

  @Test("Kendall's tau-b, with and without ties")
  func tau() throws {
    #expect(KendallTau.b([1, 2, 3, 4], [1, 2, 3, 4]) == 1)
    #expect(KendallTau.b([1, 2, 3, 4], [4, 3, 2, 1]) == -1)
    #expect(KendallTau.b([1, 1, 1], [1, 2, 3]) == nil)
    let tied = try #require(KendallTau.b([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]))
    #expect(abs(tied - -0.471_404_520_791) < 1e-9)
  }

  @Test("Pairwise agreement counts ordered pairs alone, and its interval holds the value")
  func pairwise() throws {
    let alike: [[[String]]] = [[["a"], ["b"], ["c"]], [["a"], ["b"], ["c"]]]
    let opposed: [[[String]]] = [[["a"], ["b"]], [["b"], ["a"]]]
    let tied: [[[String]]] = [[["a", "b"]], [["b"], ["a"]]]

    let estimate = try #require(Agreement.pairwise([alike, opposed, tied]))
    let report = QualityReport.of([alike, opposed, tied])

    #expect(estimate.value == 0.75 && estimate.count == 4)
    #expect(estimate.low <= 0.75 && estimate.high >= 0.75)
    #expect(report.pairwise?.value == 0.75 && report.pairwise?.count == 4)
    #expect(Agreement.pairwise([tied]) == nil)
    #expect(Agreement.pairwise([[[["a"], ["b"]]]]) == nil)
    #expect(try #require(Agreement.pairwise([alike])).low == 1)
  }

  @Test("Ties share their mean rank")
  func ranks() {
    var judgement = Judgement()
    judgement.ranking = [["b"], ["a", "c"], ["d"]]
    let prompt = PlacedPrompt(
      JudgedPrompt(
        answers: ["a", "b", "c", "d", "e"].map { .init(id: $0, source: nil, bytes: 1) },
        entries: [
          .init(labeller: "x", judgement: judgement, shown: ["a", "b", "c", "d", "e"], madeAt: 0)
        ])
    ) { _ in 0 }

    #expect(prompt.entries[0].doubledRanks == [5, 2, 5, 8, nil])
  }

  @Test("Wilson's interval of a share")
  func wilson() throws {
    let estimate = try #require(Estimate.share(8, of: 10))
    #expect(abs(estimate.low - 0.4901) < 1e-3 && abs(estimate.high - 0.9433) < 1e-3)
    #expect(Estimate.share(0, of: 0) == nil)
  }

  @Test("A share of clusters of one is Wilson's; equal clusters count as one observation each")
  func clustered() throws {
    var single = ClusteredShare()
    var fivefold = ClusteredShare()
    for index in 0..<40 {
      single.add(index % 4 == 0 ? 0 : 1, of: 1)
      fivefold.add(index % 4 == 0 ? 0 : 5, of: 5)
    }
    let plain = try #require(Estimate.share(30, of: 40))

    for share in [single, fivefold] {
      let estimate = try #require(share.estimate)
      #expect(estimate.value == 0.75)
      // The spread is estimated, with one degree of freedom less.
      #expect(abs(estimate.low - plain.low) < 0.004 && abs(estimate.high - plain.high) < 0.004)
    }
    #expect(fivefold.estimate?.count == 200)
  }

  @Test("A bootstrap interval of a mean is the normal one")
  func bootstrap() throws {
    var random = RandomStream(seed: 3, .tests)
    let values = (0..<300).map { _ in Double.random(in: 0..<1, using: &random) }
    let mean = values.reduce(0, +) / 300

    let interval = try #require(
      Bootstrap.intervals(blocks: 300, cost: 1) { weights in
        [zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / 300]
      }[0])

    let reach = 1.96 * (1.0 / 12 / 300).squareRoot()
    #expect(abs(interval.low - (mean - reach)) < 0.006)
    #expect(abs(interval.high - (mean + reach)) < 0.006)
  }
}

extension QualityReport {
  /// The report of rankings, one list of labellers' rankings for each prompt.
  static func of(_ rankings: [[[[String]]]]) -> QualityReport {
    var gathering = QualityGathering(questions: .standard)
    for labellers in rankings {
      let ids = Set(labellers.joined().joined()).sorted()
      gathering.add(
        JudgedPrompt(
          answers: ids.map { .init(id: $0, source: nil, bytes: 1) },
          entries: labellers.enumerated().map { index, ranking in
            var judgement = Judgement()
            judgement.ranking = ranking.map { $0.map(ResponseID.init(rawValue:)) }
            return .init(
              labeller: "labeller-\(index + 1)", judgement: judgement, shown: ids, madeAt: 0)
          }))
    }
    return gathering.finish()
  }
}
