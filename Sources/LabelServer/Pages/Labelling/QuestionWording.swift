import Foundation
import Labelling
import PreferenceData

/// Words the questions of one item, with what was entered so far.
struct QuestionWording {
  let item: LabellingItem
  let strings: Translations

  func answer(_ answer: LabellingItem.Answer, html: String) -> LabellingPage.Answer {
    let key = answer.key
    let footer = item.questions.inOrder.compactMap { question -> LabellingPage.AnswerQuestion? in
      switch question {
      case .rating: rating(of: key).map { .init(rating: $0) }
      case .flags: flags(of: key).map { .init(flags: $0) }
      default: nil
      }
    }
    return LabellingPage.Answer(
      key: key.rawValue, label: strings("labelling", "answer", ["key": key.rawValue]),
      lang: TextLanguage.guess(answer.text), html: html,
      placed: item.questions.ranking != nil && !item.comparesOnScale,
      placeLabel: strings("labelling", "place", ["key": key.rawValue]), places: places(of: key),
      hasFooter: !footer.isEmpty, footer: footer)
  }

  var closing: [LabellingPage.ClosingQuestion] {
    item.questions.inOrder.compactMap { question in
      switch question {
      case .confidence: confidence.map { .init(confidence: $0) }
      case .promptFlags: promptFlags.map { .init(promptFlags: $0) }
      case .rationale: rationale.map { .init(rationale: $0) }
      case .demonstration: demonstration.map { .init(demonstration: $0) }
      case .ranking, .strength, .rating, .flags: nil
      }
    }
  }

  var strength: LabellingPage.Scale? {
    guard item.comparesOnScale, let scale = item.questions.strength?.scale else { return nil }
    let entered = preference
    let isBad = entered == 0 && BothBad.isSaid(by: item.entered, of: item.keys)
    let bad = LabellingPage.Choice(
      value: BothBad.value, label: strings("labelling", "strengthBothBad"), selected: isBad)
    let hasTies = item.questions.ranking?.ties ?? true
    var points = (-scale...scale).filter { $0 != 0 || hasTies }.map { value in
      LabellingPage.Choice(
        value: String(value), label: strengthLabel(value, of: scale),
        selected: value == entered && !isBad)
    }
    if hasTies, BothBad.canBeSaid(to: item.questions) { points.append(bad) }
    for index in points.indices.prefix(9) { points[index].hotkey = String(index + 1) }
    return LabellingPage.Scale(
      legend: strings("labelling", "strength"), caption: "", points: points)
  }

  var helps: [LabellingPage.Help] {
    let asked = item.questions
    let helps: [(String, String?)] = [
      ("ranking", asked.ranking?.help), ("strength", asked.strength?.help),
      ("rating", asked.rating?.help), ("flags", asked.flags?.help),
      ("promptFlags", asked.promptFlags?.help), ("confidence", asked.confidence?.help),
    ]
    return helps.compactMap { name, help in
      help.map { .init(question: strings("settings", "question.\(name)"), text: $0) }
    }
  }

  var confidence: LabellingPage.Scale? {
    guard let scale = item.questions.confidence?.scale else { return nil }
    return LabellingPage.Scale(
      legend: strings("labelling", "confidence"),
      caption: asked("confidence", required: item.questions.confidence?.required ?? false),
      points: (1...scale).map { value in
        LabellingPage.Choice(
          value: String(value),
          label: scale == 3 ? strings("labelling", "confidence\(value)") : String(value),
          selected: item.entered.confidence == value)
      })
  }

  var promptFlags: LabellingPage.FlagList? {
    item.questions.promptFlags.map { question in
      LabellingPage.FlagList(
        legend: strings("labelling", "promptFlags"),
        flags: question.values.map { flag($0, raised: item.entered.promptFlags, hotkey: nil) })
    }
  }

  var rationale: LabellingPage.FreeText? {
    item.questions.rationale.map {
      text("rationale", $0, hint: nil, entered: item.entered.rationale)
    }
  }

  var demonstration: LabellingPage.FreeText? {
    item.questions.demonstration.map {
      text(
        "demonstration", $0, hint: strings("labelling", "demonstrationHint"),
        entered: item.entered.demonstration)
    }
  }

  var shortcuts: [LabellingPage.Shortcut] {
    let last = item.keys.last?.rawValue ?? "B"
    var shortcuts: [([String], String)] = [(["A", "…", last], "focus")]
    if item.comparesOnScale {
      let count = min(9, strength?.points.count ?? 9)
      shortcuts.append((["1", "…", String(count)], "strength"))
    } else if let ranking = item.questions.ranking {
      shortcuts += [
        (["1", "…", String(item.keys.count)], ranking.ties ? "place" : "placeOnly"),
        (["↑", "↓"], "move"), (["⌫"], "remove"),
      ]
    }
    shortcuts.append((["←", "→"], "next"))
    if let keys = ratingKeys { shortcuts.append((keys, "rate")) }
    if item.questions.flags != nil { shortcuts.append(([item.commandKey("f"), "…"], "flag")) }
    shortcuts += [
      (["⏎"], "submit"), (["u"], "undo"), (["s"], "skip"), ([item.commandKey("g")], "guidelines"),
      (["?"], "help"),
    ]
    return shortcuts.map { LabellingPage.Shortcut(keys: $0, does: strings("shortcuts", $1)) }
  }

  private var preference: Int? {
    guard let strength = item.entered.strength, let best = item.entered.ranking.first,
      Questions.strengthScales.contains(strength) || strength == 0
    else { return nil }
    if best.count > 1 { return 0 }
    return best.first == item.keys.first ? -strength : strength
  }

  private func strengthLabel(_ value: Int, of scale: Int) -> String {
    guard value != 0 else { return strings("labelling", "strengthSame") }
    let key = value < 0 ? item.keys[0] : item.keys[1]
    let size = abs(value)
    if scale > 3, size > 1, size < scale {
      return strings("labelling", "strengthBy", ["key": key.rawValue, "n": String(size)])
    }
    let degree =
      size == scale && scale > 1
      ? "strengthMuch" : size == 1 && scale > 1 ? "strengthSlight" : "strengthBetter"
    return strings("labelling", degree, ["key": key.rawValue])
  }

  private func places(of key: Letter) -> [LabellingPage.Place] {
    let place = item.entered.ranking.firstIndex { $0.contains(key) }.map { $0 + 1 }
    let none = LabellingPage.Place(
      value: "", name: strings("labelling", "unplaced"), selected: place == nil)
    return [none]
      + (1...max(1, item.keys.count)).map {
        LabellingPage.Place(value: String($0), name: ordinal($0), selected: $0 == place)
      }
  }

  private func rating(of key: Letter) -> LabellingPage.Scale? {
    guard let scale = item.questions.rating?.scale else { return nil }
    return LabellingPage.Scale(
      legend: strings("labelling", "ratingOf", ["key": key.rawValue]),
      caption: asked("rating", required: item.questions.rating?.required ?? false),
      points: (1...scale).map {
        LabellingPage.Choice(
          value: String($0), label: String($0), selected: item.entered.ratings[key] == $0)
      }, hotkeys: ratingKeys?.joined())
  }

  private var ratingKeys: [String]? {
    item.questions.rating.map { ["⇧1", "…", "⇧\(min(9, $0.scale))"] }
  }

  private func flags(of key: Letter) -> LabellingPage.FlagList? {
    item.questions.flags.map { question in
      let hotkeys = FlagKeys.assigned(to: question.values)
      return LabellingPage.FlagList(
        legend: strings("labelling", "flagsOf", ["key": key.rawValue]),
        flags: question.values.map {
          flag($0, raised: item.entered.flags[key] ?? [], hotkey: hotkeys[$0])
        },
        keysHint: strings(
          "labelling", "flagKeys", ["key": item.commandKey("f").uppercased()]))
    }
  }

  private func flag(_ value: String, raised: [String], hotkey: String?) -> LabellingPage.Flag {
    let known = strings.sections["flags"] ?? [:]
    return LabellingPage.Flag(
      value: value, name: known[value] ?? value, hint: known["\(value).hint"],
      selected: raised.contains(value), hotkey: hotkey)
  }

  private func asked(_ name: String, required: Bool) -> String {
    let caption = strings("labelling", name)
    return required ? strings("labelling", "required", ["question": caption]) : caption
  }

  private func text(
    _ name: String, _ question: Questions.Text, hint: String?, entered: String?
  ) -> LabellingPage.FreeText {
    let caption =
      question.required
      ? asked(name, required: true)
      : strings("labelling", "optional", ["question": strings("labelling", name)])
    return LabellingPage.FreeText(
      caption: caption, hint: question.help ?? hint, text: entered ?? "",
      required: question.required)
  }

  private func ordinal(_ place: Int) -> String {
    place <= 3
      ? strings("labelling", "place\(place)")
      : strings("labelling", "placeN", ["n": String(place)])
  }
}
