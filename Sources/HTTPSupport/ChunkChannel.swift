import Dispatch
import Synchronization

/// Passes chunks from a reader that blocks its thread to a response that must not.
///
/// The reader waits when the client is slow, so that a dataset never accumulates in memory.
package final class ChunkChannel: Sendable {
  package static let chunkSize = 1 << 16
  private static let chunksInFlight = 8

  package let chunks: AsyncThrowingStream<[UInt8], any Error>
  private let source: AsyncThrowingStream<[UInt8], any Error>.Continuation
  // Made with 0 and then raised: a semaphore that ends below its first value traps.
  private let slots = DispatchSemaphore(value: 0)
  private let isAbandoned = Atomic<Bool>(false)

  package init() {
    (chunks, source) = AsyncThrowingStream.makeStream()
    for _ in 0..<Self.chunksInFlight { slots.signal() }
  }

  /// Runs the producer of the chunks; its error ends the stream.
  package func fill(
    _ produce: (_ send: @escaping @Sendable ([UInt8]) throws -> Void) async throws -> Void
  ) async {
    do {
      try await produce { [self] chunk in
        slots.wait()
        if isAbandoned.load(ordering: .acquiring) { throw CancellationError() }
        source.yield(chunk)
      }
      source.finish()
    } catch {
      source.finish(throwing: error)
    }
  }

  /// Notes that a chunk was sent to the client.
  package func taken() { slots.signal() }

  /// Stops the reader when the client is gone.
  package func abandon() {
    isAbandoned.store(true, ordering: .releasing)
    slots.signal()
  }
}
