import Foundation
import LabelServer
import PreferenceData

/// A workspace in a temporary folder, with a base model of empty files.
struct Bench {
  let workspace: Workspace

  init() throws {
    let root = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    workspace = Workspace(root.path)
    try addModel(ModelFolder.defaultBase)
  }

  func addModel(_ name: String) throws {
    let model = ModelFolder(name, in: workspace.models)
    try FileManager.default.createDirectory(at: model.url, withIntermediateDirectories: true)
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
      try Data("{}".utf8).write(to: model.url.appending(path: file))
    }
  }

  /// Writes a shell script that stands in for the engine.
  ///
  /// Every call is written to `calls.txt`; `body` runs before the stage succeeds.
  func engine(_ body: String = "") throws -> Engine {
    let script = """
      #!/bin/sh
      echo "$@" >> "\(calls.path)"
      stage=$1
      output=""
      while [ $# -gt 0 ]; do
        if [ "$1" = "--input" ]; then input=$2; fi
        if [ "$1" = "--output" ]; then output=$2; fi
        shift
      done
      \(body)
      if [ $stage = sample ]; then
        while read -r line; do
          echo '{"responses":[{"text":"One."},{"text":" Two."},{"text":"One."}]}'
        done < "$input" > "$output"
        echo '{"prompts":1,"responses":3}'
        exit 0
      fi
      echo '{"stage":"'$stage'","step":1,"of":2,"loss":0.7}'
      echo '{"stage":"'$stage'","step":2,"of":2,"loss":0.5}'
      mkdir -p "$output/model"
      for file in config.json model.safetensors tokenizer.json; do
        echo "$stage" > "$output/model/$file"
      done
      summary='{"model":"'$output'/model","metrics":{"accuracy":0.75},"seconds":0.1,"peakBytes":1}'
      echo "$summary" > "$output/report.json"
      echo "$summary"
      """
    let url = workspace.root.appending(path: "engine-\(UUID().uuidString).sh")
    try Data(script.utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    return Engine(executable: url.path)
  }

  var calls: URL { workspace.root.appending(path: "calls.txt") }

  /// The stages that the engine was asked to run, in order.
  func stagesRun() throws -> [String] {
    try String(contentsOf: calls, encoding: .utf8).split(separator: "\n")
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  /// Rankings of two answers each.
  static func dataset(
    train: Int = 10, heldOut: Int = 3, demonstrations: Bool = false
  ) -> RetrainingDataset {
    let splits = [Split](repeating: .train, count: train)
    let all = splits + [Split](repeating: .validation, count: heldOut)
    let records = all.enumerated().map { index, split in
      let prompt = [ChatMessage(role: .user, content: "Question \(index)?")]
      return PreferenceRecord(
        task: "stories", promptID: "p\(index)", prompt: prompt,
        responses: [.init(id: "a", text: "Yes."), .init(id: "b", text: "No.")],
        ranking: [["a"], ["b"]], demonstration: demonstrations ? "Indeed." : nil,
        labeller: "labeller-1", shownOrder: ["b", "a"], assignmentSeed: index,
        createdAt: "2026-01-01T00:00:00.000Z", split: split)
    }
    let prompts = records.map {
      RetrainingDataset.Prompt(id: $0.promptID, messages: $0.prompt, split: $0.split ?? .train)
    }
    let manifest = Manifest(
      task: "stories", format: .rankings, file: "rankings.jsonl", eventLogHead: "",
      createdAt: "2026-01-01T00:00:00.000Z")
    return RetrainingDataset(records: records, prompts: prompts, manifest: manifest)
  }
}
