import ArgumentParser
import PreferenceData

@main
struct Plumbline: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline",
    abstract: "The workbench where people show a language model what a good answer is.",
    discussion: """
      Import prompts, let a model answer them, let people rank the answers blind, retrain, and \
      let the better model answer again. Alone, plumbline tells how the workspace stands and what \
      comes next.
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
          Import.self, Sample.self, Export.self, AgreementCommand.self, Simulate.self,
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
