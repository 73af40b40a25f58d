import Labelling
import PreferenceData
import Testing

@Suite("An unchanged copy of an answer is not an ideal answer")
struct UnchangedCopyTests {
  private static let answers = ["Blue.", "One\nTwo", "Line\r\nends\r\n", "  framed\n\n", "été", ""]

  @Test(
    "A copy is the same text, apart from space around it and the form of line ends",
    arguments: [
      "Blue.", "Blue.\n", " Blue. ", "One\nTwo", "One\r\nTwo", "One\rTwo", "Line\nends", "framed",
      "  framed\n\n", "été",
    ])
  func copies(text: String) {
    var form = JudgementForm(ranking: [["A"], ["B"]])
    form.demonstration = text
    form.rationale = "Because"
    let isCopy = form.leaveOutUnchangedCopy(of: Self.answers)
    #expect(isCopy)
    #expect(form.demonstration == nil)
    #expect(form.rationale == "Because")
  }

  @Test(
    "Any other text is an ideal answer",
    arguments: [
      "Blue", "blue.", "Blue..", "One Two", "One\n\nTwo", "One  Two", "Blue.\u{200b}",
      "e\u{301}te\u{301}",
    ])
  func changes(text: String) {
    var form = JudgementForm(ranking: [["A"], ["B"]])
    form.demonstration = text
    let isCopy = form.leaveOutUnchangedCopy(of: Self.answers)
    #expect(!isCopy)
    #expect(form.demonstration == text)
  }

  @Test("Where the task requires an ideal answer, a copy is refused")
  func required() throws {
    var form = JudgementForm(ranking: [["A"], ["B"]])
    form.demonstration = "Blue."
    let questions = { Questions([.ranking(), .text("demonstration", required: $0)]) }

    #expect(throws: FormProblem.unchangedCopy(field: "demonstration")) {
      try form.withoutUnchangedCopy(of: Self.answers, for: questions(true))
    }
    let optional = try form.withoutUnchangedCopy(of: Self.answers, for: questions(false))
    #expect(optional == JudgementForm(ranking: [["A"], ["B"]]))
    #expect(try form.withoutUnchangedCopy(of: ["No."], for: questions(true)) == form)
  }
}
