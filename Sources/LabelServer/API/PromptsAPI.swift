import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import WebServer

/// Importing, listing and searching prompts.
struct PromptsAPI: RouteGroup {
  let dependencies: ServerDependencies

  var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(
        .post, "/tasks/{task}/prompts", PromptPermission.importing,
        summary: "Import prompts: JSON Lines, JSON or CSV, streamed", handler: create),
      .api(
        .get, "/tasks/{task}/prompts", PromptPermission.list, summary: "List and search prompts",
        handler: list),
      .api(
        .get, "/tasks/{task}/prompts/{prompt}", PromptPermission.list,
        summary: "Show a prompt with its answers"
      ) { _, context in
        let detail = try await store.prompt(context)
        let known = try await store.goldJudgement(of: detail.prompt.id)
        return try Reply.json(PromptDetailBody(detail, known: known))
      },
      .api(
        .put, "/tasks/{task}/uncertainty", PromptPermission.importing,
        summary: "Store a reward model's uncertainty about prompts", handler: setUncertainty),
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

    init(_ prompt: Prompt, isHeld: Bool) {
      id = prompt.id.description
      name = prompt.name
      position = prompt.position
      messages = prompt.messages
      responses = prompt.responseCount
      judged = prompt.judged
      wanted = prompt.judgementTarget
      // Metadata may contain the gold ranking, or the sources of the responses.
      metadata = isHeld ? [:] : prompt.metadata
    }
  }

  private struct List: Encodable {
    let prompts: [PromptBody]
    let next: String?
    /// The number of texts that are not indexed yet; absent when all are.
    let unindexed: Int?
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let limit = try request.limit()
    let task = try await store.task(context)
    let held = try await store.heldPrompts(by: context.visitor.id, in: task.id)
    let found = try await store.search(
      PromptSearch(checking: request), in: task.id,
      after: request.cursor("after", PromptID.self), limit: limit)
    return try Reply.json(
      List(
        prompts: found.prompts.map { PromptBody($0.prompt, isHeld: held.contains($0.prompt.id)) },
        next: found.next?.description,
        unindexed: found.unindexed == 0 ? nil : found.unindexed))
  }

  private struct Uncertainty: Decodable {
    let uncertainty: [String: Double]
  }

  @Sendable private func setUncertainty(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let task = try await store.task(context)
    let values = try await request.decode(Uncertainty.self).uncertainty
    if let bad = values.first(where: { $0.value < 0 }) {
      throw WebError.invalid(
        "The uncertainty of “\(bad.key)” is \(bad.value). Use 0 or more.", field: "uncertainty")
    }
    do {
      try await store.setUncertainty(values, of: task.id)
    } catch LabelStoreError.notFound(_, let name) {
      throw WebError.invalid("There is no prompt “\(name)”.", field: "uncertainty")
    }
    return Reply.nothing()
  }
}
