import Foundation
import LanguageModels
import PreferenceData

/// A row of a dataset with its name, file and side of the split.
@dynamicMemberLookup
struct DatasetRow: Sendable {
  var row: TrainingRow
  /// The position of the file among the datasets.
  let file: Int
  /// The prompt's id, or the place of the row: for error messages.
  let name: String
  let split: Split

  subscript<Value>(dynamicMember path: KeyPath<TrainingRow, Value>) -> Value { row[keyPath: path] }
}

/// The rows of all datasets of a run, in the order of the files.
struct TrainingDataset {
  let files: [TrainingFile]
  let rows: [DatasetRow]
  let options: DataOptions
  /// The number of rows that were held out because their files name no split.
  private(set) var heldOutCount = 0

  /// The paths, for error messages.
  var path: String { files.map(\.path).joined(separator: ", ") }

  /// Reads all files. Throws `badData` with the line, and `badSetting` if `mix` has a share for
  /// another number of files.
  init(paths: [String], options: DataOptions) throws {
    self.options = options
    let shares = try options.shares
    try require(
      "mix", options.mix, shares.isEmpty || shares.count == paths.count,
      "a share for each of the \(paths.count) datasets")
    files = try paths.map { try Self.read($0, options.invalidRows) }
    var plan = SplitPlan.Planning(validationShare: options.validationShare)
    let isPlanned = files.map(Self.namesNoSplit)
    for (file, isPlanned) in zip(files, isPlanned) where isPlanned {
      for row in file.rows { plan.see(PromptGroup(of: row.prompt.messages)) }
    }
    let sides = plan.plan
    var rows: [DatasetRow] = []
    for (index, file) in files.enumerated() {
      for var row in file.rows {
        var split = row.split ?? .train
        if isPlanned[index] {
          split = sides[PromptGroup(of: row.prompt.messages)]
          heldOutCount += split == .validation ? 1 : 0
        }
        if options.textPrompts == .chat { row.prompt = .messages(row.prompt.messages) }
        let place = "\(file.unit) \(row.line)"
        rows.append(
          DatasetRow(
            row: row, file: index,
            name: row.id
              ?? (files.count == 1
                ? place : "\(URL(filePath: file.path).lastPathComponent) \(place)"),
            split: split))
      }
    }
    self.rows = rows
  }

  private static func read(_ path: String, _ invalidRows: TrainingFile.InvalidRows) throws
    -> TrainingFile
  {
    do {
      return try TrainingFile(path: path, invalidRows: invalidRows)
    } catch PreferenceDataError.badLine(let error) {
      let numbersRows = (try? ImportPlan(path: path))?.container.numbersRows ?? false
      throw AlignmentError.badData(
        file: path,
        problem: "\(numbersRows ? "row" : "line") \(error.line): \(error.message)")
    }
  }

  /// Whether the rows are to be divided by `validationShare`.
  private static func namesNoSplit(_ file: TrainingFile) -> Bool {
    file.content != .judgement && file.rows.allSatisfy { $0.split == nil }
  }

  func rows(_ split: Split) -> [DatasetRow] { rows.filter { $0.split == split } }

  /// Throws `badData` if a file has other content than a stage learns from.
  ///
  /// - Parameter wanted: Completes “needs …”.
  func check(_ contents: Set<TrainingRow.Content>, for stage: String, _ wanted: String) throws {
    for file in files {
      guard let content = file.content, !contents.contains(content) else { continue }
      throw AlignmentError.badData(
        file: file.path,
        problem: "each row has \(content.words), and “\(stage)” needs \(wanted).")
    }
  }

  /// The distinct prompts of a side: those with other ids, or of rows without ids with other texts.
  func distinctPrompts(_ split: Split) -> [DatasetRow] {
    var ids: Set<String> = []
    var prompts: Set<TrainingPrompt> = []
    return rows(split).filter { row in
      if let id = row.id { return ids.insert(id).inserted }
      return prompts.insert(row.prompt).inserted
    }
  }

  /// The way in which an epoch draws from the files.
  var mix: DatasetMix { DatasetMix(shares: (try? options.shares) ?? []) }

  /// Reports what the rows do not show on the console: held-out and unreadable rows, and texts.
  func tell(_ progress: ProgressReport) {
    for file in files where file.skipped.count > 0 {
      progress.warn(
        "\(file.path): \(file.skipped.count) rows cannot be read and are left out. The first: "
          + "\(file.skipped.first ?? "")")
    }
    if heldOutCount > 0 {
      progress.warn(
        "\(heldOutCount) of \(rows.count) rows are held out (validationShare="
          + "\(options.validationShare)).")
    }
    if rows.contains(where: \.row.prompt.isText) {
      progress.warn(
        "the prompts are texts, which are read as they are, without a chat template. "
          + "textPrompts=chat reads them as messages of a user.")
    }
  }
}

extension ConversationEncoder {
  /// Returns the prompt of a row with answers that fit `maxLength` together.
  func fitted(_ row: DatasetRow, _ answers: [String]) throws -> FittedAnswers {
    try fitted(row.prompt, of: row.name, answers)
  }

  /// Returns a prompt with answers that fit `maxLength` together.
  ///
  /// - Parameter name: The name of the prompt in an error of the chat template.
  func fitted(
    _ prompt: TrainingPrompt, of name: String, _ answers: [String]
  ) throws -> FittedAnswers {
    switch prompt {
    case .messages(let messages):
      try LanguageModelError.naming(name) { try fitted(messages, answers) }
    case .text(let text): fitted(text: text, answers)
    }
  }

  /// Returns the ids of a prompt that an answer is sampled after.
  func promptIDs(_ prompt: TrainingPrompt) throws -> [Int] {
    switch prompt {
    case .messages(let messages): try self.prompt(messages, limit: .max)
    case .text(let text): tokenizer.encode(text)
    }
  }

  /// Encodes a text with each of the texts that continue it, as TRL does: both as one text. The
  /// answers begin where the tokens of the first answer differ from those of the prompt alone.
  private func fitted(text: String, _ answers: [String]) -> FittedAnswers {
    let prompt = tokenizer.encode(text)
    let end = tokenizer.token(of: endToken)
    let whole = answers.map { answer -> [Int] in
      let ids = tokenizer.encode(text + answer)
      return end.map { !$0.isEmpty && answer.hasSuffix($0) } == true ? ids : ids + [endToken]
    }
    let border = whole.map { ids in zip(ids, prompt).prefix { $0 == $1 }.count }.min() ?? 0
    return FittedAnswers(
      whole.map {
        TokenisedResponse(prompt: Array($0[..<border]), response: Array($0[border...]))
      }, limit: maxLength)
  }
}

extension RewardReader {
  /// Returns a prompt with each of some answers, truncated to `limit`.
  func read(
    _ prompt: TrainingPrompt, _ answers: [String], ended: Bool = true
  ) throws -> FittedAnswers {
    switch prompt {
    case .messages(let messages): try read(messages, answers, ended: ended)
    case .text(let text):
      read(promptIDs: encoder.tokenizer.encode(text), answers, ended: ended)
    }
  }
}
