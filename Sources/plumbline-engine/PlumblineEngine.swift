import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData

/// The engine: trains, samples, scores and converts language models.
@main
struct PlumblineEngine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline-engine",
    abstract: "Trains, samples, scores and converts language models.",
    subcommands: [Convert.self, Tokenize.self])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      guard let status = ExitStatus(for: error) else { exit(withError: error) }
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      Foundation.exit(status.rawValue)
    }
  }
}

/// What the exit status says.
enum ExitStatus: Int32 {
  case usage = 64
  case badData = 65
  case unavailable = 69

  /// Nil for errors that are the argument parser's or nobody's.
  init?(for error: any Error) {
    switch error {
    case LanguageModelError.malformed, LanguageModelError.unsupported: self = .badData
    case LanguageModelError.inaccessible: self = .unavailable
    case LanguageModelError.invalid: self = .usage
    case is LineFailure: self = .badData
    default: return nil
    }
  }
}
