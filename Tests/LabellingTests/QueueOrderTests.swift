import Labelling
import Testing

@Suite("Which prompt comes next")
struct QueueOrderTests {
  static let queue = [
    QueueCandidate(position: 1, shuffle: 50, taken: 1, overlap: 3),
    QueueCandidate(position: 2, shuffle: 10, taken: 0, overlap: 3, isDone: true),
    QueueCandidate(position: 3, shuffle: 40, taken: 2, overlap: 3),
    QueueCandidate(position: 4, shuffle: 5, taken: 3, overlap: 3),
    QueueCandidate(position: 5, shuffle: 30, taken: 0, overlap: 3, responses: 0),
    QueueCandidate(position: 6, shuffle: 20, taken: 0, overlap: 3),
  ]

  @Test(
    "Full, unanswered and finished prompts are passed over",
    arguments: [(QueueOrder.import, 1), (.random, 6), (.fewest, 6)])
  func next(order: QueueOrder, position: Int) {
    #expect(order.next(among: Self.queue)?.position == position)
  }

  @Test("Nothing open, nothing next", arguments: QueueOrder.allCases)
  func nothing(order: QueueOrder) {
    #expect(order.next(among: [QueueCandidate(position: 1, taken: 1)]) == nil)
  }
}
