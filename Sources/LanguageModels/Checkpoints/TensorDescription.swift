/// The name, type, shape and position of a tensor in a checkpoint file.
public struct TensorDescription: Sendable, Hashable {
  public var name: String
  public var dataType: TensorDataType
  public var shape: [Int]
  /// Bytes from the start of the file.
  public var offset: Int
  public var byteCount: Int

  public init(
    name: String, dataType: TensorDataType, shape: [Int], offset: Int, byteCount: Int
  ) {
    self.name = name
    self.dataType = dataType
    self.shape = shape
    self.offset = offset
    self.byteCount = byteCount
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
}

extension Sequence<Int> {
  /// The product, or nil if it does not fit an `Int`.
  package var checkedProduct: Int? {
    var product = 1
    for factor in self {
      let (next, overflows) = product.multipliedReportingOverflow(by: factor)
      if overflows { return nil }
      product = next
    }
    return product
  }
}
