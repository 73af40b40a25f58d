import EngineJobs
import Foundation
import Jobs
import LabelStore
import PreferenceData
import Synchronization
import Testing

@Suite("Retraining")
struct RetrainingTests {
  let fixture: RetrainingFixture

  init() throws {
    fixture = try RetrainingFixture()
  }

  private func retraining(
    _ request: RetrainingRequest = RetrainingRequest(task: "stories"), engine: Engine
  ) async throws -> Retraining {
    try await Retraining.begin(
      request, engine: engine, workspace: fixture.workspace, store: fixture.store)
  }

  @Test("A run trains the reward model, then the policy, and registers it with its lineage")
  func wholeRun() async throws {
    try await fixture.addJudgedTask()
    var run = try await retraining(engine: fixture.engine())

    let lineage = try await run.run { _ in }

    #expect(try fixture.stagesRun() == ["reward", "ppo"])
    let model = try WorkspaceModel.find("stories-1", in: fixture.workspace.models)
    #expect(model.lineage == lineage)
    #expect(lineage.parent == WorkspaceModel.defaultBase)
    #expect(lineage.dataset.sha256.count == 64)
    #expect(lineage.stages["reward"]?["metrics"]?["accuracy"] == 0.75)
    let status = try run.folder.status(in: fixture.workspace.runs)
    #expect(status.state == .succeeded)
    #expect(try await fixture.store.run("stories-1").status == .done)
    #expect(try await fixture.store.models().map(\.name) == ["stories-1"])
    #expect(status.stages.map(\.name) == ["dataset", "reward", "ppo"])
  }

  @Test("Where labellers can be compared, the reward model weighs them, unless told otherwise")
  func labellerWeights() async throws {
    try await fixture.addJudgedTask(overlap: 3)
    var run = try await retraining(engine: fixture.engine())
    _ = try await run.run { _ in }
    var request = RetrainingRequest(task: "stories")
    request.settings = ["reward.labellerWeights": ""]
    var plain = try await retraining(request, engine: fixture.engine())
    _ = try await plain.run { _ in }

    let calls = try String(contentsOf: fixture.calls, encoding: .utf8).split(separator: "\n")
    let file = run.folder.labellerWeights.path
    #expect(calls[0].hasPrefix("reward") && calls[0].contains("labellerWeights=\(file)"))
    let lines = try JSONLinesReader(path: file, of: JSONValue.self).records()
    #expect(lines.count == 3 && lines.allSatisfy { $0["weight"] != nil })
    #expect(calls[2].hasPrefix("reward") && calls[2].contains("labellerWeights= "))
    #expect(!calls.contains { $0.hasPrefix("ppo") && $0.contains("labellerWeights") })
  }

  @Test("Demonstrations are learned from first, and what follows starts from that model")
  func demonstrations() async throws {
    try await fixture.addJudgedTask(demonstrations: true)
    var run = try await retraining(engine: fixture.engine())

    _ = try await run.run { _ in }

    #expect(try fixture.stagesRun() == ["sft", "reward", "ppo"])
    let calls = try String(contentsOf: fixture.calls, encoding: .utf8).split(separator: "\n")
    #expect(calls[1].contains("--model \(run.folder.url.path)/sft/model"))
  }

  @Test("The next round starts from the task's newest policy")
  func secondRound() async throws {
    try await fixture.addJudgedTask()
    var first = try await retraining(engine: fixture.engine())
    _ = try await first.run { _ in }
    first = try await retraining(engine: fixture.engine())

    let lineage = try await first.run { _ in }

    #expect(lineage.name == "stories-2")
    #expect(lineage.parent == "stories-1")
    #expect(lineage.base == WorkspaceModel.defaultBase)
  }

  @Test("Too little data is refused with what is needed and what is there, and leaves nothing")
  func tooLittle() async throws {
    try await fixture.addJudgedTask(prompts: 4)

    let error = await #expect(throws: RetrainingError.self) {
      _ = try await retraining(engine: fixture.engine())
    }

    #expect(error?.description.contains("8 needed, 3 there") == true)
    #expect(error?.description.contains("2 needed, 1 there") == true)
    #expect(RunFolder.all(in: fixture.workspace.runs).isEmpty)
  }

  @Test("One run trains at a time in a workspace")
  func exclusive() async throws {
    try await fixture.addJudgedTask()
    let first = try await retraining(engine: fixture.engine())

    await #expect(throws: RetrainingError.alreadyTraining(run: "stories-1")) {
      _ = try await retraining(engine: fixture.engine())
    }
    #expect(first.record.state == .running)
  }

  @Test("A run whose engine dies says how, and goes on where it stopped")
  func resume() async throws {
    try await fixture.addJudgedTask()
    let crash = """
      if [ $stage = ppo ] && [ ! -e "\(fixture.calls.path).crashed" ]; then
        touch "\(fixture.calls.path).crashed"
        echo "out of luck" >&2
        kill -9 $$
      fi
      """
    let engine = try fixture.engine(crash)
    do {
      var run = try await retraining(engine: engine)
      let error = await #expect(throws: EngineError.self) { _ = try await run.run { _ in } }
      #expect(error?.description.contains("out of luck") == true)
      #expect(error?.description.contains("memory ran out") == true)
      #expect(try run.folder.status(in: fixture.workspace.runs).state == .failed)
    }

    var again = try await Retraining.resume(
      "stories-1", engine: engine, workspace: fixture.workspace, store: fixture.store)
    let lineage = try await again.run { _ in }

    #expect(try fixture.stagesRun() == ["reward", "ppo", "ppo"])
    #expect(lineage.name == "stories-1")
    await #expect(throws: RetrainingError.notResumable(id: "stories-1", state: "succeeded")) {
      again = try await Retraining.resume(
        "stories-1", engine: engine, workspace: fixture.workspace, store: fixture.store)
    }
  }

  @Test("A stage that was interrupted is resumed; a stage that had not begun starts from the start")
  func resumedStage() async throws {
    try await fixture.addJudgedTask()
    let crash = """
      mkdir -p "$output" && touch "$output/run.yaml"
      if [ $stage = reward ] && [ ! -e "\(fixture.calls.path).crashed" ]; then
        touch "\(fixture.calls.path).crashed"
        kill -9 $$
      fi
      """
    let engine = try fixture.engine(crash)
    do {
      var run = try await retraining(engine: engine)
      await #expect(throws: EngineError.self) { _ = try await run.run { _ in } }
    }

    var again = try await Retraining.resume(
      "stories-1", engine: engine, workspace: fixture.workspace, store: fixture.store)
    _ = try await again.run { _ in }

    let calls = try String(contentsOf: fixture.calls, encoding: .utf8).split(separator: "\n")
    #expect(try fixture.stagesRun() == ["reward", "reward", "ppo"])
    // Settings follow “--”.
    let options = calls.map { call in
      call.prefix(upTo: call.firstRange(of: " -- ")?.lowerBound ?? call.endIndex)
    }
    #expect(options.map { $0.contains(" --resume") } == [false, true, false])
  }

  @Test("Cancelling the task interrupts the engine and marks the run interrupted")
  func interruption() async throws {
    try await fixture.addJudgedTask()
    let engine = try fixture.engine("trap 'exit 130' INT; while :; do sleep 0.05; done")
    let run = try await retraining(engine: engine)
    let started = AsyncStream<Void>.makeStream()

    let task = Task {
      var run = run
      _ = try await run.run { event in
        if case .stageStarted = event { started.continuation.yield() }
      }
    }
    for await _ in started.stream { break }
    task.cancel()

    await #expect(throws: EngineError.self) { try await task.value }
    #expect(try run.folder.status(in: fixture.workspace.runs).state == .interrupted)
    #expect(try await fixture.store.run("stories-1").status == .interrupted)
  }

  @Test("Progress reaches the watcher and metrics.jsonl alike")
  func progress() async throws {
    try await fixture.addJudgedTask()
    var run = try await retraining(engine: fixture.engine())
    let seen = Mutex<[Double]>([])

    _ = try await run.run { event in
      if case .progress(_, let progress) = event, let loss = progress.values["loss"] {
        seen.withLock { $0.append(loss) }
      }
    }

    #expect(seen.withLock { $0 } == [0.7, 0.5, 0.7, 0.5])
    let lines = try String(contentsOf: run.folder.metrics, encoding: .utf8).split(separator: "\n")
    #expect(lines.first == #"{"loss":0.7,"of":2,"stage":"reward","step":1}"#)
  }

  @Test("A setting is for every stage, or for the one it names")
  func settings() throws {
    var request = RetrainingRequest(task: "stories")
    request.settings = try RetrainingRequest.settings(
      parsing: ["batch=4", "ppo.batch=8", "ppo.klTarget=0.1"])

    #expect(try request.settings(for: .rewardModel) == ["batch=4", "seed=1"])
    #expect(try request.settings(for: .policy(.ppo)) == ["batch=8", "klTarget=0.1", "seed=1"])
    #expect(throws: RetrainingError.badSetting("batch")) {
      _ = try RetrainingRequest.settings(parsing: ["batch"])
    }
  }

  @Test("A setting can name a method with signs in its name")
  func settingsOfMethods() throws {
    var request = RetrainingRequest(task: "stories", method: .onlineDPO)
    request.settings = try RetrainingRequest.settings(
      parsing: ["online-dpo.beta=0.2", "reinforce++.responses=2"])
    #expect(try request.settings(for: .policy(.onlineDPO)) == ["beta=0.2", "seed=1"])
    #expect(try request.settings(for: .policy(.reinforce)) == ["responses=2", "seed=1"])
  }

  @Test(
    "Methods that sample train a reward model first, and others learn from the rankings",
    arguments: RetrainingMethod.allCases)
  func methods(method: RetrainingMethod) async throws {
    try await fixture.addJudgedTask(demonstrations: true)
    var run = try await retraining(
      RetrainingRequest(task: "stories", method: method), engine: fixture.engine())

    let lineage = try await run.run { _ in }

    let expected =
      switch method {
      case .sft, .orpo: [method.rawValue]
      case .dpo, .kto: ["sft", method.rawValue]
      case .ppo, .rloo, .grpo, .reinforce, .onlineDPO: ["sft", "reward", method.rawValue]
      }
    #expect(try fixture.stagesRun() == expected)
    #expect(lineage.method == method.rawValue)
    #expect(Set(lineage.stages.keys) == Set(expected))
    let call = try #require(
      try String(contentsOf: fixture.calls, encoding: .utf8).split(separator: "\n").last)
    #expect(call.contains("--reward-model") == method.samples)
    #expect(call.contains("--prompts") == method.samples)
    let start = expected.first == "sft" && method != .sft ? "/sft/model" : "/models/"
    #expect(call.split(separator: " ").first { $0.contains(start) } != nil)
    let model = try WorkspaceModel.find("stories-1", in: fixture.workspace.models)
    #expect(
      try String(contentsOf: model.url.appending(path: "config.json"), encoding: .utf8)
        == "\(method.rawValue)\n")
    let status = try run.folder.status(in: fixture.workspace.runs)
    #expect(status.method == method.rawValue)
    #expect(status.stages.map(\.name) == ["dataset"] + expected)
    #expect(status.command.contains("--method \(method.rawValue) "))
  }

  @Test("Fine-tuning needs demonstrations, or answers to imitate instead")
  func supervised() async throws {
    try await fixture.addJudgedTask()
    var request = RetrainingRequest(task: "stories", method: .sft)
    await #expect(throws: RetrainingError.self) {
      _ = try await retraining(request, engine: fixture.engine())
    }
    request.settings = ["source": "best"]
    var run = try await retraining(request, engine: fixture.engine())
    _ = try await run.run { _ in }
    #expect(try fixture.stagesRun() == ["sft"])
  }

  @Test("A model's name never leads out of the models folder", arguments: ["../x", "", ".hidden"])
  func names(name: String) {
    #expect(throws: ModelFolderError.self) {
      _ = try WorkspaceModel.find(name, in: fixture.workspace.models)
    }
  }
}
