import Labelling
import Testing

@Suite("Which prompt comes next")
struct QueueOrderTests {
  static let queue = [
    QueueCandidate(position: 1, shuffle: 50, slotsTaken: 1, overlap: 3),
    QueueCandidate(position: 2, shuffle: 10, slotsTaken: 0, overlap: 3, isDone: true),
    QueueCandidate(position: 3, shuffle: 40, slotsTaken: 2, overlap: 3),
    QueueCandidate(position: 4, shuffle: 5, slotsTaken: 3, overlap: 3),
    QueueCandidate(position: 5, shuffle: 30, slotsTaken: 0, overlap: 3, responses: 0),
    QueueCandidate(position: 6, shuffle: 20, slotsTaken: 0, overlap: 3),
  ]

  @Test(
    "Full, unanswered and finished prompts are passed over",
    arguments: [(QueueOrder.import, 1), (.random, 6), (.fewest, 6)])
  func next(order: QueueOrder, position: Int) {
    #expect(order.next(among: Self.queue)?.position == position)
  }

  @Test("Nothing open, nothing next", arguments: QueueOrder.allCases)
  func nothing(order: QueueOrder) {
    #expect(order.next(among: [QueueCandidate(position: 1, slotsTaken: 1)]) == nil)
  }
}
