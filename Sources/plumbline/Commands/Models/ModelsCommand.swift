import ArgumentParser
import EngineJobs
import Foundation
import PreferenceData

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Show the models of the workspace and where they came from.",
    subcommands: [ModelsList.self, ModelsShow.self, ModelsCompare.self])
}

struct ModelsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of the workspace.")

  @OptionGroup var shared: SharedOptions

  func run() async throws {
    let models = ModelFolder.all(in: shared.workspacePaths.models)
    try shared.console.result(models.map(\.summary))
    guard !models.isEmpty else {
      shared.console.say("No models yet.")
      shared.console.next("plumbline-engine convert FILE.gguf models/NAME")
      return
    }
    var table = Table(
      ("model", .left), ("task", .left), ("from", .left), ("size", .right),
      ("reward before → after", .left))
    for model in models {
      let lineage = model.lineage
      table.add(
        model.name, lineage?.task ?? "–", lineage?.parent ?? "–",
        "\(model.size / 1_000_000) MB", lineage.flatMap(PolicyChange.init)?.reward ?? "–")
    }
    shared.console.say(table)
  }
}

struct ModelsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a model's lineage and what was measured.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The model's name.") var name: String

  func run() async throws {
    let model = try ModelFolder.find(name, in: shared.workspacePaths.models)
    try shared.console.result(model.summary)
    shared.console.say("\(model.name)  \(model.url.path)  \(model.size / 1_000_000) MB")
    guard let lineage = model.lineage else {
      shared.console.say("Brought in from elsewhere: no lineage.")
      return
    }
    var table = Table(("what", .left), ("value", .left))
    table.add("task", lineage.task)
    table.add("run", lineage.run)
    table.add("trained from", lineage.parent)
    table.add("first ancestor", lineage.base)
    table.add("method", lineage.method)
    table.add("seed", String(lineage.seed))
    table.add("comparisons", String(lineage.dataset.counts.train.comparisons))
    table.add("dataset", lineage.dataset.sha256)
    for row in PolicyChange(lineage)?.rows ?? [] { table.add(row.name, row.value) }
    shared.console.say(table)
  }
}

struct ModelsCompare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Set what was measured on several models side by side.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The models' names.") var names: [String]

  func validate() throws {
    guard names.count >= 2 else {
      throw ValidationError("Name two models or more. See: plumbline models list")
    }
  }

  func run() async throws {
    let models = try names.map { try ModelFolder.find($0, in: shared.workspacePaths.models) }
    try shared.console.result(models.map(\.summary))
    var table = Table(
      ("model", .left), ("from", .left), ("comparisons", .right), ("reward accuracy", .left),
      ("reward", .left), ("KL", .left), ("length", .left))
    for model in models {
      let lineage = model.lineage
      let change = lineage.flatMap(PolicyChange.init)
      table.add(
        model.name, lineage?.parent ?? "–",
        lineage.map { String($0.dataset.counts.train.comparisons) } ?? "–",
        change?.accuracy ?? "–", change?.reward ?? "–", change?.divergence ?? "–",
        change?.length ?? "–")
    }
    shared.console.say(table)
  }
}
