import Alignment
import ArgumentParser
import Foundation
import PreferenceData

/// The arguments that all training commands share.
struct StageArguments: ParsableArguments {
  @Option(help: "Model folder to start from.")
  var model: String?

  @Option(
    help: """
      Dataset: judgements of the workbench, or rows of prompts, answers or messages (docs/formats.md); \
      JSON Lines, JSON or CSV. FILE:0.3 sets the share of its examples in an epoch. Repeatable.
      """)
  var dataset: [String] = []

  @Option(help: "Folder of the run.")
  var output: String?

  @Option(help: "YAML file with settings.")
  var config: String?

  @Option(help: "Published recipe: \(Preset.names.joined(separator: ", ")).")
  var preset: String?

  @Flag(help: "Write progress and the result as JSON lines to standard output.")
  var json = false

  @Flag(help: "Print only errors.")
  var quiet = false

  @Flag(help: "Resume from the newest valid checkpoint in --output, if there is one.")
  var resume = false

  @Flag(help: "Print the resolved settings and exit.")
  var showSettings = false

  @OptionGroup var template: ChatTemplateArguments

  @Argument(help: "Settings, for example learningRate=1e-4.")
  var settings: [String] = []

  /// Runs a stage with the resolved settings, and reports its result.
  ///
  /// `command` is its name in presets; `words` are settings given as options of the command.
  func run(
    _ command: String, _ sections: [any SettingsSection], words: [String] = [],
    needsModel: Bool = true,
    _ stage: (StageRequest) throws -> StageReport
  ) throws {
    var resolved = try Settings(sections)
    if let preset {
      let deviations = try Preset.apply(preset, command: command, to: &resolved)
      if let deviations, !quiet {
        FileHandle.standardError.write(
          Data("preset \(preset) differs from its source: \(deviations)\n".utf8))
      }
    }
    if let config {
      guard let data = FileManager.default.contents(atPath: config) else {
        throw ValidationError("--config \(config): the file does not exist or cannot be read.")
      }
      try resolved.merge(yaml: String(decoding: data, as: UTF8.self), file: config)
    }
    let datasets = DatasetArgument.all(dataset)
    let template = template.chatTemplate.map { ["chatTemplate=\($0)"] } ?? []
    try resolved.merge(words: words + template + settings + DatasetArgument.words(datasets))
    if showSettings { return print(resolved.yaml, terminator: "") }
    let workers = try Workers(environment: ProcessInfo.processInfo.environment)
    let folder = try required(output, "output")
    // Only the first process of a run writes output. The others write to a temporary folder.
    let scratch = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-worker-\(ProcessInfo.processInfo.processIdentifier)")
    defer { if !workers.isFirst { try? FileManager.default.removeItem(at: scratch) } }
    let speaks = workers.isFirst
    let request = StageRequest(
      model: URL(
        filePath: needsModel ? try required(model, "model") : model ?? "",
        directoryHint: .isDirectory),
      datasets: try required(datasets.isEmpty ? nil : datasets.map(\.path), "dataset"),
      output: speaks ? URL(filePath: folder, directoryHint: .isDirectory) : scratch,
      settings: resolved, progress: !speaks ? .quiet : json ? .jsonLines : quiet ? .quiet : .text,
      resumes: resume, workers: workers)
    let summary = try stage(request)
    guard speaks else { return }
    if json {
      print(CanonicalJSON.text(summary.json))
    } else if !quiet {
      print(summary.text)
    }
  }

  func required<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw ValidationError("--\(name) is required.") }
    return value
  }
}

/// A value of `--dataset`: a path, perhaps with the share of an epoch behind a colon.
struct DatasetArgument {
  let path: String
  let share: String?

  /// A colon belongs to the name if there is a file with it, or no number follows.
  init(_ argument: String) {
    if let colon = argument.lastIndex(of: ":"), colon > argument.startIndex,
      !FileManager.default.fileExists(atPath: argument)
    {
      let share = String(argument[argument.index(after: colon)...])
      if Double(share) != nil {
        (path, self.share) = (String(argument[..<colon]), share)
        return
      }
    }
    (path, share) = (argument, nil)
  }

  static func all(_ arguments: [String]) -> [DatasetArgument] { arguments.map(Self.init) }

  /// The setting `mix`, if a file has a share.
  static func words(_ datasets: [DatasetArgument]) -> [String] {
    guard datasets.contains(where: { $0.share != nil }) else { return [] }
    return ["mix=" + datasets.map { $0.share ?? "all" }.joined(separator: "+")]
  }
}

extension StageReport {
  /// The result as text, one number per line.
  var text: String {
    var lines: [String] = []
    func add(_ value: JSONValue, _ name: String) {
      switch value {
      case .object(let members):
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
          add(value, name.isEmpty ? key : "\(name) \(key)")
        }
      case .number(let number): lines.append("  \(name): \(String(format: "%.4g", number))")
      case .integer(let number): lines.append("  \(name): \(number)")
      default: break
      }
    }
    add(.object(metrics), "")
    let memory = String(format: "%.2f GB", Double(peakBytes) / 1e9)
    let time = String(format: "%.0f s", seconds)
    return """
      \(lines.joined(separator: "\n"))
      \(model) (computed in \(precision), \(time), \(memory) at most)
      """
  }
}
