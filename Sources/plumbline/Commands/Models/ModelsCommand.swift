import ArgumentParser
import EngineJobs
import Foundation
import PreferenceData

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Show the models of the workspace and their lineage.",
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
    var table = ConsoleTable(
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
    commandName: "show", abstract: "Show the lineage and the measurements of a model.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The model's name.") var name: String

  func run() async throws {
    let model = try ModelFolder.find(name, in: shared.workspacePaths.models)
    try shared.console.result(model.summary)
    shared.console.say("\(model.name)  \(model.url.path)  \(model.size / 1_000_000) MB")
    guard let lineage = model.lineage else {
      shared.console.say("No lineage: this model was not trained here.")
      return
    }
    var table = ConsoleTable(("what", .left), ("value", .left))
    table.add("task", lineage.task)
    table.add("run", lineage.run)
    table.add("trained from", lineage.parent)
    table.add("original base model", lineage.base)
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
    commandName: "compare", abstract: "Compare the measurements of several models.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Names of the models.") var names: [String]

  func validate() throws {
    guard names.count >= 2 else {
      throw ValidationError("Name two models or more. See: plumbline models list")
    }
  }

  func run() async throws {
    let models = try names.map { try ModelFolder.find($0, in: shared.workspacePaths.models) }
    try shared.console.result(models.map(\.summary))
    var table = ConsoleTable(
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
