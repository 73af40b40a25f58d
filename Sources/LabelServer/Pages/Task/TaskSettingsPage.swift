import LabelStore
import Labelling

struct TaskSettingsPage: Page {
  static let template = "pages/task-settings"

  struct Choice: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  /// The title in another language.
  struct Translation: Sendable {
    let language: String
    let label: String
    let hint: String
    let title: String
  }

  struct ScaleField: Sendable {
    let size: Int
    let least: Int
    let most: Int
  }

  struct FlagsField: Sendable {
    let lines: String
    let presets: [Choice]
  }

  /// Closing a task to labellers, or opening it again.
  struct Archival: Sendable {
    let action: String
    let deed: String
    let explanation: String
    let label: String
    let buttonClass: String
  }

  struct PlaceField: Sendable {
    let place: Int
  }

  struct TiesField: Sendable {
    let allowed: Bool
  }

  struct Question: Sendable {
    let id: String
    let question: String
    let about: String
    let asked: Bool
    let arranged: PlaceField?
    let canBeRequired: Bool
    let required: Bool
    let help: String
    let ties: TiesField?
    let scale: ScaleField?
    let flags: FlagsField?
  }

  let title: String
  let head: TaskHead?
  let problem: String?
  let saved: Bool
  let action: String
  let name: String
  let translations: [Translation]
  let slug: String
  /// Most tasks do without them; what one of them says, or what is wrong with it, must be seen.
  let showsRareSettings: Bool
  let responses: Int
  let goldPercent: String
  let cap: String
  let capPerDay: String
  let overlap: Int
  let leaseMinutes: Int
  let orders: [Choice]
  let questions: [Question]
  let guidelines: String
  let submitLabel: String
  let archival: Archival?
  let hasChanges: Bool
  let changes: [TaskChange]

  init(
    _ settings: TaskSettings, task: LabelTask?, head: TaskHead?, site: Site, problem: String?,
    saved: Bool, changes: [TaskChange]
  ) {
    let strings = site.strings
    let definition = settings.definition
    title = strings("settings", task == nil ? "newTitle" : "pageTitle")
    self.head = head
    self.problem = problem
    self.saved = saved
    action = (task.map { SitePath.taskSettings(task: $0.slug) } ?? .tasks).string
    name = definition.title(in: [strings.language])
    translations = site.languages.offered.filter { $0.language != strings.language }.map {
      let name = $0("layout", "languageName")
      return Translation(
        language: $0.language, label: strings("settings", "titleIn", ["language": name]),
        hint: strings("settings", "titleInHint", ["language": name]),
        title: definition.title[$0.language] ?? "")
    }
    slug = definition.slug
    showsRareSettings = problem != nil || definition.hasRareSettings
    responses = definition.responses
    cap = definition.cap.map(String.init) ?? ""
    capPerDay = definition.capPerDay.map(String.init) ?? ""
    goldPercent = definition.goldRate.map { Drawing.number($0 * 100) } ?? ""
    overlap = definition.overlap
    leaseMinutes = max(1, definition.leaseSeconds / 60)
    orders = QueueOrder.allCases.map {
      Choice(
        value: $0.rawValue, name: strings("settings", "order.\($0.rawValue)"),
        selected: $0 == definition.order)
    }
    questions = QuestionFields(questions: definition.questions, strings: strings).all
    guidelines = settings.guidelines
    submitLabel = strings("settings", task == nil ? "create" : "save")
    archival = task.map { task in
      let deed = task.isArchived ? "reopen" : "archive"
      return Archival(
        action: SitePath.archival(task: task.slug).string, deed: deed,
        explanation: strings("settings", deed + "Hint"), label: strings("settings", deed),
        buttonClass: task.isArchived ? "" : "danger")
    }
    self.changes = changes
    hasChanges = !changes.isEmpty
  }
}

extension TaskDefinition {
  /// Whether something under “More settings” is not as it is in every new task.
  var hasRareSettings: Bool {
    let plain = TaskDefinition(slug: slug)
    return leaseSeconds != plain.leaseSeconds || order != plain.order
      || goldRate != plain.goldRate || cap != plain.cap || capPerDay != plain.capPerDay
  }
}

/// The form fields of every question there is, asked or not.
struct QuestionFields {
  let questions: Questions
  let strings: Translations

  var all: [TaskSettingsPage.Question] {
    let asked = questions
    return [
      field(
        "ranking", asked.ranking != nil, required: asked.ranking?.required ?? true,
        help: asked.ranking?.help, ties: .init(allowed: asked.ranking?.ties ?? true)),
      field(
        "flags", asked.flags != nil, help: asked.flags?.help,
        flags: flags(asked.flags ?? Questions.Flags(Questions.misalignmentFlags))),
      scale("rating", asked.rating, size: 7, within: 2...100),
      scale("strength", asked.strength, size: 3, within: 1...4),
      text("rationale", asked.rationale),
      scale("confidence", asked.confidence, size: 3, within: 2...10),
      field(
        "promptFlags", asked.promptFlags != nil, help: asked.promptFlags?.help,
        flags: flags(
          asked.promptFlags
            ?? Questions.Flags(FlagPreset.plumbline.promptFlags))),
      text("demonstration", asked.demonstration),
    ]
  }

  private func scale(
    _ id: String, _ question: Questions.Scale?, size: Int, within range: ClosedRange<Int>
  ) -> TaskSettingsPage.Question {
    field(
      id, question != nil, required: question?.required ?? false, help: question?.help,
      scale: .init(
        size: question?.scale ?? size, least: range.lowerBound, most: range.upperBound))
  }

  private func text(_ id: String, _ question: Questions.Text?) -> TaskSettingsPage.Question {
    field(id, question != nil, required: question?.required ?? false, help: question?.help)
  }

  private func flags(_ question: Questions.Flags) -> TaskSettingsPage.FlagsField {
    .init(
      lines: question.values.joined(separator: "\n"),
      presets: (["own"] + FlagPreset.allCases.map(\.rawValue)).map {
        .init(value: $0, name: strings("settings", "preset.\($0)"), selected: $0 == "own")
      })
  }

  // A ranking and a strength have their own place on the page.
  private func arranged(_ id: String) -> TaskSettingsPage.PlaceField? {
    guard id != "ranking", id != "strength" else { return nil }
    return questions.inOrder.firstIndex { $0.rawValue == id }.map { .init(place: $0 + 1) }
  }

  private func field(
    _ id: String, _ asked: Bool, required: Bool? = nil, help: String?,
    ties: TaskSettingsPage.TiesField? = nil, scale: TaskSettingsPage.ScaleField? = nil,
    flags: TaskSettingsPage.FlagsField? = nil
  ) -> TaskSettingsPage.Question {
    .init(
      id: id, question: strings("settings", "question.\(id)"),
      about: strings("settings", "question.\(id).hint"), asked: asked,
      arranged: arranged(id),
      canBeRequired: required != nil, required: required ?? false, help: help ?? "", ties: ties,
      scale: scale, flags: flags)
  }
}
