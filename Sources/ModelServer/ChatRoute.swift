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
      let fields = try await service.fields(request)
      let asked = try ChatRequest(fields)
      let sampling = try service.sampling(fields)
      try service.check(model: asked.model)
      let alternatives = asked.alternatives
      let prompt = try service.prompt(asked)
      try service.checkFits(prompt, field: "messages")
      let options = sampling.options(
        maxNewTokens: asked.maxTokens ?? service.contextLength - prompt.count,
        alternatives: alternatives.map { max($0, 1) } ?? 0)
      let seed = sampling.requestSeed
      let requests = (0..<sampling.choices).map {
        (GenerationRequest(ids: prompt, seed: seed, response: $0), options)
      }
      let streams = try service.start(requests, field: "messages")
      return asked.streams
        ? stream(asked, streams, alternatives, read: prompt.count)
        : try await whole(streams, alternatives, read: prompt.count)
    }
  }

  private typealias Streams = [AsyncThrowingStream<InferenceLoop.Event, any Error>]

  private func whole(_ streams: Streams, _ alternatives: Int?, read: Int) async throws -> Response {
    var choices: [ChatCompletion.Choice] = []
    var written = 0
    for (index, stream) in streams.enumerated() {
      var text = ""
      var finish = "length"
      var answer = AnswerTokens(service.tokenizer)
      var tokens: [ChatLogProbabilities.Token] = []
      for try await event in stream {
        text += event.text
        written += 1
        finish = event.finish?.rawValue ?? finish
        if let alternatives { tokens += answer.append(event).map { token($0, alternatives) } }
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
      var answers = streams.map { _ in AnswerTokens(service.tokenizer) }
      for try await (index, event) in merged(streams) {
        written += 1
        let tokens = alternatives.map { count in
          answers[index].append(event).map { token($0, count) }
        }
        let logprobs = tokens.flatMap { $0.isEmpty ? nil : ChatLogProbabilities(content: $0) }
        if !event.text.isEmpty || logprobs != nil {
          try await writer.send(
            chunk([.init(index: index, delta: .init(content: event.text), logprobs: logprobs)]))
        }
        if let finish = event.finish {
          try await writer.send(
            chunk([.init(index: index, delta: .init(), finish_reason: finish.rawValue)]))
        }
      }
      if asked.streamsUsage {
        try await writer.send(chunk([], Usage(prompt: read, completion: written)))
      }
    }
  }

  private func token(
    _ token: AnswerTokens.Token, _ alternatives: Int
  ) -> ChatLogProbabilities.Token {
    func name(_ spelling: AnswerTokens.Spelling) -> String {
      service.tokenizer.name(of: spelling.id, bytes: spelling.bytes)
    }
    return ChatLogProbabilities.Token(
      token: name(token.chosen), logprob: token.chosen.logProbability, bytes: token.bytes,
      top_logprobs: token.alternatives.prefix(alternatives).map {
        .init(token: name($0), logprob: $0.logProbability, bytes: $0.bytes)
      })
  }
}
