import ArgumentParser
import Foundation
import LabelStore
import Labelling

struct AgreementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agreement",
    abstract: "Show agreement, labeller reliability and win rates.",
    discussion: """
      Each number has its 95% interval in brackets. The intervals of agreement come from a \
      bootstrap over prompts; those of models and labellers are clustered by prompt.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Option(
    help: """
      Ridge penalty on the strengths of the models, which keeps the strength of a model that never \
      lost finite; 0 is maximum likelihood.
      """)
  var regularisation = PolicyComparison.defaultRegularisation

  @Option(
    help: ArgumentHelp(
      """
      Write a line {"labeller", "judgements", "reliability", "low", "high", "weight"} for each \
      labeller, for a trainer to weigh judgements by; names are as in exports.
      """, valueName: "file"))
  var weights: String?

  private struct Result: Encodable {
    let task: String
    let report: QualityReport

    private enum Key: String, CodingKey { case task }

    func encode(to encoder: any Encoder) throws {
      try report.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(task, forKey: .task)
    }
  }

  func validate() throws {
    guard regularisation >= 0 else {
      throw ValidationError("--regularisation must not be negative.")
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    let report = try await store.quality(of: task.id, regularisation: regularisation)
    if let weights { try LabellerWeights(report).write(to: weights) }
    try shared.console.result(Result(task: task.slug, report: report))
    shared.console.say(
      "\(report.judgements) judgements of \(report.prompts) prompts by "
        + "\(report.labellers.count) labellers")
    if report.overlappingPrompts == 0 {
      shared.console.say(
        """
        No prompt of \(task.slug) has been judged by two people, so labellers cannot be compared. \
        Its overlap is \(task.definition.overlap); set it to 2 or more in task.yaml.
        """)
    }
    for section in QualityTables(report: report).sections {
      shared.console.say()
      shared.console.say(section.title)
      shared.console.say(section.table)
    }
  }
}
