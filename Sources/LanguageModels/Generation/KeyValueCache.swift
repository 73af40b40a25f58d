import Torch

/// Keys and values of every slot, layer and position, allocated once.
public final class KeyValueCache {
  /// One tensor [S, G, T, K] per layer.
  let keys: [Tensor]
  let values: [Tensor]
  public let slotCount: Int
  public let contextLength: Int

  /// Throws if there is not enough memory.
  public init(
    _ configuration: ModelConfiguration, slots: Int, contextLength: Int, dataType: DataType
  ) throws {
    slotCount = slots
    self.contextLength = contextLength
    let shape = [
      slots, configuration.keyValueHeads, contextLength, configuration.headWidth,
    ]
    func allocate() throws -> [Tensor] {
      try (0..<configuration.layers).map { _ in
        try Tensor.uninitialized(
          shape, dataType, for: "the key-value cache of \(slots) slots × \(contextLength) tokens")
      }
    }
    keys = try allocate()
    values = try allocate()
  }

  func write(_ key: Tensor, _ value: Tensor, layer: Int, slots: [Int64], positions: [Int64]) {
    Tensor.cacheWrite(
      keyCache: keys[layer], valueCache: values[layer], keys: key, values: value, slots: slots,
      positions: positions)
  }
}
