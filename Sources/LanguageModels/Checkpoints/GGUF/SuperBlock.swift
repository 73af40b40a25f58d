/// 256 weights of a K-quant; layouts as in `ggml-common.h`.
struct SuperBlock {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func dequantise(_ type: GGMLType, into target: UnsafeMutablePointer<Float>) {
    switch type {
    case .q2_K: twoBits(target)
    case .q3_K: threeBits(target)
    case .q4_K: fourBits(target, high: nil, low: 16)
    case .q5_K: fourBits(target, high: 16, low: 48)
    case .q6_K: sixBits(target)
    default: preconditionFailure("\(type) has no super-blocks")
    }
  }

  private func half(_ offset: Int) -> Float {
    Float(half: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  private func twoBits(_ target: UnsafeMutablePointer<Float>) {
    let (scale, minimum) = (half(80), half(82))
    for group in 0..<16 {
      let factor = scale * Float(bytes[group] & 15)
      let offset = minimum * Float(bytes[group] >> 4)
      let start = 16 + group / 8 * 32 + group % 2 * 16
      let shift = UInt8(group % 8 / 2 * 2)
      for index in 0..<16 {
        target[group * 16 + index] = factor * Float(bytes[start + index] >> shift & 3) - offset
      }
    }
  }

  private func threeBits(_ target: UnsafeMutablePointer<Float>) {
    let scale = half(108)
    for group in 0..<16 {
      // Low four bits in the first eight bytes, high two in the last four.
      let low = group < 8 ? bytes[96 + group] & 15 : bytes[96 + group - 8] >> 4
      let high = bytes[104 + group % 4] >> UInt8(group / 4 * 2) & 3
      let factor = scale * Float(Int(low | high << 4) - 32)
      let place = group % 2 * 16
      let start = 32 + group / 8 * 32 + place
      let shift = UInt8(group % 8 / 2 * 2)
      let mask = UInt8(1) << UInt8(group / 2)
      for index in 0..<16 {
        let lows = Int(bytes[start + index] >> shift & 3)
        let isHigh = bytes[place + index] & mask != 0
        target[group * 16 + index] = factor * Float(isHigh ? lows : lows - 4)
      }
    }
  }

  /// - Parameters:
  ///   - high: The offset of the fifth bits.
  ///   - low: The offset of the low four bits.
  private func fourBits(_ target: UnsafeMutablePointer<Float>, high: Int?, low: Int) {
    let (scale, minimum) = (half(0), half(2))
    for group in 0..<8 {
      let (factor, offset) = sixBitPair(group)
      let start = low + group / 2 * 32
      for index in 0..<32 {
        let byte = bytes[start + index]
        var value = group % 2 == 0 ? byte & 15 : byte >> 4
        if let high { value |= (bytes[high + index] >> UInt8(group) & 1) << 4 }
        target[group * 32 + index] =
          scale * Float(factor) * Float(value) - minimum * Float(offset)
      }
    }
  }

  /// Returns the scale and the minimum of a group, six bits each, from byte 4.
  private func sixBitPair(_ group: Int) -> (UInt8, UInt8) {
    if group < 4 { return (bytes[4 + group] & 63, bytes[8 + group] & 63) }
    let mixed = bytes[8 + group]
    let (scale, minimum) = (bytes[group] >> 6, bytes[4 + group] >> 6)
    return (mixed & 15 | scale << 4, mixed >> 4 | minimum << 4)
  }

  private func sixBits(_ target: UnsafeMutablePointer<Float>) {
    let scale = half(208)
    for part in 0..<2 {
      for index in 0..<32 {
        let high = bytes[128 + part * 32 + index]
        for quarter in 0..<4 {
          let byte = bytes[part * 64 + quarter % 2 * 32 + index]
          let low = quarter < 2 ? byte & 15 : byte >> 4
          let value = Int(low | (high >> UInt8(quarter * 2) & 3) << 4) - 32
          let factor = Int8(bitPattern: bytes[192 + part * 8 + quarter * 2 + index / 16])
          target[part * 128 + quarter * 32 + index] = scale * Float(factor) * Float(value)
        }
      }
    }
  }
}
