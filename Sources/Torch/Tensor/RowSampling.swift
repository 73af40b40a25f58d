import CTorch

/// How the next token of one row is sampled.
public struct RowSampling: Sendable {
  /// A random number in [0, 1).
  public var uniform: Double
  /// Sampling temperature. 0 is greedy, and so is any value below 0.00001.
  public var temperature: Double
  /// Samples only from the k most likely tokens; 0 turns the limit off.
  public var topK: Int
  /// Samples only from the most likely tokens with at least this total probability; 1 turns the
  /// limit off.
  public var topP: Double
  /// Samples only tokens with at least this multiple of the highest probability; 0 turns the limit
  /// off.
  public var minP: Double
  /// The divisor of the logits of `penalised` ids (Keskar et al. 2019).
  public var repetitionPenalty: Double
  public var penalised: [Int]
  /// Values that are added to the logits of single ids.
  public var biases: [Int: Double]

  public init(
    uniform: Double, temperature: Double = 1, topK: Int = 0, topP: Double = 1, minP: Double = 0,
    repetitionPenalty: Double = 1, penalised: [Int] = [], biases: [Int: Double] = [:]
  ) {
    self.uniform = uniform
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.penalised = penalised
    self.biases = biases
  }

  fileprivate var code: ct_sampling {
    ct_sampling(
      uniform: uniform, temperature: temperature, top_k: Int64(topK), top_p: topP, min_p: minP,
      repetition_penalty: repetitionPenalty, penalised_count: Int64(penalised.count),
      biased_count: Int64(biases.count))
  }
}

extension Tensor {
  /// Samples one id per row of these logits [N, V].
  ///
  /// The log-probabilities are those of the distribution at the row's temperature (at 1 if greedy),
  /// before top-k, top-p and min-p. If a row's logits contain NaN or +∞, or only −∞, its id is −1.
  public func sampled(_ rows: [RowSampling]) -> (ids: [Int64], logProbabilities: [Float]) {
    precondition(rows.count == size(0), "\(rows.count) ways to sample \(size(0)) rows")
    var ids = [Int64](repeating: 0, count: rows.count)
    var logProbabilities = [Float](repeating: 0, count: rows.count)
    let biases = rows.flatMap { Array($0.biases) }
    check(
      ct_sample(
        handle, rows.map(\.code), rows.flatMap { wide($0.penalised) }, biases.map { Int64($0.key) },
        biases.map { Float($0.value) }, &ids, &logProbabilities),
      "sampled")
    return (ids, logProbabilities)
  }
}
