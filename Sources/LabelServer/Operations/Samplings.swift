import Jobs
import LabelStore
import PreferenceData
import WebServer

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

  func cancelSampling(_ context: AppRequestContext) async throws {
    let task = try await store.task(context)
    guard try await sampling?.cancel(context.parameter("id"), task: task.slug) != nil else {
      throw WebError.notFound
    }
  }
}
