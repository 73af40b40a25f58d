import Foundation
import Hummingbird
import Jobs
import LabelStore
import Rendering

/// Letting policies answer from the browser.
struct SamplingPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/sampling", RunPolicy.control) { _, visit in
        try await page(visit)
      },
      Route(.post, "/tasks/{task}/sampling", RunPolicy.control, handler: start),
      Route(.post, "/tasks/{task}/sampling/{id}", RunPolicy.control) { _, visit in
        try await dependencies.cancelSampling(visit)
        return Reply.goTo(.sampling(task: try visit.parameter("task")))
      },
    ]
  }

  @Sendable private func start(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await dependencies.store.task(visit)
    let form = try await request.form()
    do {
      var order = SamplingOrder(
        policies: form.all("policy"), responses: try form.whole("responses"))
      order.temperature = try form.number("temperature")
      order.again = !form["again"].isEmpty
      _ = try await dependencies.startSampling(order, task: task, by: visit.visitor.id)
    } catch let error as any WebErrorConvertible {
      return try await page(visit, problem: error.webError.message(in: site.words))
    } catch let error as WebError {
      return try await page(visit, problem: error.message(in: site.words))
    }
    return Reply.goTo(.sampling(task: task.slug))
  }

  private func page(_ visit: Visit, problem: String? = nil) async throws -> Response {
    let task = try await dependencies.store.task(visit)
    let jobs = await dependencies.sampling?.jobs(of: task.slug) ?? []
    let page = SamplingPage(
      head: await dependencies.head(task, nil, visit, words: site.words), task: task,
      policies: dependencies.sampling?.policies ?? [], jobs: jobs,
      wording: Wording(words: site.words, now: dependencies.now()), problem: problem)
    var response = try site.page(page, for: visit, frame: FrameChoice(current: .home))
    if problem != nil { response.status = .unprocessableContent }
    // Works without a script; a page that waits for nothing is left alone.
    if jobs.contains(where: { $0.state == .running }), problem == nil {
      response.headers[.refresh] = "3"
    }
    return response
  }
}

extension HTTPField.Name {
  static let refresh = Self.named("Refresh")
}

/// Which policies can be asked, what waits, and how the asking goes.
struct SamplingPage: Page {
  static let template = "pages/sampling"

  struct Policy: Sendable {
    let name: String
    let kind: String
  }

  struct Job: Sendable {
    let policies: String
    let state: String
    let stateClass: String
    let asked: Int
    let of: Int
    let count: String
    let problem: String?
    let when: String
    let cancelPath: String?
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let action: String
  let waiting: String
  let responses: Int
  let hasPolicies: Bool
  let hasNone: Bool
  let policies: [Policy]
  let hasJobs: Bool
  let jobs: [Job]

  init(
    head: TaskHead, task: LabelTask, policies: [(name: String, isEndpoint: Bool)],
    jobs: [SamplingJob], wording: Wording, problem: String?
  ) {
    let words = wording.words
    title = words("sampling", "title")
    self.head = head
    self.problem = problem
    action = SitePath.sampling(task: task.slug).string
    waiting = words.count("sampling", "waiting", task.progress.prompts - task.progress.answered)
    responses = task.definition.responses
    hasPolicies = !policies.isEmpty
    hasNone = policies.isEmpty
    self.policies = policies.map {
      Policy(name: $0.name, kind: words("sampling", $0.isEndpoint ? "endpoint" : "model"))
    }
    hasJobs = !jobs.isEmpty
    self.jobs = jobs.map { job in
      let classes: [SamplingJob.State: String] = [
        .running: "live", .succeeded: "good", .failed: "bad",
      ]
      return Job(
        policies: job.policies.joined(separator: ", "),
        state: words("sampling", job.state.rawValue),
        stateClass: classes[job.state] ?? "warn", asked: job.asked, of: max(1, job.of),
        count: "\(job.asked) / \(job.of)", problem: job.problem,
        when: wording.exact(job.startedAt),
        cancelPath: job.state == .running
          ? SitePath.samplingJob(job.id, task: task.slug).string : nil)
    }
  }
}
