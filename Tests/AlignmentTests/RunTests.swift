import Alignment
import Foundations
import Testing

@Suite("Settings")
struct SettingsTests {
  @Test("Words win over the file, the file over the defaults")
  func order() throws {
    var settings = try Settings([TrainingOptions(), RolloutOptions(), PPOOptions()])
    try settings.merge(yaml: "learningRate: 1e-3\nepisodes: 7\nschedule: linear\n", file: "x.yaml")
    try settings.merge(words: ["episodes=9", "clipRange=1", "precision=fp32"])

    let training = try settings.section(TrainingOptions.self)
    let policy = try settings.section(PPOOptions.self)

    #expect(training.learningRate == 1e-3)
    #expect(training.schedule == .linear)
    #expect(training.precision == .float32)
    #expect(try settings.section(RolloutOptions.self).episodes == 9)
    #expect(policy.clipRange == 1)
    #expect(policy.lambda == 0.95)
  }

  @Test(
    "A setting that cannot be is refused by name",
    arguments: [
      ("lernRate=1", "unknown setting “lernRate”"), ("episodes=many", "episodes=many"),
      ("clipRange=big", "expected a number"), ("seed", "expected key=value"),
      ("schedule=wavy", "schedule=wavy"),
    ])
  func refusals(word: String, message: String) throws {
    #expect {
      var settings = try Settings([TrainingOptions(), RolloutOptions(), PPOOptions()])
      try settings.merge(words: [word])
      _ = try settings.section(TrainingOptions.self)
    } throws: { "\($0)".contains(message) }
  }

  @Test("A file that is no flat mapping is refused with its name")
  func badFile() throws {
    #expect {
      var settings = try Settings([TrainingOptions()])
      try settings.merge(yaml: "a: {b: 1}", file: "deep.yaml")
    } throws: { "\($0)".contains("deep.yaml") }
  }

  @Test("Resolved settings, read back, are the same")
  func roundTrip() throws {
    var first = try Settings([TrainingOptions(), RolloutOptions(), PPOOptions()])
    try first.merge(words: ["learningRate=3e-5", "whitening=trl"])
    var second = try Settings([TrainingOptions(), RolloutOptions(), PPOOptions()])
    try second.merge(yaml: first.yaml, file: "run.yaml")
    #expect(first.yaml == second.yaml)
  }
}

@Suite("Bootstrap")
struct BootstrapTests {
  @Test("The interval of a mean covers the truth about 95 times in 100")
  func coverage() throws {
    var state: UInt64 = 1
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    var covered = 0
    for trial in 0..<200 {
      let groups = (0..<60).map { _ -> [Double] in
        let center = uniform()
        return (0..<3).map { _ in center + uniform() - 0.5 }
      }
      let estimate = try #require(Bootstrap.mean(of: groups, resamples: 400, seed: trial))
      if estimate.low <= 0.5, 0.5 <= estimate.high { covered += 1 }
    }
    #expect((180...200).contains(covered))
  }

  @Test("Rows of one prompt count as one: copies do not narrow the interval")
  func groups() throws {
    let rows: [[Double]] = [[1], [0], [1], [1], [0], [1]]
    let copies = rows.map { Array(repeating: $0[0], count: 50) }
    #expect(Bootstrap.mean(of: rows) == Bootstrap.mean(of: copies))
    #expect(Bootstrap.mean(of: []) == nil)
  }
}

@Suite("Micro-batches")
struct MicroBatchTests {
  @Test("Order is kept, the limit holds, a large item stands alone")
  func split() {
    let batches = MicroBatches.split([3, 4, 2, 9, 1, 1], limit: 7) { $0 }
    #expect(batches == [[3, 4], [2], [9], [1, 1]])
  }
}
