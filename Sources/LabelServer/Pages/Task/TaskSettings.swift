import HTTPSupport
import Labelling
import PreferenceData
import WebServer

/// A task's settings while they are edited.
struct TaskSettings {
  var definition: TaskDefinition
  var guidelines: String
  /// The questions as they are edited; `definition` gets them when all of them are right.
  var questions: QuestionRows
  var problem: String?

  init(_ definition: TaskDefinition, guidelines: String = "") {
    self.definition = definition
    self.guidelines = guidelines
    questions = QuestionRows(definition.questions)
  }

  /// The definition as edited, for its reader to check.
  var json: JSONValue {
    guard case .object(var members) = definition.json else { return definition.json }
    members["questions"] = questions.json
    return .object(members)
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
    try questions.read(form)
  }
}
