import Torch

/// Continues many prompts together. When a row finishes, its slot is given to the next prompt
/// immediately.
public final class BatchGenerator {
  private let options: SamplingOptions
  private let batch: ContinuousBatch

  /// Reserves `slots` rows of `contextLength` tokens and packs the model's current weights.
  ///
  /// Throws if an option is not valid or memory is insufficient.
  public init(
    _ model: CausalLanguageModel, options: SamplingOptions, slots: Int, contextLength: Int,
    tokenizer: Tokenizer? = nil
  ) throws {
    try options.validate()
    self.options = options
    batch = try ContinuousBatch(
      model, slots: slots, contextLength: contextLength, tokenizer: tokenizer)
  }

  /// Returns the slots and context length that `requests` need, with at most `batch` rows at a
  /// time.
  public static func room(
    for requests: [GenerationRequest], maxNewTokens: Int, batch: Int, limit: Int
  ) -> (slots: Int, contextLength: Int) {
    let longest = requests.map(\.ids.count).max() ?? 0
    let longestAnswer = min(max(maxNewTokens, 0), limit)
    return (min(batch, max(requests.count, 1)), min(limit, longest + longestAnswer))
  }

  /// Generates answers to all requests. Calls `progress` with the numbers of finished requests and
  /// of tokens.
  ///
  /// Throws if a prompt is empty or fills the context, if the model's logits are not finite, or if
  /// `progress` throws.
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
