import Foundation
import Torch

/// A model that fills masked positions of a text, with its weights.
public final class MaskedLanguageModel {
  public let configuration: ModelConfiguration
  public let parameters: ParameterSet
  /// The data type of the forward pass.
  public let computeType: DataType
  let architecture: any MaskedArchitecture

  /// Builds the architecture that `configuration` names, with values from `source`.
  public init(
    _ configuration: ModelConfiguration, source: any ParameterSource, computeType: DataType
  ) throws {
    self.configuration = configuration
    self.computeType = computeType
    parameters = ParameterSet()
    let built = try configuration.architecture.family.build(
      configuration, ParameterScope(source: source, parameters: parameters), hasHead: true)
    guard let architecture = built as? any MaskedArchitecture else {
      throw LanguageModelError.invalid(
        "\(configuration.architecture.transformersClass) predicts the next token, not masked ones.")
    }
    self.architecture = architecture
  }

  /// Loads a Hugging Face folder. Weights that keep their type stay in the mapped file.
  public convenience init(folder: URL, precision: Precision = .automatic) throws {
    let configuration = try ModelConfiguration(folder: folder)
    let type = configuration.computeType(precision, on: .cpu)
    let source = try CheckpointSource(folder: folder, as: type, configuration: configuration)
    try self.init(configuration, source: source, computeType: type)
    try parameters.checkFinite(in: folder)
  }

  /// See `CausalLanguageModel.recomputesBlocks`.
  public var recomputesBlocks: Bool {
    get { architecture.recomputesBlocks }
    set { architecture.recomputesBlocks = newValue }
  }

  /// Makes all weights trainable, in fp32.
  public func trainAllWeights() { parameters.all.forEach { $0.train() } }

  /// The parameters that the optimiser updates.
  public var trainedParameters: [Parameter] { parameters.trained }

  /// Returns the logits [M, V] at `places`, int64 [M], of a packed batch. The head is not applied
  /// to other tokens.
  public func logits(_ batch: TokenBatch, at places: Tensor) -> Tensor {
    architecture.predictions(
      architecture.hiddenStates(ForwardPass(batch), as: computeType).selecting(0, places))
  }

  /// Returns the logits [N, V] of a packed batch: the predictions for masked positions.
  public func logits(_ batch: TokenBatch) -> Tensor {
    architecture.predictions(architecture.hiddenStates(ForwardPass(batch), as: computeType))
  }
}
