/// The votes of labellers on pairs of answers, by pair and prompt, without ties.
public struct PairVotes: Sendable {
  var labellers: [Int32] = []
  // 1 if the vote prefers the pair's first answer, else -1.
  var signs: [Int8] = []
  // The end of each pair's votes, and the end of each prompt's pairs.
  var pairEnds: [Int] = []
  var promptEnds: [Int] = []
  private(set) var mostVotes = 0

  public init() {}

  /// Adds a prompt's pairs. Ignores pairs with fewer than two votes, which compare no labellers.
  public mutating func add(_ pairs: [[(labeller: Int, prefersFirst: Bool)]]) {
    let before = pairEnds.count
    for votes in pairs where votes.count >= 2 {
      for vote in votes {
        labellers.append(Int32(vote.labeller))
        signs.append(vote.prefersFirst ? 1 : -1)
      }
      pairEnds.append(labellers.count)
      mostVotes = max(mostVotes, votes.count)
    }
    if pairEnds.count > before { promptEnds.append(pairEnds.count) }
  }

  mutating func add(_ prompt: PlacedPrompt) {
    guard prompt.entries.count >= 2 else { return }
    var pairs: [[(labeller: Int, prefersFirst: Bool)]] = []
    for first in prompt.answers.indices {
      for second in prompt.answers.indices.dropFirst(first + 1) {
        pairs.append(
          prompt.entries.compactMap { entry in
            guard let order = entry.order(first, second), order != 0 else { return nil }
            return (entry.labeller, order > 0)
          })
      }
    }
    add(pairs)
  }

  /// Calls `body` with each pair's votes and the number of its prompt.
  func forEachPair(_ body: (_ prompt: Int, _ votes: Range<Int>) -> Void) {
    var start = 0
    var pair = 0
    for (prompt, end) in promptEnds.enumerated() {
      while pair < end {
        body(prompt, start..<pairEnds[pair])
        start = pairEnds[pair]
        pair += 1
      }
    }
  }
}
