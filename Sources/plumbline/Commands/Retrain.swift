import ArgumentParser
import EngineJobs
import Foundation
import Jobs
import LabelStore
import PreferenceData

struct Retrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a new model on the rankings.",
    discussion: """
      The methods ppo, rloo, grpo, reinforce++ and online-dpo train a reward model on the rankings and \
      tune the policy against it. dpo, kto and orpo learn from the rankings without one. sft imitates \
      demonstrations. All but sft and orpo learn from demonstrations first, if there are any. The \
      results are measured on held-out prompts. Settings of the engine are words: batch=8 is for \
      every stage, ppo.batch=8 for one.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @Argument(help: "Task with the rankings.") var task: String
  @Argument(help: "Engine settings: key=value or stage.key=value.") var settings: [String] =
    []
  @Option(help: ArgumentHelp("Training method.", valueName: "name"))
  var method = RetrainingMethod.ppo
  @Option(
    help: ArgumentHelp(
      "Model to start from (default: the task's newest model, else the base).",
      valueName: "model"))
  var base: String?
  @Option(
    help: ArgumentHelp(
      "Effort: quick, standard or thorough.", valueName: "name"))
  var preset = Effort.standard
  @Option(help: ArgumentHelp("YAML file with engine settings.", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "Launcher of the engine, such as “torchrun --nproc-per-node 2 --no-python”.",
      valueName: "words"))
  var launcher: String?
  @Flag(help: "Let the new model answer all prompts, for the next round.") var sample = false
  @Option(help: ArgumentHelp("Interrupted run to continue.", valueName: "run"))
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
    let lineage: ModelLineage
    do {
      lineage = try await interruptible {
        var retraining = retraining
        return try await retraining.run { watcher.show($0) }
      }
    } catch EngineError.interrupted {
      watcher.finish()
      throw Failure(
        .interrupted,
        "interrupted. Continue with: plumbline retrain \(task) --resume \(id)\(workspaceWords)")
    }
    watcher.finish()
    try shared.console.result(lineage)
    let change = PolicyChange(lineage)
    for row in change?.rows ?? [] { shared.console.say("\(row.name): \(row.value)") }
    shared.console.say(
      "Created the model \(lineage.name) in \(shared.workspacePaths.models.path)/\(lineage.name)")
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
    request.settings = preset.settings(for: method)
      .merging(try RetrainingRequest.settings(parsing: settings)) { _, given in given }
    let options = EngineOptions(configuration: config, launcher: launcher)
    return try await Retraining.begin(
      request, options: options, engine: engine, workspace: workspace, store: store)
  }

  private var workspaceWords: String {
    shared.folder == "." ? "" : " --workspace \(shared.folder)"
  }
}

extension RetrainingMethod: ExpressibleByArgument {}

/// The effort to spend on a run.
enum Effort: String, ExpressibleByArgument, CaseIterable {
  case quick, standard, thorough

  /// Engine settings that the command line overrides.
  func settings(for method: RetrainingMethod) -> [String: String] {
    switch self {
    case .quick: method.samples ? ["\(method.rawValue).iterations": "10"] : [:]
    case .standard: [:]
    case .thorough:
      method.samples
        ? ["\(method.rawValue).iterations": "100"] : ["\(method.rawValue).epochs": "5"]
    }
  }
}
