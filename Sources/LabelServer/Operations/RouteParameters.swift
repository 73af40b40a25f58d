import LabelStore
import WebServer

extension AppRequestContext {
  func promptID() throws -> PromptID {
    guard let id = PromptID(try parameter("prompt")) else { throw WebError.notFound }
    return id
  }

  func importID() throws -> ImportID {
    guard let id = ImportID(try parameter("import")) else { throw WebError.notFound }
    return id
  }

  func webhookID() throws -> WebhookID {
    guard let id = WebhookID(try parameter("id")) else { throw WebError.notFound }
    return id
  }
}

extension LabelStore {
  /// Returns the task of a route.
  func task(_ context: AppRequestContext) async throws -> LabelTask {
    try await task(slug: context.parameter("task"))
  }

  /// Returns the prompt of a route; throws `WebError.notFound` when it belongs to another task.
  func prompt(_ context: AppRequestContext) async throws -> PromptDetail {
    try await prompt(context.promptID(), of: task(context).id, for: context.visitor.id)
  }
}
