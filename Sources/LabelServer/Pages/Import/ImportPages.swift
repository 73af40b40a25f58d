import Foundation
import HTTPSupport
import Hummingbird
import Jobs
import LabelStore
import PreferenceData
import Rendering
import WebServer

/// Importing prompts in steps: see how the file was understood, change that, then store it.
struct ImportPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }
  private var imports: ImportJobs { dependencies.imports }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/import", PromptPermission.importing) { request, context in
        try await page(
          store.task(context), context, withdrawn: request.query("withdrawn").flatMap(Int.init),
          closed: request.query("closed").flatMap(Int.init))
      },
      Route(
        .post, "/tasks/{task}/imports/{import}/withdrawal", PromptPermission.importing
      ) { _, context in
        let (task, done) = try await dependencies.withdrawImport(context)
        return Reply.goTo(
          .withdrawnImport(task: task.slug, withdrawn: done.withdrawn, closed: done.closed))
      },
      Route(.post, "/tasks/{task}/import", PromptPermission.importing, handler: create),
      Route(.get, "/tasks/{task}/import/{upload}", PromptPermission.importing) { request, context in
        let task = try await store.task(context)
        guard let job = try await job(context, task) else {
          return try await page(task, context, problem: site.strings("import", "expired"))
        }
        let rows = request.query("rows").flatMap(Int.init) ?? 1
        return try await page(task, context, job: job, rows: rows)
      },
      Route(
        .post, "/tasks/{task}/import/{upload}/check", PromptPermission.importing, handler: check),
      Route(
        .post, "/tasks/{task}/import/{upload}/confirmation", PromptPermission.importing,
        handler: confirm),
      Route(.get, "/tasks/{task}/import/{upload}/rejects", PromptPermission.importing) {
        _, context in
        guard let job = try await job(context, store.task(context)) else { throw WebError.notFound }
        return Response(
          status: .ok,
          headers: [
            .contentType: "text/plain; charset=utf-8",
            .contentDisposition: "attachment; filename=\"rejects.txt\"",
          ], body: try await FileIO().loadFile(path: job.rejectsPath, context: context))
      },
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let (upload, name) = try await receive(request)
    guard upload.size > 0 else {
      return try await page(task, context, problem: site.strings("import", "nothing"))
    }
    let plan: ImportPlan
    do {
      plan = try ImportPlan(path: upload.path, name: name)
    } catch let error as PreferenceDataError {
      return try await page(task, context, problem: error.description)
    }
    let job = try ImportJob(
      upload, named: name, id: dependencies.secret().word, plan: plan, into: task.id,
      by: context.visitor.id, at: dependencies.now())
    imports.add(job)
    return try await show(job, task)
  }

  /// A dropped file comes as it is, a chosen one in a form, a pasted text as a field.
  private func receive(_ request: Request) async throws -> (UploadedFile, name: String) {
    let workspace = dependencies.settings.workspace
    let pasted = site.strings("import", "pasted")
    let type = request.headers[.contentType] ?? ""
    if type.hasPrefix("application/octet-stream") {
      let name = Form(encoded: request.uri.query ?? "").filled("file") ?? pasted
      return (try await .receive(request, in: workspace), name)
    }
    if type.hasPrefix("multipart/form-data") {
      let upload = try await UploadedFile.receive(request, in: workspace)
      let form = try MultipartForm(path: upload.path, contentType: type)
      if let file = form["file"], !file.content.isEmpty {
        return (try .keep(file.content, in: workspace), file.fileName ?? pasted)
      }
      return (try .keep(form["lines"]?.content ?? Data(), in: workspace), pasted)
    }
    let form = try await request.form(limit: 32 << 20)
    return (try .keep(Array(form["lines"].utf8), in: workspace), pasted)
  }

  @Sendable private func check(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.form()
    let task = try await store.task(context)
    var plan: ImportPlan?
    do {
      if let job = try await job(context, task),
        let encoding = TextEncoding(rawValue: form["encoding"]),
        encoding != job.plan.format.encoding
      {
        plan = try job.plan(in: encoding)
      }
    } catch let error as PreferenceDataError {
      return try await page(task, context, problem: error.description)
    }
    return try await change(context) { imports.check($0.id, as: plan ?? ImportPlan($0.plan, form)) }
  }

  @Sendable private func confirm(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.form()
    return try await change(context) {
      imports.store(
        $0.id, skippingInvalid: form["invalid"] == "skip",
        judgements: JudgementUse(rawValue: form["judgements"]) ?? .metadata)
    }
  }

  /// Changes an import unless it is being worked on, then shows it.
  private func change(
    _ context: AppRequestContext, _ change: (ImportJob) -> Bool
  ) async throws -> Response {
    let task = try await store.task(context)
    guard let job = try await job(context, task) else {
      return try await page(task, context, problem: site.strings("import", "expired"))
    }
    _ = change(job)
    return try await show(job, task)
  }

  private func job(_ context: AppRequestContext, _ task: LabelTask) async throws -> ImportJob? {
    imports.job(
      try context.parameter("upload"), of: context.visitor.id, in: task.id)
  }

  // Most files are done at once: then the next page shows the end and not the way.
  private func show(_ job: ImportJob, _ task: LabelTask) async throws -> Response {
    for _ in 0..<30 {
      guard imports.job(job.id, of: job.person, in: job.task)?.isWorking == true else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    return Reply.goTo(.importOf(upload: job.id, task: task.slug))
  }

  private func page(
    _ task: LabelTask, _ context: AppRequestContext, problem: String? = nil, job: ImportJob? = nil,
    rows: Int = 1, withdrawn: Int? = nil, closed: Int? = nil
  ) async throws -> Response {
    let strings = site.strings
    let page = ImportPage(
      title: strings("import", "title"),
      head: await dependencies.head(task, nil, context, strings: strings),
      problem: job?.problem(strings) ?? problem, done: job?.done(task, strings),
      action: SitePath.importing(task: task.slug).string,
      rejects: job?.rejectsLink(task), asks: job?.hasFailed ?? true,
      working: job?.working(strings),
      withdrawn: withdrawn.map { strings.withdrawn($0, closed: closed ?? 0) },
      imports: ImportList(
        try await store.imports(of: task.id), of: task,
        wording: Wording(strings: strings, now: dependencies.now())),
      preview: job.flatMap { ImportPage.Preview($0, task, site, page: rows) })
    let layout = LayoutOptions(current: .home, scripts: [LayoutOptions.pageScript, "js/import.js"])
    return try site.page(page, for: context, layout: layout)
  }
}
