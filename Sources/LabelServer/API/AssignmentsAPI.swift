import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData

/// Claiming, holding, giving back and judging prompts.
struct AssignmentsAPI: Feature {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(
        .post, "/tasks/{task}/assignments", AssignmentPolicy.work,
        summary: "Claim the next prompt", handler: claim),
      .api(
        .get, "/assignments/{id}", AssignmentPolicy.work, summary: "Show an assignment",
        handler: show),
      .api(
        .delete, "/assignments/{id}", AssignmentPolicy.work, summary: "Give a prompt back",
        handler: giveBack),
      .api(
        .post, "/assignments/{id}/renewal", AssignmentPolicy.work, summary: "Renew the lease",
        handler: renew),
      .api(
        .put, "/assignments/{id}/draft", AssignmentPolicy.work, summary: "Keep a draft",
        handler: keepDraft),
      .api(
        .post, "/assignments/{id}/skip", AssignmentPolicy.work, summary: "Skip the prompt",
        handler: skip),
      .api(
        .put, "/assignments/{id}/judgement", AssignmentPolicy.work,
        summary: "Submit or correct a judgement", handler: judge),
    ]
  }

  @Sendable private func claim(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(slug: visit.parameter("task"))
    guard let assignment = try await store.claimNextPrompt(of: task.id, for: visit.visitor.id)
    else { return Reply.nothing() }
    return try Reply.json(AssignmentBody(assignment), status: .created)
  }

  @Sendable private func show(_ request: Request, _ visit: Visit) async throws -> Response {
    let assignment = try await store.assignment(visit.assignmentID(), of: visit.visitor.id)
    return try Reply.json(AssignmentBody(assignment))
  }

  @Sendable private func giveBack(_ request: Request, _ visit: Visit) async throws -> Response {
    try await store.giveBack(visit.assignmentID(), of: visit.visitor.id)
    return Reply.nothing()
  }

  @Sendable private func renew(_ request: Request, _ visit: Visit) async throws -> Response {
    let expiry = try await store.renewLease(visit.assignmentID(), of: visit.visitor.id)
    return try Reply.json(["leaseExpiresAt": expiry])
  }

  @Sendable private func keepDraft(_ request: Request, _ visit: Visit) async throws -> Response {
    let draft = try await request.decode(JSONValue.self)
    guard draft.objectValue != nil else {
      throw WebError.badRequest("A draft is an object with the fields of a judgement.")
    }
    try await store.saveDraft(draft, of: visit.assignmentID(), by: visit.visitor.id)
    return Reply.nothing()
  }

  private struct Skip: Decodable {
    var reason: String?
  }

  @Sendable private func skip(_ request: Request, _ visit: Visit) async throws -> Response {
    let reason = try await request.decode(Skip.self).reason ?? ""
    try await store.skipPrompt(visit.assignmentID(), of: visit.visitor.id, reason: reason)
    return Reply.nothing()
  }

  private struct SubmissionBody: Encodable {
    let assignment: String
    let revision: Int
    let submittedAt: Date
  }

  @Sendable private func judge(_ request: Request, _ visit: Visit) async throws -> Response {
    let form = try await request.decode(JudgementForm.self)
    let id = try visit.assignmentID()
    let submission = try await store.submitJudgement(form, for: id, by: visit.visitor.id)
    let body = SubmissionBody(
      assignment: id.description, revision: submission.revision,
      submittedAt: submission.submittedAt)
    return try Reply.json(body, status: submission.outcome == .created ? .created : .ok)
  }
}

extension Visit {
  func assignmentID() throws -> AssignmentID {
    guard let id = AssignmentID(try parameter("id")) else { throw WebError.notFound }
    return id
  }
}

/// An assignment as its labeller may see it.
struct AssignmentBody: Encodable {
  struct Prompt: Encodable {
    let id: String
    let messages: [ChatMessage]
  }

  let id: String
  let task: String
  let prompt: Prompt
  let responses: [Assignment.ShownResponse]
  let questions: JSONValue
  let leaseExpiresAt: Date
  let state: String
  let draft: JSONValue?
  let judgement: JudgementForm?

  init(_ assignment: Assignment) {
    id = assignment.id.description
    task = assignment.taskSlug
    prompt = Prompt(id: assignment.promptID.description, messages: assignment.messages)
    responses = assignment.responses
    questions = assignment.questions.json
    leaseExpiresAt = assignment.leaseExpiresAt
    state = assignment.state.rawValue
    draft = assignment.draft
    judgement = assignment.form
  }
}
