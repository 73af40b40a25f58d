import CTorch

/// A tensor of libtorch. Its memory is freed when the last reference is released.
///
/// Methods are PyTorch's operators. A wrong shape is a programming error and traps with libtorch's
/// message; operations that depend on input (files, memory) throw.
public final class Tensor: @unchecked Sendable {
  let handle: ct_tensor

  /// Creates a tensor that owns `handle`.
  init(owning handle: ct_tensor) { self.handle = handle }

  deinit { ct_tensor_free(handle) }

  /// The number of live tensors in this process, for leak tests.
  public static var liveCount: Int { Int(ct_live_tensors()) }
}

// MARK: - What a tensor is

extension Tensor {
  public var rank: Int { Int(ct_rank(handle)) }
  public var shape: [Int] { (0..<rank).map { Int(ct_size(handle, Int32($0))) } }
  public var count: Int { Int(ct_count(handle)) }
  public var dataType: DataType { DataType(code: ct_dtype_of(handle)) }
  public var device: Device { ct_device_of(handle) == CT_CUDA ? .cuda : .cpu }

  /// Returns the extent of a dimension. Negative dimensions count from the last.
  public func size(_ dimension: Int) -> Int {
    Int(ct_size(handle, Int32(dimension < 0 ? rank + dimension : dimension)))
  }
}

// MARK: - Reading values

extension Tensor {
  /// The value of a tensor with one element.
  public func item() -> Double {
    var value = 0.0
    check(ct_item(handle, &value), "item")
    return value
  }

  /// All elements as fp32, in row-major order.
  public func floats() -> [Float] {
    let dense = dataType == .float32 ? self : to(.float32)
    return dense.copied(as: Float.self)
  }

  /// All elements of an integer tensor, in row-major order.
  public func integers() -> [Int] {
    let dense = dataType == .int64 ? self : to(.int64)
    return dense.copied(as: Int64.self).map(Int.init)
  }

  /// The bytes of the elements, dense and row-major.
  public func bytes() -> [UInt8] { copied(as: UInt8.self, perElement: dataType.byteCount) }

  /// Runs `body` on the bytes of the elements, without a copy if they are dense on the CPU.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let dense = contiguous().detached()
    if let start = ct_data(dense.handle) {
      return try withExtendedLifetime(dense) {
        try body(UnsafeRawBufferPointer(start: start, count: count * dataType.byteCount))
      }
    }
    return try bytes().withUnsafeBytes(body)
  }

  private func copied<Element>(as: Element.Type, perElement: Int = 1) -> [Element] {
    let size = count * perElement
    return [Element](unsafeUninitializedCapacity: size) { buffer, initialized in
      let bytes = Int64(size * MemoryLayout<Element>.stride)
      check(ct_copy_bytes(handle, buffer.baseAddress, bytes), "copy")
      initialized = size
    }
  }
}

extension Tensor: CustomStringConvertible {
  public var description: String { "Tensor \(shape) \(dataType.rawValue) on \(device.rawValue)" }
}
