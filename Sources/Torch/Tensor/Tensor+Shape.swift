import CTorch

extension Tensor {
  /// Returns a view with another shape. One extent may be −1, which is inferred.
  public func reshaped(_ shape: [Int]) -> Tensor {
    make("reshaped") { ct_reshape(handle, wide(shape), Int32(shape.count), $0) }
  }
  public func expanded(_ shape: [Int]) -> Tensor {
    make("expanded") { ct_expand(handle, wide(shape), Int32(shape.count), $0) }
  }
  public func permuted(_ order: [Int]) -> Tensor {
    make("permuted") { ct_permute(handle, wide(order), Int32(order.count), $0) }
  }
  public func transposed(_ a: Int, _ b: Int) -> Tensor {
    make("transposed") { ct_transpose(handle, Int64(a), Int64(b), $0) }
  }
  public func unsqueezed(_ dimension: Int) -> Tensor {
    make("unsqueezed") { ct_unsqueeze(handle, Int64(dimension), $0) }
  }
  public func squeezed(_ dimension: Int) -> Tensor {
    make("squeezed") { ct_squeeze(handle, Int64(dimension), $0) }
  }
  public func contiguous() -> Tensor { make("contiguous") { ct_contiguous(handle, $0) } }
  public func cloned() -> Tensor { make("cloned") { ct_clone(handle, $0) } }

  /// Returns the tensor converted to a type, or the same tensor if it has that type.
  public func to(_ dataType: DataType) -> Tensor {
    dataType == self.dataType ? self : make("to") { ct_to_dtype(handle, dataType.code, $0) }
  }
  public func to(_ device: Device) -> Tensor {
    device == self.device ? self : make("to") { ct_to_device(handle, device.code, $0) }
  }

  /// Returns the range start..<end of a dimension.
  public func narrowed(_ dimension: Int, _ range: Range<Int>) -> Tensor {
    make("narrowed") {
      ct_slice(handle, Int64(dimension), Int64(range.lowerBound), Int64(range.upperBound), $0)
    }
  }

  /// Returns the slice of the first dimension at `index`, without that dimension.
  public subscript(_ index: Int) -> Tensor {
    make("subscript") { ct_select(handle, 0, Int64(index), $0) }
  }

  /// Returns rows of the first dimension.
  public subscript(_ range: Range<Int>) -> Tensor { narrowed(0, range) }

  public static func concatenated(_ tensors: [Tensor], _ dimension: Int = 0) -> Tensor {
    let handles: [ct_tensor?] = tensors.map(\.handle)
    return make("concatenated") {
      ct_cat(handles, Int32(handles.count), Int64(dimension), $0)
    }
  }
  public static func stacked(_ tensors: [Tensor], _ dimension: Int = 0) -> Tensor {
    let handles: [ct_tensor?] = tensors.map(\.handle)
    return make("stacked") { ct_stack(handles, Int32(handles.count), Int64(dimension), $0) }
  }
}

// MARK: - In place, outside autograd

extension Tensor {
  public func assign(_ source: Tensor) { check(ct_assign(handle, source.handle), "assign") }
  public func fill(_ value: Double) { check(ct_fill(handle, value), "fill") }
  public func scale(by factor: Double) { check(ct_scale(handle, factor), "scale") }
  /// self += factor · other
  public func accumulate(_ other: Tensor, factor: Double = 1) {
    check(ct_accumulate(handle, other.handle, factor), "accumulate")
  }
}
