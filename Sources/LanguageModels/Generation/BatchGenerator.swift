import Torch

/// Continues many prompts at once: a finished row's slot goes to the next prompt at once.
public final class BatchGenerator {
  private let model: CausalLanguageModel
  private let options: SamplingOptions
  private let cache: KeyValueCache
  private let endTokens: Set<Int>
  private let outputWeight: PackedWeight

  /// Prompts of at most this many tokens together are read in one step.
  private static let prefillTokens = 4096

  /// Reserves `slots` rows of `contextLength` tokens, and packs the model's weights as they are now.
  ///
  /// Throws when an option cannot be, or memory is short.
  public init(
    _ model: CausalLanguageModel, options: SamplingOptions, slots: Int, contextLength: Int
  ) throws {
    try options.validate()
    self.model = model
    self.options = options
    cache = try KeyValueCache(
      model.configuration, slots: slots,
      contextLength: min(contextLength, model.configuration.contextLength),
      dataType: model.computeType)
    endTokens = options.ignoresEnd ? [] : Set(model.configuration.endTokens)
    outputWeight = noGradient {
      model.architecture.pack(rows: slots, as: model.computeType)
      return PackedWeight(model.outputWeight, rows: slots)
    }
  }

  deinit { model.architecture.unpack() }

  /// The slots and room that `requests` need, at most `batch` rows at once.
  public static func room(
    for requests: [GenerationRequest], maxNewTokens: Int, batch: Int, limit: Int
  ) -> (slots: Int, contextLength: Int) {
    let longest = requests.map(\.ids.count).max() ?? 0
    return (min(batch, max(requests.count, 1)), min(limit, longest + maxNewTokens))
  }

  /// Generates for all requests; `progress` is told how many are done and how many tokens.
  ///
  /// Throws when a prompt is empty or fills the context, or when `progress` throws.
  public func generate(
    _ requests: [GenerationRequest], progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Generation] {
    for (index, request) in requests.enumerated() {
      guard !request.ids.isEmpty, request.ids.count < cache.contextLength else {
        throw LanguageModelError.invalid(
          """
          prompt \(index + 1) has \(request.ids.count) tokens, and the context holds \
          \(cache.contextLength): shorten it, or give a longer context.
          """)
      }
    }
    var results = [Generation?](repeating: nil, count: requests.count)
    var rows: [Row] = []
    var freeSlots = Array((0..<cache.slotCount).reversed())
    var next = 0
    var tokens = 0
    var done = 0
    while done < requests.count {
      if next < requests.count, !freeSlots.isEmpty {
        var admitted: [Row] = []
        var size = 0
        while next < requests.count, let slot = freeSlots.last,
          admitted.isEmpty || size + requests[next].ids.count <= Self.prefillTokens
        {
          freeSlots.removeLast()
          size += requests[next].ids.count
          admitted.append(Row(index: next, request: requests[next], slot: slot))
          next += 1
        }
        extend(&admitted, logits: prefill(admitted))
        rows += admitted
      } else {
        extend(&rows, logits: decode(rows))
      }
      tokens += rows.count
      rows.removeAll { row in
        guard let finish = row.finish else { return false }
        results[row.index] = Generation(
          ids: row.generated, logProbabilities: row.logProbabilities, finish: finish)
        freeSlots.append(row.slot)
        done += 1
        return true
      }
      try progress(done, tokens)
    }
    return results.compactMap { $0 }
  }

  // MARK: - Steps

  private struct Row {
    let index: Int
    let request: GenerationRequest
    let slot: Int
    var random: SequenceRandom
    var generated: [Int] = []
    var logProbabilities: [Float] = []
    var finish: Generation.Finish?

    init(index: Int, request: GenerationRequest, slot: Int) {
      self.index = index
      self.request = request
      self.slot = slot
      random = SequenceRandom(seed: request.seed)
    }

    var length: Int { request.ids.count + generated.count }
  }

  /// Logits [rows, V] after each prompt.
  private func prefill(_ rows: [Row]) -> Tensor {
    noGradient {
      let batch = TokenBatch(rows.map(\.request.ids), on: model.device)
      let slots = rows.flatMap { row in row.request.ids.map { _ in Int64(row.slot) } }
      let positions = batch.lengths.flatMap { (0..<Int64($0)) }
      let states = model.architecture.hiddenStates(
        batch,
        .prefill(cache, lengths: batch.lengths, slots: slots, positions: positions),
        as: model.computeType)
      var end = -1
      let last = batch.lengths.map { length -> Int in
        end += length
        return end
      }
      return outputWeight(states.selecting(0, Tensor(last).to(model.device)))
    }
  }

  /// Logits [rows, V] after the newest token of each row.
  private func decode(_ rows: [Row]) -> Tensor {
    noGradient {
      let positions = rows.map { Int64($0.length - 1) }
      let batch = TokenBatch(
        step: rows.map { $0.generated.last ?? 0 }, positions: positions, on: model.device)
      let states = model.architecture.hiddenStates(
        batch, .decode(cache, slots: rows.map { Int64($0.slot) }, positions: positions),
        as: model.computeType)
      return outputWeight(states)
    }
  }

  private func extend(_ rows: inout [Row], logits: Tensor) {
    let uniforms = rows.indices.map { rows[$0].random.next() }
    let (ids, logProbabilities) = logits.sampled(
      uniforms: uniforms, temperature: options.temperature, topK: options.topK,
      topP: options.topP)
    for i in rows.indices {
      let id = Int(ids[i])
      rows[i].generated.append(id)
      rows[i].logProbabilities.append(logProbabilities[i])
      if endTokens.contains(id) {
        rows[i].finish = .stop
      } else if rows[i].generated.count == options.maxNewTokens
        || rows[i].length == cache.contextLength
      {
        rows[i].finish = .length
      }
    }
  }
}
