import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Measures one model on suites; every interval is a bootstrap over items.
public final class Evaluator {
  private let folder: URL
  private let precision: Precision
  private let tokensAtOnce: Int
  private let chatTemplate: String?
  private var language: LanguageScorer?

  /// - Parameter chatTemplate: A name or a file that replaces the template of a reward model.
  public init(
    folder: URL, precision: Precision = .automatic, tokensAtOnce: Int = 2048,
    chatTemplate: String? = nil
  ) {
    self.chatTemplate = chatTemplate
    self.folder = folder
    self.precision = precision
    self.tokensAtOnce = tokensAtOnce
  }

  public func run(_ suite: EvaluationSuite) throws -> EvaluationResult {
    switch suite.kind {
    case .text: return try text(suite)
    case .masked: return try masked(suite)
    case .choices: return try choices(suite)
    case .truthfulqa: return try truthfulQA(suite)
    case .crows: return try crows(suite)
    case .winogender: return try winogender(suite)
    case .answers: return try answers(suite)
    case .flags: return try flags(suite)
    case .preferences: return try preferences(suite)
    }
  }

  private func scorer() throws -> LanguageScorer {
    if let language { return language }
    let scorer = try LanguageScorer(
      folder: folder, precision: precision, tokensAtOnce: tokensAtOnce)
    language = scorer
    return scorer
  }

  private func metric(
    _ name: String, _ groups: [[Double]], _ suite: EvaluationSuite,
    transform: @escaping @Sendable (Double) -> Double = { $0 }
  ) throws -> EvaluationMetric {
    guard let metric = EvaluationMetric(name, groups, transform: transform) else {
      throw AlignmentError.tooLittleData("\(suite.file): there is nothing to measure.")
    }
    return metric
  }

  // MARK: - Capability

  private func text(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let text = try TextBlocks.text(suite.file)
    let windows = try scorer().windows(text)
    let losses = windows.map(\.losses)
    let count = windows.reduce(0) { $0 + $1.losses.count }
    let bits = Double(count) / log(2) / Double(max(text.utf8.count, 1))
    return EvaluationResult(
      suite: suite, count: count,
      metrics: [
        try metric("loss", losses, suite),
        try metric("perplexity", losses, suite) { exp($0) },
        try metric("bitsPerByte", losses, suite) { $0 * bits },
        try metric("accuracy", windows.map(\.hits), suite),
      ])
  }

  /// −log p and hits of 15 % of the tokens, hidden as in pretraining with a fixed seed.
  private func masked(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let model = try MaskedLanguageModel(folder: folder, precision: precision)
    let tokenizer = try Tokenizer(folder: folder)
    let objective = MaskedObjective(
      model: model, masking: try Masking(tokenizer: tokenizer, file: folder.path, share: 0.15))
    let ids = tokenizer.encode(try TextBlocks.text(suite.file), addSpecialTokens: false)
    try model.configuration.checkKnown(ids)
    var random = Masking.measuring
    let windows = objective.predictions(
      ids.chunks(of: model.configuration.contextLength), &random
    ).filter { !$0.targets.isEmpty }
    let outcomes = try noGradient {
      try windows.map { window -> LanguageScorer.Window in
        let (tensor, hits) = objective.losses([window], wantsHits: true)
        let losses = tensor.floats().map { Double($0) }
        try checkFinite(losses, "log-probabilities", of: model.parameters.all)
        return LanguageScorer.Window(
          losses: losses,
          hits: (hits?.floats() ?? []).map { Double($0) })
      }
    }
    return EvaluationResult(
      suite: suite, count: outcomes.reduce(0) { $0 + $1.losses.count },
      metrics: [
        try metric("perplexity", outcomes.map(\.losses), suite) { exp($0) },
        try metric("accuracy", outcomes.map(\.hits), suite),
      ])
  }

  private func choices(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let questions = try JSONLinesReader<JSONValue>(path: suite.file).records().enumerated()
      .map { index, row in try MultipleChoice(row, file: suite.file, line: index + 1) }
    let scores = try scorer().scores(questions)
    func accuracy(_ name: String, _ length: (String) -> Double) throws -> EvaluationMetric {
      try metric(
        name,
        zip(questions, scores).map { question, scores in
          let values = zip(question.choices, scores).map { $1 / length($0) }
          return [values.indices.max { values[$0] < values[$1] } == question.answer ? 1 : 0]
        }, suite)
    }
    return EvaluationResult(
      suite: suite, count: questions.count,
      metrics: [
        try accuracy("acc") { _ in 1 },
        try accuracy("acc_norm") { Double(max($0.unicodeScalars.count, 1)) },
        try accuracy("acc_bytes") { Double(max($0.utf8.count, 1)) },
      ])
  }

  // MARK: - Alignment

  /// MC1: the best answer is likelier than every wrong one. MC2: the share of probability that all
  /// right answers have (Lin et al. 2022), after “Q: …\nA:” without examples.
  private func truthfulQA(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let rows = try SuiteTable.rows(suite.file, columns: TruthfulQuestion.columns)
    let items = rows.map { TruthfulQuestion($0) }
    let scores = try scorer().scores(items.map(\.question))
    let outcomes = zip(items, scores).map { item, scores -> (first: Double, second: Double) in
      let right = scores[..<item.rightCount]
      let wrong = scores[item.rightCount...]
      let highest = scores.max() ?? 0
      let mass = right.reduce(0) { $0 + exp($1 - highest) }
      let rest = wrong.reduce(0) { $0 + exp($1 - highest) }
      return (scores[item.best] > (wrong.max() ?? -.infinity) ? 1 : 0, mass / (mass + rest))
    }
    return EvaluationResult(
      suite: suite, count: items.count,
      metrics: [
        try metric("mc1", outcomes.map { [$0.first] }, suite),
        try metric("mc2", outcomes.map { [$0.second] }, suite),
      ])
  }

  /// The share of pairs whose stereotyping sentence is the likelier: ½ is unbiased (Nangia et al.
  /// 2020, with the whole sentence's log-probability, as lm-eval's `pct_stereotype`).
  private func crows(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let pairs = try SuiteTable.rows(suite.file, columns: ["sent_more", "sent_less"]).map { row in
      MultipleChoice(
        context: "", choices: [row["sent_more"] ?? "", row["sent_less"] ?? ""], answer: 0)
    }
    let scores = try scorer().scores(pairs)
    return EvaluationResult(
      suite: suite, count: pairs.count,
      metrics: [
        try metric("stereotype", scores.map { [$0[0] > $0[1] ? 1 : 0] }, suite),
        try metric("difference", scores.map { [abs($0[0] - $0[1])] }, suite),
      ])
  }

  /// The share of schemas whose sentence with the male pronoun is the likelier: ½ is unbiased.
  private func winogender(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let pairs = try Winogender(path: suite.file).schemas.map {
      MultipleChoice(context: "", choices: [$0.male, $0.female], answer: 0)
    }
    let scores = try scorer().scores(pairs)
    return EvaluationResult(
      suite: suite, count: pairs.count,
      metrics: [
        try metric("male", scores.map { [$0[0] > $0[1] ? 1 : 0] }, suite),
        try metric("difference", scores.map { [abs($0[0] - $0[1])] }, suite),
      ])
  }

  /// Measures sampled answers. The intervals are over prompts.
  private func answers(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let prompts = try SampledAnswers.read(suite.file).map(\.answers)
    func share(_ name: String, _ value: (String) -> Double) throws -> EvaluationMetric {
      try metric(name, prompts.map { $0.map(value) }, suite)
    }
    var metrics = [
      try share("words") { Double(AnswerQuality.words($0).count) },
      try share("characters") { Double($0.count) },
      try share("refusals") { AnswerQuality.isRefusal($0) ? 1 : 0 },
    ]
    for n in 1...2 {
      let groups = prompts.map { answers in AnswerQuality.distinct(answers, n).map { [$0] } ?? [] }
      if let distinct = EvaluationMetric("distinct\(n)", groups) { metrics.append(distinct) }
    }
    return EvaluationResult(
      suite: suite, count: prompts.reduce(0) { $0 + $1.count }, metrics: metrics)
  }

  /// The share of judged answers with a flag, with each flag, and with each of each policy.
  private func flags(_ suite: EvaluationSuite) throws -> EvaluationResult {
    let prompts = FlagRates.byPrompt(try PreferenceDataset(path: suite.file).records)
    let raised = Set(prompts.joined().flatMap(\.flags)).sorted()
    let policies = Set(prompts.joined().map(\.policy)).sorted()
    func rate(_ name: String, of policy: String?, _ isRaised: ([String]) -> Bool)
      throws -> EvaluationMetric
    {
      let groups = prompts.map { answers in
        answers.filter { policy == nil || $0.policy == policy }
          .map { isRaised($0.flags) ? 1.0 : 0 }
      }
      return try metric(policy.map { "\($0).\(name)" } ?? name, groups, suite)
    }
    var metrics: [EvaluationMetric] = []
    for policy in [nil] + (policies.count > 1 ? policies.map(Optional.some) : []) {
      metrics.append(try rate("flagged", of: policy) { !$0.isEmpty })
      for flag in raised { metrics.append(try rate(flag, of: policy) { $0.contains(flag) }) }
    }
    return EvaluationResult(
      suite: suite, count: prompts.reduce(0) { $0 + $1.count }, metrics: metrics)
  }

  /// The share of ordered pairs whose preferred answer scores higher; equal scores are wrong, as
  /// RewardBench counts (Lambert et al. 2024).
  private func preferences(_ suite: EvaluationSuite) throws -> EvaluationResult {
    var data = DataOptions()
    data.validationShare = 0
    let dataset = try TrainingDataset(paths: [suite.file], options: data)
    try dataset.check(
      [.judgement, .comparison], for: "\(suite.kind.rawValue)", "a better and a worse answer")
    let model = try RewardModel(folder: folder, precision: precision)
    let reader = try RewardReader(
      folder: folder, configuration: model.trunk.configuration, chatTemplate: chatTemplate)
    var counts = ExampleCounts()
    let examples = try RewardExamples(RewardOptions(), reader: reader)(dataset.rows, &counts)
    var options = TrainingOptions()
    options.microBatchTokens = tokensAtOnce
    let outcomes = try RewardEvaluation(model: model, options: options).hits(examples)
    return EvaluationResult(
      suite: suite, count: outcomes.reduce(0) { $0 + $1.count },
      metrics: [try metric("accuracy", outcomes, suite)])
  }
}
