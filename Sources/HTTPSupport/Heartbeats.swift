extension AsyncThrowingStream where Element: Sendable, Failure == any Error {
  /// Returns the same elements, with nil after each interval without one.
  ///
  /// Sending something then keeps proxies from closing a silent stream, and shows that a client is
  /// gone.
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
