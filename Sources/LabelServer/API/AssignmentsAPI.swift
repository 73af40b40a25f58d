import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import WebServer

/// Claiming, renewing, returning and judging prompts.
struct AssignmentsAPI: RouteGroup {
  let store: LabelStore
  let now: @Sendable () -> Date

  var routes: [Route] {
    [
      .api(
        .post, "/tasks/{task}/assignments", AssignmentPermission.work,
        summary: "Claim the next prompt", handler: claim),
      .api(
        .get, "/assignments/{id}", AssignmentPermission.work, summary: "Show an assignment",
        handler: show),
      .api(
        .delete, "/assignments/{id}", AssignmentPermission.work, summary: "Return an assignment",
        handler: giveBack),
      .api(
        .post, "/assignments/{id}/renewal", AssignmentPermission.work, summary: "Renew the lease",
        handler: renew),
      .api(
        .put, "/assignments/{id}/draft", AssignmentPermission.work, summary: "Save a draft",
        handler: keepDraft),
      .api(
        .post, "/assignments/{id}/skip", AssignmentPermission.work, summary: "Skip the prompt",
        handler: skip),
      .api(
        .put, "/assignments/{id}/judgement", AssignmentPermission.work,
        summary: "Submit or correct a judgement", handler: judge),
    ]
  }

  @Sendable private func claim(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let next = try await store.nextPrompt(
      ofTask: context.parameter("task"), for: context.visitor.id)
    switch next {
    case .assignment(let assignment):
      return Reply.canonical(assignment.json, status: .created)
    case .nothing(let left):
      var response = Reply.nothing()
      response.headers[.reason] = left.reason
      if let date = left.comeBackAt {
        response.headers[.retryAfter] = String(max(1, Int(date.timeIntervalSince(now())) + 1))
      }
      return response
    }
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let assignment = try await store.assignment(context.assignmentID(), of: context.visitor.id)
    return Reply.canonical(assignment.json)
  }

  @Sendable private func giveBack(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    try await store.giveBack(context.assignmentID(), of: context.visitor.id)
    return Reply.nothing()
  }

  @Sendable private func renew(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let expiry = try await store.renewLease(context.assignmentID(), of: context.visitor.id)
    return try Reply.json(["leaseExpiresAt": expiry])
  }

  @Sendable private func keepDraft(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let draft = try await request.judgementForm(limit: Request.draftLimit)
    try await store.saveDraft(draft, of: context.assignmentID(), by: context.visitor.id)
    return Reply.nothing()
  }

  private struct Skip: Decodable {
    var reason: String?
  }

  @Sendable private func skip(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let reason = try await request.decode(Skip.self, nullable: ["reason"]).reason ?? ""
    try await store.skipPrompt(context.assignmentID(), of: context.visitor.id, reason: reason)
    return Reply.nothing()
  }

  @Sendable private func judge(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.judgementForm()
    let id = try context.assignmentID()
    let submission = try await store.submitJudgement(form, for: id, by: context.visitor.id)
    let body: JSONValue = [
      "assignment": .string(id.description), "revision": .integer(submission.revision),
      "submittedAt": .time(submission.submittedAt),
    ]
    return Reply.canonical(body, status: submission.outcome == .created ? .created : .ok)
  }
}

extension AppRequestContext {
  func assignmentID() throws -> AssignmentID {
    guard let id = AssignmentID(try parameter("id")) else { throw WebError.notFound }
    return id
  }
}

extension HTTPField.Name {
  /// The reason for a response without content: see `NothingLeft`.
  static let reason = Self.named("Plumbline-Reason")
}

extension Assignment {
  /// The assignment as its labeller sees it.
  // Written by hand: it is the most frequent response, and encoders are many times slower.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "id": .string(id.description), "task": .string(taskSlug),
      "prompt": [
        "id": .string(promptID.description), "messages": .array(messages.map(\.json)),
      ],
      "responses": .array(
        responses.map { ["key": .string($0.key.rawValue), "text": .string($0.text)] }),
      "questions": questionsJSON, "leaseExpiresAt": .time(leaseExpiresAt),
      "state": .string(state.rawValue),
    ]
    members["draft"] = draft?.json
    members["judgement"] = form?.json
    return .object(members)
  }
}

extension JSONValue {
  /// A time in the format of the API: ISO 8601 in UTC, in whole seconds.
  static func time(_ date: Date) -> JSONValue { .string(date.formatted(.iso8601)) }
}

extension Request {
  /// Maximum size of a draft: two texts of the maximum length, with their JSON.
  static let draftLimit = 500 * 1024

  func judgementForm(limit: Int = Request.bodyLimit) async throws -> JudgementForm {
    let json = try await json(limit: limit)
    do {
      return try JudgementForm(json: json)
    } catch {
      throw WebError.badRequest(error)
    }
  }
}

extension WebError {
  /// A refusal of a body whose member has the wrong type.
  static func badRequest(_ problem: LineProblem) -> WebError {
    guard case .wrongType(let key, let expected) = problem else {
      return .badRequest("The body is wrong: \(problem)")
    }
    return .badRequest(
      "`\(key.quoted())` is not of the expected type (\(expected)).",
      field: key.split(separator: ".").first.map(String.init))
  }
}
