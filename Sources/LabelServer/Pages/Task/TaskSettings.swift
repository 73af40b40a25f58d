import HTTPSupport
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

  /// Reads the settings form; throws `WebError.invalid` where a number is none.
  mutating func read(_ form: Form, language: String) throws(WebError) {
    if let title = form.filled("title") {
      if definition.title.values.allSatisfy(\.isEmpty) { definition.title = [:] }
      definition.title[language] = title
    }
    for name in form.names where name.hasPrefix("title.") {
      definition.title[String(name.dropFirst("title.".count))] = form.filled(name)
    }
    for name in form.names where name.hasPrefix("guidelinesIn.") {
      definition.guidelinesIn[String(name.dropFirst("guidelinesIn.".count))] =
        form.filled(name)?.replacing("\r\n", with: "\n")
    }
    let caps: [(String, WritableKeyPath<TaskDefinition, Int?>)] = [
      ("cap", \.cap), ("capPerDay", \.capPerDay),
    ]
    for (name, cap) in caps where form.names.contains(name) {
      definition[keyPath: cap] = try form.whole(name)
    }
    definition.responses = try form.whole("responses") ?? definition.responses
    // An emptied field means no gold; a form without one leaves it as it is.
    if form.names.contains("gold") {
      definition.goldRate = try form.number("gold").map { $0 / 100 }
    }
    definition.overlap = try form.whole("overlap") ?? definition.overlap
    if let minutes = try form.whole("lease") {
      // What is too long stays so, for the definition's own reader to refuse.
      let (seconds, isTooLong) = minutes.multipliedReportingOverflow(by: 60)
      definition.leaseSeconds = isTooLong ? .max : seconds
    }
    definition.order = QueueOrder(rawValue: form["order"]) ?? definition.order
    guidelines = form["guidelines"].replacing("\r\n", with: "\n")
    definition.questions = try Questions(form, keeping: definition.questions)
  }
}

extension Questions {
  /// Reads the questions of the settings form; what the form does not name stays as it is.
  init(_ form: Form, keeping now: Questions) throws(WebError) {
    self.init()
    let asked = Set(form.all("question"))
    let required = Set(form.all("required"))
    func scale(_ name: String, _ kept: Scale?, _ fallback: Int) throws(WebError) -> Scale? {
      guard asked.contains(name) else { return nil }
      var scale = kept ?? Scale(scale: fallback)
      scale.scale = try form.whole("scale.\(name)") ?? scale.scale
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
    strength = try scale("strength", now.strength, 3)
    rating = try scale("rating", now.rating, 7)
    confidence = try scale("confidence", now.confidence, 3)
    self.flags = flags("flags", \.answerFlags)
    promptFlags = flags("promptFlags", \.promptFlags)
    rationale = text("rationale", now.rationale)
    demonstration = text("demonstration", now.demonstration)
    order = try Self.order(form, keeping: now)
  }

  // Places that nobody changed say nothing, so that a task keeps to the order of the product.
  private static func order(
    _ form: Form, keeping now: Questions
  ) throws(WebError) -> [Question] {
    let standing = now.inOrder
    var goals: [(goal: Double, question: Question)] = []
    for (index, question) in standing.enumerated() {
      let place = index + 1
      let wished = try form.whole("order.\(question.rawValue)") ?? place
      // What was moved to a place that is taken gets it.
      let aside = wished < place ? -0.5 : wished > place ? 0.5 : 0
      goals.append((goal: Double(wished) + aside, question: question))
    }
    let wished = goals.sorted { $0.goal < $1.goal }.map(\.question)
    return wished == standing ? now.order : wished
  }
}
