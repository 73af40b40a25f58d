import EngineJobs
import Foundation
import Jobs
import LabelStore
import PreferenceData
import Testing

@Suite("Retraining supervisor")
struct RetrainingSupervisorTests {
  let fixture: RetrainingFixture

  init() throws {
    fixture = try RetrainingFixture()
  }

  private func supervisor(_ engine: Engine) -> RetrainingSupervisor {
    RetrainingSupervisor(workspace: fixture.workspace, store: fixture.store, engine: { engine })
  }

  @Test("A run is started, followed to its end, and shown with its model")
  func wholeRun() async throws {
    try await fixture.addJudgedTask()
    let supervisor = supervisor(try fixture.engine())

    let id = try await supervisor.start(RetrainingRequest(task: "stories"))
    var lines: [String] = []
    for try await line in await supervisor.events(id, from: 1) { lines.append(line) }
    await supervisor.waitForRuns()

    #expect(lines.count == 3)
    #expect(try await supervisor.metrics(id).count == 4)
    let run = try #require(try await supervisor.run(id))
    #expect(run.state == .succeeded)
    #expect(run.model == "stories-1")
    #expect(run.report?["stages"]?["ppo"] != nil)
    #expect(await supervisor.models().map(\.name) == ["smollm2-135m-instruct", "stories-1"])
  }

  @Test("The new policy answers the prompts again when asked to; answers that are alike count once")
  func samplesAfterwards() async throws {
    try await fixture.addJudgedTask()
    let supervisor = supervisor(try fixture.engine())

    _ = try await supervisor.start(RetrainingRequest(task: "stories", samplesAfterwards: true))
    await supervisor.waitForRuns()

    let task = try await fixture.store.task(slug: "stories")
    #expect(task.round == 2)
    #expect(task.progress.prompts == 48)
    #expect(task.progress.answered == 48)
    let again = try #require(await fixture.store.prompts(of: task.id, after: 24, limit: 1).first)
    let responses = try await fixture.store.prompt(again.id).responses
    #expect(responses.map(\.text) == ["One.", "Two."])
    #expect(responses.map(\.source) == ["stories-1", "stories-1"])
  }

  @Test("The reward model says what it is least sure of where labellers are to see that first")
  func leastSureFirst() async throws {
    let task = try await fixture.addJudgedTask()
    var definition = task.definition
    definition.order = .uncertainty
    definition.overlap = 2
    try await fixture.store.saveTask(definition, guidelines: "")
    let supervisor = supervisor(try fixture.engine())

    _ = try await supervisor.start(RetrainingRequest(task: "stories"))
    await supervisor.waitForRuns()

    #expect(try fixture.stagesRun().last == "score")
    let ana = try await fixture.store.addPerson(named: "Ana", role: .labeller)
    let held = try #require(await fixture.store.claimNextPrompt(of: task.id, for: ana.id))
    // The stand-in scores the answers of the ninth prompt alike.
    #expect(try await fixture.store.prompt(held.promptID).prompt.name == "p8")
    #expect(abs(UncertaintyScoring.uncertainty([2, 2, 2]) - 1) < 1e-12)
    #expect(UncertaintyScoring.uncertainty([50, 0]) < 1e-12)
    let even = UncertaintyScoring.uncertainty([log(3), 0])
    #expect(abs(even - 0.811_278_124_459) < 1e-9)
  }

  @Test("Cancelling a run ends its engine and says so")
  func cancellation() async throws {
    try await fixture.addJudgedTask()
    let engine = try fixture.engine(
      """
      trap 'exit 130' INT
      echo '{"step":1,"of":9}'
      while :; do sleep 0.05; done
      """)
    let supervisor = supervisor(engine)
    let id = try await supervisor.start(RetrainingRequest(task: "stories"))
    for try await _ in await supervisor.events(id, from: 0) { break }

    try await supervisor.cancel(id)
    await supervisor.waitForRuns()

    #expect(try await supervisor.run(id)?.state == .cancelled)
  }

  @Test("What cannot be started is refused with the reason")
  func refusals() async throws {
    let supervisor = supervisor(try fixture.engine("while :; do sleep 0.05; done"))

    let problem = await #expect(throws: RetrainingProblem.self) {
      _ = try await supervisor.start(RetrainingRequest(task: "unknown"))
    }
    #expect(problem == .notPossible("There is no task “unknown”. See: plumbline task list"))
  }

  @Test("What a workspace lacks is known before a run is asked for")
  func obstacles() throws {
    let engine = try fixture.engine()
    let withoutEngine = RetrainingSupervisor(
      workspace: fixture.workspace, store: fixture.store,
      engine: { throw EngineError.notFound(looked: []) })

    #expect(supervisor(engine).obstacle(to: "stories") == nil)
    #expect(withoutEngine.obstacle(to: "stories") == .noEngine)
    try FileManager.default.removeItem(at: fixture.workspace.models)
    #expect(supervisor(engine).obstacle(to: "stories") == .noModel)
  }

  @Test("A run that was running when its process died is shown as interrupted")
  func deadSupervisor() async throws {
    try await fixture.addJudgedTask()
    let engine = try fixture.engine()
    let id = try await Retraining.begin(
      RetrainingRequest(task: "stories"), engine: engine, workspace: fixture.workspace,
      store: fixture.store
    ).folder.id

    #expect(try await supervisor(engine).run(id)?.state == .interrupted)
  }
}
