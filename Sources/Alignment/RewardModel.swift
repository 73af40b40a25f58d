import Foundation
import LanguageModels
import Torch

/// A reward model: a transformer trunk with a linear head that scores the last token.
public final class RewardModel {
  let trunk: CausalLanguageModel
  /// fp32 `[1, D]`, stored as `score.weight` like in Transformers' sequence classifiers.
  let head: Parameter
  /// Added to every score, so that the mean over the training answers is 0.
  private(set) var bias: Double

  static let headName = "score.weight"

  /// Starts from a language model, with a head drawn from N(0, 1/(D + 1)) (Ziegler et al. 2019), or
  /// continues from a reward model.
  public convenience init(base folder: URL, options: TrainingOptions, generator: Generator) throws {
    if try SafetensorsFolder(folder).tensor(named: Self.headName) != nil {
      try self.init(folder: folder, precision: options.precision)
    } else {
      let trunk = try CausalLanguageModel(folder: folder, precision: options.precision)
      let width = trunk.configuration.width
      let deviation = 1 / Double(width + 1).squareRoot()
      self.init(trunk: trunk, head: generator.normal([1, width], deviation: deviation))
    }
    try options.check(rankFor: trunk.configuration)
    if options.rank > 0 {
      trunk.addAdapters(rank: options.rank, alpha: options.alpha, generator: generator)
    } else {
      trunk.trainAllWeights()
    }
    trunk.recomputesBlocks = options.gradientCheckpointing
    head.train()
  }

  private init(trunk: CausalLanguageModel, head: Tensor) {
    self.trunk = trunk
    self.head = Parameter(name: Self.headName, value: head)
    bias = 0
  }

  /// Loads a folder that `save` wrote, or a Transformers sequence classifier with one label.
  public init(folder: URL, precision: Precision = .automatic) throws {
    let configuration = try ModelConfiguration(folder: folder)
    let count = configuration.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let type = precision.dataType(on: .cpu, parameterCount: count)
    let source = try CheckpointSource(folder: folder, as: type)
    if let labels = source.shape(Self.headName)?.first, labels != 1 {
      throw AlignmentError.badData(
        file: folder.path,
        problem: "is a classifier with \(labels) labels; a reward model has a single one.")
    }
    trunk = try CausalLanguageModel(
      configuration, source: source, computeType: type, hasHead: false)
    head = Parameter(
      name: Self.headName,
      value: try source.value(Self.headName, shape: [1, configuration.width]).to(.float32))
    try source.checkAllUsed()
    bias = try ModelConfiguration.scoreBias(folder: folder)
    try checkWeights(of: folder)
  }

  private func checkWeights(of folder: URL) throws {
    guard let weight = NonFiniteWeight(firstIn: weights) else { return }
    throw AlignmentError.badData(file: folder.path, problem: "\(weight). Train the model again.")
  }

  /// Returns scores with gradients, fp32 `[S]`.
  func scores(_ batch: CompletionBatch) -> Tensor {
    let last = trunk.hiddenStates(batch.tokens).selecting(0, batch.ends)
    return last.to(.float32).linear(head.value).squeezed(1) + bias
  }

  /// Returns scores without gradients, in bounded memory.
  func scores(_ completions: [TokenisedResponse], tokensAtOnce: Int) throws -> [Float] {
    try noGradient {
      try MicroBatches.split(
        completions, limit: tokensAtOnce, size: \.count, shared: { $0.sharedCount(with: $1) }
      ).flatMap { try finiteScores(CompletionBatch($0, for: trunk)) }
    }
  }

  /// Returns scores. Throws, with the name of the weight at fault, if one is not finite.
  func finiteScores(_ batch: CompletionBatch) throws -> [Float] {
    let scores = scores(batch).floats()
    try checkFinite(scores, "scores", of: weights)
    return scores
  }

  /// Every weight that a score depends on.
  var weights: [Parameter] { trunk.weights + [head] }

  var trainedParameters: [Parameter] { trunk.trainedParameters + (head.isTrained ? [head] : []) }

  /// Shifts and scales the head so that `scores`, computed by this model, get mean 0 and variance 1.
  ///
  /// Ziegler et al. 2019 (`docs/recipe.md`, R7). Preferences do not change, and a KL coefficient has
  /// the same effect with every reward model.
  func normalize(scores: [Float]) {
    guard scores.count > 1 else { return }
    let count = Double(scores.count)
    let mean = scores.reduce(0) { $0 + Double($1) } / count
    let squares = scores.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let deviation = (squares / (count - 1)).squareRoot()
    guard deviation > 1e-6 else { return }
    head.value.scale(by: 1 / deviation)
    bias = (bias - mean) / deviation
  }

  /// Shifts the scores so that `scores`, computed by this model, get mean 0 (Ouyang et al. 2022).
  func centre(scores: [Float]) {
    guard !scores.isEmpty else { return }
    bias -= scores.reduce(0) { $0 + Double($1) } / Double(scores.count)
  }

  // MARK: - Folder

  /// Writes a folder that Transformers loads as a sequence classifier with one label.
  ///
  /// The bias, on which no preference depends, is stored as `score_bias` in config.json. The saved chat
  /// template ends at the token that `reader` scores, so that other tools score the same token.
  func save(to folder: URL, tokenizerFolder: URL, reader: RewardReader) throws {
    try trunk.saveClassifier(
      to: folder, head: head, bias: bias, tokenizerFolder: tokenizerFolder,
      scoredToken: reader.encoder.endToken,
      chatTemplate: reader.chatTemplate)
  }
}
