/// How GGML stores a tensor, for those ways that this engine reads; block layouts as in `ggml-common.h`.
public enum GGMLType: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  /// 32 weights in 18 bytes: scale, then 4-bit values around 8.
  case q4_0 = 2
  /// 32 weights in 20 bytes: scale, minimum, then 4-bit values.
  case q4_1 = 3
  /// 32 weights in 34 bytes: scale, then signed bytes.
  case q8_0 = 8
  case bf16 = 30

  var blockLength: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4_0, .q4_1, .q8_0: 32
    }
  }

  var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q4_1: 20
    case .q8_0: 34
    }
  }

  /// The element type, for those that are not quantised.
  public var dataType: TensorDataType? {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    case .q4_0, .q4_1, .q8_0: nil
    }
  }
}
