import Foundation
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// The judgements of a prompt: a row for each answer and a column for each labeller.
struct ReviewTable: Sendable {
  struct Labeller: Sendable {
    let name: String
    let path: String
    let fromPath: String
    let fromLabel: String
    let retraction: String?
    let standing: Standing?
  }

  /// The form that retracts one judgement.
  struct Standing: Sendable {
    let retractPath: String
    let fieldID: String
    let reasons: [ReviewPage.Choice]
  }

  struct Cell: Sendable {
    let place: String
    let isFirst: Bool
    /// The labeller's answers to the questions about this response.
    let answers: [AnswerNames.Said]
    let flags: [String]
  }

  struct Row: Sendable {
    let key: String
    let label: String
    let cells: [Cell]
  }

  /// A line about the whole judgement, such as the shown order or the rationale.
  struct Line: Sendable {
    let name: String
    let values: [AnswerNames.Said]
  }

  let labellers: [Labeller]
  let rows: [Row]
  let lines: [Line]

  init(_ reviewed: ReviewedPrompt, task: LabelTask, site: Site, wording: Wording) {
    let strings = site.strings
    let judgements = reviewed.detail.judgements
    let letters = AnswerNames(letters: reviewed.shown)
    let questions = task.definition.questions
    labellers = judgements.map {
      Labeller($0, prompt: reviewed.detail.prompt.id, task: task.slug, strings: strings)
    }
    rows = zip(BlindOrder.keys(count: reviewed.shown.count), reviewed.shown).map { key, id in
      Row(
        key: key.rawValue, label: strings("labelling", "answer", ["key": key.rawValue]),
        cells: judgements.map { Cell($0, of: id, questions, letters, strings) })
    }
    lines = Self.lines(judgements, questions, letters, wording)
  }

  /// Returns the places that the judgements that count gave an answer.
  func placements(of key: String) -> [ReviewPage.Placement] {
    guard let row = rows.first(where: { $0.key == key }) else { return [] }
    return zip(labellers, row.cells).filter { $0.0.standing != nil }.map {
      .init(name: $0.name, place: $1.place, isFirst: $1.isFirst)
    }
  }

  private static func lines(
    _ judgements: [JudgementDetail], _ questions: Questions, _ letters: AnswerNames,
    _ wording: Wording
  ) -> [Line] {
    let strings = wording.strings
    func line(_ name: String, _ value: (JudgementDetail) -> AnswerNames.Said?) -> Line? {
      let values = judgements.map(value)
      guard values.contains(where: { $0 != nil }) else { return nil }
      return Line(name: name, values: values.map { $0 ?? .init("–") })
    }
    // Questions that the task no longer asks come last. Their names are their ids.
    let asked = questions.list.filter { $0.scope != .response && $0.id != "ranking" }
    let past = Set(judgements.flatMap(\.judgement.questions))
      .filter { questions[$0] == nil && $0 != "ranking" }.sorted()
    let named = asked.map { ($0.id, strings.name(of: $0)) } + past.map { ($0, $0) }
    let answers = named.map { id, name in
      line(name) { judged in
        judged.judgement[id].flatMap { strings.text(of: $0) }.map {
          letters.said($0, of: id, in: judged.judgement, shown: judged.shown, questions)
        }
      }
    }
    let order = line(strings("review", "shownOrder")) {
      .init($0.shown.compactMap { letters[$0] }.joined(separator: " "))
    }
    let rest = [
      line(strings("review", "time")) {
        $0.judgement.activeSeconds.map { .init(wording.duration($0)) }
      },
      line(strings("review", "submitted")) { judged in
        let when = wording.exact(judged.createdAt)
        return .init(
          judged.revision > 1
            ? strings("review", "revised", ["when": when, "count": String(judged.revision)]) : when)
      },
    ]
    return ([order] + answers + rest).compactMap(\.self)
  }
}

extension ReviewTable.Labeller {
  init(_ judged: JudgementDetail, prompt: PromptID, task: String, strings: Translations) {
    let id = judged.assignmentID.description
    name = judged.labellerName
    path = SitePath.labeller(task: task, id: judged.labellerID.description).string
    fromPath = SitePath.reviewFrom(id, task: task, prompt: prompt.description).string
    fromLabel = strings("review", "fromLabel", ["name": judged.labellerName])
    retraction = judged.retraction.map {
      strings(
        "review", "retractedBy",
        ["name": $0.personName, "reason": strings("retraction", $0.reason.rawValue)])
        + ($0.note.isEmpty ? "" : " “\($0.note)”")
    }
    standing =
      judged.isRetracted
      ? nil
      : .init(
        retractPath: SitePath.retraction(task: task, judgement: id).string,
        fieldID: "reason-\(id)", reasons: RetractionReason.choices(strings))
  }
}

extension ReviewTable.Cell {
  init(
    _ judged: JudgementDetail, of id: String, _ questions: Questions, _ letters: AnswerNames,
    _ strings: Translations
  ) {
    let id = ResponseID(rawValue: id)
    let judgement = judged.judgement
    let order = judgement.order
    let index = order.firstIndex { $0.contains(id) }
    let names = strings.sections["flags"] ?? [:]
    isFirst = index == 0
    place =
      index.map { index in
        order[index].count > 1
          ? strings("review", "tied", ["place": strings.place(index)]) : strings.place(index)
      } ?? "–"
    answers = judgement.questions.compactMap { question in
      guard let value = judgement[question]?.each?[id], value.marks == nil,
        let text = strings.text(of: value)
      else { return nil }
      if question == "rating" { return .init(strings("review", "rated", ["rating": text])) }
      let name = questions[question].map(strings.name) ?? question
      return letters.said(text, of: question, in: judgement, shown: judged.shown, questions)
        .after("\(name): ")
    }
    flags = judgement.flagNames(of: id).map { names[$0] ?? $0 }
  }
}

extension RetractionReason {
  static func choices(_ strings: Translations) -> [ReviewPage.Choice] {
    allCases.map {
      .init(value: $0.rawValue, name: strings("retraction", $0.rawValue), selected: false)
    }
  }
}

extension Translations {
  /// Returns an answer in words; nil for a ranking and for answers by response.
  func text(of value: AnswerValue<ResponseID>) -> String? {
    if value == .bothBad { return self("labelling", "strengthBothBad") }
    return switch value {
    case .number(let number): number.formatted()
    case .text(let text): text
    case .marks(let marks):
      list(marks.map { name(of: $0, in: "flags") })
    case .ranking, .each: nil
    }
  }
}
