import Foundation
import Hummingbird
import LanguageModels
import NIOCore

/// What all routes share: the model's name, tokenizer, template and loop.
struct ModelService: Sendable {
  let name: String
  let tokenizer: Tokenizer
  /// The checkpoint's template, or why it has none that is known.
  let template: Result<ChatTemplate, any Error>
  let configuration: ModelConfiguration
  let contextLength: Int
  let loop: InferenceLoop
  let created: Int

  private static let bodyLimit = 16 << 20

  var now: Int { Int(Date().timeIntervalSince1970) }

  func newID(_ kind: String) -> String {
    kind + "-" + UUID().uuidString.lowercased().replacing("-", with: "")
  }

  // MARK: - In

  func decode<Asked: Decodable>(
    _ type: Asked.Type, _ body: RequestBody
  ) async throws -> (Asked, SamplingFields) {
    var buffer = try await body.collect(upTo: Self.bodyLimit)
    let data = buffer.readData(length: buffer.readableBytes) ?? Data()
    do {
      let decoder = JSONDecoder()
      return (
        try decoder.decode(type, from: data), try decoder.decode(SamplingFields.self, from: data)
      )
    } catch let error as DecodingError {
      let (problem, member) = describe(error)
      throw ServerError.invalid(problem, parameter: member)
    }
  }

  private func describe(_ error: DecodingError) -> (String, String?) {
    func place(_ context: DecodingError.Context, _ last: String? = nil) -> String? {
      let names = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      let path = names + [last].compactMap { $0 }
      return path.isEmpty ? nil : path.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      let name = place(context, key.stringValue) ?? key.stringValue
      return ("\(name) is missing.", name)
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let name = place(context)
      return ("\(name ?? "the body") is not of the right kind: \(context.debugDescription)", name)
    default:
      return ("the body is not JSON.", nil)
    }
  }

  func check(model asked: String?) throws {
    guard let asked, asked != name else { return }
    throw ServerError.unknownModel(asked, known: name)
  }

  func checkFits(_ ids: [Int]) throws {
    guard !ids.isEmpty, ids.count < contextLength else {
      throw ServerError.invalid(
        "the prompt has \(ids.count) tokens, and the context holds \(contextLength).",
        parameter: "prompt")
    }
    do {
      try configuration.checkFits(ids)
    } catch LanguageModelError.invalid(let problem) {
      throw ServerError.invalid(problem, parameter: "prompt")
    }
  }

  func prompts(_ prompt: CompletionRequest.Prompt) -> [(ids: [Int], text: String)] {
    switch prompt {
    case .texts(let texts): texts.map { (tokenizer.encode($0), $0) }
    case .ids(let lists): lists.map { ($0, tokenizer.decode($0, skipSpecialTokens: false)) }
    }
  }

  func prompt(_ messages: [ChatRequest.Message]) throws -> [Int] {
    guard !messages.isEmpty else {
      throw ServerError.invalid("messages is empty.", parameter: "messages")
    }
    let template: ChatTemplate
    do {
      template = try self.template.get()
    } catch {
      throw ServerError.invalid("\(error)", parameter: "messages")
    }
    return template.encode(
      messages.map { ChatTemplate.Message(role: $0.role, content: $0.content) }, with: tokenizer,
      addGenerationPrompt: true
    ).ids
  }

  func start(
    _ requests: [(GenerationRequest, SamplingOptions)]
  ) throws -> [AsyncThrowingStream<InferenceLoop.Event, any Error>] {
    for (request, options) in requests {
      try checkFits(request.ids)
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

  /// Server-sent events, ended by `[DONE]`; an error on the way becomes the last event.
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
        }
        try await events.finish()
      })
  }
}

/// The shape of all errors.
struct ErrorReply: Encodable {
  struct Problem: Encodable {
    var message: String
    var type: String
    var param: String?
    var code: String
  }

  var error: Problem

  init(_ error: ServerError) {
    self.error = Problem(
      message: error.message, type: error.type, param: error.parameter, code: error.code)
  }
}
