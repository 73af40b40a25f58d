/// The floating-point type in which a model computes. Sums and losses are always fp32.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// bf16 if the machine multiplies it natively and the model is large enough to benefit.
  case automatic = "auto"
  case float32 = "fp32"
  case bfloat16 = "bf16"

  /// Below this number of parameters, overhead dominates and bf16 only costs accuracy.
  static let smallestForBFloat16 = 5_000_000

  /// Returns the compute type for a model of `parameterCount` parameters on `device`.
  public func dataType(on device: Device, parameterCount: Int) -> DataType {
    switch self {
    case .float32: return .float32
    case .bfloat16: return .bfloat16
    case .automatic:
      let isFast = device == .cuda || Backend.hasFastBFloat16
      return isFast && parameterCount >= Self.smallestForBFloat16 ? .bfloat16 : .float32
    }
  }
}
