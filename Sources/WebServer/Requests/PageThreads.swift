import Foundation
import Synchronization

/// Renders pages on separate threads. A text that takes long to render can delay other pages, but not
/// Swift's cooperative threads, of which there is one per core and which serve everything else.
final class PageThreads: TaskExecutor {
  static let shared = PageThreads(count: max(2, ProcessInfo.processInfo.activeProcessorCount))

  private let jobs = Mutex([UnownedJob]())
  private let waiting = DispatchSemaphore(value: 0)

  private init(count: Int) {
    for number in 1...count {
      let thread = Thread { [self] in
        while true { runNext() }
      }
      thread.name = "page \(number)"
      thread.start()
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    waiting.signal()
  }

  private func runNext() {
    waiting.wait()
    guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
