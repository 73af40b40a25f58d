/// The words beside a single letter that tell whether it names an answer. All are in lower case.
enum LetterWords {
  /// Before the letter: it names an answer, “A” too.
  static let answers: Set = [
    "answer", "answers", "response", "responses", "reply", "option", "choice", "candidate",
    "output",
    "completion", "model", "assistant", "respuesta", "resposta", "réponse", "risposta", "antwort",
  ]

  /// Before the letter: it names something else.
  static let others: Set = [
    "vitamin", "vitamins", "plan", "figure", "fig", "table", "appendix", "annex", "section", "sec",
    "chapter", "part", "exhibit", "schedule", "grade", "grades", "class", "type", "hepatitis",
    "influenza", "group", "level", "line", "point", "points", "unit", "gate", "room", "block",
    "hall",
    "building", "team", "series", "side", "equation", "eq", "theorem", "lemma", "matrix",
    "matrices",
    "set", "sets", "event", "events", "variable", "node", "vertex", "letter", "letters", "column",
    "cell", "row", "drive", "key", "note", "chord", "string", "company", "person", "party", "city",
    "town", "train", "player", "student", "product", "case", "scenario", "hypothesis", "phase",
    "stage", "terminal", "tier", "rated", "schindler's", "initial", "mr", "mrs", "ms", "dr",
    "language", "size", "cup", "exercise", "question", "problem", "task", "box", "bag", "circle",
  ]

  /// Words that end with a full stop and belong to the letter after it.
  static let abbreviations: Set = [
    "fig", "eq", "sec", "no", "app", "vs", "mr", "mrs", "ms", "dr", "vit", "ch", "pt",
  ]

  /// Words that begin a sentence which ends with the letter.
  static let choosing: Set = [
    "prefer", "preferred", "choose", "chose", "pick", "picked", "select", "selected", "both",
    "only",
    "like", "than", "so", "thus", "hence", "therefore", "definitely", "clearly", "overall", "not",
  ]

  /// After the letter: it names something else.
  static let objects: Set = [
    "major", "minor", "flat", "sharp", "section", "sections", "side", "sides", "movie", "movies",
    "team", "student", "students", "grade", "vitamin", "vitamins", "cell", "cells", "complex",
    "language", "code", "program", "programs", "programming", "compiler", "compilers", "library",
    "function", "functions", "struct", "header", "array", "arrays", "api", "standard", "drive",
    "string", "strings", "coli", "diff", "day", "index", "word", "force", "clef", "roll",
    "lymphocyte",
    "lymphocytes", "chord", "scale",
  ]

  /// Returns whether a word can follow a name but no article, such as “A is” and “A explains”.
  static func follow(_ word: String) -> Bool {
    let word = word.lowercased()
    if predicates.contains(word) || word.hasSuffix("n't") || word.hasSuffix("n’t") { return true }
    // A verb in the third person: the article does not precede a plural.
    return word.hasSuffix("s") && word.allSatisfy(\.isLetter)
      && !["ss", "us", "is", "os"].contains(where: word.hasSuffix) && !singulars.contains(word)
  }

  private static let predicates: Set = [
    "is", "was", "has", "had", "did", "would", "could", "should", "gave", "said", "got", "went",
    "won",
    "lost", "failed", "missed", "lacked", "ignored", "mentioned", "wrote", "also", "never",
    "actually",
    "clearly", "because", "but", "and", "or", "than", "then", "if", "since", "while", "whereas",
    "over",
    "too", "vs", "versus", "are", "were", "es", "est", "ist", "hat", "è", "é",
  ]

  private static let singulars: Set = [
    "series", "news", "lens", "means", "species", "always", "whereas", "sometimes", "las", "los",
    "mes", "sus", "tes", "ses", "les", "des",
  ]

  /// Before the letter C or D: the text names a programming language.
  static let programming: Set = [
    "written", "programming", "program", "programs", "code", "coded", "implemented", "write",
    "wrote",
  ]

  /// Han characters after the letter with which it makes a word, such as “C语言” and “A股”.
  static let hanObjects: Set<Character> = [
    "股", "站", "超", "语", "語", "位", "级", "級", "型", "类", "類", "轮", "座", "片", "面", "卷", "照", "罩", "区",
  ]

  /// Words that begin with one of these characters and say something about an answer.
  static let hanPredicates: Set = [
    "站得", "站在", "超过", "超出", "类似", "類似", "面面", "面对", "片面", "片段", "语气", "语法", "语句", "语义", "语序",
    "区分", "区别", "照顾", "照搬",
  ]

  /// Chinese words before the letter after which it names something else.
  static let hanOthers = [
    "维生素", "維生素", "维他命", "计划", "方案", "图", "圖", "附录", "血型", "字母", "类型", "等级", "公司", "城市", "产品",
    "用户", "点", "點", "集合", "矩阵", "变量", "问题",
  ]
}
