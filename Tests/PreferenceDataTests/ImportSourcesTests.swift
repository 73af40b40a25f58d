import Foundation
import PreferenceData
import Testing

@Suite("Sources of imports")
struct ImportSourcesTests {
  /// A section of docs/import-sources.md: a file, and the prompts that become of it.
  struct Source: Sendable, CustomTestStringConvertible {
    var title: String
    var kind = ""
    var file = ""
    var prompts = ""

    var testDescription: String { title }
  }

  /// The sections of the page.
  static let sources: [Source] = {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/import-sources.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "\n## ").dropFirst().map { section in
      var source = Source(title: String(section.prefix { $0 != "\n" }))
      let blocks = section.components(separatedBy: "```")
      for block in stride(from: 1, to: blocks.count, by: 2).map({ blocks[$0] }) {
        let kind = String(block.prefix { $0 != "\n" })
        let body = String(block.drop { $0 != "\n" }.dropFirst())
        if kind == "json" {
          source.prompts = body
        } else {
          (source.kind, source.file) = (kind, body)
        }
      }
      return source
    }
  }()

  /// A prompt with the judgements on it, as the page shows it.
  static func json(_ record: PromptRecord) -> JSONValue {
    guard case .object(var members) = record.json else { return record.json }
    if !record.judgements.isEmpty {
      members["judgements"] = .array(
        record.judgements.map { judgement in
          var members: [String: JSONValue] = [
            "ranking": .array(judgement.ranking.map { .array($0.map { .integer($0) }) })
          ]
          members["judge"] = judgement.judge.map { .string($0) }
          members["rationale"] = judgement.rationale.map { .string($0) }
          if judgement.isBothBad { members["both_bad"] = true }
          if !judgement.details.isEmpty { members["details"] = .object(judgement.details) }
          return .object(members)
        })
    }
    return .object(members)
  }

  @Test("The page has a section for each source")
  func sections() {
    #expect(Self.sources.count >= 40)
  }

  @Test("Each example becomes the prompts that the page shows", arguments: sources)
  func example(_ source: Source) throws {
    let bytes = Array(source.file.utf8)
    let plan = try ImportPlan(head: bytes, name: "file.\(source.kind)")
    let read = ImportReader.rows(of: bytes, plan: plan)
    let records = try read.map { Self.json(try $0.get().record) }
    let shown = try JSONValue(parsing: source.prompts)
    #expect(CanonicalJSON.text(.array(records)) == CanonicalJSON.text(shown))
  }
}
