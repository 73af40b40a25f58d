import Labelling
import PreferenceData
import Testing

@Suite("Names")
struct NameTests {
  @Test(
    "A name is kept with visible letters and single spaces",
    arguments: [
      ("Ada", "Ada"), ("  Ada   Lovelace ", "Ada Lovelace"), ("Ａｄａ", "Ada"),
      ("Ma\u{301}ria", "Mária"), ("李　华", "李 华"), ("O'Brien-3", "O'Brien-3"), ("Ольга", "Ольга"),
    ])
  func kept(entered: String, name: String) throws {
    #expect(try PersonName(entered).text == name)
  }

  @Test(
    "What is hidden, turned round or mixed is no name",
    arguments: [
      ("", .length), ("   ", .length), (String(repeating: "x", count: 81), .length),
      ("a\r\nb", .hidden), ("a\tb", .hidden), ("a\u{202E}b", .hidden), ("a\u{200B}b", .hidden),
      ("\u{3164}", .hidden), ("a\u{0}", .hidden), ("аdmin", .mixedScripts), ("pαul", .mixedScripts),
    ] as [(String, PersonName.Problem)])
  func refused(entered: String, problem: PersonName.Problem) {
    #expect(throws: problem) { try PersonName(entered) }
  }

  @Test(
    "Names that look the same are one name",
    arguments: [
      ("Ada", "ada", true), ("Ada", "АДА", false), ("ace", "асе", true),
      ("José", "Jose\u{301}", true),
      ("José", "Jose", false), ("labeller-1", "labeller-2", false), ("x", "х", true),
    ])
  func likeness(first: String, second: String, isSame: Bool) {
    #expect((PersonName.likeness(of: first) == PersonName.likeness(of: second)) == isSame)
  }

  @Test(
    "A draft holds what a form can show again",
    arguments: [
      ("{}", true), (#"{"ranking":[["A"]],"strength":3,"ratings":{"B":7},"rationale":null}"#, true),
      (#"{"strength":-9223372036854775808}"#, false), (#"{"ranking":[["Z"]]}"#, false),
      (#"{"ranking":[["A"],["A"]]}"#, false), (#"{"activeSeconds":1e300}"#, false),
      (#"{"ratings":{"A":101}}"#, false), (#"{"ranking":"A"}"#, false), ("[]", false),
    ])
  func drafts(json: String, isKept: Bool) throws {
    let value = try JSONValue(parsing: json)
    #expect((JudgementForm(draft: value, shown: ["A", "B"]) != nil) == isKept)
  }
}
