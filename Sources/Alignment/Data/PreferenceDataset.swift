import Foundation
import PreferenceData

/// The judgements of a `rankings` file, parted by split.
public struct PreferenceDataset: Sendable {
  public let path: String
  public let records: [PreferenceRecord]

  /// Reads every line; a bad one is an error that names it.
  public init(path: String) throws {
    self.path = path
    records = try Alignment.read(path)
  }

  public func records(_ split: Split) -> [PreferenceRecord] {
    records.filter { ($0.split ?? .train) == split }
  }

  /// The demonstrations of a split: a prompt and the answer that a person wrote for it.
  public func demonstrations(_ split: Split) -> [(prompt: [ChatMessage], answer: String)] {
    records(split).compactMap { record in
      guard let text = record.demonstration, !text.isEmpty else { return nil }
      return (record.prompt, text)
    }
  }
}

/// A line of `--prompts`: what a policy is tuned or measured on.
public struct PolicyPrompt: Sendable, Codable {
  public var promptID: String
  public var messages: [ChatMessage]
  public var split: Split?

  enum CodingKeys: String, CodingKey {
    case promptID = "prompt_id"
    case messages, split
  }

  public init(promptID: String, messages: [ChatMessage], split: Split?) {
    self.promptID = promptID
    self.messages = messages
    self.split = split
  }

  /// Reads a file of prompts; a bad line is an error that names it.
  public static func read(path: String) throws -> [PolicyPrompt] {
    try Alignment.read(path)
  }

  /// The distinct prompts of a dataset, in order.
  public static func distinct(_ records: [PreferenceRecord]) -> [PolicyPrompt] {
    var seen: Set<String> = []
    return records.compactMap { record in
      guard seen.insert(record.promptID).inserted else { return nil }
      return PolicyPrompt(
        promptID: record.promptID, messages: record.prompt, split: record.split)
    }
  }
}

extension PolicyPrompt: LineRecord {
  public static func read(_ value: JSONValue, from line: ArraySlice<UInt8>) throws -> Self {
    let prompt = try JSONDecoder().decode(Self.self, from: Data(line))
    guard !prompt.messages.isEmpty else { throw LineProblem.emptyPrompt }
    return prompt
  }
}

/// Reads all lines of a file; a bad one is an error that names the file and the line.
private func read<Record: LineRecord>(_ path: String) throws -> [Record] {
  do {
    return try JSONLinesReader(path: path, of: Record.self).records()
  } catch PreferenceDataError.badLine(let error) {
    throw AlignmentError.badData(file: path, problem: "line \(error.line): \(error.message)")
  }
}
