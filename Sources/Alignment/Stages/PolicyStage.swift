import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Policy tuning against a reward model, near a reference: PPO, RLOO, GRPO, REINFORCE++ and online
/// DPO.
public enum PolicyStage {
  /// The methods, by the names of their commands.
  public enum Kind: String, Sendable {
    case ppo, rloo, grpo
    case reinforce = "reinforce++"
    case onlinePreference = "online-dpo"
  }

  public static func sections(_ kind: Kind) -> [any SettingsSection] {
    let own: any SettingsSection =
      switch kind {
      case .ppo: PPOOptions()
      case .rloo: GroupOptions.rloo
      case .grpo: GroupOptions.grpo
      case .reinforce: GroupOptions.reinforce
      case .onlinePreference: OnlinePreferenceOptions()
      }
    return [training, DataOptions(), RolloutOptions(), GuardOptions(), own]
  }

  private static var training: TrainingOptions {
    var options = TrainingOptions()
    options.learningRate = 3e-4
    options.schedule = .linear
    options.warmup = 0
    options.epsilon = 1e-5
    return options
  }

  /// Tunes the policy of `request` against the mean score of `rewardModels`.
  ///
  /// - Parameter prompts: A file of prompts; nil takes those of the dataset.
  public static func run(
    _ kind: Kind, _ request: StageRequest, rewardModels: [URL], prompts: String?
  ) throws -> StageReport {
    var request = request
    let options = try PolicyStageOptions(kind, &request.settings, rewardModels: rewardModels.count)
    let (training, rolloutOptions) = (options.training, options.rollout)
    let progress = ProgressReport(stage: kind.rawValue, style: request.progress)
    let inputs = try RunInputs(request, rewardModels: rewardModels, prompts: prompts)
    if let finished = try inputs.resume(request, progress) { return finished }
    let policy = try options.method.policy(request, training, rewardModels)
    let method = try options.method.start(kind, request, training, rolloutOptions, policy)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: policy.model.configuration,
      maxLength: training.maxLength, chatTemplate: training.chatTemplate)
    policy.model.addEndToken(encoder.endToken)
    let rewardModel = try RewardEnsemble(
      folders: rewardModels, precision: training.precision, policy: (request.model, encoder))
    for folder in rewardModel.translated {
      progress.warn(
        "\(folder.path) has another tokenizer than the policy, so it reads answers as text.")
    }
    let rollout = Rollout(
      policy: policy, rewardModel: rewardModel, training: training, options: rolloutOptions,
      workers: request.workers)
    let sets = try PromptSets(
      TrainingDataset(
        paths: prompts.map { [$0] } ?? request.datasets,
        options: request.settings.section(DataOptions.self)),
      encoder: encoder, limit: try promptLimit(encoder, rolloutOptions))
    let check = TokenCheck(sets.dataset, encoder, policy.model.configuration)
    for prompt in sets.train + sets.heldOutIDs {
      try check.checkPrompt(prompt.ids, of: prompt.name)
    }
    sets.dataset.tell(progress)
    sets.counts.tell(progress)
    let plan = try sets.dataset.mix.plan(files: sets.train.map(\.file))
    let run = try StageFolder(request, inputs)
    let before = try rollout.measure(sets.heldOutIDs)
    try before.json.objectValue?.checkFinite()
    var learner = PolicyLearner(
      rollout: rollout, method: method, run: run, progress: progress, prompts: sets.train,
      plan: plan, heldOut: sets.heldOutIDs, guardOptions: options.limits)
    try learner.learn()
    let after = try rollout.measure(sets.heldOutIDs)
    var metrics: [String: JSONValue] = [
      "before": before.json, "after": after.json,
      "iterations": .integer(rolloutOptions.iterations),
      "episodes": .integer(rolloutOptions.iterations * rolloutOptions.episodes),
      "prompts": .integer(sets.train.count), "heldOutPrompts": .integer(sets.heldOut.count),
      "samples": .array(samples(sets.heldOut, before, after, encoder)),
      "data": sets.counts.json, "rewardModels": .array(rewardModel.readings.map(\.json)),
    ]
    for (key, value) in learner.method.metrics { metrics[key] = .number(value) }
    metrics.merge(learner.guardMetrics) { $1 }
    rewardModel.readings.compactMap(\.warning).forEach(progress.warn)
    return try run.finish(
      policy.model, metrics: metrics, options: training, request: request, progress: progress)
  }

  /// Returns the most tokens of a prompt that leave room for an answer.
  private static func promptLimit(_ encoder: ConversationEncoder, _ options: RolloutOptions) throws
    -> Int
  {
    try require(
      "maxNewTokens", options.maxNewTokens, options.maxNewTokens < encoder.maxLength,
      "less than the \(encoder.maxLength) tokens of a prompt with its answer")
    return encoder.maxLength - options.maxNewTokens
  }
}

/// The settings of a policy stage, decoded and checked once, before anything is loaded.
private struct PolicyStageOptions {
  enum Method {
    case ppo(PPOOptions)
    case group(GroupOptions)
    case onlinePreference(OnlinePreferenceOptions)
  }

  let training: TrainingOptions
  let rollout: RolloutOptions
  let limits: GuardOptions
  let method: Method

  /// May change a default in `settings` that depends on another setting.
  init(_ kind: PolicyStage.Kind, _ settings: inout Settings, rewardModels: Int) throws {
    training = try settings.section(TrainingOptions.self)
    rollout = try settings.section(RolloutOptions.self)
    limits = try settings.section(GuardOptions.self)
    switch kind {
    case .ppo: method = .ppo(try settings.section(PPOOptions.self))
    case .rloo, .grpo, .reinforce: method = .group(try settings.section(GroupOptions.self))
    case .onlinePreference:
      var options = try settings.section(OnlinePreferenceOptions.self)
      if options.loss == .simpo {
        settings.suggest(2, for: "beta")
        options = try settings.section(OnlinePreferenceOptions.self)
      }
      method = .onlinePreference(options)
    }
    if rewardModels < 2, limits.disagreementBand > 0 {
      try settings.refuse(
        "disagreementBand", because: "with a single reward model, whose disagreement is 0")
    }
    try training.check(updates: rollout.updates())
  }
}

extension PolicyStageOptions.Method {
  /// Loads the policy, and for PPO its critic.
  func policy(
    _ request: StageRequest, _ training: TrainingOptions, _ rewardModels: [URL]
  ) throws -> Policy {
    guard case .ppo(let own) = self else {
      return try Policy(folder: request.model, options: training)
    }
    if own.valueTrunk == .reward || own.valueHead == .reward,
      try !TokenizerContent.isSame(request.model, rewardModels[0])
    {
      throw AlignmentError.badSetting(
        key: own.valueTrunk == .reward ? "valueTrunk" : "valueHead", value: "reward",
        expected: """
          \(own.valueTrunk == .reward ? "shared, with valueHead=zero" : "zero") (a critic reads the \
          policy's tokens, and \(rewardModels[0].path) has another tokenizer)
          """)
    }
    return try Policy(folder: request.model, options: training) { width in
      try Critic(
        trunk: own.valueTrunk, head: own.valueHead, width: width, rewardModel: rewardModels[0],
        training: training)
    }
  }

  func start(
    _ kind: PolicyStage.Kind, _ request: StageRequest, _ training: TrainingOptions,
    _ rollout: RolloutOptions, _ policy: Policy
  ) throws -> any PolicyMethod {
    switch self {
    case .onlinePreference(let own): return OnlinePreferenceMethod(options: own)
    case .group(let own):
      return GroupMethod(name: kind.rawValue, options: own, maxNewTokens: rollout.maxNewTokens)
    case .ppo(let own):
      var blocks: [[Int]] = []
      if own.ptxCoefficient > 0 {
        let tokenizer = try Tokenizer(folder: request.model)
        blocks = try TextBlocks(
          path: own.ptxDataset, tokenizer: tokenizer,
          length: min(training.maxLength, policy.model.configuration.contextLength)
        ).blocks
        let check = TokenCheck(own.ptxDataset, tokenizer, policy.model.configuration)
        try blocks.forEach { try check.checkIDs($0, of: nil) }
      }
      return PPOMethod(own, pretraining: blocks, seed: training.seed)
    }
  }
}

extension PolicyStage {
  private static let sampleCount = 6

  /// Answers to some held-out prompts, before and after, drawn with the same random numbers.
  private static func samples(
    _ prompts: [DatasetRow], _ before: HeldOutQuality, _ after: HeldOutQuality,
    _ encoder: ConversationEncoder
  ) -> [JSONValue] {
    func answer(_ answer: (ids: [Int], score: Float)) -> JSONValue {
      ["text": .string(encoder.text(answer.ids)), "score": .number(Double(answer.score))]
    }
    return zip(prompts, zip(before.answers, after.answers)).prefix(sampleCount).map {
      prompt, answers in
      [
        "prompt_id": .string(prompt.name),
        "prompt": .string(prompt.row.prompt.messages.last?.content ?? ""),
        "before": answer(answers.0), "after": answer(answers.1),
      ]
    }
  }
}

/// The prompts that a policy is tuned on, and those it is measured on.
private struct PromptSets {
  let dataset: TrainingDataset
  let train: [PolicyPromptIDs]
  let heldOut: [DatasetRow]
  let heldOutIDs: [PolicyPromptIDs]
  let counts: DataCounts

  init(_ dataset: TrainingDataset, encoder: ConversationEncoder, limit: Int) throws {
    func part(_ split: Split) throws -> [DatasetRow] {
      let found = dataset.distinctPrompts(split)
      guard !found.isEmpty else {
        throw AlignmentError.tooLittleData(
          "\(dataset.path): there is no prompt with split “\(split.rawValue)”.")
      }
      return found
    }
    func encoded(
      _ prompts: [DatasetRow], _ counts: inout ExampleCounts
    ) throws -> [PolicyPromptIDs] {
      try prompts.map { row in
        let whole = try LanguageModelError.naming(row.name) { try encoder.promptIDs(row.prompt) }
        counts.addPrompt(isTruncated: whole.count > limit)
        return PolicyPromptIDs(
          name: row.name, ids: whole.suffix(limit), prompt: row.prompt, file: row.file)
      }
    }
    self.dataset = dataset
    var counts = DataCounts(maxLength: limit)
    train = try encoded(part(.train), &counts.train)
    heldOut = try part(.validation)
    heldOutIDs = try encoded(heldOut, &counts.validation)
    self.counts = counts
  }
}
