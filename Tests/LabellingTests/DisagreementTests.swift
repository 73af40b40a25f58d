import Labelling
import PreferenceData
import Testing

@Suite("Disagreement")
struct DisagreementTests {
  @Test(
    "Two orders lie between 0, the same, and 1, the opposite",
    arguments: [
      ([["a"], ["b"], ["c"]], [["a"], ["b"], ["c"]], 0),
      ([["a"], ["b"], ["c"]], [["c"], ["b"], ["a"]], 1),
      ([["a"], ["b"], ["c"]], [["b"], ["a"], ["c"]], 1.0 / 3),
      ([["a", "b"], ["c"]], [["b"], ["a"], ["c"]], 0.5 / 3),
      ([["a", "b", "c"]], [["c", "b", "a"]], 0),
      ([["a"], ["b"]], [["b"], ["c"]], nil),
      ([], [["a"], ["b"]], nil),
    ] as [([[ResponseID]], [[ResponseID]], Double?)])
  func pairs(first: [[ResponseID]], second: [[ResponseID]], expected: Double?) throws {
    let judgements = [first, second].map { ranking in
      var judgement = Judgement()
      judgement.ranking = ranking
      return judgement
    }
    let found = Disagreement.among(judgements)
    #expect((found == nil) == (expected == nil))
    #expect(abs((found ?? 0) - (expected ?? 0)) < 1e-12)
    #expect(Disagreement.among(judgements.reversed()) == found)
  }

  @Test("Without a ranking the ratings order the answers")
  func ratings() {
    var one = Judgement()
    one.ratings = ["a": 7, "b": 2, "c": 2]
    var other = Judgement()
    other.ratings = ["a": 1, "b": 5, "c": 6]
    #expect(one.order == [["a"], ["b", "c"]])
    #expect(Disagreement.among([one, other]) == 2.5 / 3)
  }
}
