import Hummingbird
import Synchronization

/// Counts answers by status, for `/metrics`.
package final class RequestCounters: Sendable {
  private let counts = Mutex<[Int: Int]>([:])

  package init() {}

  func count(_ status: Int) {
    counts.withLock { $0[status, default: 0] += 1 }
  }

  var byStatus: [(status: Int, count: Int)] {
    counts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }
}

struct CountRequests: RouterMiddleware {
  typealias Context = Visit

  let counters: RequestCounters

  func handle(
    _ request: Request, context: Visit,
    next: (Request, Visit) async throws -> Response
  ) async throws -> Response {
    let response = try await next(request, context)
    counters.count(response.status.code)
    return response
  }
}
