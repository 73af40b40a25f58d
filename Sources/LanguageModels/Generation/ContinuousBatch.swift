import Foundations
import Torch

/// Rows that are generated together, each with its own options. Rows can be added and removed
/// between steps.
public final class ContinuousBatch {
  /// One token of one row.
  public struct Event: Sendable {
    public let row: Int
    public let id: Int
    /// log p at the sampling temperature, after penalties and before top-k, top-p and min-p.
    public let logProbability: Float
    /// The most likely tokens at temperature 1, as many as the row asked for, in descending order.
    public let alternatives: [(id: Int, logProbability: Float)]
    /// log p of the token at temperature 1 without penalties, if alternatives were requested.
    public let plainLogProbability: Float
    /// The text that this token completed, if a tokenizer was given.
    public let text: String
    /// Set on the last event of a row. Its slot is free.
    public let finish: Generation.Finish?
    /// On the first event, if requested: the tokens of the prompt except the first.
    public let prompt: [TokenLikelihood]
  }

  /// A row that cannot continue because its logits are not finite. Its slot is free.
  public struct Failure: Sendable {
    public let row: Int
    public let error: LanguageModelError
  }

  private struct Row {
    let number: Int
    let prompt: [Int]
    let options: SamplingOptions
    let slot: Int
    let promptAlternatives: Int?
    var random: RandomStream
    var generated: [Int] = []
    var seen: Set<Int> = []
    var counts: [Int: Int] = [:]
    var text: StoppingText?
    var promptLikelihoods: [TokenLikelihood] = []

    var length: Int { prompt.count + generated.count }

    /// The values added to logits: the options' bias minus the penalties of generated tokens.
    var biases: [Int: Double] {
      counts.reduce(into: options.logitBias) { biases, entry in
        biases[entry.key, default: 0] -=
          options.presencePenalty + options.frequencyPenalty * Double(entry.value)
      }
    }

    mutating func append(_ id: Int) {
      generated.append(id)
      if options.repetitionPenalty != 1 { seen.insert(id) }
      if options.frequencyPenalty != 0 || options.presencePenalty != 0 {
        counts[id, default: 0] += 1
      }
    }
  }

  private let model: CausalLanguageModel
  private let tokenizer: Tokenizer?
  private let cache: KeyValueCache
  private let endTokens: Set<Int>
  private let outputWeight: PackedWeight
  private var waiting: [Row] = []
  private var rows: [Row] = []
  private var slots: [Int]
  private var nextRow = 0
  /// Checks every weight, so it is computed once. Packed weights do not change.
  private lazy var flaw = LanguageModelError.notFinite("logits", weights: model.weights)

  /// The largest total length of prompts that are read in one step.
  private static let prefillTokens = 4096

  /// Reserves `slots` rows of `contextLength` tokens and packs the model's current weights.
  ///
  /// - Parameter tokenizer: Required for texts and stop strings.
  public init(
    _ model: CausalLanguageModel, slots: Int, contextLength: Int, tokenizer: Tokenizer? = nil
  ) throws {
    self.model = model
    self.tokenizer = tokenizer
    cache = try KeyValueCache(
      model.configuration, slots: slots,
      contextLength: min(contextLength, model.configuration.contextLength),
      dataType: model.computeType)
    endTokens = Set(model.configuration.endTokens)
    self.slots = (0..<slots).reversed()
    outputWeight = model.pack(rows: slots)
  }

  deinit { model.architecture.unpack() }

  public var contextLength: Int { cache.contextLength }
  public var freeSlots: Int { slots.count }
  public var isEmpty: Bool { waiting.isEmpty && rows.isEmpty }

  /// Throws an error with a full sentence if a request cannot run here.
  public func check(_ request: GenerationRequest, _ options: SamplingOptions) throws {
    try options.validate()
    try options.checkFits(model.configuration)
    guard options.stops.isEmpty || tokenizer != nil else {
      throw LanguageModelError.invalid("stop strings need a tokenizer.")
    }
    guard !request.ids.isEmpty, request.ids.count < cache.contextLength else {
      throw LanguageModelError.invalid(
        """
        the prompt has \(request.ids.count) tokens, and the context has \(cache.contextLength): \
        shorten the prompt, or use a longer context.
        """)
    }
    try model.configuration.checkFits(request.ids)
  }

  /// Adds a row, which starts with the next step. Returns its number. A slot must be free.
  public func admit(_ request: GenerationRequest, _ options: SamplingOptions) throws -> Int {
    try check(request, options)
    guard let slot = slots.popLast() else {
      throw LanguageModelError.invalid("all slots are taken.")
    }
    let penalises = options.repetitionPenalty != 1
    waiting.append(
      Row(
        number: nextRow, prompt: request.ids, options: options, slot: slot,
        promptAlternatives: request.promptAlternatives,
        random: request.random, seen: penalises ? Set(request.ids) : [],
        text: tokenizer.map { StoppingText($0, stops: options.stops) }))
    nextRow += 1
    return nextRow - 1
  }

  /// Ends a row early.
  public func remove(_ number: Int) {
    for row in rows + waiting where row.number == number { slots.append(row.slot) }
    rows.removeAll { $0.number == number }
    waiting.removeAll { $0.number == number }
  }

  /// Reads waiting prompts, or else generates one token for every row. Throws if a row fails.
  public func step() throws -> [Event] {
    let (events, failures) = advance()
    if let failure = failures.first { throw failure.error }
    return events
  }

  /// Runs one step. Some rows may fail while the others continue.
  public func advance() -> (events: [Event], failures: [Failure]) {
    var events: [Event] = []
    var failures: [Failure] = []
    if waiting.isEmpty {
      guard !rows.isEmpty else { return ([], []) }
      extend(&rows, logits: decode(rows), &events, &failures)
    } else {
      var size = 0
      let count = waiting.prefix { row in
        size += row.prompt.count
        return size <= Self.prefillTokens
      }.count
      var admitted = Array(waiting.prefix(max(count, 1)))
      waiting.removeFirst(admitted.count)
      extend(&admitted, logits: prefill(&admitted), &events, &failures)
      rows += admitted
    }
    let finished = Set(events.filter { $0.finish != nil }.map(\.row) + failures.map(\.row))
    rows.removeAll { row in
      guard finished.contains(row.number) else { return false }
      slots.append(row.slot)
      return true
    }
    return (events, failures)
  }

  // MARK: - Steps

  /// Returns fp32 logits [rows, V] after each prompt.
  private func prefill(_ rows: inout [Row]) -> Tensor {
    noGradient {
      let batch = TokenBatch(rows.map(\.prompt), on: model.device)
      let slots = rows.flatMap { row in row.prompt.map { _ in Int64(row.slot) } }
      let positions = batch.lengths.flatMap { (0..<Int64($0)) }
      let states = model.architecture.hiddenStates(
        ForwardPass(
          batch, .prefill(cache, lengths: batch.lengths, slots: slots, positions: positions)),
        as: model.computeType)
      var last: [Int] = []
      for index in rows.indices {
        let start = last.last.map { $0 + 1 } ?? 0
        last.append(start + rows[index].prompt.count - 1)
        guard let count = rows[index].promptAlternatives else { continue }
        rows[index].promptLikelihoods = model.likelihoods(
          of: rows[index].prompt, states: states[start..<(last[index] + 1)], alternatives: count,
          output: { outputWeight.inFloat32($0) })
      }
      return outputWeight.inFloat32(states.selecting(0, Tensor(last).to(model.device)))
    }
  }

  /// Returns fp32 logits [rows, V] after the newest token of each row.
  private func decode(_ rows: [Row]) -> Tensor {
    noGradient {
      let positions = rows.map { Int64($0.length - 1) }
      let batch = TokenBatch(
        step: rows.map { $0.generated.last ?? 0 }, positions: positions, on: model.device)
      let states = model.architecture.hiddenStates(
        ForwardPass(
          batch, .decode(cache, slots: rows.map { Int64($0.slot) }, positions: positions)),
        as: model.computeType)
      return outputWeight.inFloat32(states)
    }
  }

  private func extend(
    _ rows: inout [Row], logits: Tensor, _ events: inout [Event], _ failures: inout [Failure]
  ) {
    let sampling = rows.indices.map { index -> RowSampling in
      let options = rows[index].options
      return RowSampling(
        uniform: rows[index].random.uniform(), temperature: options.temperature, topK: options.topK,
        topP: options.topP, minP: options.minP, repetitionPenalty: options.repetitionPenalty,
        penalised: rows[index].seen.sorted(), biases: rows[index].biases)
    }
    let (ids, logProbabilities) = logits.sampled(sampling)
    for index in rows.indices {
      let id = Int(ids[index])
      guard id >= 0, rows[index].promptLikelihoods.allSatisfy(\.logProbability.isFinite) else {
        failures.append(Failure(row: rows[index].number, error: flaw))
        continue
      }
      let options = rows[index].options
      rows[index].append(id)
      let isEnd =
        (endTokens.contains(id) && !options.ignoresEnd) || options.stopTokens.contains(id)
      var text = isEnd ? "" : rows[index].text?.append(id) ?? ""
      var finish: Generation.Finish?
      if isEnd || rows[index].text?.isStopped ?? false {
        finish = .stop
      } else if rows[index].generated.count == options.maxNewTokens
        || rows[index].length == cache.contextLength
      {
        finish = .length
      }
      if finish != nil { text += rows[index].text?.finish() ?? "" }
      let told = Self.alternatives(logits, row: index, id: id, count: options.alternatives)
      events.append(
        Event(
          row: rows[index].number, id: id, logProbability: logProbabilities[index],
          alternatives: told.alternatives, plainLogProbability: told.chosen, text: text,
          finish: finish, prompt: rows[index].promptLikelihoods))
      rows[index].promptLikelihoods = []
    }
  }

  private static func alternatives(
    _ logits: Tensor, row: Int, id: Int, count: Int
  ) -> (alternatives: [(id: Int, logProbability: Float)], chosen: Float) {
    guard count > 0 else { return ([], 0) }
    let all = noGradient { logits[row].to(.float32).logSoftmax(0) }
    let top = all.top(min(count, all.size(0)))
    let pairs = zip(top.indices.integers(), top.values.floats()).map {
      (id: $0, logProbability: $1)
    }
    return (pairs, Float(all[id].item()))
  }
}
