import Alignment
import ArgumentParser
import Foundation

@main
struct PlumblineEngine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline-engine",
    abstract: "Trains and runs language models on human feedback.",
    discussion: """
      Models are Hugging Face folders. Datasets are JSON Lines in the format “rankings”. Every \
      training command takes settings as key=value words; --show-settings lists them.
      """,
    subcommands: [
      Convert.self, Tokenize.self, Sample.self, Logprobs.self, Score.self, Sft.self, Reward.self,
      Ppo.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      signal(SIGINT) { _ in Interruption.request() }
      signal(SIGTERM) { _ in Interruption.request() }
      do {
        try command.run()
      } catch let error where !(error is ExitCode || error is CleanExit || error is ValidationError)
      {
        FileHandle.standardError.write(Data("plumbline-engine: \(error)\n".utf8))
        Foundation.exit(ExitStatus(error).rawValue)
      }
    } catch {
      exit(withError: error)
    }
  }
}
