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
    func flags(_ name: String, _ marks: (FlagPreset) -> [String]) -> Flags? {
      guard asked.contains(name) else { return nil }
      let own = form["flags.\(name)"].split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      let preset = FlagPreset(rawValue: form["preset.\(name)"])
      var flags = Flags(preset.map(marks) ?? (own.isEmpty ? marks(.plumbline) : own))
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
    self.flags = flags("flags", \.answerFlags)
    promptFlags = flags("promptFlags", \.promptFlags)
    rationale = text("rationale", now.rationale)
    demonstration = text("demonstration", now.demonstration)
    order = Self.order(form, keeping: now)
  }

  // Places that nobody changed say nothing, so that a task keeps to the order of the product.
  private static func order(_ form: Form, keeping now: Questions) -> [Question] {
    let standing = now.inOrder
    func goal(_ place: Int, _ question: Question) -> Double {
      let wished = Int(form["order.\(question.rawValue)"]) ?? place
      // What was moved to a place that is taken gets it.
      return Double(wished) + (wished < place ? -0.5 : wished > place ? 0.5 : 0)
    }
    let wished = standing.enumerated().map { (goal: goal($0 + 1, $1), question: $1) }
      .sorted { $0.goal < $1.goal }.map(\.question)
    return wished == standing ? now.order : wished
  }
}
