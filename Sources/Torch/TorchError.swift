import CTorch
import Foundation

/// Errors of libtorch whose cause is outside the program.
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

/// The status of a call that ran out of memory.
private let outOfMemory: ct_status = 2

/// Traps if a call failed that can only fail because of a programming error.
@inline(__always)
func check(_ status: ct_status, _ operation: StaticString) {
  if status != 0 { end(status, operation) }
}

/// Ends the process. If memory is exhausted, prints only the message, because this is not a bug.
@inline(never)
private func end(_ status: ct_status, _ operation: StaticString) -> Never {
  guard status == outOfMemory else { fatalError("\(operation): \(lastError())") }
  let error = TorchError.outOfMemory(operation: "\(operation)", message: lastError())
  let name = ProcessInfo.processInfo.processName
  FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
  // Does not run exit handlers: other threads may be computing.
  fflush(nil)
  _exit(1)
}

/// Returns the first line of libtorch's message. The rest lists backends and stack frames.
private func lastError() -> String {
  String(String(cString: ct_last_error()).prefix { $0 != "\n" })
}

/// Throws if a call that depends on input failed.
func checkThrowing(_ status: ct_status, _ operation: String) throws {
  guard status != 0 else { return }
  let message = lastError()
  throw status == outOfMemory
    ? TorchError.outOfMemory(operation: operation, message: message)
    : TorchError.failed(operation: operation, message: message)
}

/// Creates a tensor from a C call that returns one handle.
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
