import ArgumentParser
import EngineJobs
import Foundation
import Jobs
import LabelStore

struct Retrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a better policy on what people ranked.",
    discussion: """
      Learns from demonstrations where there are any, trains a reward model on the rankings, tunes \
      the policy against it, and measures both on prompts that were held out. Settings of the \
      engine are words: batch=8 is for every stage, ppo.batch=8 for one.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "The task to learn from.") var task: String
  @Argument(help: "Settings of the engine: key=value or stage.key=value.") var settings: [String] =
    []
  @Option(help: ArgumentHelp("How to learn.", valueName: "name"))
  var method = "ppo"
  @Option(
    help: ArgumentHelp(
      "The model to begin with (default: the task's newest policy, else the base).",
      valueName: "model"))
  var base: String?
  @Option(help: ArgumentHelp("How much to spend: quick, standard or thorough.", valueName: "name"))
  var preset = Preset.standard
  @Option(help: ArgumentHelp("A YAML file with settings of the engine.", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "What starts the engine, such as “torchrun --nproc-per-node 2 --no-python”.",
      valueName: "words"))
  var launcher: String?
  @Flag(help: "Let the new policy answer the prompts again, for the next round.") var sample = false
  @Option(help: ArgumentHelp("Go on with a run that was interrupted.", valueName: "run"))
  var resume: String?

  func validate() throws {
    _ = try RetrainingRequest.settings(parsing: settings)
  }

  func run() async throws {
    let store = try shared.openStore()
    let engine = try engineOptions.engine(settings: shared.settings())
    let retraining = try await prepared(store, engine)
    let id = retraining.folder.id
    let watcher = RetrainingWatcher(console: shared.console)
    let lineage: Lineage
    do {
      lineage = try await interruptible {
        var retraining = retraining
        return try await retraining.run { watcher.show($0) }
      }
    } catch EngineError.interrupted {
      watcher.finish()
      throw Failure(
        .interrupted,
        "interrupted. Go on with: plumbline retrain \(task) --resume \(id)\(workspaceWords)")
    }
    watcher.finish()
    try shared.console.result(lineage)
    let change = PolicyChange(lineage)
    for row in change?.rows ?? [] { shared.console.say("\(row.name): \(row.value)") }
    shared.console.say(
      "Made the model \(lineage.name) in \(shared.workspacePaths.models.path)/\(lineage.name)")
    shared.console.next(
      sample ? "plumbline serve" : "plumbline sample \(task) --model \(lineage.name)")
  }

  private func prepared(_ store: LabelStore, _ engine: Engine) async throws -> Retraining {
    let workspace = shared.workspacePaths
    _ = try await store.taskOrFailure(task)
    if let resume {
      return try await Retraining.resume(
        resume, engine: engine, workspace: workspace, store: store)
    }
    let start = try Retraining.policy(
      named: base, task: task, base: try shared.settings().base, in: workspace)
    var request = RetrainingRequest(task: task, method: method, base: start.name)
    request.samplesAfterwards = sample
    request.settings = preset.settings
      .merging(try RetrainingRequest.settings(parsing: settings)) { _, given in given }
    let options = EngineOptions(configuration: config, launcher: launcher)
    return try await Retraining.begin(
      request, options: options, engine: engine, workspace: workspace, store: store)
  }

  private var workspaceWords: String {
    shared.folder == "." ? "" : " --workspace \(shared.folder)"
  }
}

/// How much to spend on a retraining.
enum Preset: String, ExpressibleByArgument, CaseIterable {
  case quick, standard, thorough

  /// Laid under the settings given on the command line.
  var settings: [String: String] {
    switch self {
    case .quick: ["ppo.iterations": "10"]
    case .standard: [:]
    case .thorough: ["ppo.iterations": "100"]
    }
  }
}
