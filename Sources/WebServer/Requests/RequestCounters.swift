import Hummingbird
import Synchronization

/// Counts responses by status and duration, for `/metrics`.
package final class RequestCounters: Sendable {
  private struct Counts {
    var byStatus: [Int: Int] = [:]
    /// The number of responses within each bound, and of those slower than the last.
    var inBucket = Array(repeating: 0, count: RequestCounters.bounds.count + 1)
    var seconds = 0.0
  }

  package static let bounds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  private let counts = Mutex(Counts())

  package init() {}

  package func count(_ status: Int, took duration: Duration) {
    let seconds = duration / .seconds(1)
    let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    counts.withLock {
      $0.byStatus[status, default: 0] += 1
      $0.inBucket[bucket] += 1
      $0.seconds += seconds
    }
  }

  package var byStatus: [(status: Int, count: Int)] {
    counts.withLock { $0.byStatus.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  /// The number of responses within each bound, their total number, and their total seconds.
  package var durations: (atMost: [(seconds: Double, count: Int)], count: Int, seconds: Double) {
    let counts = counts.withLock(\.self)
    var sum = 0
    let atMost = zip(Self.bounds, counts.inBucket).map { bound, count in
      sum += count
      return (bound, sum)
    }
    return (atMost, counts.inBucket.reduce(0, +), counts.seconds)
  }
}

package struct CountRequests: RouterMiddleware {
  package typealias Context = AppRequestContext

  package let counters: RequestCounters

  package func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    let started = ContinuousClock.now
    let response = try await next(request, context)
    counters.count(response.status.code, took: .now - started)
    return response
  }
}
