import Dispatch
import Foundation
import Synchronization

/// Runs `body` and cancels it on Ctrl-C or SIGTERM, so that it can clean up.
func interruptible<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let task = Task { try await body() }
  _ = signalSources
  interruptedWork.withLock { $0 = { task.cancel() } }
  defer { interruptedWork.withLock { $0 = nil } }
  return try await task.value
}

private let interruptedWork = Mutex<(@Sendable () -> Void)?>(nil)

/// Created once and never cancelled: on Linux, cancelling one can silence the other sources of the
/// same signal, such as those that stop the server. They are not changed after creation.
nonisolated(unsafe) private let signalSources = [SIGINT, SIGTERM].map { number in
  signal(number, SIG_IGN)
  let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
  source.setEventHandler { interruptedWork.withLock { $0 }?() }
  source.resume()
  return source
}
