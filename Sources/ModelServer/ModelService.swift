import Foundation
import Hummingbird
import LanguageModels
import NIOCore

/// The parts that all routes share: the model's name, tokenizer, template and loop.
struct ModelService: Sendable {
  let name: String
  let tokenizer: Tokenizer
  /// The checkpoint's template, or the reason why there is none.
  let template: Result<ChatTemplate, any Error>
  let configuration: ModelConfiguration
  let contextLength: Int
  let loop: InferenceLoop
  let created: Int

  /// The sampling settings that apply if a request omits them.
  let defaults: SamplingOptions

  private static let bodyLimit = 8 << 20

  var now: Int { Int(Date().timeIntervalSince1970) }

  func newID(_ kind: String) -> String {
    kind + "-" + UUID().uuidString.lowercased().replacing("-", with: "")
  }

  // MARK: - In

  /// Returns the members of a request's JSON body.
  func fields(_ request: Request) async throws -> RequestFields {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }
      .trimmingCharacters(in: .whitespaces).lowercased()
    // A page of any website may send text/plain and forms, but needs a preflight request to send
    // JSON.
    guard type == "application/json" else { throw ServerError.notJSON }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw ServerError.tooLarge(limit: Self.bodyLimit)
    }
    guard body.readableBytes > 0 else { throw ServerError.invalid("the body is empty.") }
    return try body.withUnsafeReadableBytes { try RequestFields(parsing: $0) }
  }

  func sampling(_ fields: RequestFields) throws -> SamplingFields {
    try SamplingFields(fields, defaults: defaults, vocabularySize: configuration.vocabularySize)
  }

  func check(model asked: String?) throws {
    guard let asked, asked != name else { return }
    throw ServerError.unknownModel(asked, known: name)
  }

  /// - Parameter field: The request's field that contains the ids.
  func checkFits(_ ids: [Int], field: String) throws {
    guard !ids.isEmpty else {
      throw ServerError.invalid(
        "\(field) is empty: it has 0 tokens. Send at least one token to continue.",
        parameter: field)
    }
    guard ids.count < contextLength else {
      throw ServerError.invalid(
        "\(field) has \(ids.count) tokens, and the context has \(contextLength).",
        parameter: field)
    }
    do {
      try configuration.checkFits(ids)
    } catch LanguageModelError.invalid(let problem) {
      throw ServerError.invalid("\(field): \(problem)", parameter: field)
    }
  }

  /// Returns the prompts as ids. Throws at the first prompt that does not fit.
  func prompts(_ prompt: CompletionRequest.Prompt) throws -> [CompletionPrompt] {
    switch prompt {
    case .texts(let texts):
      try texts.map { text in
        let ids = tokenizer.encode(text)
        try checkFits(ids, field: "prompt")
        return CompletionPrompt(ids: ids, text: text, isText: true)
      }
    case .ids(let lists):
      try lists.map { ids in
        try checkFits(ids, field: "prompt")
        let text = tokenizer.decode(ids, skipSpecialTokens: false)
        return CompletionPrompt(ids: ids, text: text, isText: false)
      }
    }
  }

  /// Returns the ids of a conversation with the answer opened. What the template refuses is the
  /// client's error, in the template's own words.
  func prompt(_ request: ChatRequest) throws -> [Int] {
    do {
      return try template.get().encode(
        request.messages, with: tokenizer, addGenerationPrompt: true,
        variables: request.templateVariables
      ).ids
    } catch {
      throw ServerError.invalid("\(error)", parameter: "messages")
    }
  }

  /// - Parameter field: The request's field that contains the prompts.
  func start(
    _ requests: [(GenerationRequest, SamplingOptions)], field: String
  ) throws -> [AsyncThrowingStream<InferenceLoop.Event, any Error>] {
    for (request, options) in requests {
      try checkFits(request.ids, field: field)
      do {
        try options.validate()
        try options.checkFits(configuration)
      } catch LanguageModelError.invalid(let problem) {
        throw ServerError.invalid(problem)
      }
    }
    let streams = try loop.generate(requests)
    loop.counters.add(.promptTokens, requests.reduce(0) { $0 + $1.0.ids.count })
    return streams
  }

  // MARK: - Out

  func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let data = try JSONEncoder.forReplies.encode(value)
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(data: data)))
  }

  /// Returns server-sent events that end with `[DONE]`. An error becomes the last event.
  func events(
    _ body: @escaping @Sendable (inout EventWriter) async throws -> Void
  ) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: .init { writer in
        var events = EventWriter(writer)
        do {
          try await body(&events)
        } catch let error as ServerError {
          try await events.send(ErrorReply(error))
        } catch let error as LanguageModelError {
          try await events.send(ErrorReply(.failed("\(error)")))
        }
        try await events.finish()
      })
  }
}

/// The format of all errors.
struct ErrorReply: Encodable {
  struct Problem: Encodable {
    var message: String
    var type: String
    var param: String?
    var code: String

    /// OpenAI's clients expect `param` even if it is null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(message, forKey: .message)
      try container.encode(type, forKey: .type)
      try container.encode(param, forKey: .param)
      try container.encode(code, forKey: .code)
    }

    enum CodingKeys: CodingKey { case message, type, param, code }
  }

  var error: Problem

  /// The message may quote input of any length, so it is cut.
  private static let longest = 500

  init(_ error: ServerError) {
    self.error = Problem(
      message: Self.short(error.message), type: error.type, param: error.parameter.map(Self.short),
      code: error.code)
  }

  private static func short(_ text: String) -> String {
    text.utf8.count > longest ? String(text.unicodeScalars.prefix(longest)) + "…" : text
  }
}
