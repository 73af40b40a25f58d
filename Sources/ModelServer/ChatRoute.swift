import Foundation
import Hummingbird
import LanguageModels

/// `POST /v1/chat/completions`: answers a conversation.
struct ChatRoute: Sendable {
  let service: ModelService

  @Sendable func respond(
    _ request: Request, _ context: ModelRequestContext
  ) async throws -> Response {
    try await context.cancelledWithClient {
      let (asked, sampling) = try await service.decode(ChatRequest.self, request.body)
      try service.check(model: asked.model)
      let alternatives = try alternatives(asked)
      let prompt = try service.prompt(asked.messages)
      let room = service.contextLength - prompt.count
      guard room > 0 else {
        throw ServerError.invalid(
          "the conversation has \(prompt.count) tokens, and the context holds "
            + "\(service.contextLength).", parameter: "messages")
      }
      let wanted = asked.max_completion_tokens ?? asked.max_tokens ?? room
      let options = try sampling.options(
        maxNewTokens: wanted, alternatives: alternatives.map { max($0, 1) } ?? 0)
      let seed = sampling.requestSeed
      let requests = (0..<sampling.choices).map {
        (GenerationRequest(ids: prompt, seed: seed, response: $0), options)
      }
      let streams = try service.start(requests)
      return asked.stream ?? false
        ? stream(asked, streams, alternatives, read: prompt.count)
        : try await whole(streams, alternatives, read: prompt.count)
    }
  }

  private func alternatives(_ asked: ChatRequest) throws -> Int? {
    let count = asked.top_logprobs ?? 0
    guard (0...20).contains(count) else {
      throw ServerError.invalid("top_logprobs must be between 0 and 20.", parameter: "top_logprobs")
    }
    guard asked.logprobs ?? false else {
      guard count == 0 else {
        throw ServerError.invalid("top_logprobs needs logprobs.", parameter: "top_logprobs")
      }
      return nil
    }
    return count
  }

  private typealias Streams = [AsyncThrowingStream<InferenceLoop.Event, any Error>]

  private func whole(_ streams: Streams, _ alternatives: Int?, read: Int) async throws -> Response {
    var choices: [ChatCompletion.Choice] = []
    var written = 0
    for (index, stream) in streams.enumerated() {
      var text = ""
      var finish = "length"
      var tokens: [ChatLogProbabilities.Token] = []
      for try await event in stream {
        text += event.text
        written += 1
        finish = event.finish?.rawValue ?? finish
        if let alternatives { tokens.append(token(event, alternatives)) }
      }
      choices.append(
        ChatCompletion.Choice(
          index: index, message: .init(content: text),
          logprobs: alternatives == nil ? nil : ChatLogProbabilities(content: tokens),
          finish_reason: finish))
    }
    return try service.json(
      ChatCompletion(
        id: service.newID("chatcmpl"), created: service.now, model: service.name,
        choices: choices, usage: Usage(prompt: read, completion: written)))
  }

  private func stream(
    _ asked: ChatRequest, _ streams: Streams, _ alternatives: Int?, read: Int
  ) -> Response {
    let id = service.newID("chatcmpl")
    let created = service.now
    @Sendable func chunk(_ choices: [ChatChunk.Choice], _ usage: Usage? = nil) -> ChatChunk {
      ChatChunk(id: id, created: created, model: service.name, choices: choices, usage: usage)
    }
    return service.events { writer in
      for index in streams.indices {
        try await writer.send(
          chunk([.init(index: index, delta: .init(role: "assistant", content: ""))]))
      }
      var written = 0
      for try await (index, event) in merged(streams) {
        written += 1
        let logprobs = alternatives.map {
          ChatLogProbabilities(content: [token(event, $0)])
        }
        if !event.text.isEmpty || logprobs != nil {
          try await writer.send(
            chunk([.init(index: index, delta: .init(content: event.text), logprobs: logprobs)]))
        }
        if let finish = event.finish {
          try await writer.send(
            chunk([.init(index: index, delta: .init(), finish_reason: finish.rawValue)]))
        }
      }
      if asked.stream_options?.include_usage ?? false {
        try await writer.send(chunk([], Usage(prompt: read, completion: written)))
      }
    }
  }

  private func token(
    _ event: InferenceLoop.Event, _ alternatives: Int
  ) -> ChatLogProbabilities.Token {
    let text = service.tokenizer.text(of: event.id)
    return ChatLogProbabilities.Token(
      token: text, logprob: event.plainLogProbability, bytes: Array(text.utf8),
      top_logprobs: event.alternatives.prefix(alternatives).map {
        let text = service.tokenizer.text(of: $0.id)
        return .init(token: text, logprob: $0.logProbability, bytes: Array(text.utf8))
      })
  }
}
