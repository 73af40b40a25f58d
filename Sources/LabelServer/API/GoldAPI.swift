import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import WebServer

/// Gold prompts: their judgement is known, and labellers are checked against it.
struct GoldAPI: RouteGroup {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/gold", GoldPermission.read,
        summary: "List gold prompts"
      ) { _, context in
        let golds = try await store.golds(of: store.task(context).id, for: context.visitor.id)
        return try Reply.json(["gold": golds.map(GoldBody.init)])
      },
      .api(
        .put, "/tasks/{task}/prompts/{prompt}/gold", GoldPermission.change,
        summary: "Mark a prompt as gold, with its correct ranking", handler: mark),
      .api(
        .delete, "/tasks/{task}/prompts/{prompt}/gold", GoldPermission.change,
        summary: "Unmark a gold prompt"
      ) { _, context in
        try await store.unmarkGold(store.prompt(context).prompt.id, by: context.visitor.id)
        return Reply.nothing()
      },
    ]
  }

  private struct Known: Decodable {
    let ranking: [[String]]
  }

  @Sendable private func mark(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let prompt = try await store.prompt(context).prompt
    var judgement = Judgement()
    judgement.ranking = try await request.decode(Known.self).ranking
      .map { $0.map(ResponseID.init(rawValue:)) }
    try await store.markGold(prompt.id, judgement: judgement, by: context.visitor.id)
    return Reply.nothing()
  }

  private struct GoldBody: Encodable {
    let prompt: String
    let name: String
    let ranking: [[String]]
    let judged: Int

    init(_ gold: GoldPrompt) {
      prompt = gold.prompt.id.description
      name = gold.prompt.name
      ranking = gold.judgement.ranking.map { $0.map(\.rawValue) }
      judged = gold.prompt.judged
    }
  }
}

/// A prompt with its responses in import order.
struct PromptDetailBody: Encodable {
  let id: String
  let name: String
  let messages: [ChatMessage]
  let responses: [PreferenceRecord.Response]
  let judged: Int
  let wanted: Int
  let metadata: [String: JSONValue]
  let gold: [[String]]?

  init(_ detail: PromptDetail, known: Judgement?) {
    id = detail.prompt.id.description
    name = detail.prompt.name
    messages = detail.prompt.messages
    responses = detail.responses
    judged = detail.prompt.judged
    wanted = detail.prompt.judgementTarget
    metadata = detail.prompt.metadata
    gold = known?.ranking.map { $0.map(\.rawValue) }
  }
}
