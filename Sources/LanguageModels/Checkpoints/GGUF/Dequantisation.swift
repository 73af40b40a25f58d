extension GGUFFile {
  /// Returns the elements of a tensor as floats, row-major.
  public func floats(of tensor: GGUFTensor) -> [Float] {
    [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
      let whole = UnsafeMutableBufferPointer(rebasing: buffer[0..<tensor.count])
      tensor.type.dequantise(bytes(of: tensor), into: whole)
      count = tensor.count
    }
  }
}

extension GGMLType {
  /// Converts stored blocks to floats. `output` has exactly as many elements as the blocks.
  func dequantise(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(input.count / blockByteCount * blockLength == output.count)
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let blocks = input.count / blockByteCount
    switch self {
    case .f32:
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: input.count)
    case .f16:
      for index in 0..<blocks {
        target[index] = Float(
          half: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      }
    case .bf16:
      for index in 0..<blocks {
        let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        target[index] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .q8_0:
      for block in 0..<blocks { Self.q8_0(source + block * 34, target + block * 32) }
    case .q4_0:
      for block in 0..<blocks {
        let scale = Self.half(source + block * 18, 0)
        Self.nibbles(source + block * 18 + 2, target + block * 32, scale, -8 * scale)
      }
    case .q4_1:
      for block in 0..<blocks {
        let start = source + block * 20
        Self.nibbles(start + 4, target + block * 32, Self.half(start, 0), Self.half(start, 2))
      }
    case .q5_0:
      for block in 0..<blocks {
        let start = source + block * 22
        let scale = Self.half(start, 0)
        Self.fives(start + 2, target + block * 32, scale, -16 * scale)
      }
    case .q5_1:
      for block in 0..<blocks {
        let start = source + block * 24
        Self.fives(start + 4, target + block * 32, Self.half(start, 0), Self.half(start, 2))
      }
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K:
      for block in 0..<blocks {
        let start = UnsafeRawBufferPointer(
          start: source + block * blockByteCount, count: blockByteCount)
        SuperBlock(start).dequantise(self, into: target + block * 256)
      }
    }
  }

  @inline(__always)
  private static func half(_ source: UnsafeRawPointer, _ offset: Int) -> Float {
    Float(half: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  private static func q8_0(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    for index in 0..<32 {
      let value = source.load(fromByteOffset: 2 + index, as: Int8.self)
      target[index] = Float(value) * scale
    }
  }

  /// Four bytes of fifth bits, then the low halves of 16 bytes, then the high halves.
  @inline(__always)
  private static func fives(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ scale: Float,
    _ minimum: Float
  ) {
    let high = source.loadUnaligned(as: UInt32.self)
    for index in 0..<16 {
      let byte = UInt32(source.load(fromByteOffset: 4 + index, as: UInt8.self))
      let low = byte & 15 | (high >> UInt32(index) & 1) << 4
      let top = byte >> 4 | (high >> UInt32(index + 16) & 1) << 4
      target[index] = Float(low) * scale + minimum
      target[index + 16] = Float(top) * scale + minimum
    }
  }

  /// The low halves of 16 bytes, then the high halves.
  @inline(__always)
  private static func nibbles(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ scale: Float,
    _ minimum: Float
  ) {
    for index in 0..<16 {
      let byte = source.load(fromByteOffset: index, as: UInt8.self)
      target[index] = Float(byte & 15) * scale + minimum
      target[index + 16] = Float(byte >> 4) * scale + minimum
    }
  }
}
