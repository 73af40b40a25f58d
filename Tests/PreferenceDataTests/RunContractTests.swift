import Foundation
import PreferenceData
import Testing

/// The texts are those that version 0.1.0 of the two programs wrote.
@Suite("Contract between the workbench and the engine")
struct RunContractTests {
  @Test(
    "A progress line keeps its bytes",
    arguments: [
      // Standard output of `pretrain --json`.
      #"""
      {"gradientNorm":1.2907069530747577,"learningRate":0.00016028856829700258,\#
      "loss":2.602036237716675,"of":6,"seconds":0.17938862800000002,"secondsLeft":0.0,\#
      "stage":"pretrain","step":6,"tokensPerSecond":1070.3320723650845}
      """#,
      // The engine's metrics.jsonl.
      #"""
      {"gradientNorm":1.654858463800029,"learningRate":0.001,"loss":2.666416883468628,\#
      "stage":"pretrain","step":1}
      """#,
      // The workbench's metrics.jsonl.
      #"{"loss":0.7,"of":2,"stage":"reward","step":1}"#,
    ])
  func progress(line: String) throws {
    guard case .progress(let progress) = try #require(EngineMessage(line: line)) else {
      Issue.record("a progress line was read as something else")
      return
    }
    #expect(EngineMessage.progress(progress).line == line)
    let coded = try JSONDecoder().decode(StageProgress.self, from: Data(line.utf8))
    #expect(coded == progress)
    #expect(try CanonicalJSON.json(encoding: coded)["step"]?.intValue == progress.step)
  }

  @Test("Steps out of any range, and lines that are no objects, do no harm")
  func hostileLines() throws {
    #expect(EngineMessage(line: "step 1 of 2") == nil)
    #expect(EngineMessage(line: "[1]") == nil)
    guard
      case .progress(let progress) = EngineMessage(
        line: #"{"of":9000000000000000000,"step":-5,"loss":"nan"}"#)
    else {
      Issue.record("a line with a step is progress")
      return
    }
    #expect(progress.step == 0)
    #expect(progress.total == 1_000_000_000_000)
    #expect(progress.values.isEmpty)
    #expect(EngineMessage(line: #"{"lines":2}"#) == .summary(["lines": 2]))
  }

  private static let report = #"""
    {"lineage":{"base":"","dataset":"text.txt","datasetSHA256":"b89c24ae2b","inputs":\#
    {"dataset":"b89c24ae2b"},"version":"0.1.0"},"metrics":{"accuracy":0.013908205841446454,\#
    "parameters":3792,"data":{"train":{"examples":9}},"samples":[{"text":"é"}]},\#
    "model":"base/model","peakBytes":161243136,"precision":"F32","seconds":0.242612868,\#
    "tokensPerSecond":790.6690086447425}
    """#

  @Test("A stage report keeps its members")
  func stageReport() throws {
    let json = try JSONValue(parsing: Self.report)
    let report = try #require(StageReport(json: json))
    #expect(report.json == json)
    #expect(report.lineage?.inputs == ["dataset": "b89c24ae2b"])
    let coded = try JSONDecoder().decode(StageReport.self, from: Data(Self.report.utf8))
    #expect(coded == report)

    // What the engine prints last is the report without its lineage.
    var printed = report
    printed.lineage = nil
    #expect(EngineMessage(line: CanonicalJSON.text(printed.json)) == .summary(printed.json))
  }

  @Test("A report without a model folder is of no finished stage")
  func finishedReport() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "contract \(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stage = RunFolder("story-1", in: folder).stage("reward")
    try FileManager.default.createDirectory(at: stage.model, withIntermediateDirectories: true)
    try Data(Self.report.utf8).write(to: stage.report)
    #expect(stage.finishedReport() == nil)
    try Data("{}".utf8).write(to: ModelLayout(stage.model).configuration)
    #expect(stage.finishedReport()?.peakBytes == 161_243_136)
    #expect(!ModelLayout(stage.model).isComplete)
  }

  private static let lineage = """
    {
      "base" : "smollm2-135m-instruct",
      "createdAt" : "2026-11-30T12:00:00Z",
      "dataset" : {
        "counts" : {
          "train" : {
            "comparisons" : 40,
            "demonstrations" : 0,
            "judgements" : 20,
            "prompts" : 20,
            "rankedPrompts" : 19
          },
          "validation" : {
            "comparisons" : 8,
            "demonstrations" : 0,
            "judgements" : 4,
            "prompts" : 4,
            "rankedPrompts" : 4
          }
        },
        "sha256" : "b89c24ae2b"
      },
      "method" : "ppo",
      "name" : "story-1",
      "parent" : "smollm2-135m-instruct",
      "run" : "story-1",
      "seed" : 1,
      "settings" : {
        "reward.epochs" : "2"
      },
      "stages" : {
        "ppo" : {
          "metrics" : {
            "kl" : 0.5
          },
          "model" : "runs/story-1/ppo/model"
        }
      },
      "task" : "story",
      "version" : "0.1.0"
    }

    """

  @Test("The lineage of a model keeps its bytes")
  func modelLineage() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "lineage \(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = ModelLayout(folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(ModelLineage(of: model) == nil)
    try Data(Self.lineage.utf8).write(to: model.lineage)
    let lineage = try #require(ModelLineage(of: model))
    try FileManager.default.removeItem(at: model.lineage)
    try lineage.write(to: model)
    #expect(try String(contentsOf: model.lineage, encoding: .utf8) == Self.lineage)
  }
}
