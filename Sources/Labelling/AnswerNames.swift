import PreferenceData

/// The names of a prompt's answers for one reader.
///
/// On the page of a blind labeller or reviewer they are letters in that person's order. Everywhere
/// else they are numbers in import order, so that an answer has the same name on every page.
public struct AnswerNames: Sendable {
  /// The name of an answer, with the first words of its text where the page does not show it.
  public struct Name: Sendable, Hashable, Comparable {
    public let name: String
    public let words: String?

    public static func < (left: Self, right: Self) -> Bool { left.name < right.name }
  }

  /// Answers that share a place.
  public struct Group: Sendable, Hashable {
    public let keys: [Name]
  }

  private let names: [ResponseID: Name]

  /// Letters in the order in which the reader sees the answers.
  public init(letters shown: [String]) {
    self.init(
      zip(shown, BlindOrder.keys(count: shown.count)).map { id, key in
        (id, Name(name: key.rawValue, words: nil))
      })
  }

  /// Numbers from 1 in import order.
  public init(numbers responses: [PreferenceRecord.Response]) {
    self.init(
      zip(responses, 1...).map { response, number in
        (response.id, Name(name: String(number), words: Self.firstWords(response.text)))
      })
  }

  /// Numbers from 1 in import order, for pages that show the texts.
  public init(numbers responses: [String]) {
    self.init(zip(responses, 1...).map { ($0, Name(name: String($1), words: nil)) })
  }

  private init(_ names: [(String, Name)]) {
    self.names = Dictionary(
      names.map { (ResponseID(rawValue: $0), $1) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(id: ResponseID) -> String? { names[id]?.name }

  public subscript(id: String) -> String? { self[ResponseID(rawValue: id)] }

  public func groups(_ ranking: [[ResponseID]]) -> [Group] {
    ranking.map { Group(keys: $0.compactMap { names[$0] }.sorted()) }
  }

  /// Returns the start of a text, in one line of at most `length` characters.
  public static func firstWords(_ text: String, length: Int = 60) -> String {
    let start = text.prefix(4 * length)
    let line = start.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let isWhole = line.count <= length && start.endIndex == text.endIndex
    return isWhole ? line : line.prefix(length - 1) + "…"
  }
}

// MARK: - Texts

extension AnswerNames {
  /// A text in which letters are followed by the names of the answers that they meant.
  public struct Said: Sendable, Hashable {
    public struct Part: Sendable, Hashable {
      public let text: String
      public let meant: Meant?
    }

    /// A letter, and the name of its answer for this reader.
    public struct Meant: Sendable, Hashable {
      /// The letter as written; nil if it is the reader's name too.
      public let letter: String?
      public let name: String
      public let words: String?
    }

    public let parts: [Part]

    /// A text without names.
    public init(_ text: String) { parts = [Part(text: text, meant: nil)] }

    init(parts: [Part]) { self.parts = parts }

    /// Returns the text with other words before it.
    public func after(_ words: String) -> Said {
      Said(parts: [Part(text: words, meant: nil)] + parts)
    }
  }

  /// Marks the letters in a text. `shown` has the answers in the order in which its author saw them.
  public func said(_ text: String, shown: [String]) -> Said {
    let parts = LetterReferences(in: text, shown: shown.count).parts.map { part -> Said.Part in
      switch part {
      case .text(let text): return .init(text: text, meant: nil)
      case .letter(let letter, let answer):
        guard let name = names[ResponseID(rawValue: shown[answer])] else {
          return .init(text: letter, meant: nil)
        }
        let other = letter == name.name ? nil : letter
        return .init(text: "", meant: .init(letter: other, name: name.name, words: name.words))
      }
    }
    return Said(parts: parts)
  }

  /// Marks the letters in the answer to a question, if it is a free text.
  public func said(
    _ text: String, of question: String, in judgement: Judgement, shown: [String],
    _ questions: Questions
  ) -> Said {
    questions.freeTexts(in: judgement).contains(question) ? said(text, shown: shown) : Said(text)
  }

  /// Returns a judgement in whose texts the letters are replaced by this reader's names.
  public func named(_ judgement: Judgement, shown: [String], _ questions: Questions) -> Judgement {
    judgement.namingAnswers(in: questions.freeTexts(in: judgement), shown: shown) { self[$0] }
  }
}

extension Answers {
  /// Returns the answers that differ from those in `other`, in which letters were replaced, as JSON by
  /// question; nil if there are none.
  public func texts(unlike other: Answers) -> [String: JSONValue]? {
    let changed = questions.filter { self[$0] != other[$0] }
    if changed.isEmpty { return nil }
    return Dictionary(
      changed.map { ($0, self[$0]?.json ?? .null) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Questions {
  /// The questions in a judgement whose answers are free texts about the responses.
  ///
  /// A demonstration is not one, because it is itself an answer. A question that the task does not
  /// ask may have been a choice, so its texts count only if they have several words.
  public func freeTexts(in judgement: Judgement) -> Set<String> {
    Set(
      judgement.questions.filter { id in
        if id == "demonstration" { return false }
        if let question = self[id] { return question.kind is TextQuestion }
        let texts = judgement[id]?.texts ?? []
        return id == "rationale" || texts.contains { $0.contains(where: \.isWhitespace) }
      })
  }
}
