import Foundation
import Rendering
import Testing

@Suite("Times in words")
struct WordingTests {
  private static let strings = Translations(
    language: "en",
    sections: [
      "times": [
        "forSeconds": "{count} s", "forMinutes": "{minutes} min {seconds} s",
        "forHours": "{hours} h {minutes} min",
      ]
    ])

  @Test(
    "Seconds below ten have one decimal",
    arguments: [
      (0, "0 s"), (0.04, "0 s"), (0.3, "0.3 s"), (1, "1 s"), (4.25, "4.3 s"), (9.94, "9.9 s"),
      (9.96, "10 s"), (10.4, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"),
      (3599.6, "1 h 0 min"), (-5, "0 s"), (.nan, "0 s"), (.infinity, nil), (1e300, nil),
    ] as [(TimeInterval, String?)])
  func seconds(seconds: TimeInterval, words: String?) {
    let spoken = Wording(strings: Self.strings, now: Date(timeIntervalSince1970: 0))
      .duration(seconds)
    if let words { #expect(spoken == words) } else { #expect(spoken.hasSuffix(" min")) }
  }

  @Test("A decimal is written as the language does")
  func german() {
    let strings = Translations(language: "de", sections: Self.strings.sections)
    let spoken = Wording(strings: strings, now: Date(timeIntervalSince1970: 0)).duration(4.2)
    #expect(spoken == "4,2 s")
  }
}
