import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Pretraining on text: a model that is capable, and knows nothing yet of what people want.
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

  /// Trains from the text file `request.dataset`; `request.model` is not read.
  public static func run(_ request: StageRequest) throws -> StageSummary {
    let options = try request.settings.section(TrainingOptions.self).checked()
    let stage = try request.settings.section(PretrainingOptions.self).checked()
    let shape = try request.settings.section(NewModelOptions.self).checked()
    guard stage.objective == .nextToken else {
      throw AlignmentError.badSetting(
        key: "objective", value: stage.objective.rawValue,
        expected: "next-token (masked pretraining is not there yet)")
    }
    guard options.rank == 0 else {
      throw AlignmentError.badSetting(
        key: "rank", value: "\(options.rank)", expected: "0 (a new model has no frozen weights)")
    }
    let progress = ProgressReport(stage: "pretrain", style: request.progress)
    let text = try TextBlocks.text(request.dataset)
    let run = try RunFolder(request)
    let tokenizerFolder = try tokenizerFolder(stage, text, run)
    let corpus = try Corpus(
      text: text, path: request.dataset, tokenizer: Tokenizer(folder: tokenizerFolder), stage)
    let new = NewModel(
      options: shape, context: stage.context, vocabularySize: corpus.vocabularySize,
      endToken: corpus.endToken)
    let configuration = try new.configuration(in: run.url.appending(path: "start"))
    let model = try new.model(configuration, generator: Generator(seed: UInt64(options.seed)))
    Backend.adaptThreads(toParameterCount: model.parameters.elementCount)
    let loss = try train(model, corpus, options, stage, run, progress)
    var metrics = try corpus.measure(model, stage, options)
    metrics["trainLoss"] = .number(loss)
    metrics["parameters"] = .integer(model.parameters.elementCount)
    metrics["trainTokens"] = .integer(corpus.train.count)
    try model.save(to: run.model, tokenizerFolder: tokenizerFolder)
    var summary = StageSummary(
      model: run.model.path, metrics: metrics, seconds: progress.seconds,
      peakBytes: peakBytes(), precision: model.computeType.rawValue)
    summary.tokensPerSecond =
      Double(stage.steps * stage.batch * stage.context) / max(progress.seconds, 1e-9)
    try run.finish(summary)
    return summary
  }

  private static func tokenizerFolder(
    _ stage: PretrainingOptions, _ text: String, _ run: RunFolder
  ) throws -> URL {
    if stage.tokenizer != "characters" {
      return URL(filePath: stage.tokenizer, directoryHint: .isDirectory)
    }
    let folder = run.url.appending(path: "start")
    try CharacterTokenizer.write(alphabetOf: text, to: folder)
    return folder
  }

  /// Steps over windows drawn anew from the whole text; returns the mean loss of the last tenth.
  private static func train(
    _ model: CausalLanguageModel, _ corpus: Corpus, _ options: TrainingOptions,
    _ stage: PretrainingOptions, _ run: RunFolder, _ progress: ProgressReport
  ) throws -> Double {
    let trainer = Trainer(
      stage: "pretrain", model.trainedParameters, options: options, total: stage.steps,
      updates: stage.steps, run: run, progress: progress)
    var random = DataOrder(seed: options.seed)
    var losses: [Double] = []
    if let state = try trainer.resume() {
      guard let number = state["random"]?.stringValue.flatMap(UInt64.init) else {
        throw AlignmentError.cannotResume(path: run.url.path, reason: "has no random state.")
      }
      random.state = number
      losses = state["losses"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    }
    while trainer.done < trainer.total {
      let starts = (0..<stage.batch).map { _ in
        Int(random.next() % UInt64(corpus.train.count - stage.context))
      }
      let numbers = try trainer.update(
        batch: starts.map { "window at token \($0)" }, tokens: stage.batch * stage.context
      ) {
        let windows = starts.map { Array(corpus.train[$0...($0 + stage.context)]) }
        return ["loss": Corpus.accumulate(model, windows, limit: options.microBatchTokens)]
      }
      losses = losses.suffix(max(stage.steps / 10, 1) - 1) + [numbers["loss"] ?? 0]
      try trainer.advance(
        numbers,
        state: [
          "random": .string(String(random.state)),
          "losses": .array(losses.map(JSONValue.number)),
        ])
    }
    return losses.reduce(0, +) / Double(max(losses.count, 1))
  }
}

/// A text as tokens, parted into what is trained and what is measured on.
struct Corpus {
  let train: [Int]
  let validation: [Int]
  /// Bytes of the validation text.
  let validationBytes: Int
  let vocabularySize: Int
  let endToken: Int

  init(text: String, path: String, tokenizer: Tokenizer, _ stage: PretrainingOptions) throws {
    let cut = text.unicodeScalars.index(
      text.startIndex,
      offsetBy: Int(Double(text.unicodeScalars.count) * (1 - stage.validation)))
    let tail = String(text.unicodeScalars[cut...])
    train = tokenizer.encode(String(text.unicodeScalars[..<cut]), addSpecialTokens: false)
    validation = tokenizer.encode(tail, addSpecialTokens: false, continues: true)
    validationBytes = tail.utf8.count
    let named = [CharacterTokenizer.endToken, "</s>", "<|im_end|>", "[SEP]"]
    guard let end = named.lazy.compactMap(tokenizer.tokenID(of:)).first else {
      throw AlignmentError.badData(
        file: stage.tokenizer,
        problem: "the tokenizer has none of the end tokens \(named.joined(separator: ", ")).")
    }
    endToken = end
    vocabularySize = tokenizer.vocabularySize
    guard train.count > stage.context else {
      throw AlignmentError.tooLittleData(
        "\(path): \(train.count) tokens do not fill one window of \(stage.context).")
    }
  }

  /// Adds the gradients of the mean loss over the predicted tokens of all windows.
  static func accumulate(_ model: CausalLanguageModel, _ windows: [[Int]], limit: Int) -> Double {
    let tokens = windows.reduce(0) { $0 + $1.count - 1 }
    return MicroBatches.own(windows, limit: limit, size: \.count).reduce(0.0) { total, part in
      let loss = -logProbabilities(model, part).sum() / Double(tokens)
      loss.backward()
      return total + loss.item()
    }
  }

  /// log p of every token of each window but its first; the last is predicted, never read.
  private static func logProbabilities(_ model: CausalLanguageModel, _ windows: [[Int]]) -> Tensor {
    let inputs = TokenBatch(windows.map { Array($0.dropLast()) }, on: model.device)
    let targets = Tensor(windows.flatMap { $0.dropFirst() }).to(model.device)
    return model.hiddenStates(inputs).selectedLogProbabilities(
      weight: model.outputWeight, targets: targets)
  }

  /// Loss, perplexity, bits per byte and accuracy over the whole validation text, in windows that
  /// follow each other.
  func measure(
    _ model: CausalLanguageModel, _ stage: PretrainingOptions, _ options: TrainingOptions
  ) throws -> [String: JSONValue] {
    let starts = stride(from: 0, to: validation.count - 1, by: stage.context)
    let windows = starts.map {
      Array(validation[$0..<min($0 + stage.context + 1, validation.count)])
    }
    guard !windows.isEmpty else { return [:] }
    return noGradient {
      var sum = 0.0
      var right = 0.0
      var count = 0
      for part in MicroBatches.split(windows, limit: options.microBatchTokens, size: \.count) {
        let inputs = TokenBatch(part.map { Array($0.dropLast()) }, on: model.device)
        let targets = Tensor(part.flatMap { $0.dropFirst() }).to(model.device)
        let logits = model.logits(inputs).to(.float32)
        let chosen = logits.gather(1, targets.unsqueezed(1)).squeezed(1)
        sum += (logits.logSumExp(1) - chosen).sum().item()
        right += logits.argmax(1).equals(targets).to(.float32).sum().item()
        count += targets.count
      }
      let loss = sum / Double(count)
      return [
        "validationLoss": .number(loss), "perplexity": .number(exp(loss)),
        "bitsPerByte": .number(sum / log(2) / Double(validationBytes)),
        "accuracy": .number(right / Double(count)), "validationTokens": .integer(count),
      ]
    }
  }
}
