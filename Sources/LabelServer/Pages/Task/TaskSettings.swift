import Labelling

/// A task's settings while they are edited.
struct TaskSettings {
  var definition: TaskDefinition
  var guidelines: String
  var problem: String?

  init(_ definition: TaskDefinition, guidelines: String = "") {
    self.definition = definition
    self.guidelines = guidelines
  }

  mutating func read(_ form: Form, language: String) {
    if let title = form.filled("title") {
      if definition.title.values.allSatisfy(\.isEmpty) { definition.title = [:] }
      definition.title[language] = title
    }
    definition.overlap = Int(form["overlap"]) ?? definition.overlap
    definition.leaseSeconds = Int(form["lease"]).map { $0 * 60 } ?? definition.leaseSeconds
    definition.order = QueueOrder(rawValue: form["order"]) ?? definition.order
    guidelines = form["guidelines"].replacing("\r\n", with: "\n")
    definition.questions = Questions(form, keeping: definition.questions)
  }
}

/// Lists of marks that one can start from.
enum FlagPreset: String, CaseIterable {
  /// What the list holds now.
  case own
  /// The four ways in which an answer can be misaligned; for prompts, three that matter most.
  case plumbline
  /// Ouyang et al., Training language models to follow instructions (2022), tables 3 and 7.
  case instructGPT = "instructgpt"

  func answerFlags(keeping own: [String]) -> [String] {
    switch self {
    case .own: own
    case .plumbline: Questions.misalignmentFlags
    case .instructGPT:
      [
        "failsInstruction", "inappropriate", "hallucination", "satisfiesConstraint", "sexual",
        "violent", "encouragesViolence", "denigrates", "harmfulAdvice", "opinion",
        "moralJudgment",
      ]
    }
  }

  func promptFlags(keeping own: [String]) -> [String] {
    switch self {
    case .own: own
    case .plumbline: ["ambiguous", "sensitive", "private"]
    case .instructGPT:
      [
        "ambiguous", "sensitive", "identityDependent", "closedDomain", "continuation",
        "requestsOpinion", "requestsAdvice", "requestsMoralJudgment", "safetyConstraints",
        "otherConstraints", "intentUnclear",
      ]
    }
  }
}

extension Questions {
  /// Reads the questions of the settings form; what the form does not name stays as it is.
  init(_ form: Form, keeping now: Questions) {
    self.init()
    let asked = Set(form.all("question"))
    let required = Set(form.all("required"))
    func scale(_ name: String, _ kept: Scale?, _ fallback: Int) -> Scale? {
      guard asked.contains(name) else { return nil }
      var scale = kept ?? Scale(scale: fallback)
      scale.scale = Int(form["scale.\(name)"]) ?? scale.scale
      scale.required = required.contains(name)
      scale.help = form.filled("help.\(name)")
      return scale
    }
    func text(_ name: String, _ kept: Text?) -> Text? {
      guard asked.contains(name) else { return nil }
      var text = kept ?? Text()
      text.required = required.contains(name)
      text.help = form.filled("help.\(name)")
      return text
    }
    func flags(_ name: String, _ choose: (FlagPreset, [String]) -> [String]) -> Flags? {
      guard asked.contains(name) else { return nil }
      let own = form["flags.\(name)"].split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      let preset = FlagPreset(rawValue: form["preset.\(name)"]) ?? .own
      var flags = Flags(choose(own.isEmpty && preset == .own ? .plumbline : preset, own))
      flags.help = form.filled("help.\(name)")
      return flags
    }
    if asked.contains("ranking") {
      ranking = now.ranking ?? Ranking()
      ranking?.required = required.contains("ranking")
      ranking?.ties = form.all("ties").contains("ranking")
      ranking?.help = form.filled("help.ranking")
    }
    strength = scale("strength", now.strength, 3)
    rating = scale("rating", now.rating, 7)
    confidence = scale("confidence", now.confidence, 3)
    self.flags = flags("flags") { $0.answerFlags(keeping: $1) }
    promptFlags = flags("promptFlags") { $0.promptFlags(keeping: $1) }
    rationale = text("rationale", now.rationale)
    demonstration = text("demonstration", now.demonstration)
  }
}
