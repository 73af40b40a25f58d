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
      case .ppo: PolicyOptions()
      case .rloo: GroupOptions.rloo
      case .grpo: GroupOptions.grpo
      case .reinforce: GroupOptions.reinforce
      case .onlinePreference: OnlinePreferenceOptions()
      }
    return [training, RolloutOptions(), GuardOptions(), own]
  }

  private static var training: TrainingOptions {
    var options = TrainingOptions()
    options.learningRate = 3e-4
    options.schedule = .linear
    options.warmup = 0
    options.epsilon = 1e-5
    return options
  }

  /// - Parameter prompts: The file of prompts; without it, those of the dataset.
  public static func run(
    _ kind: Kind, _ request: StageRequest, rewardModels: [URL], prompts: String?
  ) throws -> StageReport {
    let training = try request.settings.section(TrainingOptions.self)
    let options = try request.settings.section(RolloutOptions.self)
    let guardOptions = try request.settings.section(GuardOptions.self)
    var request = request
    try checkMethod(kind, &request, rewardModels: rewardModels.count)
    try training.check(updates: options.updates())
    let progress = ProgressReport(stage: kind.rawValue, style: request.progress)
    let inputs = try RunInputs(request, rewardModels: rewardModels, prompts: prompts)
    if let finished = try inputs.resume(request, progress) { return finished }
    let policy = try policy(kind, request, training, rewardModels)
    let method = try method(kind, request, training, options, policy)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: policy.model.configuration,
      maxLength: training.maxLength)
    let rewardModel = try RewardEnsemble(
      folders: rewardModels, precision: training.precision, policy: (request.model, encoder))
    for folder in rewardModel.translated {
      progress.warn(
        "\(folder.path) reads other tokens than the policy, so answers are read to it as text.")
    }
    let rollout = Rollout(
      policy: policy, rewardModel: rewardModel, training: training, options: options)
    let sets = try PromptSets(
      path: prompts, dataset: request.dataset, encoder: encoder,
      limit: try promptLimit(encoder, options))
    let check = TokenCheck(prompts ?? request.dataset, encoder, policy.model.configuration)
    for prompt in sets.train + sets.heldOutIDs {
      try check.checkPrompt(prompt.ids, of: prompt.name)
    }
    sets.counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let before = try rollout.measure(sets.heldOutIDs)
    try before.json.objectValue?.checkFinite()
    var learner = PolicyLearner(
      rollout: rollout, method: method, run: run, progress: progress, prompts: sets.train,
      heldOut: sets.heldOutIDs,
      guardOptions: guardOptions)
    try learner.learn()
    let after = try rollout.measure(sets.heldOutIDs)
    var metrics: [String: JSONValue] = [
      "before": before.json, "after": after.json, "iterations": .integer(options.iterations),
      "episodes": .integer(options.iterations * options.episodes),
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

  /// Checks the method's own settings, before anything is loaded.
  private static func checkMethod(_ kind: Kind, _ request: inout StageRequest, rewardModels: Int)
    throws
  {
    switch kind {
    case .ppo: _ = try request.settings.section(PolicyOptions.self)
    case .rloo, .grpo, .reinforce: _ = try request.settings.section(GroupOptions.self)
    case .onlinePreference:
      if try request.settings.section(OnlinePreferenceOptions.self).loss == .simpo {
        request.settings.suggest(2, for: "beta")
      }
    }
    if rewardModels < 2, try request.settings.section(GuardOptions.self).disagreementBand > 0 {
      try request.settings.refuse(
        "disagreementBand", because: "with one reward model, which disagrees with nobody")
    }
  }

  /// How long a prompt may be, so that an answer has its room after it.
  private static func promptLimit(_ encoder: ConversationEncoder, _ options: RolloutOptions) throws
    -> Int
  {
    try require(
      "maxNewTokens", options.maxNewTokens, options.maxNewTokens < encoder.maxLength,
      "less than the \(encoder.maxLength) tokens that a prompt and its answer have together,")
    return encoder.maxLength - options.maxNewTokens
  }

  private static func policy(
    _ kind: Kind, _ request: StageRequest, _ training: TrainingOptions, _ rewardModels: [URL]
  ) throws -> Policy {
    guard kind == .ppo else { return try Policy(folder: request.model, options: training) }
    let own = try request.settings.section(PolicyOptions.self)
    if own.valueTrunk == .reward || own.valueHead == .reward,
      try !TokenizerContent.isSame(request.model, rewardModels[0])
    {
      throw AlignmentError.badSetting(
        key: own.valueTrunk == .reward ? "valueTrunk" : "valueHead", value: "reward",
        expected: """
          \(own.valueTrunk == .reward ? "shared, with valueHead=zero" : "zero") \
          (\(rewardModels[0].path) has another tokenizer than the policy, whose tokens a critic \
          reads)
          """)
    }
    return try Policy(folder: request.model, options: training) { width in
      try Critic(
        trunk: own.valueTrunk, head: own.valueHead, width: width, rewardModel: rewardModels[0],
        training: training)
    }
  }

  private static func method(
    _ kind: Kind, _ request: StageRequest, _ training: TrainingOptions, _ options: RolloutOptions,
    _ policy: Policy
  ) throws -> any PolicyMethod {
    if kind == .onlinePreference {
      return OnlinePreferenceMethod(
        options: try request.settings.section(OnlinePreferenceOptions.self))
    }
    guard kind == .ppo else {
      let group = try request.settings.section(GroupOptions.self)
      return GroupMethod(name: kind.rawValue, options: group, maxNewTokens: options.maxNewTokens)
    }
    let own = try request.settings.section(PolicyOptions.self)
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
    return ProximalMethod(own, pretraining: blocks, seed: training.seed)
  }
}

extension PolicyStage {
  private static let sampleCount = 6

  /// Answers to some held-out prompts, before and after, drawn with the same random numbers.
  private static func samples(
    _ prompts: [PolicyPrompt], _ before: PolicyQuality, _ after: PolicyQuality,
    _ encoder: ConversationEncoder
  ) -> [JSONValue] {
    func answer(_ answer: (ids: [Int], score: Float)) -> JSONValue {
      ["text": .string(encoder.text(answer.ids)), "score": .number(Double(answer.score))]
    }
    return zip(prompts, zip(before.answers, after.answers)).prefix(sampleCount).map {
      prompt, answers in
      [
        "prompt_id": .string(prompt.promptID),
        "prompt": .string(prompt.messages.last?.content ?? ""),
        "before": answer(answers.0), "after": answer(answers.1),
      ]
    }
  }
}

/// The prompts that a policy is tuned on, and those it is measured on.
private struct PromptSets {
  let train: [PolicyPromptIDs]
  let heldOut: [PolicyPrompt]
  let heldOutIDs: [PolicyPromptIDs]
  let counts: DataCounts

  init(path: String?, dataset: String, encoder: ConversationEncoder, limit: Int) throws {
    let all =
      try path.map(PolicyPrompt.read(path:))
      ?? PolicyPrompt.distinct(PreferenceDataset(path: dataset).records)
    func part(_ split: Split) throws -> [PolicyPrompt] {
      let found = all.filter { ($0.split ?? .train) == split }
      guard !found.isEmpty else {
        throw AlignmentError.tooLittleData(
          "\(path ?? dataset): there is no prompt with split “\(split.rawValue)”.")
      }
      return found
    }
    func encoded(_ prompts: [PolicyPrompt], _ counts: inout ExampleCounts) -> [PolicyPromptIDs] {
      prompts.map { prompt in
        let whole = encoder.prompt(prompt.messages, limit: .max)
        counts.addPrompt(isTruncated: whole.count > limit)
        return PolicyPromptIDs(
          name: prompt.promptID, ids: whole.suffix(limit), messages: prompt.messages)
      }
    }
    var counts = DataCounts(maxLength: limit)
    train = encoded(try part(.train), &counts.train)
    heldOut = try part(.validation)
    heldOutIDs = encoded(heldOut, &counts.validation)
    self.counts = counts
  }
}
