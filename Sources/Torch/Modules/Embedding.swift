/// Rows of a table [V, D], chosen by token id.
public final class Embedding {
  public let weight: Parameter

  public init(_ scope: ParameterScope, _ count: Int, _ width: Int) throws {
    weight = try scope.parameter("weight", [count, width])
  }

  /// ids int64 [N] → [N, D] as `dataType`.
  public func callAsFunction(_ ids: Tensor, as dataType: DataType) -> Tensor {
    weight.value.embedding(ids).to(dataType)
  }
}

/// Root-mean-square normalisation over the last dimension.
public final class RMSNorm {
  public let weight: Parameter
  public let epsilon: Double

  public init(_ scope: ParameterScope, _ width: Int, epsilon: Double) throws {
    weight = try scope.parameter("weight", [width])
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.rmsNormalized(weight.value, epsilon: epsilon)
  }
}
