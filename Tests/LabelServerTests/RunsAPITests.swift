import Foundation
import Hummingbird
import LabelServer
import PreferenceData
import Testing
import WebServer

@Suite("Runs over the API")
struct RunsAPITests {
  @Test("A run's events come as a stream that can be taken up again")
  func events() async throws {
    let site = try await TestSite(supervisor: FinishedRun())

    try await site.run { client in
      let all = try await client.get("/api/v1/runs/helpfulness-1/events", as: "Grace")
      var headers = HTTPFields.browser(of: "Grace")
      headers[.init("Last-Event-ID")!] = "1"
      let rest = try await client.executeRequest(
        uri: "/api/v1/runs/helpfulness-1/events", method: .get, headers: headers, body: nil)

      #expect(all.headers[.contentType] == "text/event-stream")
      #expect(all.text.contains("id: 0\ndata: {\"step\":0}\n\n"))
      #expect(all.text.hasSuffix("event: end\ndata: {}\n\n"))
      #expect(!rest.text.contains("id: 1\n") && rest.text.contains("id: 2\n"))
    }
  }

  @Test("Without an engine a run is refused with what to do")
  func engineMissing() async throws {
    let site = try await TestSite()
    try await site.addTask()

    try await site.run { client in
      let response = try await client.send(
        .post, "/api/v1/runs", as: "Grace", json: ["task": "helpfulness"])
      #expect(response.status == .serviceUnavailable)
      #expect(response.errorCode == "engineMissing")
    }
  }

}
