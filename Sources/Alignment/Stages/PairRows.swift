import Torch

/// The log-probabilities of one pair as numbers, for gathering over micro-batches and processes.
struct PairRow: Codable {
  var chosen: Float
  var rejected: Float
  var referenceChosen: Float
  var referenceRejected: Float
  var chosenLength: Int
  var rejectedLength: Int
}

extension PairLogProbabilities {
  init(rows: [PairRow]) {
    self.init(
      chosen: Tensor(rows.map(\.chosen)), rejected: Tensor(rows.map(\.rejected)),
      referenceChosen: Tensor(rows.map(\.referenceChosen)),
      referenceRejected: Tensor(rows.map(\.referenceRejected)),
      chosenLengths: rows.map(\.chosenLength), rejectedLengths: rows.map(\.rejectedLength))
  }

  var rows: [PairRow] {
    let columns = [
      chosen, rejected, referenceChosen, referenceRejected, chosenLengths, rejectedLengths,
    ].map { $0.detached().floats() }
    return columns[0].indices.map { pair in
      PairRow(
        chosen: columns[0][pair], rejected: columns[1][pair], referenceChosen: columns[2][pair],
        referenceRejected: columns[3][pair], chosenLength: Int(columns[4][pair]),
        rejectedLength: Int(columns[5][pair]))
    }
  }
}

/// The derivatives of a step's loss by log π of the chosen and the rejected answers of some pairs.
struct PairSlopes {
  let chosen: [Float]
  let rejected: [Float]

  /// Returns a scalar whose gradient is that of the step's loss by these pairs.
  func product(with pairs: PairLogProbabilities) -> Tensor {
    (pairs.chosen * Tensor(chosen)).sum() + (pairs.rejected * Tensor(rejected)).sum()
  }
}
