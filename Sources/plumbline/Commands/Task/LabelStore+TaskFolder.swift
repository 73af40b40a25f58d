import Foundation
import LabelStore
import Labelling
import PreferenceData

extension LabelStore {
  /// Adds the task of a folder, or updates it: task.yaml, guidelines.md, its translations such as
  /// guidelines.zh-Hans.md, and the prompts of prompts.jsonl if the task has none yet.
  @discardableResult
  func addTask(from folder: URL) async throws -> LabelTask {
    var definition: TaskDefinition
    do {
      definition = try TaskDefinition(yaml: text(of: "task.yaml", in: folder))
    } catch let error as LabellingError {
      throw Failure(.badData, "\(folder.path)/\(error)")
    }
    let guidelines = try text(of: "guidelines.md", in: folder)
    for language in translations(in: folder) {
      definition.guidelinesIn[language] = try text(of: "guidelines.\(language).md", in: folder)
    }
    let task = try await saveTask(definition, guidelines: guidelines)
    let prompts = folder.appending(path: "prompts.jsonl")
    guard task.progress.prompts == 0, FileManager.default.fileExists(atPath: prompts.path) else {
      return task
    }
    let report = try await importPrompts(
      JSONLinesReader(path: prompts.path), into: task.id, source: prompts.path)
    try report.check(file: prompts.path)
    return try await self.task(task.id)
  }

  /// Returns the language tags of files such as `guidelines.zh-Hans.md`.
  private func translations(in folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      name.wholeMatch(of: #/guidelines\.([A-Za-z0-9\-]{1,35})\.md/#).map { String($0.output.1) }
    }
  }

  private func text(of name: String, in folder: URL) throws -> String {
    let file = folder.appending(path: name)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw Failure(
        .unavailable,
        "\(file.path) is missing or is not UTF-8 text. A task needs task.yaml and guidelines.md.")
    }
    return text
  }

  /// Finds a task. Throws `Failure` with the known tasks.
  func taskOrFailure(_ slug: String) async throws -> LabelTask {
    do {
      return try await task(slug: slug)
    } catch LabelStoreError.notFound {
      let known = try await tasks().map(\.slug).joined(separator: ", ")
      throw Failure(
        .unavailable,
        "There is no task “\(slug)”. \(known.isEmpty ? "No tasks exist yet." : "Known tasks: \(known).")"
      )
    }
  }
}

extension ImportReport {
  /// Throws `Failure` with the invalid lines, if there are any.
  ///
  /// - Parameter numbersRows: Whether the errors name rows, because several stand on one line.
  func check(file: String, numbersRows: Bool = false, isDryRun: Bool = false) throws {
    guard let first = errors.first else { return }
    let place = numbersRows ? "row" : "line"
    var lines = errors.prefix(10).map { $0.text(in: file, numbersRows: numbersRows) }
    if rejected > lines.count { lines.append("… and \(rejected - lines.count) more") }
    throw Failure(
      .badData,
      """
      \(rejected == 1 ? "1 \(place) is" : "\(rejected) \(place)s are") invalid, so nothing \
      \(isDryRun ? "would be" : "was") stored (first: \(place) \(first.line)).
      \(lines.joined(separator: "\n"))
      Correct them, or leave them out with: --skip-invalid --rejects FILE
      """)
  }
}

extension LineError {
  /// The error with its place, as compilers write it.
  func text(in file: String, numbersRows: Bool) -> String {
    numbersRows ? "\(file): row \(line): \(message)" : "\(file):\(line): \(message)"
  }
}
