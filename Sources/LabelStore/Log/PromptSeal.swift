import Foundation
import Hashing
import PreferenceData

/// The digest of the prompts that one transaction inserts, with the responses that were inserted
/// with them. The event of the transaction contains it.
///
/// Each prompt's texts are hashed before the write begins, so that the writer hashes little more
/// than names and positions.
struct PromptSeal {
  /// The part of a prompt that is known before it is stored.
  struct Content: Sendable, Hashable {
    fileprivate let digest: [UInt8]

    init(
      messages: String, metadata: String, contentHash: Data, group: String,
      responses: some Collection<(text: String, source: String?)>
    ) {
      var rows = SealedRows()
      rows.add(messages)
      rows.add(metadata)
      contentHash.withUnsafeBytes { rows.add($0) }
      rows.add(group)
      for response in responses {
        rows.add(response.text)
        rows.add(response.source)
      }
      digest = rows.digest().withUnsafeBytes { Array($0) }
    }
  }

  /// The columns of a prompt that never change, other than its texts.
  struct Place {
    var id: PromptID
    var task: TaskID
    var name: String
    var round: Int
    var original: PromptID?
    var position: Int
    var shuffle: Int64
    var createdAt: Int64
  }

  private(set) var first: PromptID?
  private(set) var last: PromptID?
  private(set) var count = 0
  private var rows = SealedRows()

  var isEmpty: Bool { first == nil }

  /// Adds the next prompt, and the names of the responses that are stored with it.
  mutating func add(_ place: Place, _ content: Content, responses names: [String]) {
    add(place, content, responseCount: names.count)
    for (index, name) in names.enumerated() {
      addResponse(named: name, position: Int64(index + 1), createdAt: place.createdAt)
    }
  }

  /// Adds the next prompt. Call `addResponse` next, for each of its responses.
  mutating func add(_ place: Place, _ content: Content, responseCount: Int) {
    first = first ?? place.id
    last = place.id
    count += 1
    rows.add(place.id.rawValue)
    rows.add(place.task.rawValue)
    rows.add(place.name)
    rows.add(Int64(place.round))
    rows.add(place.original?.rawValue)
    rows.add(Int64(place.position))
    rows.add(place.shuffle)
    rows.add(place.createdAt)
    rows.add(content.digest)
    rows.add(Int64(responseCount))
  }

  mutating func addResponse(named name: String, position: Int64, createdAt: Int64) {
    rows.add(name)
    rows.add(position)
    rows.add(createdAt)
  }

  /// The digest of all prompts that were added.
  var sha256: String { rows.hexadecimal() }

  /// The seal in the form that events contain; nil if no prompt was added.
  var json: JSONValue? {
    guard let first, let last else { return nil }
    return [
      "first": .integer(Int(first.rawValue)), "last": .integer(Int(last.rawValue)),
      "sha256": .string(sha256),
    ]
  }
}

/// The digest of responses that are added to existing prompts.
struct ResponseSeal {
  private var rows = SealedRows()
  private var prompts: [PromptID] = []

  mutating func add(_ prompt: PromptID, responseCount: Int) {
    prompts.append(prompt)
    rows.add(prompt.rawValue)
    rows.add(Int64(responseCount))
  }

  mutating func add(name: String, text: String, source: String?, createdAt: Int64) {
    rows.add(name)
    rows.add(text)
    rows.add(source)
    rows.add(createdAt)
  }

  /// The seal in the form that events contain: ranges of prompts in ascending order, and the
  /// digest.
  var json: JSONValue {
    var ranges: [(first: Int64, last: Int64)] = []
    for prompt in prompts.map(\.rawValue) {
      if let previous = ranges.last, previous.last + 1 == prompt {
        ranges[ranges.count - 1].last = prompt
      } else {
        ranges.append((prompt, prompt))
      }
    }
    return [
      "prompts": .array(
        ranges.map { .array([.integer(Int($0.first)), .integer(Int($0.last))]) }),
      "sha256": .string(rows.hexadecimal()),
    ]
  }
}
