import Alignment
import ArgumentParser
import Foundation

@main
struct PlumblineEngine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline-engine",
    abstract: "Train and run language models with human feedback.",
    discussion: """
      Models are Hugging Face folders. Datasets are JSON Lines in the format “rankings”. Training \
      commands take settings as key=value arguments; --show-settings lists them.
      """,
    subcommands: [
      Convert.self, Tokenize.self, TrainTokenizer.self, Sample.self, Logprobs.self, Score.self,
      Evaluate.self, WinRates.self, BestOfN.self, Inspect.self, Selfcheck.self, Bench.self,
      Serve.self, Pretrain.self, Sft.self, Reward.self, Ppo.self, Rloo.self, Grpo.self,
      ReinforcePlusPlus.self, Dpo.self, OnlineDpo.self, Kto.self, Orpo.self,
    ])

  static func main() async {
    // Files derived from people's judgements must not be readable by other users of the machine.
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

  /// Sets environment variables that the runtime libraries read when they are loaded, by restarting
  /// the program.
  ///
  /// libtorch's OpenMP threads spin for milliseconds at each barrier before they sleep. Next to any
  /// other load, they take time from the thread that they wait for: eight rows of SmolLM2 dropped
  /// from 197 tokens per second to 25. malloc returns large blocks to the system immediately, so
  /// that their pages are cleared again for each operator, which takes a sixth of a training step
  /// (docs/experiments/generation-speed.md). After a crash, Swift's runtime spends many seconds on
  /// a backtrace, during which a server keeps its port.
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
    // If the link cannot be read, the program continues without these settings.
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    execv(path, CommandLine.unsafeArgv)
  }
}
