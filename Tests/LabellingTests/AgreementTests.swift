import Labelling
import Testing

@Suite("Agreement")
struct AgreementTests {
  /// Krippendorff's example of four observers and twelve units (Content Analysis, 2004).
  static let reliability: [[Double]] = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
  ]

  @Test(
    "Krippendorff's alpha of the published example",
    arguments: [(Agreement.Metric.nominal, 0.743), (.ordinal, 0.815), (.interval, 0.849)])
  func alpha(metric: Agreement.Metric, expected: Double) throws {
    let alpha = try #require(
      Agreement.krippendorffAlpha(Self.reliability, metric: metric))
    #expect(abs(alpha - expected) < 0.0005)
  }

  @Test("Alpha of what cannot disagree is undefined")
  func undefinedAlpha() {
    #expect(Agreement.krippendorffAlpha([[1, 1], [1, 1]], metric: .nominal) == nil)
    #expect(Agreement.krippendorffAlpha([[1], [2]], metric: .nominal) == nil)
  }

  @Test("Kendall's tau-b, with and without ties")
  func tau() throws {
    #expect(Agreement.kendallTauB([1, 2, 3, 4], [1, 2, 3, 4]) == 1)
    #expect(Agreement.kendallTauB([1, 2, 3, 4], [4, 3, 2, 1]) == -1)
    #expect(Agreement.kendallTauB([1, 1, 1], [1, 2, 3]) == nil)
    let tied = try #require(
      Agreement.kendallTauB([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]))
    #expect(abs(tied - -0.471_404_520_791) < 1e-9)
    let left: [[String]] = [["a"], ["b", "c"]]
    #expect(Agreement.kendallTauB(left, [["a"], ["b"], ["c"], ["x"]]) != nil)
  }

  @Test("Pairwise agreement counts ordered pairs alone, and its interval holds the value")
  func pairwise() throws {
    let alike: [[[String]]] = [[["a"], ["b"], ["c"]], [["a"], ["b"], ["c"]]]
    let opposed: [[[String]]] = [[["a"], ["b"]], [["b"], ["a"]]]
    let tied: [[[String]]] = [[["a", "b"]], [["b"], ["a"]]]

    let estimate = try #require(Agreement.pairwise([alike, opposed, tied]))

    #expect(estimate.value == 0.75 && estimate.count == 4)
    #expect(estimate.low <= 0.75 && estimate.high >= 0.75)
    #expect(Agreement.pairwise([tied]) == nil)
    #expect(Agreement.pairwise([[[["a"], ["b"]]]]) == nil)
    #expect(try #require(Agreement.pairwise([alike])).low == 1)
  }

  @Test("Wilson's interval of a share")
  func wilson() throws {
    let estimate = try #require(Estimate.share(8, of: 10))
    #expect(abs(estimate.low - 0.4901) < 1e-3 && abs(estimate.high - 0.9433) < 1e-3)
    #expect(Estimate.share(0, of: 0) == nil)
  }
}
