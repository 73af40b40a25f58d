extension AsyncThrowingStream where Element: Sendable, Failure == any Error {
  /// The same elements, and nil whenever an interval has passed.
  ///
  /// What is sent then keeps proxies from ending a silent stream, and shows when a client is gone.
  package func withHeartbeats(every interval: Duration) -> AsyncThrowingStream<Element?, any Error>
  {
    AsyncThrowingStream<Element?, any Error> { continuation in
      let beats = Task {
        while !Task.isCancelled {
          try await Task.sleep(for: interval)
          continuation.yield(nil)
        }
      }
      let elements = Task {
        do {
          for try await element in self { continuation.yield(element) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in
        beats.cancel()
        elements.cancel()
      }
    }
  }
}
