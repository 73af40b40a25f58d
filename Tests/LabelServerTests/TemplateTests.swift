import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Rendering
import Synchronization
import Testing
import WebServer

@Suite("Templates")
struct TemplateTests {
  private static let sources: [String: String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/LabelServer/Templates")
    return (try? Templates.sources(in: folder)) ?? [:]
  }()

  @Test("Every word and partial that a template names is there")
  func wordsAndPartials() throws {
    let strings = try Site(files: SiteFiles()).strings.sections

    #expect(Self.sources.count > 20)
    for (template, source) in Self.sources {
      for tag in TemplateTag.all(in: source) {
        if tag.kind == .partial {
          #expect(Self.sources[tag.name] != nil, "\(template) includes \(tag.name)")
        }
        guard tag.name.hasPrefix("strings.") else { continue }
        let parts = tag.name.split(separator: ".", maxSplits: 2).map(String.init)
        #expect(strings[parts[1]]?[parts[2]] != nil, "\(template) says \(tag.name)")
      }
    }
  }

  @Test("Every page has what its template names")
  func pages() async throws {
    let seen = Mutex<[(template: String, page: Sealed)]>([])
    let site = try await Tour.site(
      observer: { page, template in seen.withLock { $0.append((template, Sealed(page))) } })

    _ = try await site.run { try await Tour(site: site).walk($0) }

    let pages = seen.withLock { $0 }
    let drawn = Set(pages.map(\.template))
    for template in Self.sources.keys where template.hasPrefix("pages/") {
      #expect(drawn.contains(template), "nothing draws \(template)")
    }
    for (template, page) in pages {
      let problems = TemplateWalk(sources: Self.sources).problems(in: template, with: page.value)
      #expect(problems.isEmpty, "\(template): \(problems.sorted())")
    }
  }
}

/// Carries a page out of the observer; page structs are all sendable.
private struct Sealed: @unchecked Sendable {
  let value: Any

  init(_ value: Any) {
    self.value = value
  }
}
