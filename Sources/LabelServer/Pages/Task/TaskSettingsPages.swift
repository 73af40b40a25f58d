import Foundation
import HTTPSupport
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// Creating a task and changing its settings.
struct TaskSettingsPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/new", TaskPermission.change) { _, context in
        try await page(
          TaskSettings(TaskDefinition(slug: "", title: ["en": ""], overlap: 2)), nil, context)
      },
      Route(.post, "/tasks", TaskPermission.change, handler: create),
      Route(.get, "/tasks/{task}/settings", TaskPermission.change) { request, context in
        let task = try await store.task(context)
        return try await page(
          TaskSettings(task.definition, guidelines: task.guidelines), task, context,
          saved: request.query("saved") != nil)
      },
      Route(.post, "/tasks/{task}/settings", TaskPermission.change, handler: update),
      Route(.post, "/tasks/{task}/archival", TaskPermission.change) { _, context in
        let task = try await store.task(context)
        try await store.archiveTask(task.id, by: context.visitor.id)
        return Reply.goTo(.taskSettings(task: task.slug))
      },
      Route(.post, "/tasks/{task}/reopening", TaskPermission.change) { _, context in
        let task = try await store.task(context)
        try await store.reopenTask(task.id, by: context.visitor.id)
        return Reply.goTo(.taskSettings(task: task.slug))
      },
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    var settings = TaskSettings(
      TaskDefinition(slug: "", title: ["en": ""]), guidelines: "")
    let form = try await request.form()
    settings.definition.slug = form.filled("slug") ?? ""
    read(form, into: &settings)
    if form.names.contains("edit") {
      return try await page(settings, nil, context, problem: settings.problem)
    }
    guard let checked = try checked(&settings) else {
      return try await page(settings, nil, context, problem: settings.problem)
    }
    do {
      let task = try await store.createTask(
        checked, guidelines: settings.guidelines, by: context.visitor.id)
      return Reply.goTo(.importing(task: task.slug))
    } catch LabelStoreError.slugTaken(let slug) {
      let problem = site.strings("settings", "slugTaken", ["slug": slug])
      return try await page(settings, nil, context, problem: problem)
    }
  }

  @Sendable private func update(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    var settings = TaskSettings(task.definition, guidelines: task.guidelines)
    let form = try await request.form()
    read(form, into: &settings)
    if form.names.contains("edit") {
      return try await page(settings, task, context, problem: settings.problem)
    }
    guard let checked = try checked(&settings) else {
      return try await page(settings, task, context, problem: settings.problem)
    }
    try await store.saveTask(checked, guidelines: settings.guidelines, by: context.visitor.id)
    return Reply.goTo(.savedTaskSettings(task: task.slug))
  }

  private func read(_ form: Form, into settings: inout TaskSettings) {
    do {
      try settings.read(form, language: site.strings.language)
    } catch {
      settings.problem = error.message(in: site.strings)
    }
  }

  // The definition's own reader is the one place that knows what is allowed.
  private func checked(_ settings: inout TaskSettings) throws -> TaskDefinition? {
    if settings.problem != nil { return nil }
    do {
      let definition = try TaskDefinition(json: settings.json)
      try definition.checkTexts(guidelines: settings.guidelines)
      return definition
    } catch let error as LabellingError {
      settings.problem = error.description
      return nil
    }
  }

  private func page(
    _ settings: TaskSettings, _ task: LabelTask?, _ context: AppRequestContext,
    problem: String? = nil,
    saved: Bool = false
  ) async throws -> Response {
    var changes: [TaskChange] = []
    var head: TaskHead?
    if let task {
      head = await dependencies.head(task, .settings, context, strings: site.strings)
      let saves = try await store.events(
        matching: EventFilter(task: task.id, kind: .taskSaved), limit: 20)
      changes = TaskChange.all(
        saves, wording: Wording(strings: site.strings, now: dependencies.now()))
    }
    let page = TaskSettingsPage(
      settings, task: task, head: head, site: site, problem: problem, saved: saved,
      changes: changes)
    let scripts = [LayoutOptions.pageScript] + (task == nil ? ["js/slug.js"] : [])
    var response = try site.page(
      page, for: context, layout: LayoutOptions(current: .home, scripts: scripts))
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}
