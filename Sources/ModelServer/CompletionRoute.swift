import Foundation
import Hummingbird
import LanguageModels

/// `POST /v1/completions`: continues texts or token ids.
struct CompletionRoute: Sendable {
  let service: ModelService

  @Sendable func respond(
    _ request: Request, _ context: ModelRequestContext
  ) async throws -> Response {
    try await context.cancelledWithClient {
      let fields = try await service.fields(request)
      let asked = try CompletionRequest(fields)
      let sampling = try service.sampling(fields)
      try service.check(model: asked.model)
      // There are at most 128 choices, so the product does not overflow.
      guard asked.prompt.count * sampling.choices <= Self.mostAnswers else {
        throw ServerError.invalid(
          "prompt and n request more than \(Self.mostAnswers) answers.", parameter: "prompt")
      }
      let prompts = try service.prompts(asked.prompt)
      return asked.streams
        ? try stream(asked, sampling, prompts) : try await whole(asked, sampling, prompts)
    }
  }

  private static let mostAnswers = 2048

  private typealias Streams = [AsyncThrowingStream<InferenceLoop.Event, any Error>]

  /// Each answer is one request to the batch. An echo without an answer generates one token, which
  /// is not returned.
  private func begin(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [CompletionPrompt]
  ) throws -> Streams {
    // At least one alternative, so that the log-probability at temperature 1 is computed.
    let options = sampling.options(
      maxNewTokens: max(asked.maxTokens, 1),
      alternatives: asked.alternatives.map { max($0, 1) } ?? 0)
    let seed = sampling.requestSeed
    var requests: [(GenerationRequest, SamplingOptions)] = []
    for (place, prompt) in prompts.enumerated() {
      for choice in 0..<sampling.choices {
        var request = GenerationRequest(
          ids: prompt.ids, seed: seed, prompt: place, response: choice)
        request.promptAlternatives = asked.echoes ? asked.alternatives : nil
        requests.append((request, options))
      }
    }
    return try service.start(requests, field: "prompt")
  }

  private func reply(_ asked: CompletionRequest, _ prompt: CompletionPrompt) -> CompletionReply {
    CompletionReply(
      service.tokenizer, alternatives: asked.alternatives,
      echoed: asked.echoes ? prompt : nil, keepsAnswer: asked.maxTokens != 0)
  }

  private func whole(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [CompletionPrompt]
  ) async throws -> Response {
    let streams = try begin(asked, sampling, prompts)
    var choices: [TextCompletion.Choice] = []
    var written = 0
    for (index, stream) in streams.enumerated() {
      var reply = reply(asked, prompts[index / sampling.choices])
      for try await event in stream { reply.append(event) }
      written += reply.tokenCount
      choices.append(reply.choice(index))
    }
    let read = prompts.reduce(0) { $0 + $1.ids.count }
    return try service.json(
      TextCompletion(
        id: service.newID("cmpl"), created: service.now, model: service.name, choices: choices,
        usage: Usage(prompt: read, completion: written)))
  }

  private func stream(
    _ asked: CompletionRequest, _ sampling: SamplingFields, _ prompts: [CompletionPrompt]
  ) throws -> Response {
    let streams = try begin(asked, sampling, prompts)
    let id = service.newID("cmpl")
    let created = service.now
    @Sendable func part(_ choices: [TextCompletion.Choice], _ usage: Usage? = nil) -> TextCompletion
    {
      TextCompletion(id: id, created: created, model: service.name, choices: choices, usage: usage)
    }
    return service.events { writer in
      var replies = streams.indices.map { reply(asked, prompts[$0 / sampling.choices]) }
      for try await (index, event) in merged(streams) {
        let new = replies[index].append(event)
        try await writer.send(
          part([
            TextCompletion.Choice(
              index: index, text: new.text, logprobs: new.logprobs,
              finish_reason: event.finish?.rawValue)
          ]))
      }
      if asked.streamsUsage {
        let read = prompts.reduce(0) { $0 + $1.ids.count }
        let written = replies.reduce(0) { $0 + $1.tokenCount }
        try await writer.send(part([], Usage(prompt: read, completion: written)))
      }
    }
  }
}
