import CTorch

/// What libtorch refuses for reasons outside the program.
public enum TorchError: Error, CustomStringConvertible {
  case outOfMemory(operation: String, message: String)
  case failed(operation: String, message: String)

  public var description: String {
    switch self {
    case .outOfMemory(let operation, let message):
      """
      not enough memory for \(operation): \(message) Use a smaller batch, a shorter context or a \
      smaller model.
      """
    case .failed(let operation, let message): "\(operation) failed: \(message)"
    }
  }
}

/// Traps when a call that can only fail by a programmer's mistake has failed.
@inline(__always)
func check(_ status: ct_status, _ operation: StaticString) {
  if status != 0 { trap(operation) }
}

@inline(never)
private func trap(_ operation: StaticString) -> Never {
  fatalError("\(operation): \(lastError())")
}

/// The first line of libtorch's message; what follows lists its own backends and stacks.
private func lastError() -> String {
  String(String(cString: ct_last_error()).prefix { $0 != "\n" })
}

/// Throws when a call that depends on input has failed.
func checkThrowing(_ status: ct_status, _ operation: String) throws {
  guard status != 0 else { return }
  let message = lastError()
  throw status == 2
    ? TorchError.outOfMemory(operation: operation, message: message)
    : TorchError.failed(operation: operation, message: message)
}

/// Makes a tensor from a C call that hands out one handle.
@inline(__always)
func make(
  _ operation: StaticString, _ call: (UnsafeMutablePointer<ct_tensor?>) -> ct_status
) -> Tensor {
  var handle: ct_tensor?
  check(call(&handle), operation)
  guard let handle else { fatalError("\(operation): no result") }
  return Tensor(owning: handle)
}

func makeThrowing(
  _ operation: String, _ call: (UnsafeMutablePointer<ct_tensor?>) -> ct_status
) throws -> Tensor {
  var handle: ct_tensor?
  try checkThrowing(call(&handle), operation)
  guard let handle else { throw TorchError.failed(operation: operation, message: "no result") }
  return Tensor(owning: handle)
}

func wide(_ numbers: [Int]) -> [Int64] { numbers.map(Int64.init) }
