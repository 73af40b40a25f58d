import Foundation
import Hummingbird
import LabelStore
import PreferenceData

/// Letting policies answer a task's prompts, and following how that goes.
struct SamplingsAPI: RouteGroup {
  let dependencies: ServerDependencies

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/samplings", RunPermission.follow,
        summary: "List samplings and the policies that can be asked", handler: list),
      .api(
        .post, "/tasks/{task}/samplings", RunPermission.control,
        summary: "Let policies answer the prompts that lack answers", handler: start),
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

extension ServerDependencies {
  func startSampling(
    _ order: SamplingOrder, task: LabelTask, by actor: PersonID
  ) async throws -> SamplingJob {
    guard let sampling else {
      throw WebError(
        .serviceUnavailable, code: "engineMissing",
        message: "This server cannot ask policies. Run plumbline serve in the workspace.")
    }
    guard !order.policies.isEmpty else {
      throw WebError.invalid("Name at least one policy.", field: "policies")
    }
    guard order.policies.count <= PromptRecord.responseCounts.upperBound else {
      throw WebError.invalid(
        "Name 9 policies at most: that is how many answers one page can rank.", field: "policies")
    }
    if let responses = order.responses, !(2...9).contains(responses) {
      throw WebError.invalid(
        "Ask for 2 to 9 answers: that is what one page can rank.", field: "responses")
    }
    if let temperature = order.temperature, !(0...10).contains(temperature) {
      throw WebError.invalid("The temperature lies between 0 and 10.", field: "temperature")
    }
    do {
      return try await sampling.start(order, task: task, by: actor)
    } catch let error as RetrainingError {
      throw switch error {
      case .unknownModel: WebError.invalid(error.description, field: "policies")
      default: WebError(.serviceUnavailable, code: "notPossible", message: error.description)
      }
    }
  }

  func cancelSampling(_ context: AppRequestContext) async throws {
    let task = try await store.task(context)
    guard try await sampling?.cancel(context.parameter("id"), task: task.slug) != nil else {
      throw WebError.notFound
    }
  }
}
