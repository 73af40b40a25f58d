/// A storage format of GGML that the engine reads; block layouts as in `ggml-common.h`.
public enum GGMLType: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  /// 32 weights in 18 bytes: scale, then 4-bit values around 8.
  case q4_0 = 2
  /// 32 weights in 20 bytes: scale, minimum, then 4-bit values.
  case q4_1 = 3
  /// 32 weights in 22 bytes: scale, fifth bits, low four bits, around 16.
  case q5_0 = 6
  /// 32 weights in 24 bytes: scale, minimum, fifth bits, low four bits.
  case q5_1 = 7
  /// 32 weights in 34 bytes: scale, then signed bytes.
  case q8_0 = 8
  /// 256 weights in 84 bytes: 16 scales with minima, 2 bits each, then the scale of both.
  case q2_K = 10
  /// 256 weights in 110 bytes: third bits, 2 bits each, 16 scales of 6 bits, then their scale.
  case q3_K = 11
  /// 256 weights in 144 bytes: two scales, 8 scales and minima of 6 bits, 4 bits each.
  case q4_K = 12
  /// 256 weights in 176 bytes: as q4_K with fifth bits.
  case q5_K = 13
  /// 256 weights in 210 bytes: low 4 and high 2 bits each, 16 signed scales, then their scale.
  case q6_K = 14
  case bf16 = 30

  var blockLength: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: 256
    }
  }

  var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// The element type, or nil for quantised formats.
  public var dataType: TensorDataType? {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    default: nil
    }
  }

  /// Returns GGML's name of a type, also of one that is not read.
  static func name(ofCode code: UInt32) -> String {
    if let known = GGMLType(rawValue: code) { return "\(known)".uppercased() }
    return unreadNames[code] ?? "of the unknown number \(code)"
  }

  private static let unreadNames: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16",
    26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 31: "Q4_0_4_4", 32: "Q4_0_4_8",
    33: "Q4_0_8_8", 34: "TQ1_0", 35: "TQ2_0", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8",
    38: "IQ4_NL_8_8", 39: "MXFP4", 40: "NVFP4",
  ]
}
