import EngineJobs
import Foundation
import LabelStore
import Labelling
import PreferenceData

/// A workspace in a temporary folder, with a base model of empty files.
struct RetrainingFixture {
  let workspace: Workspace
  let store: LabelStore

  init() throws {
    let root = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    workspace = Workspace(root.path)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    store = try LabelStore.open(path: workspace.store.path)
    try addModel(WorkspaceModel.defaultBase)
  }

  func addModel(_ name: String) throws {
    let model = WorkspaceModel(name, in: workspace.models)
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
      if [ $stage = score ]; then
        number=0
        while read -r line; do
          # The first answer of each pair leads by less and less.
          number=$((number + 1))
          echo '{"score":'$(( number % 2 ? 9 : number / 2 ))'}'
        done < "$input" > "$output"
        echo '{"lines":2}'
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

  /// A task whose prompts were all judged, each with two answers.
  @discardableResult
  func addJudgedTask(
    _ slug: String = "stories", prompts: Int = 24, overlap: Int = 1, demonstrations: Bool = false
  ) async throws -> LabelTask {
    var questions = Questions.standard
    questions.add(.text("demonstration"))
    let definition = TaskDefinition(
      slug: slug, overlap: overlap, responses: 2, questions: questions)
    let task = try await store.saveTask(definition, guidelines: "Rank.", seed: 1)
    var parser = JSONLinesParser(PromptRecord.self)
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    for number in 0..<prompts {
      let record = PromptRecord(
        id: "p\(number)", prompt: "Question \(number)?",
        responses: [.init(text: "Yes."), .init(text: "No.")])
      parser.feed(CanonicalJSON.bytes(record.json) + [0x0A]) { rows.append($0) }
    }
    _ = try await store.importPrompts(rows, into: task.id)
    for name in ["grace", "ada", "alan"].prefix(overlap) {
      let labeller = try await store.addPerson(named: "\(slug)-\(name)", role: .labeller)
      while let assignment = try await store.claimNextPrompt(of: task.id, for: labeller.id) {
        var form = JudgementForm(ranking: assignment.keys.map { [$0] })
        if demonstrations { form.demonstration = "Indeed." }
        _ = try await store.submitJudgement(form, for: assignment.id, by: labeller.id)
      }
    }
    return try await store.task(task.id)
  }
}
