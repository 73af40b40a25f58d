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
      Convert.self, Tokenize.self, TrainTokenizer.self, Sample.self, Logprobs.self, Score.self,
      Evaluate.self, WinRates.self, BestOfN.self, Inspect.self, Selfcheck.self, Bench.self,
      Serve.self, Pretrain.self, Sft.self, Reward.self, Ppo.self, Rloo.self, Grpo.self,
      ReinforcePlusPlus.self, Dpo.self, OnlineDpo.self, Kto.self, Orpo.self,
    ])

  static func main() async {
    // What is learnt from people's judgements is not for other users of the machine.
    umask(0o077)
    tuneRuntime()
    do {
      var command = try parseAsRoot()
      do {
        if var server = command as? any AsyncParsableCommand {
          try await server.run()
        } else {
          signal(SIGINT) { _ in Interruption.request() }
          signal(SIGTERM) { _ in Interruption.request() }
          try command.run()
        }
      } catch let error where ExitStatus.isOurs(error) {
        FileHandle.standardError.write(Data("plumbline-engine: \(error)\n".utf8))
        Foundation.exit(ExitStatus(error).rawValue)
      }
    } catch {
      exit(withError: error)
    }
  }

  /// Sets what the runtime libraries read once, when they are loaded, by starting this program anew.
  ///
  /// libtorch's OpenMP threads spin for milliseconds at each barrier before they sleep. Beside a
  /// labelling server, or any other load, they then spin away the time of the very thread that
  /// they wait for: eight rows of SmolLM2 fell from 197 tokens a second to 25. And malloc gives
  /// large blocks back to the system at once, which clears their pages anew for each operator: a
  /// sixth of a training step (docs/experiments/generation-speed.md). And Swift's runtime would
  /// spend many seconds on a backtrace, in which a server that crashed keeps its port.
  private static func tuneRuntime() {
    let isTuned = getenv("GLIBC_TUNABLES") != nil
    let spinsAsAsked = getenv("GOMP_SPINCOUNT") != nil || getenv("OMP_WAIT_POLICY") != nil
    let endsQuickly = getenv("SWIFT_BACKTRACE") != nil
    guard !isTuned || !spinsAsAsked || !endsQuickly else { return }
    if !endsQuickly { setenv("SWIFT_BACKTRACE", "enable=no", 1) }
    if !spinsAsAsked { setenv("GOMP_SPINCOUNT", "1000", 1) }
    if !isTuned {
      let most = "4294967296"
      setenv(
        "GLIBC_TUNABLES",
        "glibc.malloc.mmap_threshold=\(most):glibc.malloc.trim_threshold=\(most)", 1)
    }
    // Where the link cannot be read, the program goes on as it is.
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    execv(path, CommandLine.unsafeArgv)
  }
}
