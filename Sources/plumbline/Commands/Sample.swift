import ArgumentParser
import Foundation
import LabelServer
import LabelStore

struct Sample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a policy answer the prompts that lack answers.",
    discussion: """
      Answers are stored as they come: interrupted, the same command goes on where it stopped.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "The task whose prompts to answer.") var task: String
  @Option(help: "The model that answers (default: the task's newest policy, else the base).")
  var model: String?
  @Option(help: "How many answers per prompt (default: what the task says).") var responses: Int?
  @Option(help: "How daring to be; 0 always takes the likeliest word.") var temperature: Double?
  @Option(help: "Draw from the likeliest words that together have this share.") var topP: Double?
  @Option(help: "The longest answer, in tokens.") var maxNewTokens: Int?
  @Option(help: "Where the random numbers begin.") var seed: Int?
  @Option(help: "How many answers to draw at a time.") var batch: Int?

  @Flag(help: "Ask every prompt again first, for a new round of ranking.") var again = false

  struct Result: Encodable {
    let task: String
    let model: String
    let answered: Int
  }

  func validate() throws {
    if let responses, !(2...9).contains(responses) {
      throw ValidationError("--responses must be 2 to 9: that is what one page can rank.")
    }
    if let temperature, temperature < 0 {
      throw ValidationError("--temperature must not be negative.")
    }
    if let maxNewTokens, maxNewTokens < 1 {
      throw ValidationError("--max-new-tokens must be at least 1.")
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let settings = try shared.settings()
    let engine = try engineOptions.engine(settings: settings)
    let policy = try Retraining.policy(
      named: model, task: task.slug, base: settings.base, in: shared.workspacePaths)
    if again { _ = try await store.startRound(of: task.id) }
    let sampling = Sampling(
      task: task, model: policy, responses: responses, settings: samplingSettings)
    let answered = try await sampling.run(
      store: store, engine: engine, console: shared.console, workspace: shared.workspacePaths)
    try shared.console.result(Result(task: task.slug, model: policy.name, answered: answered))
    shared.console.say(
      answered == 0
        ? "Every prompt of \(task.slug) has answers. To ask them all again, say --again."
        : "\(policy.name) answered \(answered) prompts of \(task.slug).")
    shared.console.next("plumbline serve, and rank them")
  }

  private var samplingSettings: SamplingSettings {
    var settings = SamplingSettings()
    settings.temperature = temperature ?? settings.temperature
    settings.topP = topP ?? settings.topP
    settings.maxNewTokens = maxNewTokens ?? settings.maxNewTokens
    settings.seed = seed ?? settings.seed
    settings.batch = batch ?? settings.batch
    return settings
  }
}

extension Sampling {
  /// Runs with a bar on the terminal, and says how to go on when it is interrupted.
  func run(
    store: LabelStore, engine: Engine, console: Console, workspace: Workspace
  ) async throws -> Int {
    let bar = ProgressBar("\(model.name) answers", unit: "prompts", console: console)
    try FileManager.default.createDirectory(
      at: workspace.runs, withIntermediateDirectories: true)
    let log = workspace.runs.appending(path: "sample.log")
    defer { bar.finish() }
    do {
      return try await interruptible {
        try await run(store: store, engine: engine, log: log) { done, total in
          if total > 0 { bar.show(done, of: total) }
        }
      }
    } catch RetrainingError.interrupted {
      throw Failure(
        .interrupted,
        "interrupted; what was answered is stored. Go on with: plumbline sample \(task.slug)")
    }
  }
}
