import Foundation
import Hummingbird
import LabelServer
import LabelStore
import Testing
import WebServer

@Suite("Who may do what")
struct PermissionTests {
  private static let names: [VisitorRole: String?] = [
    .guest: nil, .labeller: "Ada", .reviewer: "Rosa", .admin: "Grace",
  ]

  @Test(
    "Every role meets every route with what its permission says", arguments: VisitorRole.allCases)
  func everyRoute(standing: VisitorRole) async throws {
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
        isRefused != route.permission.allowed.contains(standing), "\(standing) \(Self.label(route))"
      )
    }
  }

  private static func label(_ route: Route) -> String { "\(route.method) \(route.path)" }

  private static func refusals(
    _ routes: [Route], of name: String?, by client: TestClient
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

  /// Every route, and who it is for: guest, labeller, reviewer, admin.
  ///
  /// Written out by hand, so that a new route or a changed policy has to be decided here as well.
  private static let everybody = """
    GET / glra
    GET /account lra
    POST /account/name lra
    POST /account/password lra
    POST /account/sessions/{id} lra
    POST /account/tokens lra
    POST /account/tokens/{id} lra
    GET /api/openapi.json glra
    DELETE /api/v1/assignments/{id} lra
    GET /api/v1/assignments/{id} lra
    PUT /api/v1/assignments/{id}/draft lra
    PUT /api/v1/assignments/{id}/judgement lra
    POST /api/v1/assignments/{id}/renewal lra
    POST /api/v1/assignments/{id}/skip lra
    GET /api/v1/backups a
    POST /api/v1/backups a
    GET /api/v1/events a
    GET /api/v1/judgements lra
    GET /api/v1/me lra
    GET /api/v1/me/sessions lra
    DELETE /api/v1/me/sessions/{id} lra
    GET /api/v1/me/tokens lra
    POST /api/v1/me/tokens lra
    DELETE /api/v1/me/tokens/{id} lra
    GET /api/v1/models ra
    GET /api/v1/people a
    POST /api/v1/people a
    PATCH /api/v1/people/{id} a
    POST /api/v1/people/{id}/invitation a
    GET /api/v1/runs ra
    POST /api/v1/runs a
    DELETE /api/v1/runs/{id} a
    GET /api/v1/runs/{id} ra
    GET /api/v1/runs/{id}/events ra
    GET /api/v1/tasks lra
    POST /api/v1/tasks a
    GET /api/v1/tasks/{task} lra
    PATCH /api/v1/tasks/{task} a
    GET /api/v1/tasks/{task}/agreement ra
    POST /api/v1/tasks/{task}/assignments lra
    GET /api/v1/tasks/{task}/deliveries a
    POST /api/v1/tasks/{task}/deliveries/{id}/redelivery a
    GET /api/v1/tasks/{task}/export a
    GET /api/v1/tasks/{task}/gold ra
    GET /api/v1/tasks/{task}/guidelines lra
    GET /api/v1/tasks/{task}/imports a
    POST /api/v1/tasks/{task}/imports/{import}/withdrawal a
    GET /api/v1/tasks/{task}/judgements ra
    POST /api/v1/tasks/{task}/judgements/{judgement}/retraction ra
    GET /api/v1/tasks/{task}/labellers ra
    POST /api/v1/tasks/{task}/labellers/{labeller}/retraction a
    GET /api/v1/tasks/{task}/progress ra
    GET /api/v1/tasks/{task}/prompts ra
    POST /api/v1/tasks/{task}/prompts a
    GET /api/v1/tasks/{task}/prompts/{prompt} ra
    DELETE /api/v1/tasks/{task}/prompts/{prompt}/gold a
    PUT /api/v1/tasks/{task}/prompts/{prompt}/gold a
    POST /api/v1/tasks/{task}/prompts/{prompt}/withdrawal a
    GET /api/v1/tasks/{task}/review ra
    GET /api/v1/tasks/{task}/review/{prompt} ra
    DELETE /api/v1/tasks/{task}/review/{prompt}/adjudication ra
    PUT /api/v1/tasks/{task}/review/{prompt}/adjudication ra
    GET /api/v1/tasks/{task}/samplings ra
    POST /api/v1/tasks/{task}/samplings a
    DELETE /api/v1/tasks/{task}/samplings/{id} a
    PUT /api/v1/tasks/{task}/uncertainty a
    GET /api/v1/tasks/{task}/webhooks a
    POST /api/v1/tasks/{task}/webhooks a
    DELETE /api/v1/tasks/{task}/webhooks/{id} a
    POST /api/v1/tasks/{task}/webhooks/{id}/ping a
    GET /assets/{version}/** glra
    GET /assignments/{id} lra
    POST /assignments/{id}/judgement lra
    POST /assignments/{id}/skip lra
    GET /audit a
    GET /backups a
    POST /backups a
    GET /backups/{file} a
    GET /healthz glra
    GET /invitations/{token} glra
    POST /invitations/{token} glra
    GET /judgements lra
    POST /language glra
    GET /metrics glra
    GET /models ra
    GET /people a
    POST /people a
    POST /people/{id}/access a
    POST /people/{id}/access/withdrawal a
    POST /people/{id}/invitation a
    POST /people/{id}/prompt-filter a
    POST /people/{id}/role a
    GET /readyz glra
    GET /runs ra
    GET /runs/{id} ra
    POST /runs/{id}/cancellation a
    GET /sign-in glra
    POST /sign-in glra
    POST /sign-out lra
    GET /tasks lra
    POST /tasks a
    GET /tasks/new a
    GET /tasks/{task} lra
    POST /tasks/{task}/archival a
    POST /tasks/{task}/assignments lra
    POST /tasks/{task}/deliveries/{id}/redelivery a
    GET /tasks/{task}/exports a
    POST /tasks/{task}/exports a
    GET /tasks/{task}/exports/{file} a
    GET /tasks/{task}/gold ra
    GET /tasks/{task}/guidelines lra
    GET /tasks/{task}/import a
    POST /tasks/{task}/import a
    GET /tasks/{task}/import/{upload} a
    POST /tasks/{task}/import/{upload}/check a
    POST /tasks/{task}/import/{upload}/confirmation a
    GET /tasks/{task}/import/{upload}/rejects a
    POST /tasks/{task}/imports/{import}/withdrawal a
    GET /tasks/{task}/judgements ra
    POST /tasks/{task}/judgements/{judgement}/retraction ra
    GET /tasks/{task}/labellers ra
    GET /tasks/{task}/labellers/{labeller} ra
    POST /tasks/{task}/labellers/{labeller}/retraction a
    GET /tasks/{task}/prompts ra
    GET /tasks/{task}/prompts/{prompt} ra
    POST /tasks/{task}/prompts/{prompt}/gold a
    POST /tasks/{task}/prompts/{prompt}/gold/removal a
    POST /tasks/{task}/prompts/{prompt}/withdrawal a
    POST /tasks/{task}/reopening a
    GET /tasks/{task}/review ra
    GET /tasks/{task}/review/{prompt} ra
    GET /tasks/{task}/review/{prompt}/adjudication ra
    POST /tasks/{task}/review/{prompt}/adjudication ra
    POST /tasks/{task}/review/{prompt}/adjudication/withdrawal ra
    POST /tasks/{task}/runs a
    GET /tasks/{task}/sampling a
    POST /tasks/{task}/sampling a
    POST /tasks/{task}/sampling/{id} a
    GET /tasks/{task}/settings a
    POST /tasks/{task}/settings a
    GET /tasks/{task}/webhooks a
    POST /tasks/{task}/webhooks a
    POST /tasks/{task}/webhooks/{id}/removal a
    POST /tasks/{task}/webhooks/{id}/test a
    """

  @Test("Each route is for whom the table says, and the table knows every route")
  func everyPermission() async throws {
    let site = try await TestSite()
    let routes = allRoutes(
      site.dependencies, site: try Site(files: SiteFiles()), counters: RequestCounters())
    let letters: [(VisitorRole, Character)] = [
      (.guest, "g"), (.labeller, "l"), (.reviewer, "r"), (.admin, "a"),
    ]

    let found = routes.map { route in
      let who = letters.filter { route.permission.allowed.contains($0.0) }.map(\.1)
      return "\(route.method) \(route.path) \(String(who))"
    }
    let written = Self.everybody.split(separator: "\n").map(String.init)

    #expect(Set(found).subtracting(written).sorted() == [], "routes that the table lacks")
    #expect(Set(written).subtracting(found).sorted() == [], "in the table, but no such route")
    #expect(found.count == Set(found).count, "a route is there twice")
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
    (.get, "/tasks/helpfulness/review", (303, 403, 200, 200)),
    (.get, "/tasks/helpfulness/review/1", (303, 403, 200, 200)),
    (.post, "/tasks/helpfulness/review/1/adjudication", (303, 403, 415, 415)),
    (.post, "/tasks/helpfulness/review/1/adjudication/withdrawal", (303, 403, 303, 303)),
    (.post, "/tasks/helpfulness/judgements/1/retraction", (303, 403, 404, 404)),
    (.get, "/tasks/helpfulness/labellers/1", (303, 403, 404, 404)),
    (.post, "/tasks/helpfulness/labellers/1/retraction", (303, 403, 403, 404)),
    (.get, "/tasks/helpfulness/import", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/import/gone", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/import/gone/rejects", (303, 403, 403, 404)),
    (.get, "/tasks/helpfulness/exports", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/settings", (303, 403, 403, 200)),
    (.get, "/tasks/new", (303, 403, 403, 200)),
    (.get, "/people", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/gold", (303, 403, 200, 200)),
    (.post, "/tasks/helpfulness/prompts/1/gold", (303, 403, 403, 415)),
    (.post, "/tasks/helpfulness/prompts/999/gold/removal", (303, 403, 403, 404)),
    (.post, "/tasks/helpfulness/prompts/999/withdrawal", (303, 403, 403, 404)),
    (.post, "/tasks/helpfulness/imports/999/withdrawal", (303, 403, 403, 404)),
    (.get, "/api/v1/tasks/helpfulness/imports", (401, 403, 403, 200)),
    (.post, "/api/v1/tasks/helpfulness/imports/999/withdrawal", (401, 403, 403, 404)),
    (.post, "/people/999/role", (303, 403, 403, 415)),
    (.post, "/people/999/prompt-filter", (303, 403, 403, 415)),
    (.post, "/people/999/access", (303, 403, 403, 404)),
    (.post, "/people/999/access/withdrawal", (303, 403, 403, 404)),
    (.post, "/tasks/helpfulness/webhooks/999/test", (303, 403, 403, 404)),
    (.post, "/tasks/helpfulness/webhooks/999/removal", (303, 403, 403, 404)),
    (.get, "/audit", (303, 403, 403, 200)),
    (.get, "/backups", (303, 403, 403, 200)),
    (.post, "/backups", (303, 403, 403, 303)),
    (.get, "/backups/plumbline.sqlite", (303, 403, 403, 404)),
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
    (.get, "/api/v1/tasks/helpfulness/judgements", (401, 403, 200, 200)),
    (.get, "/api/v1/tasks/helpfulness/review", (401, 403, 200, 200)),
    (.get, "/api/v1/tasks/helpfulness/review/1", (401, 403, 200, 200)),
    (.put, "/api/v1/tasks/helpfulness/review/1/adjudication", (401, 403, 415, 415)),
    (.delete, "/api/v1/tasks/helpfulness/review/1/adjudication", (401, 403, 204, 204)),
    (.post, "/api/v1/tasks/helpfulness/judgements/1/retraction", (401, 403, 415, 415)),
    (.post, "/api/v1/tasks/helpfulness/labellers/1/retraction", (401, 403, 403, 415)),
    (.get, "/api/v1/tasks/helpfulness/export", (401, 403, 403, 200)),
    (.get, "/api/v1/me/tokens", (401, 200, 200, 200)),
    (.post, "/api/v1/me/tokens", (401, 415, 415, 415)),
    (.get, "/api/v1/me/sessions", (401, 200, 200, 200)),
    (.get, "/api/v1/people", (401, 403, 403, 200)),
    (.post, "/api/v1/people", (401, 403, 403, 415)),
    (.get, "/api/v1/tasks/helpfulness/webhooks", (401, 403, 403, 200)),
    (.post, "/api/v1/tasks/helpfulness/webhooks", (401, 403, 403, 415)),
    (.get, "/api/v1/tasks/helpfulness/deliveries", (401, 403, 403, 200)),
    (.get, "/api/v1/tasks/helpfulness/samplings", (401, 403, 200, 200)),
    (.post, "/api/v1/tasks/helpfulness/samplings", (401, 403, 403, 415)),
    (.get, "/tasks/helpfulness/webhooks", (303, 403, 403, 200)),
    (.get, "/tasks/helpfulness/sampling", (303, 403, 403, 200)),
    (.get, "/api/v1/events", (401, 403, 403, 200)),
    (.get, "/api/v1/backups", (401, 403, 403, 200)),
    (.post, "/api/v1/backups", (401, 403, 403, 201)),
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
