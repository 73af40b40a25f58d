import Foundation
import Foundations
import LanguageModels
import Synchronization

/// The thread that runs the model. The requests of all clients share one continuous batch.
///
/// libtorch requires one thread and a step blocks it, so it is not a thread of Swift's cooperative
/// pool.
public final class InferenceLoop: Sendable {
  public typealias Event = ContinuousBatch.Event

  private struct Work: Sendable {
    let number: Int
    let request: GenerationRequest
    let options: SamplingOptions
    let stream: AsyncThrowingStream<Event, any Error>.Continuation
  }

  private struct State {
    var waiting: [Work] = []
    var cancelled: Set<Int> = []
    var running = 0
    var next = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let queueLimit: Int
  private let slots: Int
  let counters: ServerCounters

  /// Does not load the model: `makeModel` and the batch run on the loop's thread.
  ///
  /// - Parameter queueLimit: The number of requests that may wait. Further requests are refused.
  init(
    model: sending CausalLanguageModel, tokenizer: Tokenizer, slots: Int, contextLength: Int,
    queueLimit: Int, counters: ServerCounters
  ) throws {
    self.queueLimit = queueLimit
    self.slots = slots
    self.counters = counters
    let batch = try ContinuousBatch(
      model, slots: slots, contextLength: contextLength, tokenizer: tokenizer)
    // Used by the loop's thread alone from here on.
    let owned = UncheckedBox(batch)
    let thread = Thread { [self] in run(owned) }
    thread.name = "inference"
    thread.stackSize = 16 << 20
    thread.start()
  }

  // MARK: - From the routes

  /// The numbers of running and waiting requests.
  var load: (running: Int, waiting: Int) {
    state.withLock { ($0.running, $0.waiting.count) }
  }

  /// Queues all requests or none. Ending a stream early removes its row from the batch.
  func generate(
    _ requests: [(GenerationRequest, SamplingOptions)]
  ) throws -> [AsyncThrowingStream<Event, any Error>] {
    let streams = requests.map { _ in AsyncThrowingStream<Event, any Error>.makeStream() }
    let first = try state.withLock { state throws(ServerError) -> Int in
      try reserve(requests.count, &state)
      let first = state.next
      state.next += requests.count
      for (index, (request, options)) in requests.enumerated() {
        state.waiting.append(
          Work(
            number: first + index, request: request, options: options,
            stream: streams[index].continuation))
      }
      return first
    }
    for (index, stream) in streams.enumerated() {
      stream.continuation.onTermination = { [self] end in
        guard case .cancelled = end else { return }
        state.withLock { _ = $0.cancelled.insert(first + index) }
        wake.signal()
      }
    }
    wake.signal()
    return streams.map(\.stream)
  }

  private func reserve(_ count: Int, _ state: inout State) throws(ServerError) {
    guard !state.isClosed else { throw .closed }
    // Requests that fit into free slots do not count as waiting.
    let room = queueLimit + max(0, slots - state.running)
    guard state.waiting.count + count <= room else { throw .busy(waiting: state.waiting.count) }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    wake.signal()
  }

  // MARK: - On the thread

  private func run(_ owned: UncheckedBox<ContinuousBatch>) {
    var rows: [Int: (number: Int, stream: AsyncThrowingStream<Event, any Error>.Continuation)] = [:]
    while true {
      let (work, cancelled, isClosed) = take(free: owned.value.freeSlots)
      if isClosed {
        rows.values.forEach { $0.stream.finish(throwing: ServerError.closed) }
        return
      }
      for (row, entry) in rows where cancelled.contains(entry.number) {
        owned.value.remove(row)
        rows[row] = nil
        counters.add(.cancelled)
      }
      for item in work where !cancelled.contains(item.number) {
        do {
          rows[try owned.value.admit(item.request, item.options)] = (item.number, item.stream)
        } catch {
          item.stream.finish(throwing: error)
        }
      }
      state.withLock { $0.running = rows.count }
      guard !owned.value.isEmpty else {
        wake.wait()
        continue
      }
      let (events, failures) = owned.value.advance()
      for failure in failures {
        rows[failure.row]?.stream.finish(throwing: ServerError.failed("\(failure.error)"))
        rows[failure.row] = nil
      }
      for event in events {
        guard let entry = rows[event.row] else { continue }
        counters.add(.generatedTokens)
        entry.stream.yield(event)
        if event.finish != nil {
          entry.stream.finish()
          rows[event.row] = nil
        }
      }
      state.withLock { $0.running = rows.count }
    }
  }

  /// Dequeues as many requests as the batch has slots for, in order of arrival.
  private func take(free: Int) -> (work: [Work], cancelled: Set<Int>, isClosed: Bool) {
    state.withLock { state in
      let taken = Array(state.waiting.prefix(free))
      state.waiting.removeFirst(taken.count)
      let cancelled = state.cancelled
      state.cancelled.removeAll()
      state.waiting.removeAll { cancelled.contains($0.number) }
      return (taken, cancelled, state.isClosed)
    }
  }
}
