import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import Torch

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed of a model on this machine.",
    discussion: """
      Runs once to warm up, then --runs times. Prints seconds and tokens per second of each run, \
      their median, and the peak of memory. generate: greedy answers of --tokens tokens. prompt: \
      one token after prompts of --tokens tokens. train and lora: one optimiser step over --batch \
      sequences of --tokens tokens. load: loading the folder until the model can generate.
      """)

  @Argument(help: "Workload: generate, prompt, train, lora or load.") var kind: WorkloadKind
  @Option(help: "Model folder.") var model: String
  @Option(help: "Batch size.") var batch = 1
  @Option(help: "Tokens per row.") var tokens = 64
  @Option(help: "Tokens per prompt of generate.") var promptTokens = 16
  @Option(help: "Number of measured runs.") var runs = 5
  @Option(help: "Number type: auto, fp32 or bf16.") var precision = Precision.automatic
  @Flag(
    help: "Wait for a line on standard input before each run, to alternate with another program.")
  var stepwise = false
  @Flag(help: "Write one JSON object per run, and one with the summary.") var json = false

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
