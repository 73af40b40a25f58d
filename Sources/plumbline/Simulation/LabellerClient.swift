import Foundation
import HTTPClient
import Labelling
import PreferenceData

/// A client of the HTTP API that works as a labeller.
struct LabellerClient {
  /// An assignment as the server returns it.
  struct Assignment: Decodable {
    struct Response: Decodable {
      let key: String
      let text: String
    }

    let id: String
    let responses: [Response]
    let questions: JSONValue
  }

  private struct Refusal: Decodable {
    struct Reason: Decodable {
      let code: String
      let message: String
    }

    let error: Reason
  }

  let server: String
  let token: String
  let http: HTTPClient

  /// Claims the next prompt. Returns nil if none is left for this labeller.
  func claim(task: String) async throws -> Assignment? {
    let (status, body) = try await send("POST", "/api/v1/tasks/\(task)/assignments")
    return status == 204 ? nil : try JSONDecoder().decode(Assignment.self, from: body)
  }

  func submit(
    _ ranking: [[String]], seconds: Double, for assignment: Assignment
  ) async throws {
    var judgement = JudgementForm(
      simulating: ranking.map { $0.map(Letter.init(rawValue:)) },
      for: try Questions(json: assignment.questions))
    judgement.activeSeconds = seconds
    _ = try await send(
      "PUT", "/api/v1/assignments/\(assignment.id)/judgement",
      Data(CanonicalJSON.bytes(judgement.json)))
  }

  private func send(
    _ method: String, _ path: String, _ body: Data? = nil
  ) async throws -> (status: Int, body: Data) {
    var request = HTTPClient.Request(method, url: server + path, body: body)
    request.headers = [("Authorization", "Bearer \(token)")]
    if body != nil { request.headers.append(("Content-Type", "application/json")) }
    request.timeout = .seconds(30)
    let response = try await http.send(request)
    let data = response.body
    guard (200..<300).contains(response.status) else {
      let refusal = try? JSONDecoder().decode(Refusal.self, from: data)
      throw Failure(
        .failure,
        "\(method) \(path) was answered \(response.status): "
          + (refusal?.error.message ?? String(decoding: data.prefix(200), as: UTF8.self)))
    }
    return (response.status, data)
  }
}
