/// The meaning of the keys of a row, found once for all rows with the same keys.
struct RowKeys: Sendable {
  /// A key with one answer, with a list of answers, or with a conversation.
  struct AnswerKey: Sendable {
    var name: String
    /// The number or letter of the name.
    var number: NumberedName?
    var source: String?
    var score: String?
  }

  var id: [String] = []
  var system: [String] = []
  /// Keys that may hold the prompt; the first that is filled does.
  var prompts: [String] = []
  /// Keys whose texts follow the prompt's, as Alpaca's input follows the instruction.
  var further: [String] = []
  var history: String?
  var better: String?
  var worse: String?
  var betterSource: String?
  var worseSource: String?
  var answers: [AnswerKey] = []
  /// Keys with a list of sources or of scores, in the order of a list of answers.
  var sourceLists: [String] = []
  var scoreLists: [(name: String, moreIsBetter: Bool)] = []
  /// Whether a higher number in `AnswerKey.score` is better.
  var moreIsBetter = true
  var verdicts: [String] = []
  /// Keys of PandaLM's annotators, each with a verdict.
  var annotators: [String] = []
  var judges: [String] = []
  var rationales: [String] = []
  /// Whether `worse` is the answer to prefer less than the one that ends the conversation.
  var isWorseAlone: Bool { better == nil && worse != nil }
  /// Whether a person named the keys, so that each prompt column must be there.
  var isManual = false

  /// Whether there is anything to read.
  var isUsable: Bool { !prompts.isEmpty || (better != nil && worse != nil) }

  /// Guesses from the names, in the order in which answers are to be read.
  init(guessing names: [String]) {
    let known = names.map { (name: $0, word: ColumnWords.word($0)) }
    func all(_ words: [String]) -> [String] {
      words.flatMap { word in known.filter { $0.word == word }.map(\.name) }
    }
    findPair(known)
    findAnswers(known)
    var taken = Set(answers.map(\.name) + [better, worse].compactMap(\.self))
    func free(_ words: [String]) -> [String] { all(words).filter { !taken.contains($0) } }
    prompts = free(ColumnWords.prompts)
    if prompts.isEmpty {
      prompts = free(ColumnWords.weakPrompts)
      if prompts.count > 1 { prompts.removeAll { ColumnWords.word($0) == "history" } }
    }
    taken.formUnion(prompts)
    if let first = prompts.first.map(ColumnWords.word), Self.takesInput.contains(first) {
      further = free(ColumnWords.inputs)
      if further.isEmpty, first == "instruction" { further = free(["context"]) }
      taken.formUnion(further)
    }
    history = free(["history", "历史", "历史对话"]).first
    system = free(ColumnWords.systems)
    id = free(ColumnWords.ids)
    verdicts = free(ColumnWords.verdicts)
    judges = free(ColumnWords.judges)
    rationales = free(ColumnWords.rationales)
    annotators = known.filter { Self.isAnnotator($0.word) }.map(\.name)
    findLists(known, taken)
  }

  private static let takesInput: Set<String> = ["instruction", "prompt", "指令", "anweisung", "指示"]

  private static func isAnnotator(_ word: String) -> Bool {
    NumberedName(word, stems: ["annotator"]).map { !$0.isLetter } ?? false
  }

  private typealias Known = [(name: String, word: String)]

  private mutating func findPair(_ known: Known) {
    func find(_ stems: [String]) -> String? {
      for stem in stems {
        for affix in ColumnWords.pairAffixes {
          if let found = known.first(where: { $0.word == stem + affix || $0.word == affix + stem })
          {
            return found.name
          }
        }
      }
      return nil
    }
    // Stack Exchange's pairs: response_j is the better one.
    if let j = known.first(where: { $0.word == "responsej" })?.name,
      let k = known.first(where: { $0.word == "responsek" })?.name
    {
      (better, worse) = (j, k)
      return
    }
    guard let better = find(ColumnWords.better), let worse = find(ColumnWords.worse) else {
      // LLaMA-Factory's and ms-swift's rows with the better answer in the conversation.
      let lone = ["rejectedresponse", "rejectedmessages", "rejected"]
      worse = known.first { lone.contains($0.word) }?.name
      return
    }
    (self.better, self.worse) = (better, worse)
    for (name, word) in known where name != better && name != worse {
      for stem in ColumnWords.sources {
        for side in ["chosen", "rejected", ColumnWords.word(better), ColumnWords.word(worse)]
        where word == side + stem || word == stem + side {
          if side == "rejected" || side == ColumnWords.word(worse) {
            worseSource = name
          } else {
            betterSource = name
          }
        }
      }
    }
  }

  private mutating func findAnswers(_ known: Known) {
    var groups: [String: [AnswerKey]] = [:]
    for (name, word) in known {
      guard let number = NumberedName(word, stems: ColumnWords.numberedAnswers) else { continue }
      groups[number.stem, default: []].append(AnswerKey(name: name, number: number))
    }
    let largest = groups.values.filter { $0.count >= 2 }.max { left, right in
      (left.count, Self.rank(right)) < (right.count, Self.rank(left))
    }
    if let largest {
      answers = largest.sorted { ($0.number?.ordinal ?? 0) < ($1.number?.ordinal ?? 0) }
      findNumbered(known)
      return
    }
    let words = Set(ColumnWords.answers)
    answers = known.filter { key in
      words.contains(key.word) || ColumnWords.answerLists.contains(key.word)
        || (key.word.hasSuffix("s") && words.contains(String(key.word.dropLast())))
        || (groups.values.joined().contains { $0.name == key.name }
          && NumberedName(key.word, stems: ColumnWords.answers) != nil)
    }.map { AnswerKey(name: $0.name) }
    if answers.isEmpty, better == nil {
      answers = known.filter { ColumnWords.weakAnswers.contains($0.word) }.prefix(1)
        .map { AnswerKey(name: $0.name) }
    }
    let sources = known.filter { key in
      ColumnWords.sources.contains(key.word)
        || NumberedName(key.word, stems: ColumnWords.sources) != nil
    }
    if sources.count == answers.count {
      for index in answers.indices { answers[index].source = sources[index].name }
    } else if answers.count == 1 {
      answers[0].source = sources.first { ColumnWords.sources.contains($0.word) }?.name
    }
    if answers.count == 1 {
      let score = known.first { ColumnWords.scores[$0.word] != nil }
      answers[0].score = score?.name
      moreIsBetter = score.flatMap { ColumnWords.scores[$0.word] } ?? true
    }
  }

  // Groups of equal size are told apart by the order of the stems.
  private static func rank(_ group: [AnswerKey]) -> Int {
    group.first?.number.flatMap { ColumnWords.numberedAnswers.firstIndex(of: $0.stem) } ?? 0
  }

  private mutating func findNumbered(_ known: Known) {
    for (name, word) in known {
      if let number = NumberedName(word, stems: ColumnWords.sources),
        let index = answers.firstIndex(where: { $0.number?.ordinal == number.ordinal })
      {
        answers[index].source = answers[index].source ?? name
      }
      if let number = NumberedName(word, stems: Array(ColumnWords.scores.keys)),
        let index = answers.firstIndex(where: { $0.number?.ordinal == number.ordinal })
      {
        answers[index].score = name
        moreIsBetter = ColumnWords.scores[number.stem] ?? true
      }
    }
  }

  private mutating func findLists(_ known: Known, _ taken: Set<String>) {
    for (name, word) in known where !taken.contains(name) {
      if ColumnWords.sourceLists.contains(word) { sourceLists.append(name) }
      for (stem, moreIsBetter) in ColumnWords.scores where word == stem || word == stem + "s" {
        scoreLists.append((name, moreIsBetter))
      }
    }
  }
}

extension RowKeys {
  /// The keys that a person named.
  init(_ mapping: ColumnMapping) {
    isManual = true
    prompts = Array(mapping.prompt.prefix(1))
    further = Array(mapping.prompt.dropFirst())
    system = [mapping.system].compactMap(\.self)
    id = [mapping.id].compactMap(\.self)
    (better, worse) = (mapping.chosen, mapping.rejected)
    answers = mapping.responses.enumerated().map { index, name in
      AnswerKey(
        name: name,
        number: NumberedName(ColumnWords.word(name), stems: ColumnWords.numberedAnswers),
        source: index < mapping.sources.count ? mapping.sources[index] : nil)
    }
    verdicts = [mapping.preference].compactMap(\.self)
    judges = [mapping.judge].compactMap(\.self)
  }
}
