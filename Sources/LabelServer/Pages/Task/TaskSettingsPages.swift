import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData

/// Creating a task and changing its settings.
struct TaskSettingsPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/new", TaskPolicy.change) { _, visit in
        try page(TaskSettings(TaskDefinition(slug: "", title: ["en": ""], overlap: 2)), nil, visit)
      },
      Route(.post, "/tasks", TaskPolicy.change, handler: create),
      Route(.get, "/tasks/{task}/settings", TaskPolicy.change) { request, visit in
        let task = try await store.task(visit)
        return try page(
          TaskSettings(task.definition, guidelines: task.guidelines), task, visit,
          saved: request.query("saved") != nil)
      },
      Route(.post, "/tasks/{task}/settings", TaskPolicy.change, handler: update),
    ]
  }

  @Sendable private func create(_ request: Request, _ visit: Visit) async throws -> Response {
    var settings = TaskSettings(
      TaskDefinition(slug: "", title: ["en": ""]), guidelines: "")
    let form = try await request.form()
    settings.read(form, language: site.words.language)
    settings.definition.slug = form.filled("slug") ?? ""
    let known = try await store.tasks(includingArchived: true).map(\.slug)
    if known.contains(settings.definition.slug) {
      let problem = site.words("settings", "slugTaken", ["slug": settings.definition.slug])
      return try page(settings, nil, visit, problem: problem)
    }
    guard let checked = try checked(&settings) else {
      return try page(settings, nil, visit, problem: settings.problem)
    }
    let task = try await store.saveTask(
      checked, guidelines: settings.guidelines, by: visit.visitor.id)
    return Reply.goTo(.importing(task: task.slug))
  }

  @Sendable private func update(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    var settings = TaskSettings(task.definition, guidelines: task.guidelines)
    settings.read(try await request.form(), language: site.words.language)
    guard let checked = try checked(&settings) else {
      return try page(settings, task, visit, problem: settings.problem)
    }
    try await store.saveTask(checked, guidelines: settings.guidelines, by: visit.visitor.id)
    return Reply.goTo(.savedTaskSettings(task: task.slug))
  }

  // The definition's own reader is the one place that knows what is allowed.
  private func checked(_ settings: inout TaskSettings) throws -> TaskDefinition? {
    do {
      return try TaskDefinition(json: settings.definition.json)
    } catch let error as LabellingError {
      settings.problem = error.description
      return nil
    }
  }

  private func page(
    _ settings: TaskSettings, _ task: LabelTask?, _ visit: Visit, problem: String? = nil,
    saved: Bool = false
  ) throws -> Response {
    let page = TaskSettingsPage(
      settings, task: task, visit: visit, words: site.words, problem: problem, saved: saved)
    var response = try site.page(page, for: visit, frame: FrameChoice(current: .home))
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}

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
    readQuestions(asked: Set(form.all("question")), required: Set(form.all("required")))
  }

  private mutating func readQuestions(asked: Set<String>, required: Set<String>) {
    var questions = Questions()
    let now = definition.questions
    func scale(_ name: String, _ kept: Questions.Scale?, _ fallback: Int) -> Questions.Scale? {
      guard asked.contains(name) else { return nil }
      var scale = kept ?? Questions.Scale(scale: fallback)
      scale.required = required.contains(name)
      return scale
    }
    func text(_ name: String, _ kept: Questions.Text?) -> Questions.Text? {
      guard asked.contains(name) else { return nil }
      var text = kept ?? Questions.Text()
      text.required = required.contains(name)
      return text
    }
    if asked.contains("ranking") {
      questions.ranking = now.ranking ?? Questions.Ranking()
      questions.ranking?.required = required.contains("ranking")
    }
    questions.strength = scale("strength", now.strength, 3)
    questions.rating = scale("rating", now.rating, 7)
    questions.confidence = scale("confidence", now.confidence, 3)
    if asked.contains("flags") {
      questions.flags = now.flags ?? Questions.Flags(Questions.misalignmentFlags)
    }
    if asked.contains("promptFlags") {
      questions.promptFlags =
        now.promptFlags ?? Questions.Flags(["ambiguous", "sensitive", "private"])
    }
    questions.rationale = text("rationale", now.rationale)
    questions.demonstration = text("demonstration", now.demonstration)
    definition.questions = questions
  }
}

struct TaskSettingsPage: Page {
  static let template = "pages/task-settings"

  struct Choice: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  struct Question: Sendable {
    let value: String
    let name: String
    let hint: String
    let selected: Bool
    let canBeRequired: Bool
    let required: Bool
  }

  let title: String
  let head: TaskHead?
  let problem: String?
  let saved: Bool
  let action: String
  let name: String
  let slug: String
  let overlap: Int
  let leaseMinutes: Int
  let orders: [Choice]
  let questions: [Question]
  let guidelines: String
  let submitLabel: String

  init(
    _ settings: TaskSettings, task: LabelTask?, visit: Visit, words: Catalogue, problem: String?,
    saved: Bool
  ) {
    let definition = settings.definition
    title = words("settings", task == nil ? "newTitle" : "pageTitle")
    head = task.map { TaskHead($0, .settings, visit, words: words) }
    self.problem = problem
    self.saved = saved
    action = (task.map { SitePath.taskSettings(task: $0.slug) } ?? .tasks).string
    name = definition.title(in: [words.language])
    slug = definition.slug
    overlap = definition.overlap
    leaseMinutes = max(1, definition.leaseSeconds / 60)
    orders = QueueOrder.allCases.map {
      Choice(
        value: $0.rawValue, name: words("settings", "order.\($0.rawValue)"),
        selected: $0 == definition.order)
    }
    let asked = definition.questions
    let states: [(String, Bool, Bool?)] = [
      ("ranking", asked.ranking != nil, asked.ranking?.required ?? true),
      ("flags", asked.flags != nil, nil),
      ("rating", asked.rating != nil, asked.rating?.required ?? false),
      ("strength", asked.strength != nil, asked.strength?.required ?? false),
      ("rationale", asked.rationale != nil, asked.rationale?.required ?? false),
      ("confidence", asked.confidence != nil, asked.confidence?.required ?? false),
      ("promptFlags", asked.promptFlags != nil, nil),
      ("demonstration", asked.demonstration != nil, asked.demonstration?.required ?? false),
    ]
    questions = states.map { value, isAsked, required in
      Question(
        value: value, name: words("settings", "question.\(value)"),
        hint: words("settings", "question.\(value).hint"), selected: isAsked,
        canBeRequired: required != nil, required: required ?? false)
    }
    guidelines = settings.guidelines
    submitLabel = words("settings", task == nil ? "create" : "save")
  }
}
