import Labelling
import PreferenceData
import Rendering

/// Words the labelling page of one item.
struct QuestionWording {
  let item: LabellingItem
  let strings: Translations

  var fields: AnswerFields {
    AnswerFields(
      questions: item.questions, keys: item.keys, entered: item.entered, strings: strings,
      commandKey: item.commandKey)
  }

  func answer(_ answer: LabellingItem.Answer, html: String) -> LabellingPage.Answer {
    let key = answer.key
    let footer = fields.fields(of: key)
    return LabellingPage.Answer(
      key: key.rawValue, label: strings("labelling", "answer", ["key": key.rawValue]),
      lang: TextLanguage.guess(answer.text), html: html,
      placed: item.questions.ranking != nil && !item.comparesOnScale,
      placeLabel: strings("labelling", "place", ["key": key.rawValue]), places: places(of: key),
      hasFooter: !footer.isEmpty, footer: footer)
  }

  var helps: [LabellingPage.Help] {
    item.questions.list.filter { !($0.kind is TextQuestion) }.compactMap { question in
      question.help.map { .init(question: strings.name(of: question), text: $0) }
    }
  }

  var shortcuts: [LabellingPage.Shortcut] {
    let last = item.keys.last?.rawValue ?? "B"
    var shortcuts: [([String], String)] = [(["A", "…", last], "focus")]
    if item.comparesOnScale {
      let count = min(9, fields.preference?.points?.options.count ?? 9)
      shortcuts.append((["1", "…", String(count)], "strength"))
    } else if let ranking = item.questions.ranking {
      shortcuts += [
        (["1", "…", String(item.keys.count)], ranking.ties ? "place" : "placeOnly"),
        (["↑", "↓"], "move"), (["⌫"], "remove"),
      ]
    }
    shortcuts.append((["←", "→"], "next"))
    let rated = item.questions.perResponse.compactMap(AnswerFields.digits)
    if let keys = rated.first {
      shortcuts.append((keys, rated.count > 1 ? "rateEach" : "rate"))
    }
    if !item.questions.responseFlags.isEmpty {
      shortcuts.append(([item.commandKey("f"), "…"], "flag"))
    }
    shortcuts += [
      (["⏎"], "submit"), (["u"], "undo"), (["s"], "skip"), ([item.commandKey("g")], "guidelines"),
      (["?"], "help"),
    ]
    return shortcuts.map { LabellingPage.Shortcut(keys: $0, does: strings("shortcuts", $1)) }
  }

  private func places(of key: Letter) -> [LabellingPage.Place] {
    let place = item.entered.ranking.firstIndex { $0.contains(key) }.map { $0 + 1 }
    let none = LabellingPage.Place(
      value: "", name: strings("labelling", "unplaced"), selected: place == nil)
    return [none]
      + (1...max(1, item.keys.count)).map {
        LabellingPage.Place(
          value: String($0), name: strings.place($0 - 1), selected: $0 == place)
      }
  }
}
