import Synchronization

/// Counts writes; any thread may ask.
final class WriteCount: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }

  func increase() {
    count.wrappingAdd(1, ordering: .relaxed)
  }
}
