import Credentials
import Dispatch
import Synchronization
import Testing

@Suite("Passwords that wait to be hashed")
struct PasswordQueueTests {
  /// A queue whose two workers are busy until they are let go, one of them for good.
  private final class Scene: Sendable {
    let queue: PasswordQueue
    private let first = DispatchSemaphore(value: 0)
    private let second = DispatchSemaphore(value: 0)
    private let done = Mutex<[String]>([])

    init(limit: Int) async {
      queue = PasswordQueue(limit: limit)
      for gate in [first, second] {
        Task {
          try await queue.run(for: .init(isKnown: false, source: "busy", account: "")) {
            gate.wait()
          }
        }
      }
      while await !areBusy { await Task.yield() }
    }

    // A third one has to wait only when both are at work.
    private var areBusy: Bool {
      get async { await queue.idleCount == 0 }
    }

    func add(
      _ name: String, from source: String, account: String = "", isKnown: Bool = false
    ) async -> Task<Bool, Never> {
      let before = await queue.arrivalCount
      let task = Task {
        do {
          let client = PasswordQueue.Client(isKnown: isKnown, source: source, account: account)
          try await queue.run(for: client) { self.done.withLock { $0.append(name) } }
          return true
        } catch {
          return false
        }
      }
      while await queue.arrivalCount == before { await Task.yield() }
      return task
    }

    /// Lets one worker do all that waits; returns in which order.
    func drained() async -> [String] {
      first.signal()
      while await queue.waitingCount > 0 { await Task.yield() }
      while await queue.idleCount == 0 { await Task.yield() }
      second.signal()
      return done.withLock(\.self)
    }
  }

  @Test("A flood from one source does not keep another waiting, nor one account of it the others")
  func fair() async {
    let scene = await Scene(limit: 20)
    for number in 1...4 {
      _ = await scene.add("flood \(number)", from: "one", account: "ada")
    }
    _ = await scene.add("rosa", from: "one", account: "rosa")
    _ = await scene.add("ben", from: "two", account: "ben")

    #expect(
      await scene.drained() == ["flood 1", "ben", "rosa", "flood 2", "flood 3", "flood 4"])
  }

  @Test("Whom the server knows is served before strangers")
  func knownFirst() async {
    let scene = await Scene(limit: 20)
    for number in 1...3 { _ = await scene.add("stranger \(number)", from: "\(number)") }
    _ = await scene.add("ada", from: "four", isKnown: true)

    #expect(await scene.drained().first == "ada")
  }

  @Test("When the queue is full, who fills it is refused, and others are not")
  func full() async {
    let scene = await Scene(limit: 5)
    var flood: [Task<Bool, Never>] = []
    for number in 1...8 { flood.append(await scene.add("flood \(number)", from: "one")) }
    let ben = await scene.add("ben", from: "two")

    let order = await scene.drained()

    #expect(Set(order) == ["flood 1", "flood 2", "flood 3", "flood 4", "ben"])
    #expect(await ben.value)
    var results: [Bool] = []
    for task in flood { results.append(await task.value) }
    #expect(results == [true, true, true, true, false, false, false, false])
  }
}
