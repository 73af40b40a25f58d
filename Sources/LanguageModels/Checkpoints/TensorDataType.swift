/// The element type of a stored tensor, named as in a safetensors header.
public enum TensorDataType: String, Sendable, CaseIterable, Codable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float8E4M3 = "F8_E4M3"
  case float8E5M2 = "F8_E5M2"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes of one element.
  public var byteWidth: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8E4M3, .float8E5M2, .int8, .uint8, .bool: 1
    }
  }

  /// The name of a floating type in PyTorch and in Transformers' `config.json`.
  public var torchName: String? {
    switch self {
    case .float64: "float64"
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    default: nil
    }
  }

  /// Reads `float32`, `torch.float32` or `F32`.
  public init?(name: String) {
    let bare = name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name
    let found = Self.allCases.first { $0.torchName == bare || $0.rawValue == bare.uppercased() }
    guard let found else { return nil }
    self = found
  }
}
