import Foundation
import Hummingbird
import LanguageModels

/// `POST /v1/completions`: goes on with texts or token ids.
struct CompletionRoute: Sendable {
  let service: ModelService

  @Sendable func respond(
    _ request: Request, _ context: ModelRequestContext
  ) async throws -> Response {
    try await context.cancelledWithClient {
      let (asked, sampling) = try await service.decode(CompletionRequest.self, request.body)
      try service.check(model: asked.model)
      guard asked.suffix ?? "" == "" else {
        throw ServerError.invalid("suffix is not supported.", parameter: "suffix")
      }
      if let logprobs = asked.logprobs, !(0...100).contains(logprobs) {
        throw ServerError.invalid("logprobs must be between 0 and 100.", parameter: "logprobs")
      }
      let prompts = service.prompts(asked.prompt)
      guard !prompts.isEmpty, prompts.count * sampling.choices <= 2048 else {
        throw ServerError.invalid(
          "between 1 and 2048 answers can be asked for.", parameter: "prompt")
      }
      return asked.stream ?? false
        ? try stream(asked, sampling, prompts) : try await whole(asked, sampling, prompts)
    }
  }

  private typealias Prompt = (ids: [Int], text: String)
  private typealias Streams = [AsyncThrowingStream<InferenceLoop.Event, any Error>]

  /// One answer is one request to the batch. An echo alone is an answer of one token, not told.
  private func begin(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [Prompt]
  ) throws -> Streams {
    let newTokens = asked.max_tokens ?? 16
    let echoes = asked.echo ?? false
    guard newTokens > 0 || (newTokens == 0 && echoes) else {
      throw ServerError.invalid("max_tokens must be positive.", parameter: "max_tokens")
    }
    // At least one alternative, so that the plain log-probability is known.
    let options = try sampling.options(
      maxNewTokens: max(newTokens, 1), alternatives: asked.logprobs.map { max($0, 1) } ?? 0)
    let seed = sampling.requestSeed
    var requests: [(GenerationRequest, SamplingOptions)] = []
    for (place, prompt) in prompts.enumerated() {
      for choice in 0..<sampling.choices {
        var request = GenerationRequest(
          ids: prompt.ids, seed: seed, prompt: place, response: choice)
        request.promptAlternatives = echoes ? asked.logprobs : nil
        requests.append((request, options))
      }
    }
    return try service.start(requests)
  }

  private func reply(_ asked: CompletionRequest, _ prompt: Prompt) -> CompletionReply {
    CompletionReply(
      service.tokenizer, alternatives: asked.logprobs,
      echoed: asked.echo ?? false ? prompt : nil, keepsAnswer: asked.max_tokens != 0)
  }

  private func whole(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [Prompt]
  ) async throws -> Response {
    let streams = try begin(asked, sampling, prompts)
    var choices: [Completion.Choice] = []
    var written = 0
    for (index, stream) in streams.enumerated() {
      var reply = reply(asked, prompts[index / sampling.choices])
      for try await event in stream { reply.append(event) }
      written += reply.tokenCount
      choices.append(reply.choice(index))
    }
    let read = prompts.reduce(0) { $0 + $1.ids.count }
    return try service.json(
      Completion(
        id: service.newID("cmpl"), created: service.now, model: service.name, choices: choices,
        usage: Usage(prompt: read, completion: written)))
  }

  private func stream(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [Prompt]
  ) throws -> Response {
    let streams = try begin(asked, sampling, prompts)
    let id = service.newID("cmpl")
    let created = service.now
    @Sendable func part(_ choices: [Completion.Choice], _ usage: Usage? = nil) -> Completion {
      Completion(id: id, created: created, model: service.name, choices: choices, usage: usage)
    }
    return service.events { writer in
      var replies = streams.indices.map { reply(asked, prompts[$0 / sampling.choices]) }
      for try await (index, event) in merged(streams) {
        let new = replies[index].append(event)
        try await writer.send(
          part([
            Completion.Choice(
              index: index, text: new.text, logprobs: new.logprobs,
              finish_reason: event.finish?.rawValue)
          ]))
      }
      if asked.stream_options?.include_usage ?? false {
        let read = prompts.reduce(0) { $0 + $1.ids.count }
        let written = replies.reduce(0) { $0 + $1.tokenCount }
        try await writer.send(part([], Usage(prompt: read, completion: written)))
      }
    }
  }
}
