import Foundation
import Hummingbird
import Jobs
import LabelStore
import PreferenceData
import Rendering
import WebServer

/// Retraining: starting runs, watching them, and the models they made.
struct RunPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  var routes: [Route] {
    [
      Route(.post, "/tasks/{task}/runs", RunPermission.control, handler: start),
      Route(.get, "/runs", RunPermission.follow, handler: list),
      Route(.get, "/runs/{id}", RunPermission.follow, handler: show),
      Route(.post, "/runs/{id}/cancellation", RunPermission.control, handler: cancel),
      Route(.get, "/models", RunPermission.follow, handler: models),
    ]
  }

  private var wording: Wording { Wording(strings: site.strings, now: dependencies.now()) }

  @Sendable private func start(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await dependencies.store.task(context)
    let form = try await request.form()
    do {
      let method = try form.filled("method").map(RetrainingMethod.named) ?? .ppo
      return Reply.goTo(
        .run(try await dependencies.startRun(RetrainingRequest(task: task.slug, method: method))))
    } catch {
      let refusal = WebError(error)
      guard refusal.code != "internal" else { throw error }
      let obstacle = await dependencies.obstacle(to: task.slug)
      let problem =
        obstacle == .noModel
        ? site.strings("task", "retrain.noModel") : refusal.message(in: site.strings)
      var response = try await TaskPages(dependencies: dependencies, site: site)
        .glance(at: task, context, problem: problem)
      response.status = .conflict
      return response
    }
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let runs = try await dependencies.supervisor?.runs() ?? []
    let page = RunsPage(
      title: site.strings("runs", "title"), homePath: SitePath.home.string, isEmpty: runs.isEmpty,
      hasRuns: !runs.isEmpty,
      runs: runs.map { RunsPage.Row($0, wording: wording) })
    return try site.page(page, for: context, layout: LayoutOptions(current: .runs))
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let run = try await dependencies.run(context)
    let metrics = try await dependencies.retraining().metrics(run.id)
    let page = RunPage(
      run, metrics: metrics, wording: wording,
      canCancel: RunPermission.control.allows(context.visitor) && run.state.isLive)
    let scripts = [LayoutOptions.pageScript] + (run.state.isLive ? ["js/run.js"] : [])
    let layout = LayoutOptions(current: .runs, scripts: scripts)
    return try site.page(page, for: context, layout: layout)
  }

  @Sendable private func cancel(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let run = try await dependencies.run(context)
    try await dependencies.retraining().cancel(run.id)
    return Reply.goTo(.run(run.id))
  }

  @Sendable private func models(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let models = try await dependencies.supervisor?.models() ?? []
    let page = ModelsPage(
      title: site.strings("models", "title"), isEmpty: models.isEmpty,
      models: models.map { ModelsPage.Model($0, wording: wording) })
    return try site.page(page, for: context, layout: LayoutOptions(current: .models))
  }
}

extension RetrainingRun.State {
  var isLive: Bool { self == .waiting || self == .running }

  /// The style of the state's tag; its text is the state's name.
  var tagClass: String {
    switch self {
    case .waiting: ""
    case .running: "live"
    case .succeeded: "good"
    case .failed: "bad"
    case .cancelled, .interrupted: "warn"
    }
  }
}

struct RunsPage: Page {
  static let template = "pages/runs"

  struct Row: Sendable {
    let path: String
    let id: String
    let task: String
    let method: String
    let state: String
    let stateClass: String
    let started: String
    let duration: String
    let model: String

    init(_ run: RetrainingRun, wording: Wording) {
      path = SitePath.run(run.id).string
      id = run.id
      task = run.task
      method = run.method
      state = wording.strings("run", run.state.rawValue)
      stateClass = run.state.tagClass
      started = wording.moment(run.startedAt)
      let end = run.endedAt ?? (run.state.isLive ? wording.now : run.startedAt)
      duration = wording.duration(max(0, end.timeIntervalSince(run.startedAt)))
      model = run.model ?? "–"
    }
  }

  let title: String
  let homePath: String
  let isEmpty: Bool
  let hasRuns: Bool
  let runs: [Row]
}

struct ModelsPage: Page {
  static let template = "pages/models"

  struct Model: Sendable {
    let name: String
    let size: String
    let made: String
    let hasFacts: Bool
    let facts: [RunPage.Fact]

    init(_ model: ModelSummary, wording: Wording) {
      name = model.name
      size = wording.bytes(model.bytes)
      let strings = wording.strings
      let moment = model.createdAt.map { strings("models", "made", ["when": wording.exact($0)]) }
      made = [model.architecture, model.lineage == nil ? strings("models", "base") : nil, moment]
        .compactMap(\.self).joined(separator: " · ")
      let lineage = model.lineage
      facts =
        ["task", "method", "parent", "base", "run", "seed"].compactMap { key in
          (lineage?[key]?.stringValue ?? lineage?[key]?.intValue.map(String.init)).map {
            RunPage.Fact(name: strings("models", "fact.\(key)"), value: $0)
          }
        }
        + (lineage?["dataset"]?["sha256"]?.stringValue).map {
          [RunPage.Fact(name: strings("models", "fact.dataset"), value: $0)]
        }.orEmpty
      hasFacts = !facts.isEmpty
    }
  }

  let title: String
  let isEmpty: Bool
  let models: [Model]
}

extension Optional where Wrapped: RangeReplaceableCollection {
  var orEmpty: Wrapped { self ?? Wrapped() }
}
