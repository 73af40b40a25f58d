import Foundation
import Hummingbird
import Jobs
import LabelStore
import PreferenceData
import WebServer

/// Sampling responses to a task's prompts, with progress.
struct SamplingsAPI: RouteGroup {
  let dependencies: ServerDependencies

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/samplings", RunPermission.follow,
        summary: "List samplings and the available policies", handler: list),
      .api(
        .post, "/tasks/{task}/samplings", RunPermission.control,
        summary: "Sample answers for the prompts that have none", handler: start),
      .api(
        .delete, "/tasks/{task}/samplings/{id}", RunPermission.control, summary: "Cancel a sampling"
      ) { _, context in
        try await dependencies.cancelSampling(context)
        return Response(status: .accepted)
      },
    ]
  }

  private struct Listing: Encodable {
    struct Policy: Encodable {
      let name: String
      let kind: String
    }

    let samplings: [SamplingJob]
    let policies: [Policy]
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await dependencies.store.task(context)
    let known = dependencies.sampling?.policies ?? []
    return try Reply.json(
      Listing(
        samplings: await dependencies.sampling?.jobs(of: task.slug) ?? [],
        policies: known.map { .init(name: $0.name, kind: $0.isEndpoint ? "endpoint" : "model") }))
  }

  private struct Start: Decodable {
    var policies: [String]
    var responses: Int?
    var temperature: Double?
    var again: Bool?
  }

  @Sendable private func start(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await dependencies.store.task(context)
    let body = try await request.decode(Start.self)
    var order = SamplingOrder(policies: body.policies, responses: body.responses)
    order.temperature = body.temperature
    order.again = body.again ?? false
    return try Reply.json(
      await dependencies.startSampling(order, task: task, by: context.visitor.id), status: .accepted
    )
  }
}
