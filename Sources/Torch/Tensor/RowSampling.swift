import CTorch

/// How the next token of one row is drawn.
public struct RowSampling: Sendable {
  /// A random number in [0, 1).
  public var uniform: Double
  /// 0 is greedy, and so is all below 0.00001.
  public var temperature: Double
  /// Only the k likeliest; 0 is all.
  public var topK: Int
  /// Only the likeliest that hold this share; 1 is all.
  public var topP: Double
  /// Only those at least this times as likely as the likeliest; 0 is all.
  public var minP: Double
  /// What the logits of `penalised` ids are divided by (Keskar et al. 2019).
  public var repetitionPenalty: Double
  public var penalised: [Int]
  /// What is added to the logits of single ids.
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
  /// Samples one id a row of these logits [N, V].
  ///
  /// The log-probabilities are those of the distribution at the row's temperature (at 1 when greedy)
  /// before its filters. Where a row's logits are no distribution, because of a NaN or an infinity
  /// (−∞ alone means “never”), its id is −1.
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
