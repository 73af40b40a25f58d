import Foundation
import PreferenceData
import Testing

@Suite("Exports read by the import")
struct ExportRoundTripTests {
  /// The answer x is better, and y was shown first.
  private static let pair = PreferenceRecord(
    task: "t", promptID: "p",
    prompt: [
      ChatMessage(role: .user, content: "One?"), ChatMessage(role: .assistant, content: "1"),
      ChatMessage(role: .user, content: "Two?"),
    ],
    responses: [
      .init(id: "x", text: "Good", source: "m"), .init(id: "y", text: "Bad", source: "n"),
    ],
    judgement: Judgement(ranking: [["x"], ["y"]]), labeller: "labeller-1", shownOrder: ["y", "x"],
    assignmentSeed: 1, createdAt: "2026-01-01T00:00:00.000Z")

  private static func read(_ record: PreferenceRecord, _ format: ExportFormat) throws
    -> PromptRecord
  {
    let text = ExportTests.lines([record], format).joined(separator: "\n") + "\n"
    return try #require(ImportShapeTests.records(text, name: "export.jsonl").first)
  }

  @Test(
    "A pair comes back with its conversation, its answers and the better one",
    arguments: [
      ExportFormat.pairs, .trlChat, .hh, .openrlhf, .llamaFactory, .axolotl, .arena, .helpSteer3,
      .nemoRL,
    ])
  func pairs(format: ExportFormat) throws {
    let read = try Self.read(Self.pair, format)

    #expect(read.messages == Self.pair.prompt)
    #expect(Set(read.responses.map(\.text)) == ["Good", "Bad"])
    let judgement = try #require(read.judgements.first)
    #expect(judgement.ranking.map { $0.map { read.responses[$0].text } } == [["Good"], ["Bad"]])
  }

  @Test("A tie and two bad answers come back as they were", arguments: [false, true])
  func ties(isBothBad: Bool) throws {
    var tied = Self.pair
    tied.judgement.ranking = [["x", "y"]]
    if isBothBad { tied.judgement["strength"] = .bothBad }
    for format in [ExportFormat.arena, .helpSteer3] {
      let judgement = try #require(Self.read(tied, format).judgements.first)
      #expect(judgement.ranking.map { Set($0) } == [[0, 1]] || judgement.isBothBad, "\(format)")
      if format == .arena { #expect(judgement.isBothBad == isBothBad) }
    }
  }

  @Test("Tool calls come back from the formats that hold them")
  func tools() throws {
    var record = Self.pair
    let call: JSONValue = [
      "id": "1", "type": "function", "function": ["name": "sky", "arguments": "{}"],
    ]
    record.prompt = [
      ChatMessage(role: .user, content: "Weather?"),
      ChatMessage(role: .assistant, content: "", members: ["tool_calls": [call]]),
      ChatMessage(role: .tool, content: "blue", members: ["tool_call_id": "1"]),
    ]
    for format in [ExportFormat.trlChat, .openrlhf, .nemoRL] {
      #expect(try Self.read(record, format).messages == record.prompt, "\(format)")
    }
    let turns = try Self.read(record, .llamaFactory).messages
    #expect(turns.map(\.role) == [.user, .assistant, .tool])
    #expect(turns[1].toolCalls.first?["function"]?["name"] == "sky" && turns[2].content == "blue")
  }
}
