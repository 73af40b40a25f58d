import Foundation

/// Runs `produce` on this thread and `consume` on a second one, which takes what the first puts, in
/// order and a few elements behind. Returns when both are done.
///
/// Throws what either throws; then both stop. Pass batches, because each hand-over has a cost.
public func pipeline<Element: Sendable>(
  _ produce: (_ put: (Element) throws -> Void) throws -> Void,
  to consume: (Element) throws -> Void
) throws {
  let queue = BoundedQueue<Element>()
  let isConsumed = DispatchGroup()
  withoutActuallyEscaping(consume) { consume in
    // One thread alone runs it, and this function outlives that thread's work.
    nonisolated(unsafe) let consume = consume
    DispatchQueue(label: "pipeline").async(group: isConsumed) {
      do {
        while let element = queue.take() { try consume(element) }
      } catch {
        queue.stop(because: error)
      }
    }
    do {
      try produce(queue.put)
      queue.finish()
    } catch {
      queue.stop(because: error)
    }
    isConsumed.wait()
  }
  if let failure = queue.failure { throw failure }
}

/// Hands what `prepare` makes of the elements of a sequence to `consume` on this thread, while a
/// second one reads ahead and prepares: in batches of at most 64 elements or 256 KB by `size`, a few
/// batches.
///
/// Throws what `consume` throws; then no more is read.
public func readingAhead<Elements: Sequence & Sendable, Prepared: Sendable>(
  _ elements: Elements, size: @escaping @Sendable (Elements.Element) -> Int,
  prepare: @escaping @Sendable (Elements.Element) -> Prepared,
  _ consume: (Prepared) throws -> Void
) throws {
  let queue = BoundedQueue<[Prepared]>()
  let isRead = DispatchGroup()
  DispatchQueue(label: "reading-ahead").async(group: isRead) {
    var batch: [Prepared] = []
    var bytes = 0
    for element in elements {
      batch.append(prepare(element))
      bytes += size(element)
      guard batch.count >= 64 || bytes >= 256 << 10 else { continue }
      // Thrown when nobody takes them any more.
      guard (try? queue.put(batch)) != nil else { return }
      (batch, bytes) = ([], 0)
    }
    if !batch.isEmpty { try? queue.put(batch) }
    queue.finish()
  }
  defer { isRead.wait() }
  do {
    while let batch = queue.take() {
      for element in batch { try consume(element) }
    }
  } catch {
    queue.stop(because: error)
    throw error
  }
}

/// A queue of a few elements between two threads; the faster thread waits.
private final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private static var limit: Int { 3 }
  private let condition = NSCondition()
  private var elements: [Element] = []
  private var isFinished = false
  private var reason: (any Error)?

  var failure: (any Error)? { condition.withLock { reason } }

  /// Waits for room; throws the reason when the other side stopped.
  func put(_ element: Element) throws {
    try condition.withLock {
      while elements.count >= Self.limit, reason == nil { condition.wait() }
      if let reason { throw reason }
      elements.append(element)
      condition.broadcast()
    }
  }

  /// Waits for an element; nil when there will be none.
  func take() -> Element? {
    condition.withLock {
      while elements.isEmpty, !isFinished, reason == nil { condition.wait() }
      guard reason == nil, !elements.isEmpty else { return nil }
      defer { condition.broadcast() }
      return elements.removeFirst()
    }
  }

  func finish() {
    condition.withLock {
      isFinished = true
      condition.broadcast()
    }
  }

  /// Stops both sides; of several reasons the first counts.
  func stop(because error: any Error) {
    condition.withLock {
      reason = reason ?? error
      condition.broadcast()
    }
  }
}
