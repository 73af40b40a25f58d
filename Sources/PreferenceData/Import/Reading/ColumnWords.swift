/// The names that tables and data sets give to their columns, as words without case and signs.
enum ColumnWords {
  /// The letters and digits of a name in lower case: `User_Prompt` is `userprompt`.
  static func word(_ name: String) -> String {
    if name.utf8.allSatisfy({ ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) }) {
      return name
    }
    return name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// Names of a prompt, the surest first.
  static let prompts = [
    "prompt", "instruction", "question", "query", "userprompt", "userinput", "usermessage",
    "userquery", "openingprompt", "problem", "humanprompt", "messages", "conversations",
    "conversation", "dialogue", "dialog", "promptmessages", "promptedmessages", "promptstr",
    "提示", "提示词", "提示詞", "问题", "問題", "指令", "问", "題目", "题目", "提问", "用户输入", "用户问题",
    "prompttext", "frage", "aufgabe", "anweisung", "consigne", "requête", "requete", "pregunta",
    "instrucción", "instruccion", "consulta", "pergunta", "domanda", "質問", "プロンプト", "指示", "질문",
    "프롬프트", "지시", "вопрос", "запрос",
  ]

  /// Names that are a prompt only if no surer one is there.
  static let weakPrompts = [
    "context", "input", "history", "inputtext", "inputmessages", "chat", "turns", "text",
    "posttext", "selftext", "post", "title", "posttitle", "message", "fulltext", "sourcetext",
    "输入", "輸入", "eingabe", "entrée", "entrada", "入力", "입력",
  ]

  /// Names under which texts in turn are a conversation.
  static let conversations: Set<String> = [
    "messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat", "history",
    "context",
  ]

  /// Names of what belongs to an instruction.
  static let inputs = ["input", "输入", "輸入", "入力", "eingabe"]

  static let systems = [
    "system", "systemprompt", "systemmessage", "systeminstruction", "系统", "系统提示", "系统提示词", "系統",
    "系統提示", "システム", "システムプロンプト", "systemprompttext",
  ]

  static let ids = [
    "id", "comparisonid", "promptid", "uid", "uuid", "questionid", "qid", "conversationid",
    "interactionid", "postid", "exampleid", "itemid", "编号", "編號", "问题编号", "nummer", "kennung",
    "identifiant",
  ]

  /// Stems of names of answers.
  static let answers = [
    "response", "answer", "completion", "output", "candidate", "reply", "generation", "prediction",
    "continuation", "humanref", "modelresponse", "modeloutput", "modelanswer", "assistantresponse",
    "botresponse", "回答", "答案", "答复", "回复", "回覆", "响应", "输出", "輸出", "候选", "答", "antwort",
    "ausgabe", "réponse", "reponse", "respuesta", "salida", "resposta", "risposta", "応答", "返答",
    "出力", "답변", "응답", "출력", "ответ",
  ]

  /// Stems that are answers only with a number or a letter after them.
  static let numberedAnswers =
    answers + ["conversation", "text", "summary", "translation", "dialogue"]

  /// Names that are an answer only if no surer one is there.
  static let weakAnswers = ["result", "generatedtext", "modelgeneration", "结果", "結果"]

  /// Names of lists of answers beyond the plurals of `answers`.
  static let answerLists = [
    "replies", "summaries", "answertexts", "responsetexts", "modelresponses", "choices",
  ]

  static let sources = [
    "model", "source", "policy", "modelname", "responsemodel", "generationmodel", "modelid", "llm",
    "generator", "模型", "模型名称", "来源", "modell", "quelle", "modèle", "modele", "modelo", "モデル",
  ]

  static let sourceLists = [
    "models", "sources", "policies", "modelnames", "generationmodels", "responsemodels",
  ]

  /// Stems of numbers that order answers; true where more is better.
  static let scores: [String: Bool] = [
    "score": true, "rating": true, "reward": true, "overallscore": true, "rank": false,
    "评分": true, "得分": true, "排名": false,
  ]

  static let better = [
    "chosen", "preferred", "better", "winning", "winner", "win", "positive", "accepted", "good",
    "best", "选中", "优选", "更好", "较好", "较优", "接受", "besser", "bessere", "gewählt", "choisi",
    "choisie", "meilleure", "elegida", "elegido", "mejor", "選択", "良い",
  ]

  static let worse = [
    "rejected", "nonpreferred", "dispreferred", "unpreferred", "notpreferred", "worse", "losing",
    "loser", "lose", "negative", "bad", "worst", "拒绝", "被拒", "更差", "较差", "未选中", "schlechter",
    "schlechtere", "abgelehnt", "rejeté", "rejetée", "pire", "rechazada", "rechazado", "peor", "却下",
    "悪い",
  ]

  /// Words around `better` and `worse` that leave their meaning: `chosen_response`.
  static let pairAffixes = [
    "", "response", "responses", "answer", "output", "completion", "message", "messages", "text",
    "conversation", "conversations", "content", "reply", "summary", "sample", "回答", "答案", "的回答",
    "回复", "antwort", "antworten", "réponse", "respuesta", "generation", "trajectory",
  ]

  static let verdicts = [
    "winner", "preference", "overallpreference", "preferred", "better", "best", "betteranswer",
    "betterresponse", "bestanswer", "bestresponse", "preferredanswer", "preferredresponse",
    "preferredoutput", "humanpreference", "choice", "chosen", "vote", "verdict", "decision",
    "label", "labels", "ranking", "winningresponse", "偏好", "胜者", "选择", "更好", "更好的回答", "优选",
    "偏好选择", "besser", "gewinner", "präferenz", "meilleure", "préférence", "mejor", "preferencia",
  ]

  static let judges = [
    "judge", "annotator", "annotatorid", "worker", "workerid", "labeller", "labeler", "labellerid",
    "labelerid", "rater", "raterid", "evaluator", "judgeid", "person", "标注者", "标注员", "标注人",
    "bearbeiter", "annotateur", "anotador",
  ]

  static let rationales = [
    "rationale", "reason", "reasoning", "explanation", "justification", "理由", "原因", "begründung",
    "raison", "razón",
  ]
}

/// A numbered name of a column, such as `response_2` or `model_b_answer`.
struct NumberedName: Hashable {
  let stem: String
  /// The number, or the letter's place counted from 0.
  let ordinal: Int
  let isLetter: Bool

  /// Reads the word of a name; nil if it has none of the stems with a number or a letter.
  init?(_ word: String, stems: [String]) {
    for stem in stems {
      if word.hasPrefix(stem),
        let found = Self.ordinal(Self.trimmed(word.dropFirst(stem.count)))
      {
        (self.stem, ordinal, isLetter) = (stem, found.0, found.1)
        return
      }
      // “model_a_response”, “assistant 2 answer”, “a_response”.
      if word.hasSuffix(stem), word.count > stem.count,
        let found = Self.ordinal(Self.trimmed(word.dropLast(stem.count)))
      {
        (self.stem, ordinal, isLetter) = (stem, found.0, found.1)
        return
      }
    }
    return nil
  }

  private static let fillers = [
    "model", "assistant", "system", "llm", "bot", "from", "of", "agent",
  ]

  private static func trimmed(_ rest: Substring) -> Substring {
    for filler in fillers where rest.hasPrefix(filler) && rest.count > filler.count {
      return rest.dropFirst(filler.count)
    }
    return rest
  }

  /// The place that a suffix names: 0…99, a…i, 甲乙丙丁, 一…九.
  static func ordinal(_ suffix: some StringProtocol) -> (Int, Bool)? {
    guard (1...2).contains(suffix.count), let first = suffix.first else { return nil }
    if let number = Int(suffix) { return (number, false) }
    guard suffix.count == 1 else { return nil }
    if let place = "abcdefghi".firstIndex(of: first) {
      return ("abcdefghi".distance(from: "abcdefghi".startIndex, to: place), true)
    }
    for letters in ["甲乙丙丁戊", "一二三四五六七八九"] {
      if let place = letters.firstIndex(of: first) {
        let index = letters.distance(from: letters.startIndex, to: place)
        return letters.hasPrefix("甲") ? (index, true) : (index + 1, false)
      }
    }
    return nil
  }
}

extension Optional<JSONValue> {
  /// The value, unless there is nothing in it: an empty cell of a table says nothing.
  var filled: JSONValue? {
    switch self {
    case nil, .null?, .string("")?: nil
    case let value?: value
    }
  }
}
