import Foundation
import Hummingbird
import HummingbirdTesting
import LabelServer
import LabelStore
import Testing

@Suite("Who may do what")
struct PolicyTests {
  private static let names: [Visitor.Standing: String?] = [
    .guest: nil, .labeller: "Ada", .reviewer: "Rosa", .admin: "Grace",
  ]

  @Test(
    "Every role meets every route with what its policy says", arguments: Visitor.Standing.allCases)
  func everyRoute(standing: Visitor.Standing) async throws {
    let site = try await TestSite()
    try await site.addTask()
    let routes = allRoutes(
      site.dependencies, site: try Site(files: SiteFiles()), counters: RequestCounters())
    #expect(routes.count > 40)

    let refusals = try await site.run { client in
      try await Self.refusals(routes, of: Self.names[standing] ?? nil, by: client)
    }
    for route in routes where route.path != "/sign-out" {
      let isRefused = refusals.contains(Self.label(route))
      #expect(
        isRefused != route.policy.allowed.contains(standing), "\(standing) \(Self.label(route))")
    }
  }

  private static func label(_ route: Route) -> String { "\(route.method) \(route.path)" }

  private static func refusals(
    _ routes: [Route], of name: String?, by client: any TestClientProtocol
  ) async throws -> Set<String> {
    var refusals: Set<String> = []
    for route in routes where route.path != "/sign-out" {
      let response = try await client.executeRequest(
        uri: filled(route.path), method: route.method, headers: .browser(of: name), body: nil)
      let isSentToSignIn =
        response.status == .seeOther && response.headers[.location] == "/sign-in"
        && route.path != "/"
      if response.status == .forbidden || response.status == .unauthorized || isSentToSignIn {
        refusals.insert(label(route))
      }
    }
    return refusals
  }

  private static func filled(_ path: String) -> String {
    path.replacing("{task}", with: "helpfulness").replacing("**", with: "css/plumbline.css")
      .replacing(#/\{\w+\}/#, with: "999")
  }

  private typealias Expected = (guest: Int, labeller: Int, reviewer: Int, admin: Int)

  // Written out by hand, so that a changed policy has to be changed here as well.
  private static let table: [(HTTPRequest.Method, String, Expected)] = [
    (.get, "/", (303, 200, 200, 200)),
    (.get, "/tasks/helpfulness", (303, 303, 200, 200)),
    (.get, "/tasks/helpfulness/guidelines", (303, 200, 200, 200)),
    (.get, "/tasks/helpfulness/prompts", (303, 403, 200, 200)),
    (.get, "/tasks/helpfulness/judgements", (303, 403, 200, 200)),
    (.get, "/tasks/helpfulness/labellers", (303, 403, 200, 200)),
    (.get, "/tasks/helpfulness/import", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/import/gone", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/import/gone/rejects", (303, 403, 403, 404)),
    (.get, "/tasks/helpfulness/exports", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/settings", (303, 403, 403, 200)),
    (.get, "/tasks/new", (303, 403, 403, 200)),
    (.get, "/people", (303, 403, 403, 200)),
    (.get, "/runs", (303, 403, 200, 200)),
    (.get, "/models", (303, 403, 200, 200)),
    (.get, "/judgements", (303, 200, 200, 200)),
    (.get, "/account", (303, 200, 200, 200)),
    (.post, "/account/tokens", (303, 415, 415, 415)),
    (.get, "/api/v1/me", (401, 200, 200, 200)),
    (.get, "/api/v1/tasks", (401, 200, 200, 200)),
    (.post, "/api/v1/tasks", (401, 403, 403, 415)),
    (.get, "/api/v1/tasks/helpfulness/prompts", (401, 403, 200, 200)),
    (.post, "/api/v1/tasks/helpfulness/prompts", (401, 403, 403, 415)),
    (.get, "/api/v1/tasks/helpfulness/agreement", (401, 403, 200, 200)),
    (.get, "/api/v1/tasks/helpfulness/labellers", (401, 403, 200, 200)),
    (.get, "/api/v1/tasks/helpfulness/export", (401, 403, 403, 200)),
    (.get, "/api/v1/runs", (401, 403, 200, 200)),
    (.post, "/api/v1/runs", (401, 403, 403, 415)),
    (.get, "/healthz", (200, 200, 200, 200)),
    (.get, "/readyz", (200, 200, 200, 200)),
    (.get, "/metrics", (200, 200, 200, 200)),
    (.get, "/api/openapi.json", (200, 200, 200, 200)),
  ]

  @Test("The table of roles and routes holds")
  func tableHolds() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      for (method, path, expected) in Self.table {
        let statuses: [(String?, Int)] = [
          (nil, expected.guest), ("Ada", expected.labeller), ("Rosa", expected.reviewer),
          ("Grace", expected.admin),
        ]
        for (name, status) in statuses {
          let response = try await client.executeRequest(
            uri: path, method: method, headers: .browser(of: name), body: nil)
          #expect(response.status.code == status, "\(name ?? "guest") \(method) \(path)")
        }
      }
    }
  }

  @Test(
    "Another site cannot act in a visitor's name",
    arguments: [
      ("Sec-Fetch-Site", "cross-site", 403), ("Sec-Fetch-Site", "same-site", 403),
      ("Sec-Fetch-Site", "same-origin", 303), ("Origin", "https://evil.example", 403),
      ("Origin", "null", 403), ("Origin", "http://localhost", 303),
    ])
  func crossOrigin(header: String, value: String, status: Int) async throws {
    let site = try await TestSite()
    try await site.addTask()
    var headers = HTTPFields.browser(of: "Ada")
    headers[try #require(HTTPFields.Element.Name(header))] = value

    try await site.run { [headers] client in
      let response = try await client.executeRequest(
        uri: "/tasks/helpfulness/assignments", method: .post, headers: headers, body: nil)
      #expect(response.status.code == status)
    }
  }
}
