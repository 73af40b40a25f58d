import Foundation
import Hummingbird
import LabelStore
import Labelling

/// Where labellers disagree: the queue, the judgements of a prompt side by side, the decision.
struct ReviewPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }
  private var wording: Wording { Wording(words: site.words, now: dependencies.now()) }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/review", ReviewPolicy.read, handler: queue),
      Route(.get, "/tasks/{task}/review/{prompt}", ReviewPolicy.read) { request, visit in
        try await prompt(visit, from: request.query("from"), saved: request.query("decided"))
      },
      Route(
        .post, "/tasks/{task}/review/{prompt}/adjudication", ReviewPolicy.decide, handler: decide),
      // A form that was sent back stands at this address; loading it anew leads to the prompt.
      Route(.get, "/tasks/{task}/review/{prompt}/adjudication", ReviewPolicy.read) { _, visit in
        Reply.goTo(
          .review(task: try visit.parameter("task"), prompt: try visit.parameter("prompt")))
      },
      Route(
        .post, "/tasks/{task}/judgements/{judgement}/retraction", ReviewPolicy.retract,
        handler: retract),
    ]
  }

  @Sendable private func queue(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let queue = request.query("queue").flatMap(ReviewQueue.init(rawValue:)) ?? .open
    let limit = 50
    let items = try await store.review(
      of: task.id, queue, after: request.query("after").flatMap(ReviewCursor.init), limit: limit)
    var counts: [ReviewQueue: Int] = [:]
    for each in ReviewQueue.allCases {
      counts[each] = try await store.reviewCount(of: task.id, each)
    }
    let page = ReviewQueuePage(
      items, in: queue, counts: counts,
      head: await dependencies.head(task, .review, visit, words: site.words), task: task.slug,
      isDone: request.query("decided") != nil,
      next: items.count == limit ? items.last?.cursor : nil, wording: wording)
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  private func prompt(
    _ visit: Visit, from source: String? = nil, saved: String? = nil,
    entered: JudgementForm? = nil, problem: String? = nil
  ) async throws -> Response {
    let task = try await store.task(visit)
    let reviewed = try await reviewed(visit, task)
    let start =
      entered
      ?? (source.flatMap(AssignmentID.init) ?? nil).flatMap { id in
        reviewed.detail.judgements.first { $0.assignmentID == id }?.judgement
          .start(in: reviewed.shown)
      } ?? reviewed.decision?.judgement?.form(shown: reviewed.shown) ?? JudgementForm()
    let page = ReviewPage(
      reviewed, task: task, entered: start,
      head: await dependencies.head(task, .review, visit, words: site.words), problem: problem,
      saved: saved, site: site, wording: wording)
    let frame = FrameChoice(current: .home, scripts: [FrameChoice.pageScript, "js/review.js"])
    var response = try site.page(page, for: visit, frame: frame)
    if problem != nil { response.status = .unprocessableContent }
    return response
  }

  private func reviewed(_ visit: Visit, _ task: LabelTask) async throws -> ReviewedPrompt {
    guard let id = PromptID(try visit.parameter("prompt")) else { throw WebError.notFound }
    return try await store.reviewedPrompt(id, of: task.id, for: visit.visitor.id)
  }

  @Sendable private func decide(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let reviewed = try await reviewed(visit, task)
    let id = reviewed.detail.prompt.id
    let form = try await request.form()
    if form["deed"] == "withdraw" {
      try await store.withdrawAdjudication(on: id, of: task.id, by: visit.visitor.id)
      return Reply.goTo(.review(task: task.slug, prompt: id.description))
    }
    let keys = BlindOrder.keys(count: reviewed.shown.count)
    var entered: JudgementForm?
    do {
      let read = try JudgementForm(form, keys: keys)
      entered = read
      try await store.adjudicate(read, on: id, of: task.id, by: visit.visitor.id)
    } catch {
      guard let problem = error.formProblem else { throw error }
      return try await prompt(
        visit, entered: entered, problem: explain(problem, keys: keys.map(\.rawValue)))
    }
    let next = try await store.review(of: task.id, limit: 1).first
    return Reply.goTo(
      .decided(task: task.slug, prompt: id.description, next: next?.prompt.id.description))
  }

  /// As the labelling page says it, where it is about places; else as the API does.
  private func explain(_ problem: FormProblem, keys: [String]) -> String {
    let missing: [String]? =
      switch problem {
      case .missingResponses("ranking", let keys): keys
      case .required("ranking"), .nothingAnswered: keys
      default: nil
      }
    return missing.map {
      site.words("behaviour", "missingRank", ["keys": $0.joined(separator: ", ")])
    } ?? problem.webError.message(in: site.words)
  }

  @Sendable private func retract(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    guard let id = AssignmentID(try visit.parameter("judgement")) else { throw WebError.notFound }
    let prompt = try await store.prompt(ofJudgement: id, in: task.id)
    let form = try await request.form()
    let reason = try RetractionReason(chosen: form["reason"])
    try await store.retractJudgement(
      of: id, by: visit.visitor.id, because: reason, note: form.filled("note") ?? "")
    await dependencies.statistics.forget(task.id)
    return Reply.goTo(.review(task: task.slug, prompt: prompt.description))
  }
}

extension RetractionReason {
  /// The reason of that name; throws what to choose from.
  init(chosen name: String) throws {
    guard let reason = RetractionReason(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw WebError.invalid("Say why: one of \(known).", field: "reason")
    }
    self = reason
  }
}

extension Judgement {
  /// What a decision can start from, in the letters of another who sees the same answers.
  func start(in shown: [String]) -> JudgementForm {
    var judgement = Judgement()
    judgement.ranking = order
    judgement.flags = flags
    return judgement.form(shown: shown)
  }
}
