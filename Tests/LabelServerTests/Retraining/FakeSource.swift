import LabelServer
import PreferenceData
import Synchronization

/// A store of two unanswered prompts that keeps what it is given.
final class FakeSource: RetrainingSource {
  let registered = Mutex<[String]>([])
  let answers = Mutex<[PromptAnswers]>([])

  func dataset(of task: String) async throws -> RetrainingDataset {
    guard task == "stories" else { throw RetrainingError.unknownTask(task) }
    return Bench.dataset()
  }

  func register(_ lineage: Lineage) async throws {
    registered.withLock { $0.append(lineage.name) }
  }

  func responsesWanted(by task: String) async throws -> Int { 2 }

  func prompts(
    of task: String, notAnsweredBy policy: String
  ) async throws -> [UnansweredPrompt] {
    let answered = answers.withLock { Set($0.map(\.promptID)) }
    return ["p0", "p1"].filter { !answered.contains($0) }.map {
      UnansweredPrompt(id: $0, messages: [ChatMessage(role: .user, content: "\($0)?")])
    }
  }

  func add(_ answers: [PromptAnswers], by policy: String, to task: String) async throws {
    self.answers.withLock { $0 += answers }
  }
}
