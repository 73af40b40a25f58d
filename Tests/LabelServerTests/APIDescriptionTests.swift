import Foundation
import Hummingbird
import LabelServer
import LabelStore
import PreferenceData
import Testing
import WebServer

@Suite("The API's description of itself")
struct APIDescriptionTests {
  private static func routes() async throws -> [Route] {
    let site = try await TestSite()
    return allRoutes(
      site.dependencies, site: try Site(files: SiteFiles()), counters: RequestCounters()
    ).filter { $0.audience == .api }
  }

  @Test("Every route is described, and nothing that is no route")
  func bothWays() async throws {
    let routes = try await Self.routes()
    let names = Set(routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" })

    let described = try APIDescription.describedOperations()

    #expect(names.subtracting(described).sorted() == [], "routes that openapi.yaml lacks")
    #expect(described.subtracting(names).sorted() == [], "described, but no route")
  }

  @Test("Each operation says what it does, who may, what it gives and what it refuses")
  func complete() async throws {
    let routes = try await Self.routes()
    let paths = try #require(try APIDescription.document(for: routes)["paths"]?.objectValue)
    var ids: Set<String> = []

    for route in routes {
      let name = "\(route.method) \(route.path)"
      let operation = try #require(
        paths[route.path]?[route.method.rawValue.lowercased()], "\(name)")
      #expect(operation["summary"]?.stringValue?.isEmpty == false, "\(name) says nothing")
      let id = try #require(operation["operationId"]?.stringValue, "\(name)")
      #expect(ids.insert(id).inserted, "\(id) is there twice")
      let roles = try #require(operation["x-roles"]?.arrayValue)
      #expect(Set(roles.compactMap(\.stringValue)) == Set(route.permission.allowed.map(\.rawValue)))
      let responses = try #require(operation["responses"]?.objectValue)
      #expect(responses.keys.contains { $0.hasPrefix("2") }, "\(name) promises nothing")
      #expect(responses["400"] != nil)
      #expect(route.permission == .everyone || responses["401"] != nil, "\(name)")
      let parameters = paths[route.path]?["parameters"]?.arrayValue ?? []
      #expect(
        parameters.compactMap { $0["name"]?.stringValue }
          == route.path.matches(of: #/\{(\w+)\}/#).map { String($0.1) })
    }
  }

  @Test("The events of webhooks are those that the store knows")
  func events() async throws {
    let document = try APIDescription.document(for: await Self.routes())
    let listed = document["components"]?["schemas"]?["WebhookEvent"]?["enum"]?.arrayValue ?? []

    #expect(
      Set(listed.compactMap(\.stringValue)) == Set(WebhookEvent.allCases.map(\.rawValue)))
  }
}
