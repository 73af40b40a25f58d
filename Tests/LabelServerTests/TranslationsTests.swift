import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Rendering
import Testing
import WebServer

@Suite("Words")
struct TranslationsTests {
  private static func translations() throws -> [String: Translations] {
    try SiteFiles().translations
  }

  @Test("Every language says everything, with the same places to fill in")
  func complete() throws {
    let translations = try Self.translations()
    let english = try #require(translations["en"])

    #expect(translations["zh-Hans"] != nil)
    for (language, catalogue) in translations where language != "en" {
      for (section, sentences) in english.sections {
        for (name, sentence) in sentences {
          let translated = catalogue.sections[section]?[name]
          // Languages without a singular of their own say `other`.
          if translated == nil, name.hasSuffix(".one") { continue }
          let place = #/\{(\w+)\}/#
          #expect(
            Set(translated?.matches(of: place).map(\.output.1) ?? ["nothing"])
              == Set(sentence.matches(of: place).map(\.output.1)),
            "\(language): \(section).\(name)")
        }
      }
      let unknown = catalogue.sections.flatMap { section, sentences in
        sentences.keys.filter { english.sections[section]?[$0] == nil }.map { "\(section).\($0)" }
      }
      #expect(unknown.isEmpty, "\(language) says what English does not: \(unknown)")
    }
  }

  @Test("Every kind of event and every reason has a name")
  func names() throws {
    let english = try #require(try Self.translations()["en"]).sections

    for kind in EventKind.allCases { #expect(english["events"]?[kind.rawValue] != nil, "\(kind)") }
    for reason in RetractionReason.allCases {
      #expect(english["retraction"]?[reason.rawValue] != nil, "\(reason)")
    }
  }

  @Test(
    "The browser's wishes choose the language",
    arguments: [
      ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"), ("zh", "zh-Hans"), ("zh-Hans-SG", "zh-Hans"),
      ("en-GB", "en"), ("de,en;q=0.5,zh;q=0.7", "zh-Hans"), ("fr", nil), ("", nil),
      ("zh;q=0,en", "en"), ("en-XA", "en"), (";;,,q=", nil),
    ] as [(String, String?)])
  func negotiation(header: String, language: String?) throws {
    let site = try Site(files: SiteFiles())
    #expect(site.languages.best(for: header)?.language == language)
  }

  // Names and texts that people wrote, which no catalogue can hold; and what the file reader says
  // of a bad line, which it says to programs as well.
  private static var data: some RegexComponent {
    #/Plumbline|Grace|Rosa|Ada|Linus|Helpful answers|helpfulness(-\d+)?|Question \d|Answer (one|two|three)|policy(-one|-two|-three|…)|ppo|secret-\d-\w+|labeller-\d+|Rank by helpfulness|Because|pasted|New\?|nonsense|rankings|SHA-256|none|not valid JSON.*|jsonl|PPO|KL|English|简体中文|[0-9a-f]{8,}|https?:\S+|plumbline-\d+T\d+\.sqlite|\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\w*( \d{4})?( at)?|\d{4}-\d\d-\d\d|[\d.]+ ?(bytes?|kB|MB|GB)/#
  }

  @Test("No page says anything that the catalogue does not hold")
  func nothingHardCoded() async throws {
    let site = try await Tour.site()

    let sights = try await site.run { try await Tour(site: site, language: "en-XA").walk($0) }

    #expect(sights.count > 30)
    for sight in sights {
      let loose = VisibleText(sight.html).fragments.filter { fragment in
        var rest = fragment
        for _ in 0..<3 { rest = rest.replacing(#/⟦[^⟦⟧]*⟧/#, with: " ") }
        rest = rest.replacing(Self.data, with: " ")
        return rest.contains(#/\p{L}{2,}/#)
      }
      #expect(loose.isEmpty, "\(sight.path): \(Set(loose).sorted().prefix(8))")
    }
  }
}

/// What a reader or a screen reader meets on a page: texts, and the attributes that are read out.
struct VisibleText {
  let fragments: [String]

  init(_ html: String) {
    var rest = html
    for element in ["script", "style", "kbd", "pre", "code", "textarea"] {
      if let whole = try? Regex("(?s)<\(element)\\b.*?</\(element)>") {
        rest = rest.replacing(whole, with: "")
      }
    }
    let attributes = rest.matches(
      of: #/(?:aria-label|placeholder|title|alt)="([^"]*)"/#
    ).map { String($0.output.1) }
    let texts = rest.replacing(#/<[^>]*>/#, with: "\u{1}").split(separator: "\u{1}").map {
      $0.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    fragments = (texts + attributes).map {
      $0.replacing("&amp;", with: "&").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
        .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
    }.filter { !$0.isEmpty }
  }
}
