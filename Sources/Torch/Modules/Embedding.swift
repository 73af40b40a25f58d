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
