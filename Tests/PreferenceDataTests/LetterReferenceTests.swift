import PreferenceData
import Testing

@Suite("Letters that name answers")
struct LetterReferenceTests {
  // Answer A becomes 3, B 1, C 2, D 4.
  private static let numbers = ["3", "1", "2", "4", "5", "6", "7", "8", "9"]

  private static func translated(_ text: String, shown: Int = 4) -> String {
    LetterReferences(in: text, shown: shown).translated { numbers[$0] }
  }

  @Test(
    "A letter that names an answer is replaced",
    arguments: [
      ("C is right and shows why.", "2 is right and shows why."),
      ("A>B", "3>1"), ("A > B = C", "3 > 1 = 2"), ("B >= A", "1 >= 3"), ("B›A›C", "1›3›2"),
      ("answer B", "answer 1"), ("Answer A is best", "Answer 3 is best"),
      ("I prefer answer A", "I prefer answer 3"), ("Response A: too long", "Response 3: too long"),
      ("Both A and C", "Both 3 and 2"), ("A, B and C are alike", "3, 1 and 2 are alike"),
      ("B's tone", "1's tone"), ("A’s tone", "3’s tone"), ("B比A好", "1比3好"),
      ("A 更好", "3 更好"), ("选A，因为B太长", "选3，因为1太长"), ("A和B都不错", "3和1都不错"),
      ("Ａ比Ｂ好", "3比1好"), ("A语言流畅", "3语言流畅"), ("A超出要求", "3超出要求"),
      ("AはBより良い", "3は1より良い"), ("A is right", "3 is right"),
      ("A doesn't answer", "3 doesn't answer"), ("better than A.", "better than 3."),
      ("I think A explains more", "I think 3 explains more"), ("(B) is better", "(1) is better"),
      ("**C** is right", "**2** is right"), ("A: wrong\nB: right", "3: wrong\n1: right"),
      ("A vs. B", "3 vs. 1"), ("Prefer B. The rest is noise", "Prefer 1. The rest is noise"),
      ("C mentions vitamin C", "2 mentions vitamin C"), ("D and then B", "4 and then 1"),
      ("In C++, C is right", "In C++, 2 is right"), ("b is not B", "b is not 1"),
      ("La respuesta A es mejor", "La respuesta 3 es mejor"), ("B\u{A0}wins", "1\u{A0}wins"),
    ])
  func names(text: String, expected: String) {
    #expect(Self.translated(text) == expected)
  }

  @Test(
    "A letter that may mean something else stays",
    arguments: [
      "A better answer would say why.", "I prefer short answers", "vitamin C", "Vitamins A and C",
      "C++ and C#", "plan B", "Plan A or B", "an A/B test", "Figure A", "see fig. B", "the A-team",
      "grade: B", "I would give it a B", "it gets an A.", "20 °C", "20 C", "written in C", "C语言",
      "维生素C", "A股", "B站", "B超", "`A` is a variable", "```\nB = A\n```", "x > B", "A = 5",
      "A + B", "f(A)", "B(x)", "the letter 'A'", "“B” in the text", "Michael B. Jordan",
      "I like Cardi B", "C major", "the B side", "hepatitis B", "D'accord", "C'est bon", "E = mc²",
      "U.S.A.", "Q&A", "R&B", "B2B", "AB", "Å is a letter", "B\u{301}", "http://a.b/?x=B and",
      "Q: why? A: because", "A_1", "$A$", "point A to point B", "A long and careful answer",
      "类型A", "方案B", "no capital here", "", "ABC", "C-section", "B+", "A−", "HIV",
    ])
  func stays(text: String) {
    #expect(Self.translated(text) == text)
  }

  @Test("A letter that was not shown stays, and so does the pronoun beside nine answers")
  func shown() {
    #expect(Self.translated("D is right", shown: 3) == "D is right")
    #expect(Self.translated("B is better than D", shown: 2) == "1 is better than D")
    #expect(Self.translated("C is, I think, right", shown: 9) == "2 is, I think, right")
    #expect(Self.translated("A, I think, is right", shown: 9) == "3, I think, is right")
    #expect(Self.translated("H > I", shown: 9) == "8 > 9")
    #expect(Self.translated("C", shown: 0) == "C")
  }

  @Test("The parts of any text make up the text again", arguments: 1...30)
  func parts(seed: Int) {
    var random = RandomRecords(seed: UInt64(seed))
    let words = ["A", "B", " ", "C's", ">", "`", "和", "\r\n", "*", ".", "answer", "I", "'", "Ａ"]
    var text = random.text(200)
    for _ in 0..<200 { text += words[random.below(words.count)] }

    let parts = LetterReferences(in: text, shown: 1 + random.below(9)).parts

    let whole = parts.map { part in
      switch part {
      case .text(let text): text
      case .letter(let letter, _): letter
      }
    }.joined()
    #expect(Array(whole.unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test("Long texts of one sign cost little", .timeLimit(.minutes(1)))
  func cost() {
    for piece in ["A: ", "`", "A>", "A, ", "A* ", "A = ", "B. ", "A' ", "` `` ", "A\u{301}"] {
      let text = String(repeating: piece, count: 4000)
      #expect(!LetterReferences(in: text, shown: 9).parts.isEmpty)
    }
  }
}
