import ArgumentParser
import EngineJobs
import Foundation
import LabelStore

struct Sample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate answers for prompts that have none.",
    discussion: """
      Answers come from a model in the workspace, or from any model behind an OpenAI-compatible \
      endpoint: vLLM, llama.cpp, Ollama, or plumbline-engine serve. Several models share the \
      answers of a prompt. Each answer is recorded with its source, which labellers do not see.

        plumbline sample helpfulness \\
          --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B
        plumbline sample helpfulness \\
          --endpoint http://127.0.0.1:11434/v1 --model llama3.2 \\
          --model smollm2-135m-instruct

      The first --model goes with the first --endpoint, the second with the second; a --model \
      beyond the endpoints is a model in the workspace. An --endpoint that is a name under \
      “endpoints” in plumbline.yaml includes its model.

      Keys for endpoints come from PLUMBLINE_ENDPOINT_KEY or from --key-file. Keys are never stored.

      Answers are stored as they arrive. After an interruption, the same command continues.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "Task with the prompts.") var task: String
  @OptionGroup(title: "Models") var who: ModelOptions
  @Option(
    help: ArgumentHelp(
      "Answers per prompt (default: the task's setting).", valueName: "count"))
  var responses: Int?
  @Option(
    help: ArgumentHelp(
      "Sampling temperature; 0 is greedy (default: 0.7).", valueName: "number"))
  var temperature: Double?
  @Option(
    help: ArgumentHelp(
      "Nucleus sampling: smallest set of tokens with this probability (default: 0.95).",
      valueName: "share"))
  var topP: Double?
  @Option(
    help: ArgumentHelp("Maximum answer length, in tokens (default: 160).", valueName: "tokens"))
  var maxNewTokens: Int?
  @Option(help: ArgumentHelp("Random seed.", valueName: "number"))
  var seed: Int?
  @Option(
    help: ArgumentHelp(
      "Batch size for models in the workspace (default: 32).",
      valueName: "count"))
  var batch: Int?

  @Flag(help: "Generate new answers for every prompt, as a new round.") var again = false

  struct Result: Encodable {
    let task: String
    let model: String
    let models: [String]
    let answered: Int
    let failed: Int
  }

  func validate() throws {
    // The engine counts up from the seed, so leave room above it.
    if let seed, !(0...1 << 53).contains(seed) {
      throw ValidationError("--seed must be a whole number from 0 to 2^53.")
    }
    if let temperature, !(temperature <= 100) {
      throw ValidationError("--temperature must be at most 100.")
    }
    if let maxNewTokens, maxNewTokens > 10_000_000 {
      throw ValidationError("--max-new-tokens must be at most 10000000.")
    }
    if let responses, !(2...9).contains(responses) {
      throw ValidationError(
        "--responses must be 2 to 9, the number of answers that one page can rank.")
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
    let policies = try who.policies(
      task: task.slug, settings: settings, workspace: shared.workspacePaths)
    var sampling = Sampling(
      task: task, policies: policies, responses: responses, settings: samplingSettings)
    sampling.retryPolicy = who.retryPolicy
    // Look for the engine first, so that a missing engine does not leave an empty round.
    let engine =
      try policies.contains(where: \.isModel) ? engineOptions.engine(settings: settings) : nil
    if again { sampling = try await sampling.inNewRound(of: store) }
    let outcome = try await sampling.run(
      store: store, engine: { try engine ?? engineOptions.engine(settings: settings) },
      console: shared.console, workspace: shared.workspacePaths)
    try report(outcome, of: sampling)
  }

  private func report(_ outcome: Sampling.Outcome, of sampling: Sampling) throws {
    let console = shared.console
    let slug = sampling.task.slug
    let names = sampling.names
    try console.result(
      Result(
        task: slug, model: names.joined(separator: ", "), models: names,
        answered: outcome.answered, failed: outcome.failed))
    if outcome.failed > 0 {
      console.note(
        """
        \(outcome.failed) prompts got no answers. The first failure was: \
        \(outcome.firstFailure ?? "unknown")
        Try again with: plumbline sample \(slug)
        """)
    }
    guard outcome.answered > 0 || outcome.failed == 0 else {
      throw Failure(.failure, "no prompt of \(slug) was answered.")
    }
    console.say(
      outcome.answered == 0
        ? "Every prompt of \(slug) has answers. For a new round, add --again."
        : "\(names.joined(separator: ", ")) answered \(outcome.answered) prompts of \(slug).")
    console.next("plumbline serve, and rank them")
  }

  private var samplingSettings: SamplingSettings {
    var settings = SamplingSettings()
    settings.temperature = temperature ?? settings.temperature
    settings.topP = topP ?? settings.topP
    settings.maxNewTokens = maxNewTokens ?? settings.maxNewTokens
    settings.seed = seed
    settings.batch = batch ?? settings.batch
    return settings
  }
}

extension Sampling {
  /// Returns the same sampling for a new round, in which every prompt is answered again.
  fileprivate func inNewRound(of store: LabelStore) async throws -> Sampling {
    _ = try await store.startRound(of: task.id)
    return with(try await store.task(task.id))
  }

  /// Runs with a progress bar, and prints the command to continue if it is interrupted.
  @discardableResult
  func run(
    store: LabelStore, engine: @escaping @Sendable () throws -> Engine, console: Console,
    workspace: Workspace
  ) async throws -> Outcome {
    let verb = policies.count == 1 ? "answers" : "answer"
    let bar = ProgressBar(
      "\(names.joined(separator: ", ")) \(verb)", unit: "prompts", console: console)
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
    } catch EngineError.interrupted {
      throw Failure(
        .interrupted,
        "interrupted. The answers so far are stored. Run the same command to continue.")
    }
  }
}
