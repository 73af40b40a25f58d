import ArgumentParser
import PreferenceData

@main
struct Plumbline: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline",
    abstract: "Collect human feedback on a language model and train on it.",
    discussion: """
      Import prompts, generate answers, let people rank the answers blind, retrain, and let the \
      new model answer again. Without arguments, plumbline shows the state of the workspace and \
      the suggested next command.
      """,
    version: PlumblineVersion.current,
    groupedSubcommands: [
      CommandGroup(name: "Begin", subcommands: [Init.self, Demo.self, Serve.self]),
      CommandGroup(
        name: "People and tasks",
        subcommands: [UserCommand.self, TaskCommand.self, WebhookCommand.self]),
      CommandGroup(
        name: "The loop",
        subcommands: [
          Import.self, ImportsCommand.self, Sample.self, Export.self, AgreementCommand.self,
          Simulate.self,
          Retrain.self, Uncertainty.self, RunsCommand.self, ModelsCommand.self,
        ]),
      CommandGroup(name: "Care", subcommands: [Backup.self, Restore.self, Verify.self]),
    ])

  @OptionGroup var shared: SharedOptions

  static func main() async {
    ProcessSetup.keepFilesPrivate()
    do {
      var command = try await asyncParseAsRoot()
      if command is Serve || command is Demo { ProcessSetup.endQuicklyOnCrash() }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(withFailure: error)
    }
  }

  func run() async throws {
    try await Overview(workspace: shared.workspacePaths, console: shared.console).show()
  }
}
