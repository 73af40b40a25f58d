import Alignment
import Testing

@Suite("Answers that are good or bad alone")
struct UnpairedTests {
  private static func example(_ prompt: Int, _ response: Int) -> UnpairedExample {
    UnpairedExample(
      name: "p\(prompt)", completion: TokenisedResponse(prompt: [prompt], response: [response]),
      isDesirable: response > 0)
  }

  private let train = [example(1, 10), example(2, 20), example(2, -20), example(3, 30)]

  @Test("Each prompt of a batch gets the response of the example before it")
  func batch() {
    let mismatched = UnpairedStage.mismatched(Array(train[..<3]), in: train)
    #expect(mismatched.map(\.prompt) == [[1], [2], [2]])
    #expect(mismatched.map(\.response) == [[-20], [10], [20]])
  }

  @Test("The one answer of a last batch is never measured on itself")
  func remainder() {
    for (index, expected) in [(0, 30), (1, 10), (2, 10), (3, -20)] {
      let mismatched = UnpairedStage.mismatched([train[index]], in: train)
      #expect(mismatched.count == 1)
      #expect(mismatched[0].prompt == train[index].completion.prompt)
      #expect(mismatched[0].response == [expected])
    }
  }

  @Test("With one prompt in all, the lone answer gets the response of another answer")
  func onePrompt() {
    let both = [Self.example(1, 5), Self.example(1, -5)]
    #expect(UnpairedStage.mismatched([both[0]], in: both)[0].response == [-5])
  }
}
