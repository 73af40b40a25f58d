import Alignment
import Testing

/// The settings of every training command, as the command resolves them.
enum StageSettings {
  static let all: [String: [any SettingsSection]] = [
    "sft": SupervisedStage.sections, "reward": RewardStage.sections,
    "dpo": DirectPreferenceStage.sections, "orpo": OddsRatioStage.sections,
    "kto": UnpairedStage.sections, "pretrain": PretrainingStage.sections,
    "ppo": PolicyStage.sections(.ppo), "rloo": PolicyStage.sections(.rloo),
    "grpo": PolicyStage.sections(.grpo), "reinforce++": PolicyStage.sections(.reinforce),
    "online-dpo": PolicyStage.sections(.onlinePreference),
  ]

  static func settings(_ command: String, _ words: [String] = []) throws -> Settings {
    var settings = try Settings(all[command] ?? [])
    try settings.merge(words: words)
    return settings
  }

  /// Decodes and checks every section.
  static func check(_ command: String, _ settings: Settings) throws {
    func check<Section: SettingsSection>(_: Section) throws {
      _ = try settings.section(Section.self)
    }
    for section in all[command] ?? [] { try check(section) }
  }

  static func check(_ command: String, _ words: String...) throws {
    try check(command, settings(command, words))
  }

  static func keys(_ command: String) throws -> [String] {
    try settings(command).yaml.split(separator: "\n").map {
      String($0.prefix { $0 != ":" })
    }
  }
}

@Suite("Checks of settings")
struct SettingsCheckTests {
  @Test("The defaults of every command pass", arguments: StageSettings.all.keys.sorted())
  func defaults(command: String) throws {
    try StageSettings.check(command, StageSettings.settings(command))
  }

  @Test(
    "An extreme value of any setting is taken or refused by its name",
    arguments: StageSettings.all.keys.sorted(),
    ["-9223372036854775808", "9223372036854775807", "1e300", "-1e300", "nan", "inf", "-1", "0", ""])
  func extremes(command: String, value: String) throws {
    for key in try StageSettings.keys(command) {
      do {
        try StageSettings.check(command, "\(key)=\(value)")
      } catch let error as AlignmentError {
        #expect("\(error)".contains(key), "\(error)")
      }
    }
  }

  @Test(
    "What no run can do is refused with what would be right",
    arguments: [
      ("sft", "batch=0", "a whole number from 1 to"), ("dpo", "batch=-2", "from 1 to"),
      ("reward", "batch=0", "from 1 to"), ("orpo", "batch=0", "from 1 to"),
      ("kto", "batch=1", "at least 2"), ("pretrain", "batch=0", "from 1 to"),
      ("sft", "epochs=0", "from 1 to"), ("kto", "epochs=-1", "from 1 to"),
      ("sft", "gradientClip=-1", "0 (no clipping) or more"), ("ppo", "weightDecay=-1", "0 or more"),
      ("sft", "alpha=0", "a positive number"), ("dpo", "beta1=1", "below 1"),
      ("dpo", "beta2=1", "below 1"), ("sft", "epsilon=0", "above 0"),
      ("sft", "learningRate=0", "a positive number"), ("sft", "learningRate=nan", "a number"),
      ("sft", "minLearningRate=1", "at most learningRate"), ("sft", "rank=-1", "0 to"),
      ("sft", "microBatchTokens=0", "from 1 to"), ("sft", "bucketMegabytes=1e300", "at most"),
      ("ppo", "iterations=0", "from 1 to"), ("ppo", "episodes=0", "from 1 to"),
      ("ppo", "minibatches=64", "at most episodes (32)"), ("ppo", "temperature=0", "0.01"),
      ("ppo", "gamma=1.1", "from 0 to 1"), ("ppo", "lambda=-0.1", "from 0 to 1"),
      ("ppo", "clipRange=0", "a positive number"), ("ppo", "klHorizon=6", "a fifth"),
      ("ppo", "criticWarmup=12", "below iterations (12)"), ("grpo", "responses=1", "at least 2"),
      ("grpo", "clipLow=1", "below 1"), ("grpo", "episodes=31", "a multiple of responses=4"),
      ("online-dpo", "minibatches=17", "at most 16"), ("online-dpo", "loss=aot", "separately"),
      ("dpo", "loss=nothing", "one of sigmoid"), ("dpo", "loss=+", "one of sigmoid"),
      ("dpo", "lossWeights=nan", "a number of at least 0"),
      ("kto", "desirableWeight=0", "positive"),
      ("pretrain", "validation=1", "[0, 1)"), ("pretrain", "model.heads=3", "a divisor"),
      ("pretrain", "context=1", "from 2 to"), ("reward", "confidenceScale=-1", "from 0 to"),
    ])
  func refused(command: String, word: String, message: String) {
    #expect {
      try StageSettings.check(command, word)
    } throws: {
      "\($0)".hasPrefix(word.prefix { $0 != "=" } + "=") && "\($0)".contains(message)
    }
  }

  @Test("Steps that no run can have are refused before they are counted")
  func products() {
    #expect {
      let rollout = try StageSettings.settings(
        "ppo",
        [
          "iterations=1000000", "ppoEpochs=1000000", "minibatches=1000000",
        ]
      ).section(RolloutOptions.self)
      _ = try rollout.updates()
    } throws: { "\($0)".contains("iterations × ppoEpochs × minibatches") }
  }

  @Test("A warm-up must fit into the run")
  func warmup() throws {
    var options = TrainingOptions()
    options.warmup = 1000
    #expect { try options.check(updates: 1) } throws: { "\($0)".contains("warmup=1000") }
    options.warmup = 1
    try options.check(updates: 1)
    options.warmup = 0.99
    try options.check(updates: 1)
  }

  @Test(
    "A setting that takes one of several words lists them",
    arguments: [
      ("sft", "schedule", "constant, linear, cosine, inverseSquareRoot"),
      ("sft", "precision", "auto, fp32, bf16"), ("sft", "epsilonPlacement", "torch, tensorflow"),
      ("sft", "source", "demonstrations, best, both"), ("dpo", "pairs", "all, adjacent, extremes"),
      ("reward", "normalization", "unit, demonstrations, none"),
      ("ppo", "whitening", "none, openai, trl, verl, openrlhf, moss"),
      ("ppo", "valueTrunk", "shared, reward"), ("ppo", "valueHead", "zero, reward"),
      ("ppo", "guardAction", "stop, lower, watch"), ("grpo", "klPlace", "score, loss, tokens"),
      ("grpo", "klEstimator", "k1, k2, k3, k3+"), ("pretrain", "objective", "next-token, masked"),
    ])
  func words(command: String, key: String, list: String) {
    #expect {
      try StageSettings.check(command, "\(key)=foo")
    } throws: { "\($0)" == "\(key)=foo is invalid: expected one of \(list)." }
  }
}

@Suite("Settings without effect")
struct SettingsEffectTests {
  @Test(
    "A chosen setting that changes nothing is refused by its name",
    arguments: [
      ("dpo", ["labelSmoothing=0.3"], "labelSmoothing", "cdpo"),
      ("dpo", ["labelSmoothing=0.3", "loss=ipo+sft"], "labelSmoothing", "aot_unpaired"),
      ("dpo", ["discopopTemperature=1"], "discopopTemperature", "discopop"),
      ("dpo", ["simpoMargin=1"], "simpoMargin", "simpo"),
      ("dpo", ["beta=1", "loss=sft"], "beta", "loss=sft"),
      ("dpo", ["policyWeighted=true", "loss=sft"], "policyWeighted", "loss=sft"),
      ("online-dpo", ["labelSmoothing=0.1"], "labelSmoothing", "cdpo"),
      ("sft", ["alpha=64", "rank=0"], "alpha", "rank=0"),
      ("sft", ["minLearningRate=1e-6", "schedule=constant"], "minLearningRate", "constant"),
      ("reward", ["marginPerStrength=1", "loss=davidson"], "marginPerStrength", "allPairs"),
      ("reward", ["capabilityText=x.txt"], "capabilityText", "reward model"),
      ("ppo", ["klHorizon=9999", "klTarget=0"], "klHorizon", "klTarget=0"),
      ("ppo", ["klTarget=3", "klCoefficient=0"], "klTarget", "klCoefficient=0"),
      ("ppo", ["ptxTokens=99"], "ptxTokens", "ptxCoefficient=0"),
      ("ppo", ["whitensRewards=true", "whitening=none"], "whitensRewards", "whitening=none"),
      ("ppo", ["valueClipRange=0.1", "valueCoefficient=0"], "valueClipRange", "valueCoefficient"),
      ("ppo", ["guardAction=lower", "klLimit=0", "disagreementBand=0"], "guardAction", "klLimit"),
      ("grpo", ["whitening=trl"], "whitening", "klPlace=tokens"),
      ("grpo", ["klEstimator=k1", "klCoefficient=0"], "klEstimator", "klCoefficient=0"),
      ("rloo", ["klEstimator=k1"], "klEstimator", "klPlace=loss"),
      ("rloo", ["klWeightedByRatio=false"], "klWeightedByRatio", "klPlace=loss"),
      ("reinforce++", ["advantage=centred"], "advantage", "whitening"),
      ("pretrain", ["maskedShare=0.3"], "maskedShare", "masked"),
      ("pretrain", ["maxLength=99"], "maxLength", "context"),
      ("pretrain", ["capabilityText=x.txt"], "capabilityText", "tuning"),
    ] as [(String, [String], String, String)])
  func refused(command: String, words: [String], key: String, message: String) {
    #expect {
      try StageSettings.check(command, StageSettings.settings(command, words))
    } throws: {
      "\($0)".hasPrefix("\(key)=") && "\($0)".contains("has no effect")
        && "\($0)".contains(message)
    }
  }

  @Test(
    "The same setting is taken where it has one",
    arguments: [
      ("dpo", ["labelSmoothing=0.3", "loss=cdpo"]), ("dpo", ["labelSmoothing=0.3", "loss=aot"]),
      ("dpo", ["labelSmoothing=0.1", "loss=sft+robust"]), ("dpo", ["simpoMargin=1", "loss=simpo"]),
      ("dpo", ["labelSmoothing=0.0", "loss=sigmoid"]), ("sft", ["alpha=64"]),
      ("sft", ["alpha=32", "rank=0"]), ("ppo", ["klHorizon=9999"]), ("grpo", ["klEstimator=k1"]),
      ("ppo", ["klTarget=0", "klCoefficient=0"]),
      ("sft", ["minLearningRate=0", "schedule=constant"]),
      ("reinforce++", ["whitening=trl"]), ("rloo", ["advantage=centred"]),
      ("pretrain", ["maskedShare=0.3", "objective=masked"]),
    ] as [(String, [String])])
  func taken(command: String, words: [String]) throws {
    try StageSettings.check(command, StageSettings.settings(command, words))
  }

  @Test("A file counts as chosen, a preset does not")
  func files() throws {
    var settings = try StageSettings.settings("ppo")
    try Preset.apply("openai-2019", command: "ppo", to: &settings)
    try settings.merge(words: ["klTarget=0"])
    try StageSettings.check("ppo", settings)
    try settings.merge(yaml: "klHorizon: 5000\n", file: "x.yaml")
    #expect {
      try StageSettings.check("ppo", settings)
    } throws: { "\($0)".contains("klHorizon=5000") }
  }
}

@Suite("Presets")
struct PresetTests {
  private static let parts: [(preset: String, command: String)] = Preset.names.flatMap { name in
    ((try? Preset.commands(of: name)) ?? []).map { (name, $0) }
  }

  @Test("There are presets, each for some commands")
  func names() {
    #expect(Preset.names == ["instructgpt", "openai-2019", "ppo-max", "tldr", "trl"])
    #expect(Self.parts.count == 15)
  }

  @Test("Every preset decodes, passes, and sets nothing without effect", arguments: parts)
  func decodes(part: (preset: String, command: String)) throws {
    var settings = try StageSettings.settings(part.command)
    try Preset.apply(part.preset, command: part.command, to: &settings)
    try StageSettings.check(part.command, settings)

    var chosen = try StageSettings.settings(part.command)
    try chosen.merge(yaml: settings.yaml, file: "run.yaml")
    try StageSettings.check(part.command, chosen)
    #expect(chosen.yaml == settings.yaml)
  }

  @Test("All presets train all weights, and say where they differ", arguments: parts)
  func fullWeights(part: (preset: String, command: String)) throws {
    var settings = try StageSettings.settings(part.command)
    let deviations = try Preset.apply(part.preset, command: part.command, to: &settings)
    #expect(try settings.section(TrainingOptions.self).rank == 0)
    #expect(deviations?.isEmpty == false)
  }

  @Test(
    "The lengths and rates of runs are the published ones",
    arguments: [
      ("instructgpt", 500, 512, 8.05e-6), ("openai-2019", 1954, 512, 1e-5),
      ("ppo-max", 1250, 128, 5e-7), ("tldr", 1953, 512, 3e-6),
    ])
  func published(preset: String, iterations: Int, episodes: Int, rate: Double) throws {
    var settings = try StageSettings.settings("ppo")
    try Preset.apply(preset, command: "ppo", to: &settings)
    let rollout = try settings.section(RolloutOptions.self)
    let training = try settings.section(TrainingOptions.self)
    #expect(rollout.iterations == iterations && rollout.episodes == episodes)
    #expect(training.learningRate == rate)
    try training.check(updates: rollout.updates())
  }

  @Test("The key of the deviations is no command")
  func deviations() throws {
    var settings = try StageSettings.settings("dpo")
    #expect(throws: AlignmentError.self) {
      try Preset.apply("tldr", command: "deviations", to: &settings)
    }
    #expect {
      try Preset.apply("tldr", command: "dpo", to: &settings)
    } throws: { "\($0)".contains("this one is for ppo, reward, sft)") }
  }
}
