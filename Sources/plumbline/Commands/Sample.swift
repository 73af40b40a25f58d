import ArgumentParser
import EngineJobs
import Foundation
import LabelStore

struct Sample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let policies answer the prompts that lack answers.",
    discussion: """
      A policy is a model of the workspace, or any model behind an OpenAI-compatible endpoint: \
      vLLM, llama.cpp, Ollama, or plumbline-engine serve. Name one or several; the answers to a \
      prompt are shared among them, each is recorded with its source, and labellers see neither.

        plumbline sample helpfulness \\
          --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B
        plumbline sample helpfulness \\
          --endpoint http://127.0.0.1:11434/v1 --model llama3.2 \\
          --model smollm2-135m-instruct

      The first --model goes with the first --endpoint, the second with the second; a --model \
      beyond the endpoints is a model of the workspace. An --endpoint that is a name of \
      “endpoints” in plumbline.yaml brings its model along.

      An endpoint that wants a key gets the one in PLUMBLINE_ENDPOINT_KEY or in --key-file. Keys \
      are never stored.

      Answers are stored as they come: interrupted, the same command goes on where it stopped.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "The task whose prompts to answer.") var task: String
  @OptionGroup(title: "Who answers") var who: PolicyOptions
  @Option(
    help: ArgumentHelp(
      "How many answers per prompt (default: what the task says).", valueName: "count"))
  var responses: Int?
  @Option(
    help: ArgumentHelp(
      "How daring to be; 0 always takes the likeliest word (default: 0.7).", valueName: "number"))
  var temperature: Double?
  @Option(
    help: ArgumentHelp(
      "Draw from the likeliest words that together have this share (default: 0.95).",
      valueName: "share"))
  var topP: Double?
  @Option(
    help: ArgumentHelp("The longest answer, in tokens (default: 160).", valueName: "tokens"))
  var maxNewTokens: Int?
  @Option(help: ArgumentHelp("Where the random numbers begin.", valueName: "number"))
  var seed: Int?
  @Option(
    help: ArgumentHelp(
      "How many answers a model of the workspace draws at a time (default: 32).",
      valueName: "count"))
  var batch: Int?

  @Flag(help: "Ask every prompt again first, for a new round of ranking.") var again = false

  struct Result: Encodable {
    let task: String
    let model: String
    let models: [String]
    let answered: Int
    let failed: Int
  }

  func validate() throws {
    // The engine counts on from the seed, so that there is room above it.
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
    let policies = try who.policies(
      task: task.slug, settings: settings, workspace: shared.workspacePaths)
    var sampling = Sampling(
      task: task, policies: policies, responses: responses, settings: samplingSettings)
    sampling.patience = who.patience
    // Asked for before the first prompt, so that a missing engine leaves no half-begun round.
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
        \(outcome.failed) prompts got no answers, the first of them because: \
        \(outcome.firstFailure ?? "unknown")
        Ask them again with: plumbline sample \(slug)
        """)
    }
    guard outcome.answered > 0 || outcome.failed == 0 else {
      throw Failure(.failure, "no prompt of \(slug) was answered.")
    }
    console.say(
      outcome.answered == 0
        ? "Every prompt of \(slug) has answers. To ask them all again, say --again."
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
  /// The same work on a new round, in which every prompt is asked again.
  fileprivate func inNewRound(of store: LabelStore) async throws -> Sampling {
    _ = try await store.startRound(of: task.id)
    return with(try await store.task(task.id))
  }

  /// Runs with a bar on the terminal, and says how to go on when it is interrupted.
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
        "interrupted; what was answered is stored. The same command goes on from there.")
    }
  }
}
