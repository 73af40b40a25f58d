import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// Pretraining on text: trains a base model before any alignment.
public enum PretrainingStage {
  public static let sections: [any SettingsSection] = [
    training, PretrainingOptions(), NewModelOptions(),
  ]

  private static var training: TrainingOptions {
    var options = TrainingOptions()
    options.rank = 0
    options.learningRate = 1e-3
    options.minLearningRate = 1e-4
    options.warmup = 100
    options.beta2 = 0.99
    options.weightDecay = 0.1
    options.precision = .float32
    return options
  }

  /// Trains a new model on the one text file of `request.datasets`. `request.model` is not read.
  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(PretrainingOptions.self)
    let shape = try request.settings.section(NewModelOptions.self)
    guard options.rank == 0 else {
      throw AlignmentError.badSetting(
        key: "rank", value: "\(options.rank)", expected: "0 (a new model has no frozen weights)")
    }
    guard options.chatTemplate.isEmpty else {
      throw AlignmentError.settingWithoutEffect(
        key: "chatTemplate", value: options.chatTemplate,
        reason: "in pretraining, which reads no conversations")
    }
    try require(
      "precision", options.precision.rawValue, options.precision != .bfloat16,
      "fp32 or auto (pretraining computes in fp32)")
    try check(shape.architecture, suits: stage.objective)
    try options.check(updates: stage.steps)
    try require(
      "--dataset", request.dataset, request.datasets.count == 1, "one text file for “pretrain”")
    let progress = ProgressReport(stage: "pretrain", style: request.progress)
    let text = try TextBlocks.text(request.dataset)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let run = try StageFolder(request, inputs)
    let tokenizerFolder = try tokenizerFolder(stage, text, run)
    let corpus = try Corpus(
      text: text, path: request.dataset, tokenizer: Tokenizer(folder: tokenizerFolder), stage)
    try shape.check(
      vocabularySize: corpus.vocabularySize, context: stage.context,
      memory: ProcessInfo.processInfo.physicalMemory)
    let objective = try objective(stage, shape, corpus, run, options)
    let loss = try train(objective, corpus, options, stage, run, progress)
    var metrics = corpus.measure(objective, stage, options)
    metrics["trainLoss"] = .number(loss)
    metrics["parameters"] = .integer(objective.parameters.elementCount)
    metrics["trainTokens"] = .integer(corpus.train.count)
    try metrics.checkFinite()
    try objective.save(to: run.model, tokenizerFolder: tokenizerFolder)
    var report = StageReport(
      model: run.model.path, metrics: metrics, seconds: progress.seconds,
      peakBytes: peakBytes(), precision: objective.computeType.rawValue)
    report.tokensPerSecond =
      Double(stage.steps * stage.batch * stage.context) / max(progress.seconds, 1e-9)
    try run.finish(report)
    return report
  }

  private static func check(_ architecture: String, suits objective: PretrainingOptions.Objective)
    throws
  {
    let fitting =
      switch objective {
      case .nextToken: ["gpt2", "llama"]
      case .masked: ["bert", "roberta"]
      }
    guard !fitting.contains(architecture) else { return }
    throw AlignmentError.badSetting(
      key: "model.architecture", value: architecture,
      expected: fitting.joined(separator: " or ") + ", because objective=\(objective.rawValue)")
  }

  private static func objective(
    _ stage: PretrainingOptions, _ shape: NewModelOptions, _ corpus: Corpus, _ run: StageFolder,
    _ options: TrainingOptions
  ) throws -> any PretrainingObjective {
    let new = NewModel(
      options: shape, context: stage.context, vocabularySize: corpus.vocabularySize,
      endToken: corpus.endToken, paddingToken: corpus.paddingToken)
    let configuration = try new.configuration(in: run.url.appending(path: "start"))
    let source = new.firstValues(Generator(RandomStream(seed: options.seed, .newModelWeights)))
    switch stage.objective {
    case .nextToken:
      let model = try CausalLanguageModel(configuration, source: source, computeType: .float32)
      model.trainAllWeights()
      model.recomputesBlocks = options.gradientCheckpointing
      return NextTokenObjective(model: model)
    case .masked:
      let model = try MaskedLanguageModel(configuration, source: source, computeType: .float32)
      model.trainAllWeights()
      model.recomputesBlocks = options.gradientCheckpointing
      let masking = try Masking(
        tokenizer: corpus.tokenizer, file: stage.tokenizer, share: stage.maskedShare)
      return MaskedObjective(model: model, masking: masking)
    }
  }

  private static func tokenizerFolder(
    _ stage: PretrainingOptions, _ text: String, _ run: StageFolder
  ) throws -> URL {
    if stage.tokenizer != "characters" {
      return URL(filePath: stage.tokenizer, directoryHint: .isDirectory)
    }
    let folder = run.url.appending(path: "start")
    try CharacterTokenizer.write(alphabetOf: text, to: folder)
    return folder
  }

  /// Trains on windows that cover the text once per epoch, with new boundaries and a new order each
  /// time. Returns the mean loss of the last tenth of the steps.
  private static func train(
    _ objective: any PretrainingObjective, _ corpus: Corpus, _ options: TrainingOptions,
    _ stage: PretrainingOptions, _ run: StageFolder, _ progress: ProgressReport
  ) throws -> Double {
    let trainer = Trainer(
      stage: "pretrain", objective.parameters.trained, options: options, total: stage.steps,
      updates: stage.steps, run: run, progress: progress)
    let length = objective.windowLength(context: stage.context)
    let windows = WindowPlan(
      tokens: corpus.train.count, length: length, stride: stage.context, seed: options.seed)
    var cursor = DataCursor(
      Array(0..<windows.count), batch: stage.batch,
      random: RandomStream(seed: options.seed, .windowOrder), crossesEpochs: true,
      shuffles: options.shuffle)
    var losses: [Double] = []
    if let state = try trainer.resume() {
      guard cursor.restore(state["cursor"]) else {
        throw AlignmentError.cannotResume(
          path: run.url.path, reason: "the checkpoint does not match this text.")
      }
      losses = state["losses"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    }
    while trainer.done < trainer.total {
      let starts = cursor.next().enumerated().map { place, window in
        windows.start(of: window, drawn: trainer.done * stage.batch + place)
      }
      let texts = starts.map { Array(corpus.train[$0..<($0 + length)]) }
      var random = RandomStream(seed: options.seed, .hiddenTokens, trainer.done)
      let predictions = objective.predictions(texts, &random)
      let numbers = try trainer.update(
        batch: starts.map { "window at token \($0)" }, tokens: stage.batch * stage.context
      ) {
        [
          "loss": try accumulate(
            objective, predictions, limit: options.microBatchTokens, run.workers)
        ]
      }
      losses = losses.suffix(max(stage.steps / 10, 1) - 1) + [numbers["loss"] ?? 0]
      try trainer.advance(
        numbers,
        state: ["cursor": cursor.state, "losses": .array(losses.map(JSONValue.number))])
    }
    try trainer.finish()
    return losses.reduce(0, +) / Double(max(losses.count, 1))
  }

  /// Adds the gradients of the mean loss over the predicted tokens of all windows.
  private static func accumulate(
    _ objective: any PretrainingObjective, _ predictions: [TextPrediction], limit: Int,
    _ workers: Workers
  ) throws -> Double {
    let tokens = predictions.reduce(0) { $0 + $1.targets.count }
    return try MicroBatches.own(
      predictions, limit: limit, workers: workers, size: \.inputs.count
    ).reduce(0.0) { total, part in
      let loss = objective.losses(part, wantsHits: false).losses.sum() / Double(tokens)
      loss.backward()
      return total + loss.item()
    }
  }
}
