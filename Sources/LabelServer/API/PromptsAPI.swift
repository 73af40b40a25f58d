import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData

/// Importing prompts and looking through them.
struct PromptsAPI: Feature {
  let dependencies: ServerDependencies

  var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(
        .post, "/tasks/{task}/prompts", PromptPolicy.importing,
        summary: "Import prompts: JSON Lines, JSON or CSV, streamed", handler: create),
      .api(
        .get, "/tasks/{task}/prompts", PromptPolicy.list, summary: "List and search prompts",
        handler: list),
    ]
  }

  private struct PromptBody: Encodable {
    let id: String
    let name: String
    let position: Int
    let messages: [ChatMessage]
    let responses: Int
    let judged: Int
    let wanted: Int
    let metadata: [String: JSONValue]
  }

  private struct List: Encodable {
    let prompts: [PromptBody]
    let next: Int?
  }

  @Sendable private func list(_ request: Request, _ visit: Visit) async throws -> Response {
    let limit = min(500, max(1, request.query("limit").flatMap(Int.init) ?? 50))
    let prompts = try await store.prompts(
      of: store.task(visit).id, matching: request.query("query") ?? "",
      after: request.query("after").flatMap(Int.init) ?? 0, limit: limit)
    let bodies = prompts.map {
      PromptBody(
        id: $0.id.description, name: $0.name, position: $0.position, messages: $0.messages,
        responses: $0.responseCount, judged: $0.judged, wanted: $0.wanted, metadata: $0.metadata)
    }
    return try Reply.json(
      List(prompts: bodies, next: prompts.count == limit ? prompts.last?.position : nil))
  }
}
