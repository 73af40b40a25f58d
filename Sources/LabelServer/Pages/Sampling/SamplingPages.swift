import Foundation
import Hummingbird
import Jobs
import LabelStore
import Rendering
import WebServer

/// Letting policies answer from the browser.
struct SamplingPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/sampling", RunPermission.control) { _, context in
        try await page(context)
      },
      Route(.post, "/tasks/{task}/sampling", RunPermission.control, handler: start),
      Route(.post, "/tasks/{task}/sampling/{id}", RunPermission.control) { _, context in
        try await dependencies.cancelSampling(context)
        return Reply.goTo(.sampling(task: try context.parameter("task")))
      },
    ]
  }

  @Sendable private func start(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await dependencies.store.task(context)
    let form = try await request.form()
    do {
      var order = SamplingOrder(
        policies: form.all("policy"), responses: try form.whole("responses"))
      order.temperature = try form.number("temperature")
      order.again = !form["again"].isEmpty
      _ = try await dependencies.startSampling(order, task: task, by: context.visitor.id)
    } catch let error as any WebErrorConvertible {
      return try await page(context, problem: error.webError.message(in: site.strings))
    } catch let error as WebError {
      return try await page(context, problem: error.message(in: site.strings))
    }
    return Reply.goTo(.sampling(task: task.slug))
  }

  private func page(_ context: AppRequestContext, problem: String? = nil) async throws -> Response {
    let task = try await dependencies.store.task(context)
    let jobs = await dependencies.sampling?.jobs(of: task.slug) ?? []
    let page = SamplingPage(
      head: await dependencies.head(task, nil, context, strings: site.strings), task: task,
      policies: dependencies.sampling?.policies ?? [], jobs: jobs,
      wording: Wording(strings: site.strings, now: dependencies.now()), problem: problem)
    var response = try site.page(page, for: context, layout: LayoutOptions(current: .home))
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
    let strings = wording.strings
    title = strings("sampling", "title")
    self.head = head
    self.problem = problem
    action = SitePath.sampling(task: task.slug).string
    waiting = strings.count("sampling", "waiting", task.progress.prompts - task.progress.answered)
    responses = task.definition.responses
    hasPolicies = !policies.isEmpty
    hasNone = policies.isEmpty
    self.policies = policies.map {
      Policy(name: $0.name, kind: strings("sampling", $0.isEndpoint ? "endpoint" : "model"))
    }
    hasJobs = !jobs.isEmpty
    self.jobs = jobs.map { job in
      let classes: [SamplingJob.State: String] = [
        .running: "live", .succeeded: "good", .failed: "bad",
      ]
      return Job(
        policies: strings.list(job.policies),
        state: strings("sampling", job.state.rawValue),
        stateClass: classes[job.state] ?? "warn", asked: job.asked, of: max(1, job.of),
        count: "\(job.asked) / \(job.of)", problem: job.problem,
        when: wording.exact(job.startedAt),
        cancelPath: job.state == .running
          ? SitePath.samplingJob(job.id, task: task.slug).string : nil)
    }
  }
}
