import Torch

/// Continues many prompts at once: a finished row's slot goes to the next prompt at once.
public final class BatchGenerator {
  private let options: SamplingOptions
  private let batch: ContinuousBatch

  /// Reserves `slots` rows of `contextLength` tokens, and packs the model's weights as they are now.
  ///
  /// Throws when an option cannot be, or memory is short.
  public init(
    _ model: CausalLanguageModel, options: SamplingOptions, slots: Int, contextLength: Int,
    tokenizer: Tokenizer? = nil
  ) throws {
    try options.validate()
    self.options = options
    batch = try ContinuousBatch(
      model, slots: slots, contextLength: contextLength, tokenizer: tokenizer)
  }

  /// The slots and room that `requests` need, at most `batch` rows at once.
  public static func room(
    for requests: [GenerationRequest], maxNewTokens: Int, batch: Int, limit: Int
  ) -> (slots: Int, contextLength: Int) {
    let longest = requests.map(\.ids.count).max() ?? 0
    let longestAnswer = min(max(maxNewTokens, 0), limit)
    return (min(batch, max(requests.count, 1)), min(limit, longest + longestAnswer))
  }

  /// Generates for all requests; `progress` is told how many are done and how many tokens.
  ///
  /// Throws when a prompt is empty or fills the context, when the model's logits are not finite, or
  /// when `progress` throws.
  public func generate(
    _ requests: [GenerationRequest], progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Generation] {
    for (index, request) in requests.enumerated() {
      do {
        try batch.check(request, request.options ?? options)
      } catch LanguageModelError.invalid(let problem) {
        let detail = problem.replacing("the prompt has", with: "prompt \(index + 1) has")
        throw LanguageModelError.invalid(detail)
      }
    }
    var results = requests.map { _ in
      Generation(ids: [], logProbabilities: [], text: "", finish: .length)
    }
    var places: [Int: Int] = [:]
    defer { places.keys.forEach(batch.remove) }
    var next = 0
    var tokens = 0
    var done = 0
    while done < requests.count {
      while next < requests.count, batch.freeSlots > 0 {
        let request = requests[next]
        places[try batch.admit(request, request.options ?? options)] = next
        next += 1
      }
      for event in try batch.step() {
        guard let place = places[event.row] else { continue }
        results[place].ids.append(event.id)
        results[place].logProbabilities.append(event.logProbability)
        results[place].text += event.text
        tokens += 1
        if let finish = event.finish {
          results[place].finish = finish
          places[event.row] = nil
          done += 1
        }
      }
      try progress(done, tokens)
    }
    return results
  }
}
