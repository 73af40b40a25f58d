import Hummingbird
import Jobs
import LabelStore
import WebServer

/// Imports of a task, and taking them or single prompts back.
struct ImportsAPI: RouteGroup {
  let dependencies: ServerDependencies

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/imports", PromptPermission.importing, summary: "List imports"
      ) { _, context in
        let imports = try await store.imports(of: store.task(context).id)
        return try Reply.json(["imports": imports.map(ImportBody.init)])
      },
      .api(
        .post, "/tasks/{task}/imports/{import}/withdrawal", PromptPermission.importing,
        summary: "Withdraw an import: its prompts, and the judgements that came with it"
      ) { _, context in
        try Reply.json(WithdrawalBody(await dependencies.withdrawImport(context).done))
      },
      .api(
        .post, "/tasks/{task}/prompts/{prompt}/withdrawal", PromptPermission.importing,
        summary: "Withdraw a prompt"
      ) { _, context in
        try Reply.json(WithdrawalBody(await dependencies.withdrawPrompt(context).done))
      },
    ]
  }
}

extension ServerDependencies {
  /// Withdraws the import of a route.
  func withdrawImport(
    _ context: AppRequestContext
  ) async throws -> (task: LabelTask, done: Withdrawal) {
    let task = try await store.task(context)
    let done = try await store.withdrawImport(
      context.importID(), of: task.id, by: context.visitor.id)
    await statistics.forget(task.id)
    return (task, done)
  }

  /// Withdraws the prompt of a route.
  func withdrawPrompt(
    _ context: AppRequestContext
  ) async throws -> (task: LabelTask, done: Withdrawal) {
    let task = try await store.task(context)
    let done = try await store.withdrawPrompt(
      context.promptID(), of: task.id, by: context.visitor.id)
    await statistics.forget(task.id)
    return (task, done)
  }
}
