import Labelling
import PreferenceData
import Rendering

/// The texts of the labelling page for one assignment.
struct QuestionWording {
  let content: AssignmentContent
  let strings: Translations

  var fields: AnswerFields {
    AnswerFields(
      questions: content.questions, keys: content.keys, entered: content.entered, strings: strings,
      commandKey: content.commandKey)
  }

  func answer(_ answer: AssignmentContent.Answer, html: String) -> LabellingPage.Answer {
    let key = answer.key
    let footer = fields.fields(of: key)
    return LabellingPage.Answer(
      key: key.rawValue, label: strings("labelling", "answer", ["key": key.rawValue]),
      lang: TextLanguage.guess(answer.text), html: html,
      placed: content.questions.ranking != nil && !content.comparesOnScale,
      placeLabel: strings("labelling", "place", ["key": key.rawValue]), places: places(of: key),
      hasFooter: !footer.isEmpty, footer: footer)
  }

  var helps: [LabellingPage.Help] {
    content.questions.list.filter { !($0.kind is TextQuestion) }.compactMap { question in
      question.help.map { .init(question: strings.name(of: question), text: $0) }
    }
  }

  var shortcuts: [LabellingPage.Shortcut] {
    let last = content.keys.last?.rawValue ?? "B"
    var shortcuts: [([String], String)] = [(["A", "…", last], "focus")]
    if content.comparesOnScale {
      let count = min(9, fields.preference?.points?.options.count ?? 9)
      shortcuts.append((["1", "…", String(count)], "strength"))
    } else if let ranking = content.questions.ranking {
      let order = last < "C" ? ["B", "=", "A"] : ["C", "A", "=", "B", "…"]
      shortcuts += [
        (["1", "…", String(content.keys.count)], ranking.ties ? "place" : "placeOnly"),
        (order.filter { ranking.ties || $0 != "=" }, ranking.ties ? "order" : "orderOnly"),
        (["↑", "↓"], "move"), (["⌫"], "remove"),
      ]
    }
    shortcuts.append((["←", "→"], "next"))
    let rated = content.questions.perResponse.compactMap(AnswerFields.digits)
    if let keys = rated.first {
      shortcuts.append((keys, rated.count > 1 ? "rateEach" : "rate"))
    }
    if !content.questions.responseFlags.isEmpty {
      shortcuts.append(([content.commandKey("f"), "…"], "flag"))
    }
    let closing = fields.closing
    if closing.contains(where: { $0.points != nil }) { shortcuts.append((["q", "…"], "point")) }
    for (key, does) in [("w", "why"), (content.commandKey("e"), "ideal")]
    where closing.contains(where: { $0.text?.hotkey == key }) {
      shortcuts.append(([key], does))
    }
    shortcuts += [(["o", "⇧O"], "unfold")]
    if content.answers.count > 2 { shortcuts.append((["v"], "columns")) }
    shortcuts += [
      (["⏎"], "submit"), (["u"], "undo"), (["s"], "skip"),
      ([content.commandKey("g")], "guidelines"), (["m"], "written"), (["?"], "help"),
    ]
    return shortcuts.map { LabellingPage.Shortcut(keys: $0, does: strings("shortcuts", $1)) }
  }

  private func places(of key: Letter) -> [LabellingPage.Place] {
    let place = content.entered.ranking.firstIndex { $0.contains(key) }.map { $0 + 1 }
    let none = LabellingPage.Place(
      value: "", name: strings("labelling", "unplaced"), selected: place == nil)
    return [none]
      + (1...max(1, content.keys.count)).map {
        LabellingPage.Place(
          value: String($0), name: strings.place($0 - 1), selected: $0 == place)
      }
  }
}
