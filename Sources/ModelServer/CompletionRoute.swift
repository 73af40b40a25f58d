import Foundation
import Hummingbird
import LanguageModels

/// `POST /v1/completions`: goes on with texts or token ids.
struct CompletionRoute: Sendable {
  let service: ModelService

  @Sendable func respond(
    _ request: Request, _ context: BasicRequestContext
  ) async throws -> Response {
    try await service.cancelledWithClient(request) { body in
      let (asked, sampling) = try await service.decode(CompletionRequest.self, body)
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

  /// One answer is one request to the batch; those that only echo need none.
  private func begin(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [Prompt]
  ) throws -> Streams {
    let newTokens = asked.max_tokens ?? 16
    guard newTokens > 0 else {
      guard newTokens == 0, asked.echo ?? false else {
        throw ServerError.invalid("max_tokens must be positive.", parameter: "max_tokens")
      }
      try prompts.forEach { try service.checkFits($0.ids) }
      return []
    }
    // At least one alternative, so that the plain log-probability is known.
    let options = try sampling.options(
      maxNewTokens: newTokens, alternatives: asked.logprobs.map { max($0, 1) } ?? 0)
    var requests: [(GenerationRequest, SamplingOptions)] = []
    for (place, prompt) in prompts.enumerated() {
      for choice in 0..<sampling.choices {
        let seed = sampling.seed(choice: place * sampling.choices + choice)
        requests.append((GenerationRequest(ids: prompt.ids, seed: seed), options))
      }
    }
    return try service.start(requests)
  }

  private func echoed(_ asked: CompletionRequest, _ prompt: Prompt) async throws -> CompletionReply
  {
    var reply = CompletionReply(service.tokenizer, alternatives: asked.logprobs)
    guard asked.echo ?? false else { return reply }
    let tokens: [InferenceLoop.PromptToken]? =
      if let alternatives = asked.logprobs {
        try await service.loop.score(prompt.ids, alternatives: alternatives)
      } else { nil }
    reply.echo(prompt.ids, text: prompt.text, tokens)
    return reply
  }

  private func whole(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [Prompt]
  ) async throws -> Response {
    let streams = try begin(asked, sampling, prompts)
    var choices: [Completion.Choice] = []
    var written = 0
    for (place, prompt) in prompts.enumerated() {
      let echo = try await echoed(asked, prompt)
      for choice in 0..<sampling.choices {
        let index = place * sampling.choices + choice
        var reply = echo
        if streams.indices.contains(index) {
          for try await event in streams[index] { reply.append(event) }
        }
        written += reply.tokenCount
        var told = reply.choice(index)
        told.finish_reason = told.finish_reason ?? "length"
        choices.append(told)
      }
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
      var replies: [CompletionReply] = []
      for (place, prompt) in prompts.enumerated() {
        let echo = try await echoed(asked, prompt)
        for choice in 0..<sampling.choices {
          replies.append(echo)
          if asked.echo ?? false {
            try await writer.send(part([echo.choice(place * sampling.choices + choice)]))
          }
        }
      }
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
