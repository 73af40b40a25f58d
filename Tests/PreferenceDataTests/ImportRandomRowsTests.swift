import Foundations
import PreferenceData
import Testing

@Suite("Random rows")
struct ImportRandomRowsTests {
  private static let keys = [
    "id", "prompt_id", "prompt", "messages", "instruction", "input", "question", "conversations",
    "history", "system", "chosen", "rejected", "response", "responses", "response_a", "response_b",
    "answer_1", "answer_2", "completions", "generations", "model_a", "model_b", "models", "scores",
    "score_a", "winner", "preference", "label", "labels", "annotator1", "judge", "reason", "gold",
    "language", "rubric", "images", "tools", "metadata", "data", "fields", "annotations",
    "conversation_a", "conversation_b", "conversation_history", "message_id", "parent_id", "text",
    "role", "context", "individual_preference", "overall_preference", "snapshot", "meta", "zzz",
  ]
  private static let texts = [
    "", " ", "Why?", "a", "b", "model_a", "tie", "A", "English", "\n\nHuman: Hi\n\nAssistant: ",
    "[{'role': 'user', 'content': 'x'}]", #"["a", null]"#, "[[[[", "{'a': (1, 'b\\x4",
    "e\u{301}", "\u{200b}", "<image>", "user", "assistant", "9223372036854775808", "1e999",
  ]

  /// A row before the random ones: one object alone may be a table that was written by columns.
  private static let first = #"{"prompt":"First","responses":["a","b"]}"#

  /// A value of random form.
  private static func value(_ random: inout RandomStream, depth: Int = 0) -> JSONValue {
    switch random.below(depth > 3 ? 5 : 9) {
    case 0: return .null
    case 1: return .bool(random.below(2) == 0)
    case 2: return .integer([0, 1, 2, -1, 7, Int.max, Int.min][random.below(7)])
    case 3: return .number([0.5, 1, -3, 1e300, 1.8e19][random.below(5)])
    case 4, 5: return .string(texts[random.below(texts.count)])
    case 6: return .array((0..<random.below(4)).map { _ in value(&random, depth: depth + 1) })
    case 7:
      let role = ["user", "assistant", "system", "tool", "wizard"][random.below(5)]
      return .object([
        ["role", "from"][random.below(2)]: .string(role),
        ["content", "value", "tool_calls"][random.below(3)]: value(&random, depth: depth + 1),
      ])
    default: return .object(row(&random, depth: depth + 1))
    }
  }

  private static func row(_ random: inout RandomStream, depth: Int = 0) -> [String: JSONValue] {
    var row: [String: JSONValue] = [:]
    for _ in 0..<(1 + random.below(6)) {
      row[keys[random.below(keys.count)]] = value(&random, depth: depth)
    }
    return row
  }

  @Test("No row stops the import, and what is read is within the limits")
  func traps() throws {
    var random = RandomStream(seed: 7, .queuePlace, 1)
    for _ in 0..<1000 {
      let lines =
        [Self.first]
        + (0..<(1 + random.below(3))).map { _ in CanonicalJSON.text(.object(Self.row(&random))) }
      for shape in [nil, ImportShape.allCases[random.below(ImportShape.allCases.count)]] {
        let read = try ReadRows.read(lines, shape: shape)
        for row in read.rows {
          switch row {
          case .success(let numbered):
            let record = numbered.record
            #expect(record.responses.count <= 9 && record.responses.count != 1)
            #expect(record.messages.contains { $0.role != .system })
            #expect(record.messages.allSatisfy { !$0.isBlank })
            for judgement in record.judgements {
              let all = judgement.ranking.joined()
              #expect(all.allSatisfy(record.responses.indices.contains))
              #expect(Set(all).count == all.count)
            }
          case .failure(let error): #expect(!error.message.isEmpty)
          }
        }
        for notice in read.notices { #expect(notice.count > 0 && !"\(notice)".isEmpty) }
      }
    }
  }

  @Test("Every text of a row is in the prompt, its answers, its judgements or its fields")
  func nothingVanishes() throws {
    var random = RandomStream(seed: 11, .queuePlace, 2)
    var read = 0
    for number in 0..<2000 {
      // Each text is unique, so that it can be found again.
      var row: [String: JSONValue] = [:]
      var texts: [String] = []
      for key in Set(
        (0..<(2 + random.below(7))).map { _ in Self.keys[random.below(Self.keys.count)] })
      {
        let text = "text \(number) of \(key)"
        switch random.below(4) {
        case 0: row[key] = .array([.string(text), .string(text + "!")])
        case 1: row[key] = [["role": "user", "content": .string(text)]]
        case 2: row[key] = ["deep": ["er": .string(text)], "text": .string(text + "!")]
        default: row[key] = .string(text)
        }
        texts.append(text)
      }
      let rows = try ReadRows.read([Self.first, CanonicalJSON.text(.object(row))]).rows
      guard rows.count == 2, case .success(let numbered)? = rows.last else { continue }
      read += 1
      let record = numbered.record
      var all = CanonicalJSON.text(record.json)
      for judgement in record.judgements {
        all += "\(judgement.judge ?? "") \(judgement.rationale ?? "")"
        all += CanonicalJSON.text(.object(judgement.details))
      }
      for text in texts {
        #expect(all.contains(text), "\(text) of \(CanonicalJSON.text(.object(row)))")
      }
    }
    #expect(read > 300)
  }
}
