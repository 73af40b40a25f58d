extension Float {
  /// An IEEE half-precision number.
  @inline(__always)
  init(half bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // A multiplication changes the bias of the exponent and also normalises subnormal numbers.
    let scaled = Float(bitPattern: magnitude) * 0x1p112
    let isSpecial = bits & 0x7C00 == 0x7C00
    let result = isSpecial ? magnitude | 0x7F80_0000 : scaled.bitPattern
    self.init(bitPattern: sign | result)
  }

  /// The number in half precision, rounded to nearest, ties to even.
  @inline(__always)
  var half: UInt16 { Float16(self).bitPattern }

  /// The number as bfloat16, rounded to nearest, ties to even.
  @inline(__always)
  var brain: UInt16 {
    if isNaN { return UInt16(truncatingIfNeeded: bitPattern >> 16) | 0x40 }
    let rounding = 0x7FFF + (bitPattern >> 16 & 1)
    return UInt16(truncatingIfNeeded: (bitPattern &+ rounding) >> 16)
  }
}

extension TensorDataType {
  /// Encodes floats as this type. Throws for integer types.
  func encode(_ floats: UnsafeBufferPointer<Float>) throws -> [UInt8] {
    let byteCount = floats.count * byteWidth
    switch self {
    case .float32: return Array(UnsafeRawBufferPointer(floats))
    case .float16, .bfloat16:
      let isHalf = self == .float16
      return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        let target = UnsafeMutableRawBufferPointer(buffer)
        for index in floats.indices {
          let bits = isHalf ? floats[index].half : floats[index].brain
          target.storeBytes(of: bits, toByteOffset: index * 2, as: UInt16.self)
        }
        count = byteCount
      }
    default:
      throw LanguageModelError.invalid(
        "Weights cannot be written as \(rawValue). Choose float32, bfloat16 or float16.")
    }
  }

  /// Decodes floats of this type, or returns nil for integer types.
  func decode(_ bytes: UnsafeRawBufferPointer) -> [Float]? {
    let type: GGMLType
    switch self {
    case .float32: type = .f32
    case .float16: type = .f16
    case .bfloat16: type = .bf16
    default: return nil
    }
    let total = bytes.count / byteWidth
    return [Float](unsafeUninitializedCapacity: total) { buffer, count in
      type.dequantise(bytes, into: UnsafeMutableBufferPointer(rebasing: buffer[0..<total]))
      count = total
    }
  }
}
