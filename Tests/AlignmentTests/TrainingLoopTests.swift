import Alignment
import Foundation
import PreferenceData
import Testing
import Torch

/// Training of a small regression: everything of a stage but the language model.
@Suite("Training loop", .serialized)
struct TrainingLoopTests {
  private struct Point: TrainingExample {
    let name: String
    let x: Double
    let y: Double
    var tokenCount: Int { 1 }
  }

  private static let points = (0..<13).map {
    Point(name: "p\($0)", x: sin(Double($0)), y: cos(Double(3 * $0)))
  }

  /// Trains y ≈ w·x + b in a folder; `stopAt` asks for an end at that step.
  private static func train(
    in folder: URL, resumes: Bool = false, stopAt: Int? = nil, seed: Int = 1,
    poison: String? = nil, checkpointEvery: Int = 2, averageDecay: Double = 0,
    watch: ([Float]) -> Void = { _ in }
  ) throws -> [Float] {
    var options = TrainingOptions()
    options.seed = seed
    options.learningRate = 0.05
    options.checkpointEvery = checkpointEvery
    options.averageDecay = averageDecay
    var settings = try Settings([options])
    try settings.merge(words: ["checkpointEvery=\(checkpointEvery)"])
    let generator = Generator(seed: 7)
    let weights = ["w", "v"].map {
      Parameter(name: $0, value: generator.normal([2, 3]))
    }
    weights.forEach { $0.train() }
    let run = try StageFolder(folder, settings: settings, resumes: resumes)
    var steps = 0
    _ = try OfflineTraining(
      stage: "test", examples: points, epochs: 3, batch: 4, options: options, run: run,
      progress: ProgressReport(stage: "test", style: .quiet)
    )(weights) { batch in
      watch(weights.flatMap { $0.value.detached().floats() })
      steps += 1
      if steps == stopAt { Interruption.request() }
      let loss = loss(weights, batch, poison: poison)
      loss.backward()
      return ["loss": loss.item()]
    }
    return weights.flatMap { $0.value.detached().floats() }
  }

  private static func loss(_ weights: [Parameter], _ batch: [Point], poison: String?) -> Tensor {
    let terms = batch.map { point in
      let prediction = (weights[0].value * point.x).tanh() * weights[1].value
      let target = point.name == poison ? Double.nan : point.y
      return (prediction.sum() - target).square()
    }
    return Tensor.stacked(terms).mean()
  }

  private static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer {
      try? FileManager.default.removeItem(at: folder)
      Interruption.withdraw()
    }
    try body(folder)
  }

  private static func metrics(_ folder: URL) throws -> String {
    try String(contentsOf: folder.appending(path: "metrics.jsonl"), encoding: .utf8)
  }

  @Test("A run that is resumed equals one never interrupted, bit for bit", arguments: 1...11)
  func resumeIsExact(stop: Int) throws {
    try Self.withFolder { folder in
      let whole = folder.appending(path: "whole")
      let parts = folder.appending(path: "parts")
      let expected = try Self.train(in: whole)

      #expect(throws: AlignmentError.self) { try Self.train(in: parts, stopAt: stop) }
      Interruption.withdraw()
      let resumed = try Self.train(in: parts, resumes: true)

      #expect(resumed == expected)
      #expect(try Self.metrics(parts) == Self.metrics(whole))
    }
  }

  @Test("The run ends with the average of its weights, and resumes to the same bits")
  func averages() throws {
    try Self.withFolder { folder in
      var weights: [[Float]] = []
      let last = try Self.train(in: folder.appending(path: "plain")) { weights.append($0) }
      weights.append(last)
      let expected = weights.dropFirst().reduce(weights[0]) { average, next in
        zip(average, next).map { 0.7 * $0 + 0.3 * $1 }
      }

      let averaged = try Self.train(in: folder.appending(path: "whole"), averageDecay: 0.7)
      let parts = folder.appending(path: "parts")
      #expect(throws: AlignmentError.self) {
        try Self.train(in: parts, stopAt: 5, averageDecay: 0.7)
      }
      Interruption.withdraw()
      let resumed = try Self.train(in: parts, resumes: true, averageDecay: 0.7)

      #expect(zip(averaged, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(averaged != last)
      #expect(resumed == averaged)
    }
  }

  @Test("After a crash the newest good checkpoint is used, and the damaged one passed over")
  func damagedCheckpoint() throws {
    try Self.withFolder { folder in
      let whole = folder.appending(path: "whole")
      let expected = try Self.train(in: whole)
      let crashed = folder.appending(path: "crashed")
      #expect(throws: AlignmentError.self) { try Self.train(in: crashed, stopAt: 9) }
      Interruption.withdraw()
      let files = try FileManager.default.contentsOfDirectory(
        at: crashed.appending(path: "checkpoints"), includingPropertiesForKeys: nil
      ).sorted { $0.path < $1.path }
      #expect(files.map(\.lastPathComponent).count == 2)
      var bytes = try Data(contentsOf: files[1])
      bytes[bytes.count - 3] ^= 0x40
      try bytes.write(to: files[1])

      let resumed = try Self.train(in: crashed, resumes: true)

      #expect(resumed == expected)
      #expect(try Self.metrics(crashed) == Self.metrics(whole))
    }
  }

  @Test("A setting that is new since a run was started changes nothing by default")
  func newSetting() throws {
    try Self.withFolder { folder in
      let settings = try Settings([TrainingOptions()])
      _ = try StageFolder(folder, settings: settings)
      let file = folder.appending(path: "run.yaml")
      let written = try String(contentsOf: file, encoding: .utf8)
      #expect(written.contains("shuffle: true\n"))
      try Data(written.replacing("shuffle: true\n", with: "").utf8).write(to: file)
      _ = try StageFolder(folder, settings: settings, resumes: true)

      try Data(written.replacing("shuffle: true\n", with: "").utf8).write(to: file)
      var other = settings
      try other.merge(words: ["shuffle=false"])
      #expect(throws: AlignmentError.self) {
        _ = try StageFolder(folder, settings: other, resumes: true)
      }
      try Data((written + "gone: 1\n").utf8).write(to: file)
      #expect(throws: AlignmentError.self) {
        _ = try StageFolder(folder, settings: settings, resumes: true)
      }
    }
  }

  @Test("A truncated checkpoint and a half-written one are not taken up")
  func truncated() throws {
    try Self.withFolder { folder in
      let checkpoints = CheckpointFolder(url: folder)
      for step in 1...3 {
        try checkpoints.write(
          Checkpoint(
            step: step, tensors: [("w", Tensor([Float(step)]))], state: ["step": .integer(step)]))
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(files == ["step-00000002.safetensors", "step-00000003.safetensors"])
      let newest = folder.appending(path: files[1])
      try Data(contentsOf: newest).dropLast(2).write(to: newest)
      try Data("half".utf8).write(to: folder.appending(path: files[1] + ".partial-1"))

      var warnings: [String] = []
      let checkpoint = checkpoints.newest { warnings.append($0) }

      #expect(checkpoint?.step == 2)
      #expect(checkpoint?.tensors[0].value.floats() == [2])
      #expect(warnings.count == 1)
    }
  }

  @Test("A loss that is not a number stops the run before the weights change, and names the batch")
  func notANumber() throws {
    try Self.withFolder { folder in
      #expect {
        try Self.train(in: folder, poison: "p5")
      } throws: { "\($0)".contains("p5") && "\($0)".contains("loss") }
    }
  }

  @Test("A run with other settings is not resumed")
  func otherSettings() throws {
    try Self.withFolder { folder in
      #expect(throws: AlignmentError.self) { try Self.train(in: folder, stopAt: 3) }
      Interruption.withdraw()
      #expect {
        try Self.train(in: folder, resumes: true, checkpointEvery: 5)
      } throws: { "\($0)".contains("checkpointEvery: 5") }
    }
  }

  @Test("Resuming where nothing was begun starts at the beginning")
  func nothingToResume() throws {
    try Self.withFolder { folder in
      let fresh = try Self.train(in: folder.appending(path: "a"))
      let resumed = try Self.train(in: folder.appending(path: "b"), resumes: true)
      #expect(fresh == resumed)
    }
  }

  @Test("Another seed visits the data in another order")
  func seeds() throws {
    try Self.withFolder { folder in
      let first = try Self.train(in: folder.appending(path: "a"), seed: 1)
      let second = try Self.train(in: folder.appending(path: "b"), seed: 2)
      #expect(first != second)
    }
  }
}
