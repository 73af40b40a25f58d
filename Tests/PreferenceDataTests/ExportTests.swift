import Foundation
import Hashing
import PreferenceData
import TestSupport
import Testing

@Suite("Exports")
struct ExportTests {
  static let ranked = PreferenceRecord(
    task: "helpfulness", promptID: "p1", prompt: [ChatMessage(role: .user, content: "Why?")],
    responses: [
      .init(id: "a", text: "Because/so", source: "x"), .init(id: "b", text: "No"),
      .init(id: "c", text: "Hm"),
    ],
    judgement: Judgement(ranking: [["b"], ["a", "c"]]), labeller: "labeller-1",
    shownOrder: ["c", "a", "b"],
    assignmentSeed: 5, createdAt: "2026-01-01T00:00:00.000Z", split: .train)

  static func manifest(_ format: ExportFormat) -> Manifest {
    Manifest(
      task: "helpfulness", format: format, file: "x.jsonl", eventLogHead: "abc",
      createdAt: "2026-01-01T00:00:00.000Z")
  }

  static func lines(_ records: [PreferenceRecord], _ format: ExportFormat) -> [String] {
    var stream = ExportStream(manifest: manifest(format))
    let bytes = records.flatMap { stream.lines(of: $0) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("A ranking gives its ordered pairs and its ties")
  func comparisons() {
    #expect(
      Self.ranked.comparisons == [
        Comparison(chosen: "b", rejected: "a", distance: 1),
        Comparison(chosen: "b", rejected: "c", distance: 1),
        Comparison(chosen: "a", rejected: "c", distance: 0),
      ])
  }

  @Test("A rankings line has every key of the record, sorted, without escaped slashes")
  func rankings() {
    #expect(
      Self.lines([Self.ranked], .rankings) == [
        #"{"active_seconds":null,"assignment_seed":5,"confidence":null,"#
          + #""created_at":"2026-01-01T00:00:00.000Z","decision":false,"demonstration":null,"#
          + #""flags":{},"#
          + #""labeller":"labeller-1","prompt":[{"content":"Why?","role":"user"}],"#
          + #""prompt_flags":[],"prompt_id":"p1","ranking":[["b"],["a","c"]],"ratings":{},"#
          + #""rationale":null,"rationale_as_written":null,"responses":[{"id":"a","source":"x","text":"Because/so"},"#
          + #"{"id":"b","source":null,"text":"No"},{"id":"c","source":null,"text":"Hm"}],"#
          + #""revision":1,"shown_order":["c","a","b"],"split":"train","strength":null,"#
          + #""task":"helpfulness"}"#
      ])
  }

  @Test("Pairs and TRL rows leave ties out")
  func pairs() {
    let pairs = Self.lines([Self.ranked], .pairs)
    #expect(pairs.count == 2)
    #expect(pairs[0].contains(#""chosen":"No","chosen_id":"b""#))
    #expect(pairs[0].contains(#""margin":1"#))
    #expect(
      Self.lines([Self.ranked], .trlChat) == [
        #"{"chosen":[{"content":"No","role":"assistant"}],"#
          + #""prompt":[{"content":"Why?","role":"user"}],"#
          + #""rejected":[{"content":"Because/so","role":"assistant"}]}"#,
        #"{"chosen":[{"content":"No","role":"assistant"}],"#
          + #""prompt":[{"content":"Why?","role":"user"}],"#
          + #""rejected":[{"content":"Hm","role":"assistant"}]}"#,
      ])
  }

  @Test("What a labeller wrote is chosen over every answer, with and without a ranking")
  func demonstration() throws {
    var edited = Self.ranked
    edited.judgement.demonstration = "Better still"
    var written = edited
    written.judgement.ranking = []
    written.judgement.demonstration = "No"

    let rows = try Self.lines([edited, written], .pairs).map {
      try JSONValue(parsing: Data($0.utf8))
    }

    let texts = rows.map { [$0["chosen"]?.stringValue, $0["rejected"]?.stringValue] }
    let ranked = Self.ranked.responses.map { ["Better still", $0.text] }
    #expect(Array(texts.prefix(3)) == ranked)
    #expect(texts.count == 3 + 2 + 2)
    #expect(rows[0]["margin"]?.doubleValue == 1)
    // What repeats an answer to the letter is no better than that answer.
    #expect(!texts.contains { $0[0] == $0[1] })
  }

  @Test("The manifest counts what was written and what was skipped, and hashes the file")
  func manifest() throws {
    let folder = try ScratchFolder()
    var tied = Self.ranked
    tied.promptID = "p2"
    tied.judgement.ranking = [["a", "b", "c"]]
    tied.split = .validation
    let path = folder.path + "/x.jsonl"

    let manifest = try ExportFile.write(
      [Self.ranked, tied], to: path, manifest: Self.manifest(.pairs))

    #expect(manifest.counts.prompts == 2 && manifest.counts.judgements == 2)
    #expect(manifest.counts.comparisons == 2 && manifest.counts.ties == 4)
    #expect(manifest.counts.rows == 2)
    #expect(manifest.skipped == ["only ties": 1])
    #expect(manifest.splits["train"]?.rows == 2 && manifest.splits["validation"]?.ties == 3)
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(manifest.sha256 == SHA256.hash(data: bytes).hexadecimal)
    #expect(manifest.bytes == bytes.count)
    #expect(try Manifest(path: Manifest.path(for: path)) == manifest)
    #expect(folder.contents == ["x.jsonl", "x.manifest.json"])
  }

  @Test("Rankings that are exported and read again are the same", arguments: 1...20)
  func roundTrip(seed: Int) throws {
    var random = RandomRecords(seed: UInt64(seed))
    let records = (0..<50).map { random.record(number: $0) }
    let folder = try ScratchFolder()
    let path = folder.path + "/rankings.jsonl"
    let first = try ExportFile.write(records, to: path, manifest: Self.manifest(.rankings))

    let read = try JSONLinesReader(path: path, of: PreferenceRecord.self).records()

    // Swift compares texts by canonical equivalence; bytes are what must not change.
    #expect(read == records)
    let second = try ExportFile.write(
      read, to: folder.path + "/again.jsonl", manifest: Self.manifest(.rankings))
    #expect(first.sha256 == second.sha256)
  }

  @Test("A contradictory record is refused when it is read")
  func contradictions() throws {
    func problem(_ change: (inout PreferenceRecord) -> Void) -> String? {
      var record = Self.ranked
      change(&record)
      var parser = JSONLinesParser(PreferenceRecord.self)
      var message: String?
      let take: (JSONLinesParser<PreferenceRecord>.Row) -> Void = { row in
        if case .failure(let error) = row { message = error.message }
      }
      parser.feed(CanonicalJSON.bytes(record.json), take)
      parser.finish(take)
      return message
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.judgement.ranking = [["z"]] }?.contains("ranking") == true)
    #expect(problem { $0.judgement.ranking = [["a"], ["a"]] }?.contains("ranking") == true)
    #expect(problem { $0.judgement.ratings = ["z": 1] }?.contains("ratings") == true)
    #expect(problem { $0.shownOrder = ["a"] }?.contains("shown_order") == true)
  }
}
