import Jobs
import Synchronization
import Testing

private struct NumberedJob: Identifiable, Sendable {
  let id: String
  var count = 0
}

@Suite("Job registry")
struct JobRegistryTests {
  @Test("Of many that decide by a job's state at once, exactly one wins")
  func atomicUpdate() async {
    let registry = JobRegistry<NumberedJob>()
    registry.add { _ in NumberedJob(id: "a") }

    let winners = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 {
        group.addTask {
          registry.update("a") { job in
            job.count += 1
            return job.count == 1
          } == true
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }

    #expect(winners == 1)
    #expect(registry.job("a")?.count == 100)
    #expect(registry.update("b") { _ in true } == nil)
  }

  @Test("A job that is refused is not added")
  func refusal() {
    struct Full: Error {}
    let registry = JobRegistry<NumberedJob>()

    #expect(throws: Full.self) { try registry.add { _ in throw Full() } }
    #expect(registry.jobs.isEmpty)
  }

  @Test("Cancelling ends one job; stopping ends them all and waits")
  func cancellation() async {
    let registry = JobRegistry<NumberedJob>()
    let ended = Mutex<[String]>([])
    for id in ["a", "b", "c"] {
      registry.add { _ in NumberedJob(id: id) }
      registry.start(id) {
        try? await Task.sleep(for: .seconds(600))
        ended.withLock { $0.append(id) }
      }
    }

    registry.cancel("b")
    while ended.withLock(\.count) == 0 { await Task.yield() }
    #expect(ended.withLock { $0 } == ["b"])

    await registry.stop()
    #expect(ended.withLock { $0.sorted() } == ["a", "b", "c"])
  }
}
