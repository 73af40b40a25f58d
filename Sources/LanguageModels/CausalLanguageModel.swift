import Foundation
import Torch

/// A model that predicts the next token, with its weights.
public final class CausalLanguageModel {
  public private(set) var configuration: ModelConfiguration

  /// Adds a token that ends answers: the end of turn of a template that the folder does not have.
  public func addEndToken(_ token: Int) {
    // A token without a row in the embedding is never generated.
    guard (0..<configuration.vocabularySize).contains(token),
      !configuration.endTokens.contains(token)
    else { return }
    configuration.endTokens.append(token)
  }
  public let parameters: ParameterSet
  /// The data type of the forward pass.
  public let computeType: DataType
  public let device: Device
  public let adapters = AdapterSwitch()
  let architecture: any Architecture
  private let source: any ParameterSource
  /// Whether the head may be packed. It is packed when it is first used.
  private var packsHead = false
  private var packedHead: PackedWeight?

  /// Builds the architecture that `configuration` names, with values from `source`.
  public init(
    _ configuration: ModelConfiguration, source: any ParameterSource, computeType: DataType,
    device: Device = .cpu, hasHead: Bool = true
  ) throws {
    guard !(hasHead && configuration.architecture.isMasked) else {
      throw LanguageModelError.invalid(
        """
        \(configuration.architecture.transformersClass) fills masked positions and does not continue text: \
        use a model that predicts the next token.
        """)
    }
    self.configuration = configuration
    self.source = source
    self.computeType = computeType
    self.device = device
    parameters = ParameterSet()
    architecture = try configuration.architecture.family.build(
      configuration, ParameterScope(source: source, parameters: parameters), hasHead: hasHead)
  }

  /// Whether a token's state depends on later tokens, as in the trunk of a masked model.
  public var looksAhead: Bool { configuration.architecture.isMasked }

  /// Whether training computes the inside of each block again instead of keeping it. This takes
  /// about a third more time and a fraction of the memory.
  public var recomputesBlocks: Bool {
    get { architecture.recomputesBlocks }
    set { architecture.recomputesBlocks = newValue }
  }

  /// Returns the hidden states of a packed batch after the last norm, [N, D].
  public func hiddenStates(_ batch: TokenBatch) -> Tensor {
    architecture.hiddenStates(ForwardPass(batch), as: computeType)
  }

  /// Packs the current weights for about `rows` tokens per step, block by block, so that the mapped
  /// file and the copies are never in memory together. Returns the packed head.
  func pack(rows: Int) -> PackedWeight {
    noGradient {
      architecture.pack(rows: rows, as: computeType, afterBlock: source.releasePages)
      defer { source.releasePages() }
      return PackedWeight(outputWeight, rows: rows)
    }
  }

  /// The weight [V, D] of the language-model head, in the compute type.
  public var outputWeight: Tensor { architecture.outputEmbedding.value(as: computeType) }

  /// Returns the logits [N, V] of a packed batch, for tests and inspection. Losses never
  /// materialise them all.
  public func logits(_ batch: TokenBatch) -> Tensor {
    hiddenStates(batch).linear(outputWeight)
  }

  /// Returns the log-probability of every token given the tokens before it: fp32 [N − S], sequence
  /// by sequence.
  public func logProbabilities(_ batch: TokenBatch, temperature: Double = 1) -> Tensor {
    let (states, targets) = Self.predictions(batch)
    return logProbabilities(
      of: batch.ids.selecting(0, targets), states: hiddenStates(batch).selecting(0, states),
      temperature: temperature)
  }

  private func frozenHead() -> PackedWeight? {
    if packsHead, packedHead == nil {
      packedHead = noGradient { PackedWeight(frozen: outputWeight) }
      packsHead = packedHead != nil
    }
    return packedHead
  }

  /// Returns the log-probabilities of `targets`, int64 [N], for hidden states [N, D]: fp32 [N].
  public func logProbabilities(
    of targets: Tensor, states: Tensor, temperature: Double = 1
  ) -> Tensor {
    states.selectedLogProbabilities(
      weight: outputWeight, packed: frozenHead(), targets: targets, temperature: temperature)
  }

  /// Also returns the entropy of each distribution, which has no gradient.
  public func logProbabilitiesAndEntropy(
    of targets: Tensor, states: Tensor, temperature: Double = 1
  ) -> (logProbabilities: Tensor, entropy: Tensor) {
    states.selectedLogProbabilitiesAndEntropy(
      weight: outputWeight, packed: frozenHead(), targets: targets, temperature: temperature)
  }

  /// Returns the indices of the states that predict a token of their sequence, and of those tokens.
  static func predictions(_ batch: TokenBatch) -> (states: Tensor, targets: Tensor) {
    var indices: [Int] = []
    var start = 0
    for length in batch.lengths {
      indices.append(contentsOf: start..<(start + max(length - 1, 0)))
      start += length
    }
    let states = Tensor(indices).to(batch.ids.device)
    return (states, states + 1)
  }
}

// MARK: - Adapters

extension CausalLanguageModel {
  /// Adds a low-rank adapter to every linear layer. The layers' own weights must not be trained.
  public func addAdapters(rank: Int, alpha: Double, generator: Generator) {
    for layer in architecture.linearLayers {
      layer.adapt(
        rank: rank, scale: alpha / Double(rank), with: generator, controlledBy: adapters)
    }
    packFrozenWeights(forTraining: true)
  }

  /// Keeps packed copies of weights that are not trained, which speeds up long passes. Worth the
  /// memory if the model runs many times.
  ///
  /// - Parameter forTraining: Whether gradients flow through the weights, which doubles the memory.
  public func packFrozenWeights(forTraining: Bool) {
    architecture.linearLayers.forEach { $0.packFrozen(as: computeType, forTraining: forTraining) }
    packsHead = true
    source.releasePages()
  }

  /// Makes all weights trainable, in fp32.
  public func trainAllWeights() {
    architecture.linearLayers.forEach { $0.unpackFrozen() }
    (packsHead, packedHead) = (false, nil)
    parameters.all.forEach { $0.train() }
  }

  /// The parameters that the optimiser updates.
  public var trainedParameters: [Parameter] {
    parameters.trained
      + architecture.linearLayers.compactMap(\.adapter).flatMap { [$0.down, $0.up] }
  }

  public var hasAdapters: Bool { architecture.linearLayers.contains { $0.adapter != nil } }

  /// Runs `body` with the adapters turned off.
  public func withoutAdapters<R>(_ body: () throws -> R) rethrows -> R {
    let previous = adapters.isOn
    adapters.isOn = false
    defer { adapters.isOn = previous }
    return try body()
  }

  /// Adds the adapters to the weights and removes them.
  public func mergeAdapters() { architecture.linearLayers.forEach { $0.mergeAdapter() } }
}
