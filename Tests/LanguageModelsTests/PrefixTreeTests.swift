import LanguageModels
import Testing
import Torch

@Suite("Sequences that share their beginnings")
struct PrefixTreeTests {
  @Test("Each common token is there once, and every sequence finds its own")
  func tree() {
    let sequences = [[1, 2, 3, 4], [1, 2, 5], [7], [1, 2, 3, 4, 6], [7]]

    let tree = PrefixTree(sequences)

    #expect(tree.ids.count == 7)
    #expect(tree.lengths.reduce(0, +) == 7)
    #expect(tree.rows.map { $0.map { tree.ids[$0] } } == sequences)
    for rows in tree.rows { #expect(rows.map { tree.positions[$0] } == Array(0..<rows.count)) }
    #expect(zip(tree.parents, tree.parents.indices).allSatisfy { $0 < $1 })
  }

  @Test("Hidden states of a tree are those of the sequences alone")
  func states() throws {
    let model = try TinyModel.make()
    let sequences = [[3, 1, 4, 1, 5], [3, 1, 4, 2], [3, 1, 4, 1, 5, 9, 2], [6, 5], [3]]
    let tree = PrefixTree(sequences)

    let shared = noGradient { model.hiddenStates(TokenBatch(tree)) }

    for (sequence, rows) in zip(sequences, tree.rows) {
      let alone = noGradient { model.hiddenStates(TokenBatch([sequence])) }
      let difference = (shared.selecting(0, Tensor(rows)) - alone).abs().max().item()
      #expect(difference < 1e-4)
    }
  }
}
