import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import Torch

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times a model on this machine.",
    discussion: """
      Runs once unseen, then --runs times, and prints seconds and tokens a second of each run, \
      then their median and the peak of memory. generate: greedy answers of --tokens tokens; \
      prompt: one token after prompts of --tokens tokens; train and lora: one optimiser step over \
      --batch sequences of --tokens tokens; load: from the folder to a model that can generate.
      """)

  @Argument(help: "generate, prompt, train, lora or load.") var kind: WorkloadKind
  @Option(help: "The folder of the model.") var model: String
  @Option(help: "Rows at once.") var batch = 1
  @Option(help: "Tokens of each row.") var tokens = 64
  @Option(help: "Tokens of the prompts that generate goes on from.") var promptTokens = 16
  @Option(help: "Times it is run.") var runs = 5
  @Option(help: "auto, fp32 or bf16.") var precision = Precision.automatic
  @Flag(help: "Before each run wait for a line on standard input, for runs between another's.")
  var stepwise = false
  @Flag(help: "Write one JSON object a run, and one that sums up.") var json = false

  func validate() throws {
    guard batch > 0, tokens > 1, promptTokens > 0, runs > 0 else {
      throw ValidationError(
        "--batch, --prompt-tokens and --runs must be positive, --tokens at least 2.")
    }
  }

  private struct Run: Encodable {
    var run: Int
    var seconds: Double
    var tokensPerSecond: Double
    var liveTensors: Int
    var residentBytes: Int
  }

  private struct Summary: Encodable {
    var medianSeconds: Double
    var tokensPerSecond: Double
    var peakBytes: Int
    var threads: Int
  }

  func run() throws {
    let workload = try Workload(
      kind, folder: URL(filePath: model, directoryHint: .isDirectory), precision: precision,
      size: .init(batch: batch, tokens: tokens, promptTokens: promptTokens))
    if kind != .load { try workload.run() }
    if stepwise { try Console.line(json: ["ready": true]) }
    var seconds: [Double] = []
    for number in 1...runs {
      if stepwise, readLine() == nil { return }
      try Interruption.check(step: number - 1, of: runs)
      let start = ContinuousClock.now
      try workload.run()
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      seconds.append(elapsed)
      try tell(
        Run(
          run: number, seconds: elapsed, tokensPerSecond: Double(workload.tokens) / elapsed,
          liveTensors: Tensor.liveCount, residentBytes: residentBytes()))
    }
    let median = seconds.sorted()[seconds.count / 2]
    try tell(
      Summary(
        medianSeconds: median, tokensPerSecond: Double(workload.tokens) / median,
        peakBytes: peakBytes(), threads: Backend.threadCount))
  }

  private func tell(_ run: Run) throws {
    guard !json else { return try Console.line(json: run) }
    print(
      String(
        format: "run %d: %.3f s, %.1f tokens/s", run.run, run.seconds, run.tokensPerSecond))
  }

  private func tell(_ summary: Summary) throws {
    guard !json else { return try Console.line(json: summary) }
    print(
      String(
        format: "median %.3f s, %.1f tokens/s; peak %.0f MB; %d threads", summary.medianSeconds,
        summary.tokensPerSecond, Double(summary.peakBytes) / 1e6, summary.threads))
  }
}
