import Foundation
import Hummingbird
import Jobs
import LabelStore
import PreferenceData

/// Letting policies answer a task's prompts, and following how that goes.
struct SamplingsAPI: Feature {
  let dependencies: ServerDependencies

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/samplings", RunPolicy.follow,
        summary: "List samplings and the policies that can be asked", handler: list),
      .api(
        .post, "/tasks/{task}/samplings", RunPolicy.control,
        summary: "Let policies answer the prompts that lack answers", handler: start),
      .api(
        .delete, "/tasks/{task}/samplings/{id}", RunPolicy.control, summary: "Cancel a sampling"
      ) { _, visit in
        try await dependencies.cancelSampling(visit)
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

  @Sendable private func list(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await dependencies.store.task(visit)
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

  @Sendable private func start(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await dependencies.store.task(visit)
    let body = try await request.decode(Start.self)
    var order = SamplingOrder(policies: body.policies, responses: body.responses)
    order.temperature = body.temperature
    order.again = body.again ?? false
    return try Reply.json(
      await dependencies.startSampling(order, task: task, by: visit.visitor.id), status: .accepted)
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
    return try await sampling.start(order, task: task, by: actor)
  }

  func cancelSampling(_ visit: Visit) async throws {
    let task = try await store.task(visit)
    guard try await sampling?.cancel(visit.parameter("id"), task: task.slug) != nil else {
      throw WebError.notFound
    }
  }
}
