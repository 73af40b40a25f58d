import CTorch
import Foundation

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

/// The status of a call that found no memory.
private let outOfMemory: ct_status = 2

/// Traps when a call that can only fail by a programmer's mistake has failed.
@inline(__always)
func check(_ status: ct_status, _ operation: StaticString) {
  if status != 0 { end(status, operation) }
}

/// Ends the process: without memory with the message alone, since that is no fault of the program.
@inline(never)
private func end(_ status: ct_status, _ operation: StaticString) -> Never {
  guard status == outOfMemory else { fatalError("\(operation): \(lastError())") }
  let error = TorchError.outOfMemory(operation: "\(operation)", message: lastError())
  let name = ProcessInfo.processInfo.processName
  FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
  // Without what runs at exit: other threads may be in the middle of a product.
  fflush(nil)
  _exit(1)
}

/// The first line of libtorch's message; what follows lists its own backends and stacks.
private func lastError() -> String {
  String(String(cString: ct_last_error()).prefix { $0 != "\n" })
}

/// Throws when a call that depends on input has failed.
func checkThrowing(_ status: ct_status, _ operation: String) throws {
  guard status != 0 else { return }
  let message = lastError()
  throw status == outOfMemory
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
