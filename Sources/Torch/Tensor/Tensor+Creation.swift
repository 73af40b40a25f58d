import CTorch

extension Tensor {
  public static func full(
    _ shape: [Int], _ value: Double, _ dataType: DataType = .float32, on device: Device = .cpu
  ) -> Tensor {
    make("full") {
      ct_full(wide(shape), Int32(shape.count), value, dataType.code, device.code, $0)
    }
  }

  public static func zeros(
    _ shape: [Int], _ dataType: DataType = .float32, on device: Device = .cpu
  ) -> Tensor { full(shape, 0, dataType, on: device) }

  public static func ones(
    _ shape: [Int], _ dataType: DataType = .float32, on device: Device = .cpu
  ) -> Tensor { full(shape, 1, dataType, on: device) }

  /// Returns uninitialised memory. Throws if there is not enough of it.
  public static func uninitialized(
    _ shape: [Int], _ dataType: DataType = .float32, on device: Device = .cpu,
    for purpose: String = "a tensor"
  ) throws -> Tensor {
    try makeThrowing(purpose) {
      ct_empty(wide(shape), Int32(shape.count), dataType.code, device.code, $0)
    }
  }

  /// start, start + 1, … end − 1 as int64.
  public static func arange(_ start: Int, _ end: Int, on device: Device = .cpu) -> Tensor {
    make("arange") { ct_arange(Int64(start), Int64(end), device.code, $0) }
  }

  public convenience init(_ values: [Float], _ shape: [Int]? = nil) {
    self.init(copying: values, shape ?? [values.count], .float32)
  }

  public convenience init(_ values: [Double], _ shape: [Int]? = nil) {
    self.init(copying: values, shape ?? [values.count], .float64)
  }

  public convenience init(_ values: [Int], _ shape: [Int]? = nil) {
    self.init(copying: wide(values), shape ?? [values.count], .int64)
  }

  public convenience init(_ values: [Bool], _ shape: [Int]? = nil) {
    self.init(copying: values.map { UInt8($0 ? 1 : 0) }, shape ?? [values.count], .bool)
  }

  private convenience init<Element>(copying values: [Element], _ shape: [Int], _ type: DataType) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
    var handle: ct_tensor?
    values.withUnsafeBytes {
      let start = $0.baseAddress
      check(ct_from_bytes(start, wide(shape), Int32(shape.count), type.code, &handle), "init")
    }
    guard let handle else { fatalError("init: no result") }
    self.init(owning: handle)
  }

  /// Returns a CPU tensor over memory that `owner` keeps alive, such as a mapped file. Nothing is
  /// copied.
  public static func borrowing(
    _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ dataType: DataType, owner: AnyObject
  ) throws -> Tensor {
    precondition(bytes.count == shape.reduce(1, *) * dataType.byteCount, "bytes do not fit shape")
    let retained = Unmanaged.passRetained(owner)
    do {
      return try makeThrowing("a mapped tensor") {
        ct_from_borrowed(
          bytes.baseAddress, wide(shape), Int32(shape.count), dataType.code,
          { context in
            if let context { Unmanaged<AnyObject>.fromOpaque(context).release() }
          }, retained.toOpaque(), $0)
      }
    } catch {
      retained.release()
      throw error
    }
  }
}
