import Foundation
import Hummingbird
import LanguageModels
import Logging
import Torch

/// The settings of a model server.
public struct ModelServerSettings: Sendable {
  public var host = "127.0.0.1"
  /// The port; 0 chooses a free one.
  public var port = 8000
  /// The model name that clients use; nil means the name of the folder.
  public var name: String?
  /// The number of rows generated at a time.
  public var slots = 16
  /// The length limit of a prompt with its answer, in tokens; nil means the model's limit, at most
  /// 8,192.
  public var contextLength: Int?
  /// The number of rows that may wait for a slot. Further requests get status 429.
  public var queueLimit = 256
  public var precision = Precision.automatic
  /// A name or a file that replaces the model's chat template; nil keeps it.
  public var chatTemplate: String?
  /// The access rules.
  public var access = ServerAccess()
  /// Whether `generation_config.json` provides the sampling settings that a request omits.
  public var usesGenerationSettings = true

  public init() {}
}

/// Builds a server for one model with OpenAI's routes.
public func buildModelApplication(
  folder: URL, settings: ModelServerSettings, logger: Logger,
  onListening: @escaping @Sendable (_ port: Int) async -> Void
) throws -> some ApplicationProtocol {
  let tokenizer = try Tokenizer(folder: folder)
  let configuration = try ModelConfiguration(folder: folder)
  let contextLength = min(
    settings.contextLength ?? min(configuration.contextLength, 8192), configuration.contextLength)
  let defaults =
    settings.usesGenerationSettings
    ? try GenerationSettings(folder: folder).applied(to: SamplingOptions()) : SamplingOptions()
  let counters = ServerCounters()
  let template = Result {
    try settings.chatTemplate.map { try ChatTemplate(choice: $0, model: folder) }
      ?? ChatTemplate(folder: folder)
  }
  // A template that was asked for must be readable. The folder's own is needed for chat only.
  if settings.chatTemplate != nil { _ = try template.get() }
  let model = try CausalLanguageModel(folder: folder, precision: settings.precision)
  if let end = try? template.get().endToken(in: tokenizer) { model.addEndToken(end) }
  let loop = try InferenceLoop(
    model: model,
    tokenizer: tokenizer, slots: settings.slots, contextLength: contextLength,
    queueLimit: settings.queueLimit, counters: counters)
  let service = ModelService(
    name: settings.name ?? folder.standardizedFileURL.lastPathComponent, tokenizer: tokenizer,
    template: template, configuration: configuration,
    contextLength: contextLength, loop: loop, created: Int(Date().timeIntervalSince1970),
    defaults: defaults)
  let router = Router(context: ModelRequestContext.self)
  router.add(middleware: OpenAIErrors(service: service))
  router.add(middleware: AccessCheck(access: settings.access.listening(on: settings.host)))
  addRoutes(to: router, service)
  let connections = ConnectionLimit(openFiles: raiseOpenFileLimit())
  return Application(
    router: router,
    server: .http1(
      configuration: .init(
        additionalChannelHandlers: [ConnectionWatch(connections), ClientWatch()],
        idleTimeout: .seconds(60))),
    configuration: .init(address: .hostname(settings.host, port: settings.port)),
    onServerRunning: { channel in
      await onListening(channel.localAddress?.port ?? settings.port)
    },
    logger: logger)
}

private func addRoutes(to router: Router<ModelRequestContext>, _ service: ModelService) {
  struct Model: Encodable {
    var id: String
    var object = "model"
    var created: Int
    var owned_by = "plumbline"
    var max_model_len: Int
  }
  struct List: Encodable {
    var object = "list"
    var data: [Model]
  }
  let model = Model(
    id: service.name, created: service.created, max_model_len: service.contextLength)
  router.get("/health") { _, _ in try service.json(["status": "ok"]) }
  router.get("/metrics") { _, _ in
    Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
      body: .init(
        byteBuffer: ByteBuffer(string: service.loop.counters.text(load: service.loop.load))))
  }
  router.get("/v1/models") { _, _ in try service.json(List(data: [model])) }
  router.get("/v1/models/{id}") { _, context in
    try service.check(model: context.parameters.get("id"))
    return try service.json(model)
  }
  router.post("/v1/completions", use: CompletionRoute(service: service).respond)
  router.post("/v1/chat/completions", use: ChatRoute(service: service).respond)
}

/// Counts requests, and converts every error to the format that OpenAI's clients read.
private struct OpenAIErrors: RouterMiddleware {
  let service: ModelService

  func handle(
    _ request: Request, context: ModelRequestContext,
    next: (Request, ModelRequestContext) async throws -> Response
  ) async throws -> Response {
    if request.method == .post { service.loop.counters.add(.requests) }
    do {
      return try await next(request, context)
    } catch let error as CancellationError {
      throw error
    } catch let refused as RefusedRequest {
      return try response(refused.reason, headers: refused.headers)
    } catch {
      return try response(error, headers: [:])
    }
  }

  private func response(_ error: any Error, headers: HTTPFields) throws -> Response {
    switch error {
    case let error as ServerError: return try response(error, headers: headers)
    case let error as LanguageModelError:
      return try response(.invalid("\(error)"), headers: headers)
    case let error as any HTTPResponseError where error.status == .notFound:
      return try response(.unknownRoute, headers: headers)
    case let error as any HTTPResponseError:
      service.loop.counters.add(.failed)
      var response = try service.json(ErrorReply(.invalid("\(error.status)")), status: error.status)
      for field in headers { response.headers.append(field) }
      return response
    default: return try response(.failed("\(error)"), headers: headers)
    }
  }

  private func response(_ error: ServerError, headers: HTTPFields) throws -> Response {
    var isBusy = false
    if case .busy = error { isBusy = true }
    service.loop.counters.add(isBusy ? .rejected : .failed)
    var response = try service.json(ErrorReply(error), status: error.status)
    for field in headers { response.headers.append(field) }
    if isBusy { response.headers[.retryAfter] = "1" }
    if error == .noKey { response.headers[.wwwAuthenticate] = "Bearer" }
    return response
  }
}
