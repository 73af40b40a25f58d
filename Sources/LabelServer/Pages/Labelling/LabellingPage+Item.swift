import Foundation
import Labelling
import PreferenceData

extension LabellingPage {
  init(_ item: LabellingItem, today: Int, site: Site, problem: String? = nil) throws {
    let words = site.words
    let questions = QuestionWording(item: item, words: words)
    title = item.taskTitle
    state = try LabellingState(item, today: today, site: site).json()
    isPair = item.answers.count == 2
    submitPath = SitePath.judgement(assignment: item.assignment).string
    skipPath = SitePath.skip(assignment: item.assignment).string
    guidelinesPath = SitePath.guidelines(task: item.task).string
    correcting = item.correcting
    self.problem = problem
    messages = item.messages.map { message in
      Message(
        role: message.role.rawValue,
        speaker: words("labelling", "speaker.\(message.role.rawValue)"),
        showsRole: item.messages.count > 1, html: site.markdown.html(message.content))
    }
    answers = item.answers.map { questions.answer($0, html: site.markdown.html($0.text)) }
    helps = questions.helps
    hasHelps = !helps.isEmpty
    strength = questions.strength
    confidence = questions.confidence
    promptFlags = questions.promptFlags
    hasPromptFlags = !promptFlags.isEmpty
    rationale = questions.rationale
    demonstration = questions.demonstration
    submitLabel = words("labelling", item.correcting ? "submitCorrection" : "submit")
    activeSeconds = String(item.entered.activeSeconds ?? 0)
    guidelinesHTML = site.markdown.html(
      item.guidelines.isEmpty ? words("guidelines", "none") : item.guidelines,
      keepsLineBreaks: false)
    skipReasons = ["unsure", "language", "broken", "uncomfortable"].enumerated().map {
      SkipReason(value: $1, name: words("skipReasons", $1), digit: $0 + 1)
    }
    shortcuts = questions.shortcuts
  }
}

/// Words the questions of one item, with what was entered so far.
struct QuestionWording {
  let item: LabellingItem
  let words: Catalogue

  func answer(_ answer: LabellingItem.Answer, html: String) -> LabellingPage.Answer {
    let key = answer.key
    let flags = (item.questions.flags?.values ?? []).map {
      flag($0, raised: item.entered.flags[key] ?? [])
    }
    let rating = rating(of: key)
    return LabellingPage.Answer(
      key: key, label: words("labelling", "answer", ["key": key]), html: html,
      placed: item.questions.ranking != nil && !item.comparesOnScale,
      placeLabel: words("labelling", "place", ["key": key]), places: places(of: key),
      hasFooter: rating != nil || !flags.isEmpty, rating: rating, hasFlags: !flags.isEmpty,
      flagsLegend: words("labelling", "flagsOf", ["key": key]), flags: flags)
  }

  var strength: LabellingPage.Scale? {
    guard item.comparesOnScale, let scale = item.questions.strength?.scale else { return nil }
    let entered = preference
    let isBad = entered == 0 && BothBad.isSaid(by: item.entered, of: item.keys)
    let bad = LabellingPage.Choice(
      value: BothBad.value, label: words("labelling", "strengthBothBad"), selected: isBad)
    return LabellingPage.Scale(
      legend: words("labelling", "strength"), caption: "",
      points: (-scale...scale).map { value in
        LabellingPage.Choice(
          value: String(value), label: strengthLabel(value, of: scale),
          selected: value == entered && !isBad)
      } + (BothBad.canBeSaid(to: item.questions) ? [bad] : []))
  }

  var helps: [LabellingPage.Help] {
    let asked = item.questions
    let helps: [(String, String?)] = [
      ("ranking", asked.ranking?.help), ("strength", asked.strength?.help),
      ("rating", asked.rating?.help), ("flags", asked.flags?.help),
      ("promptFlags", asked.promptFlags?.help), ("confidence", asked.confidence?.help),
    ]
    return helps.compactMap { name, help in
      help.map { .init(question: words("settings", "question.\(name)"), text: $0) }
    }
  }

  var confidence: LabellingPage.Scale? {
    guard let scale = item.questions.confidence?.scale else { return nil }
    return LabellingPage.Scale(
      legend: words("labelling", "confidence"), caption: words("labelling", "confidence"),
      points: (1...scale).map { value in
        LabellingPage.Choice(
          value: String(value),
          label: scale == 3 ? words("labelling", "confidence\(value)") : String(value),
          selected: item.entered.confidence == value)
      })
  }

  var promptFlags: [LabellingPage.Flag] {
    (item.questions.promptFlags?.values ?? []).map { flag($0, raised: item.entered.promptFlags) }
  }

  var rationale: LabellingPage.FreeText? {
    item.questions.rationale.map {
      text("rationale", $0, hint: nil, entered: item.entered.rationale)
    }
  }

  var demonstration: LabellingPage.FreeText? {
    item.questions.demonstration.map {
      text("demonstration", $0, hint: "demonstrationHint", entered: item.entered.demonstration)
    }
  }

  var shortcuts: [LabellingPage.Shortcut] {
    let last = item.keys.last ?? "B"
    var shortcuts: [([String], String)] = [(["A", "…", last], "focus")]
    if item.comparesOnScale {
      shortcuts.append((["1", "…", "9"], "strength"))
    } else if item.questions.ranking != nil {
      shortcuts += [
        (["1", "…", String(item.keys.count)], "place"), (["↑", "↓"], "move"), (["⌫"], "remove"),
      ]
    }
    shortcuts.append((["←", "→"], "next"))
    if item.questions.rating != nil { shortcuts.append((["⇧1", "…", "⇧7"], "rate")) }
    if item.questions.flags != nil { shortcuts.append((["f", "u"], "flag")) }
    shortcuts += [
      (["⏎"], "submit"), (["u"], "undo"), (["s"], "skip"), (["g"], "guidelines"), (["?"], "help"),
    ]
    return shortcuts.map { LabellingPage.Shortcut(keys: $0, does: words("shortcuts", $1)) }
  }

  private var preference: Int? {
    guard let strength = item.entered.strength, let best = item.entered.ranking.first else {
      return nil
    }
    if best.count > 1 { return 0 }
    return best.first == item.keys.first ? -strength : strength
  }

  private func strengthLabel(_ value: Int, of scale: Int) -> String {
    guard value != 0 else { return words("labelling", "strengthSame") }
    let key = value < 0 ? item.keys[0] : item.keys[1]
    let degree =
      abs(value) == scale && scale > 1
      ? "strengthMuch" : abs(value) == 1 && scale > 1 ? "strengthSlight" : "strengthBetter"
    return words("labelling", degree, ["key": key])
  }

  private func places(of key: String) -> [LabellingPage.Place] {
    let place = item.entered.ranking.firstIndex { $0.contains(key) }.map { $0 + 1 }
    let none = LabellingPage.Place(
      value: "", name: words("labelling", "unplaced"), selected: place == nil)
    return [none]
      + (1...max(1, item.keys.count)).map {
        LabellingPage.Place(value: String($0), name: ordinal($0), selected: $0 == place)
      }
  }

  private func rating(of key: String) -> LabellingPage.Scale? {
    guard let scale = item.questions.rating?.scale else { return nil }
    return LabellingPage.Scale(
      legend: words("labelling", "ratingOf", ["key": key]),
      caption: words("labelling", "rating"),
      points: (1...scale).map {
        LabellingPage.Choice(
          value: String($0), label: String($0), selected: item.entered.ratings[key] == $0)
      })
  }

  private func flag(_ value: String, raised: [String]) -> LabellingPage.Flag {
    let known = words.sections["flags"] ?? [:]
    return LabellingPage.Flag(
      value: value, name: known[value] ?? value, hint: known["\(value).hint"],
      selected: raised.contains(value))
  }

  private func text(
    _ name: String, _ question: Questions.Text, hint: String?, entered: String?
  ) -> LabellingPage.FreeText {
    let caption = words("labelling", name)
    let asked =
      question.required ? caption : words("labelling", "optional", ["question": caption])
    return LabellingPage.FreeText(
      caption: asked, placeholder: question.help ?? hint.map { words("labelling", $0) } ?? asked,
      text: entered ?? "")
  }

  private func ordinal(_ place: Int) -> String {
    place <= 3
      ? words("labelling", "place\(place)")
      : words("labelling", "placeN", ["n": String(place)])
  }
}

/// “Both are bad” is a tie of two answers that are both flagged as unhelpful: the flags that every
/// report counts, and nothing that an export would have to explain.
enum BothBad {
  static let value = "bad"
  static let flag = "unhelpful"

  static func canBeSaid(to questions: Questions) -> Bool {
    questions.flags?.values.contains(flag) ?? false
  }

  static func isSaid(by form: JudgementForm, of keys: [String]) -> Bool {
    form.ranking.first?.count == keys.count
      && keys.allSatisfy { form.flags[$0]?.contains(flag) ?? false }
  }
}
