import LabelStore
import Labelling
import Rendering
import WebServer

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

  /// The guidelines for people who read Plumbline in another language.
  struct GuidelineTranslation: Sendable {
    let language: String
    let label: String
    let hint: String
    let hasText: Bool
    let text: String
  }

  /// Closing a task to labellers, or opening it again.
  struct Archival: Sendable {
    let action: String
    let explanation: String
    let label: String
    let buttonClass: String
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
  let questions: [QuestionEditor]
  let questionCount: Int
  let kinds: [Choice]
  let presets: [Choice]
  let guidelines: String
  let guidelineTranslations: [GuidelineTranslation]
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
    questions = settings.questions.items.enumerated().map {
      QuestionEditor($1, at: $0, strings: strings)
    }
    questionCount = questions.count
    kinds = QuestionKinds.names.map {
      Choice(value: $0, name: strings("settings", "kind.\($0)"), selected: $0 == "scale")
    }
    presets = QuestionPreset.allCases.map {
      Choice(
        value: $0.rawValue, name: strings("settings", "preset.\($0.rawValue)"), selected: false)
    }
    guidelines = settings.guidelines
    guidelineTranslations = site.languages.offered.filter { $0.language != "en" }.map {
      let name = ["language": $0("layout", "languageName")]
      return GuidelineTranslation(
        language: $0.language, label: strings("settings", "guidelinesInLanguage", name),
        hint: strings("settings", "guidelinesInHint", name),
        hasText: definition.guidelinesIn[$0.language] != nil,
        text: definition.guidelinesIn[$0.language] ?? "")
    }
    submitLabel = strings("settings", task == nil ? "create" : "save")
    archival = task.map { task in
      let name = task.isArchived ? "reopen" : "archive"
      let path = task.isArchived ? SitePath.reopening : SitePath.archival
      return Archival(
        action: path(task.slug).string,
        explanation: strings("settings", name + "Hint"), label: strings("settings", name),
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
