import HTTPSupport
import Jobs
import LabelStore
import PreferenceData
import Rendering
import WebServer

struct ImportPage: Page {
  static let template = "pages/import"

  struct Figure: Sendable {
    let name: String
    let value: String
  }

  struct Answer: Sendable {
    let html: String
    let source: String?
  }

  struct Row: Sendable {
    let html: String
    let answers: [Answer]
  }

  struct Problem: Sendable {
    let place: String
    let message: String
  }

  struct Choice: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  /// The number of stored rows, and links to the next steps.
  struct Done: Sendable {
    let text: String
    /// The counts of answers and judgements.
    let notes: [String]
    let samplingPath: String?
    let promptsPath: String
    let peoplePath: String
    let importPath: String
  }

  struct Column: Sendable {
    let field: String
    let name: String
    let samples: [String]
    let roles: [Choice]
  }

  /// The shown part of the first rows.
  struct RowPage: Sendable {
    let text: String
    let rows: [Row]
    let previousPath: String?
    let nextPath: String?
  }

  struct Working: Sendable {
    let heading: String
    let state: String
    let percent: Int?
    let isCounting: Bool
  }

  struct Preview: Sendable {
    let heading: String
    let container: String
    let checkPath: String
    let confirmationPath: String
    let startOver: String
    let hasEncodings: Bool
    let encodings: [Choice]
    let shapes: [Choice]
    let hasColumns: Bool
    let columns: [Column]
    let isChecked: Bool
    let figures: [Figure]
    /// The possible uses of the judgements in the file.
    let judgementUses: [Choice]
    let hasJudgements: Bool
    let hasNotices: Bool
    let notices: [String]
    let hasErrors: Bool
    let errorLead: String
    let errors: [Problem]
    let firstRow: Row?
    let rowPage: RowPage?
    let canStore: Bool
    let storeLabel: String
    let canSkip: Bool
    let skipLabel: String
  }

  struct Link: Sendable {
    let href: String
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let done: Done?
  let action: String
  let rejects: Link?
  let asks: Bool
  let working: Working?
  /// A notice of an import that was just withdrawn.
  let withdrawn: String?
  let imports: ImportList?
  let preview: Preview?
}

extension ImportJob {
  /// Whether another file is asked for.
  var hasFailed: Bool { if case .failed = state { true } else { false } }

  func problem(_ strings: Translations) -> String? {
    switch state {
    case .failed(let message): message
    case .asking: strings("import", "noPrompt")
    default: nil
    }
  }

  func done(_ task: LabelTask, _ strings: Translations) -> ImportPage.Done? {
    guard case .stored(let report) = state else { return nil }
    var text = strings.count("import", "done", report.accepted)
    if report.duplicates > 0 {
      text += " " + strings.count("import", "skipped", report.duplicates)
    }
    if report.rejected > 0 { text += " " + strings.count("import", "leftOut", report.rejected) }
    return ImportPage.Done(
      text: text, notes: strings.notes(on: report, use: use),
      samplingPath: tally.withoutAnswers > 0 ? SitePath.sampling(task: task.slug).string : nil,
      promptsPath: SitePath.prompts(task: task.slug).string, peoplePath: SitePath.people.string,
      importPath: SitePath.importing(task: task.slug).string)
  }

  func rejectsLink(_ task: LabelTask) -> ImportPage.Link? {
    switch state {
    case .stored(let report) where report.rejected > 0,
      .checked(let report) where report.rejected > 0:
      ImportPage.Link(href: SitePath.importRejects(upload: id, task: task.slug).string)
    default: nil
    }
  }

  func working(_ strings: Translations) -> ImportPage.Working? {
    switch state {
    case .checking(let rows):
      ImportPage.Working(
        heading: name, state: strings("import", "checking", ["count": rows.formatted()]),
        percent: nil, isCounting: true)
    case .storing(let done, let total):
      ImportPage.Working(
        heading: name,
        state: strings(
          "import", "storing", ["done": done.formatted(), "count": total.formatted()]),
        percent: total > 0 ? 100 * done / total : nil, isCounting: total == 0)
    default: nil
    }
  }
}

extension Translations {
  /// Returns the result of a withdrawal.
  func withdrawn(_ withdrawn: Int, closed: Int) -> String {
    let first = count("import", "withdrawn", withdrawn)
    return closed > 0 ? first + " " + count("import", "closed", closed) : first
  }

  /// Returns the counts of the answers and judgements of an import.
  func notes(on report: ImportReport, use: JudgementUse) -> [String] {
    var notes = report.answers > 0 ? [count("import", "answersStored", report.answers)] : []
    let used = report.judgements.used
    if used > 0 { notes.append(count("import", "used.\(use.rawValue)", used)) }
    let leftOut = report.judgements.leftOut.sorted { $0.key.rawValue < $1.key.rawValue }
    for (problem, number) in leftOut {
      notes.append(
        count(
          "import", "unused", number, ["reason": self("import", "unused.\(problem.rawValue)")]))
    }
    if report.skippedJudgements > 0 {
      notes.append(count("import", "skippedJudgements", report.skippedJudgements))
    }
    return notes
  }
}

extension ImportPage.Preview {
  init?(_ job: ImportJob, _ task: LabelTask, _ site: Site, page: Int) {
    let report: ImportReport?
    switch job.state {
    case .checked(let found): report = found
    case .asking: report = nil
    default: return nil
    }
    let strings = site.strings
    let plan = job.plan
    let tally = job.tally
    heading = strings("import", "previewTitle", ["file": job.name])
    let kind = plan.container.name.lowercased().filter { $0 != " " }
    container = strings("containers", kind)
    checkPath = SitePath.importCheck(upload: job.id, task: task.slug).string
    confirmationPath = SitePath.importConfirmation(upload: job.id, task: task.slug).string
    startOver = SitePath.importing(task: task.slug).string
    let isUTF8 = plan.format.encoding == .utf8 && report?.hasBadBytes != true
    encodings =
      isUTF8
      ? []
      : TextEncoding.allCases.map {
        .init(value: $0.rawValue, name: $0.name, selected: $0 == plan.format.encoding)
      }
    hasEncodings = !isUTF8
    shapes = ImportShape.allCases.map {
      .init(value: $0.rawValue, name: strings("shapes", $0.rawValue), selected: $0 == plan.shape)
    }
    columns = plan.shape == .columns ? ImportPage.Column.all(of: plan, strings) : []
    hasColumns = !columns.isEmpty
    isChecked = report != nil
    let (accepted, rejected) = (report?.accepted ?? 0, report?.rejected ?? 0)
    figures = [
      ("good", accepted), ("bad", rejected), ("answers", tally.answers),
      ("withoutAnswers", tally.withoutAnswers),
    ].map { ImportPage.Figure(name: strings("import", $0), value: $1.formatted()) }
    hasJudgements = tally.judgements > 0 && plan.shape != .rankings
    judgementUses = JudgementUse.allCases.map {
      .init(
        value: $0.rawValue, name: strings("import", "use.\($0.rawValue)"), selected: $0 == job.use)
    }
    notices = job.notices(report, strings)
    hasNotices = !notices.isEmpty
    hasErrors = rejected > 0
    errorLead = strings.count("import", "errors", rejected)
    errors = (report?.errors ?? []).prefix(100).map {
      .init(
        place: plan.container.numbersRows
          ? strings("import", "rowPlace", ["row": $0.line.formatted()]) : $0.line.formatted(),
        message: $0.message)
    }
    firstRow = tally.firstRows.first.map { ImportPage.Row($0, site) }
    rowPage = ImportPage.RowPage(
      tally.firstRows, page: page, SitePath.importOf(upload: job.id, task: task.slug).string, site)
    canStore = accepted > 0 && rejected == 0
    storeLabel = strings.count("import", "store", accepted)
    canSkip = rejected > 0 && accepted > 0 && plan.shape != .rankings
    skipLabel = strings.count("import", "skip", accepted)
  }
}

extension ImportPage.Row {
  init(_ record: PromptRecord, _ site: Site) {
    html = site.markdown.html((record.messages.last?.content ?? "").shortened(to: 600))
    answers = record.responses.map {
      .init(html: site.markdown.html($0.text.shortened(to: 300)), source: $0.source)
    }
  }
}

extension ImportPage.RowPage {
  private static let size = 10

  /// - Parameter page: From 1.
  init?(_ records: [PromptRecord], page: Int, _ path: String, _ site: Site) {
    // The first row is above the table of columns.
    guard records.count > 1 else { return nil }
    let pages = (records.count + Self.size - 1) / Self.size
    let page = min(max(page, 1), pages)
    let range = ((page - 1) * Self.size)..<min(page * Self.size, records.count)
    text =
      pages == 1
      ? site.strings("import", "firstRows")
      : site.strings(
        "import", "shownRows",
        [
          "first": (range.lowerBound + 1).formatted(), "last": range.upperBound.formatted(),
          "count": records.count.formatted(),
        ])
    rows = records[range].map { ImportPage.Row($0, site) }
    previousPath = page > 1 ? "\(path)?rows=\(page - 1)#rows" : nil
    nextPath = page < pages ? "\(path)?rows=\(page + 1)#rows" : nil
  }
}

extension ImportJob {
  /// Returns the facts about a file that are not errors.
  func notices(_ report: ImportReport?, _ strings: Translations) -> [String] {
    var notices = (plan.format.notices + tally.fileNotices).map { $0.text(strings) }
    notices += tally.notices.map { $0.text(strings) }
    let duplicates = report?.duplicates ?? 0
    if duplicates > 0 { notices.append(strings.count("import", "duplicates", duplicates)) }
    if tally.preferences > 0, tally.judgements == 0 {
      notices.append(strings.count("import", "preferences", tally.preferences))
    }
    return notices
  }
}

extension ImportPage.Column {
  static func all(of plan: ImportPlan, _ strings: Translations) -> [ImportPage.Column] {
    plan.columns.enumerated().map { index, name in
      let role = plan.mapping.role(of: name)
      return .init(
        field: "column.\(index)", name: name, samples: plan.samples[name] ?? [],
        roles: ColumnMapping.Role.allCases.map {
          .init(value: $0.rawValue, name: strings("columns", $0.rawValue), selected: $0 == role)
        })
    }
  }
}

extension ImportPlan {
  /// The plan as an admin changed it.
  init(_ plan: ImportPlan, _ form: Form) {
    self = plan
    if let chosen = ImportShape(rawValue: form["shape"]) { shape = chosen }
    guard plan.columns.indices.contains(where: { !form["column.\($0)"].isEmpty }) else { return }
    mapping = ColumnMapping()
    for (index, name) in plan.columns.enumerated() {
      if let role = ColumnMapping.Role(rawValue: form["column.\(index)"]) {
        mapping.give(name, role)
      }
    }
  }
}
