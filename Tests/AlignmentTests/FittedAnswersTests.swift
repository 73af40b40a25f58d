import Alignment
import Testing

@Suite("Prompts and answers within a bound")
struct FittedAnswersTests {
  /// A prompt of −n … −1 and answers of 1 … n.
  private func fitted(_ prompt: Int, _ answers: [Int], in limit: Int) -> FittedAnswers {
    FittedAnswers(
      prompt: Array(-prompt..<0), responses: answers.map { Array(1..<($0 + 1)) }, limit: limit)
  }

  @Test(
    "What fits is whole; what does not gives each its half, and what the other leaves",
    arguments: [
      (prompt: 6, answer: 301, kept: (6, 194)), (6, 194, (6, 194)), (190, 10, (190, 10)),
      (300, 20, (180, 20)), (300, 300, (100, 100)), (100, 100, (100, 100)), (150, 60, (140, 60)),
      (0, 300, (0, 200)),
    ])
  func split(prompt: Int, answer: Int, kept: (Int, Int)) {
    let fitted = fitted(prompt, [answer], in: 200)

    let completion = fitted.completions[0]
    #expect(completion.prompt.count == kept.0 && completion.response.count == kept.1)
    #expect(fitted.promptLosesStart == (kept.0 < prompt))
    #expect(fitted.answersLoseEnd == [kept.1 < answer])
    #expect(completion.prompt.last == (prompt > 0 ? -1 : nil) && completion.response.first == 1)
  }

  @Test("All answers to a prompt follow the same part of it")
  func samePrompt() {
    let fitted = fitted(180, [10, 60, 150], in: 200)

    #expect(fitted.completions.map(\.prompt.count) == [100, 100, 100])
    #expect(fitted.completions.map(\.response.count) == [10, 60, 100])
    #expect(fitted.promptLosesStart && fitted.answersLoseEnd == [false, false, true])
  }

  @Test("A share of cut texts above a tenth is warned of")
  func warning() {
    var counts = ExampleCounts()
    for index in 0..<10 { counts.add(fitted(3, [index == 0 ? 20 : 2], in: 10)) }
    #expect(counts.warning(maxLength: 10) == nil)
    #expect(counts.summary(maxLength: 10) == "1 of 10 answers lose their end (maxLength 10)")

    counts.add(fitted(3, [20], in: 10))
    counts.leaveOut(.pairsTied, 2)

    #expect(
      counts.warning(maxLength: 10)
        == "Warning: 18 % of the answers lose their end at maxLength 10.")
    #expect(
      counts.summary(maxLength: 10)
        == "2 of 11 answers lose their end (maxLength 10); left out: 2 tied pairs")
  }
}
