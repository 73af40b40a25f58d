import Foundation
import Rendering
import Testing

@Suite("Texts that are made to take long")
struct MarkdownCostTests {
  /// CPU seconds of this thread.
  private static func seconds(_ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    body()
    return now() - start
  }

  static let texts: [(name: String, text: String)] = [
    ("dollars", String(repeating: "$", count: 100_000)),
    ("dollars and letters", String(repeating: "$x ", count: 60_000)),
    ("double dollars", String(repeating: "$$x", count: 60_000)),
    ("open parentheses of TeX", String(repeating: "\\(", count: 90_000)),
    ("open brackets of TeX", String(repeating: "\\[x\n", count: 45_000)),
    (
      "a table of 5,000 columns",
      String(repeating: "|a", count: 5000) + "|\n" + String(repeating: "|-", count: 5000) + "|\n"
        + String(repeating: String(repeating: "|b", count: 5000) + "|\n", count: 8)
    ),
    (
      "a table of empty rows",
      String(repeating: "|a", count: 150) + "|\n" + String(repeating: "|-", count: 150) + "|\n"
        + String(repeating: "|\n", count: 50_000)
    ),
    ("backticks", String(repeating: "`", count: 190_000)),
    (
      "backticks of falling number",
      (1...600).reversed().map { String(repeating: "`", count: $0) }.joined(separator: "a")
    ),
    ("backticks and letters", String(repeating: "`a", count: 90_000)),
    ("brackets", String(repeating: "[", count: 190_000)),
    ("pictures", String(repeating: "![", count: 95_000)),
    ("links in links", String(repeating: "[a](", count: 45_000)),
    ("links", String(repeating: "[a](b) ", count: 25_000)),
    (
      "references",
      String(repeating: "[a]: b\n", count: 25_000) + String(repeating: "[a]", count: 5000)
    ),
    ("stars", String(repeating: "*a ", count: 60_000)),
    ("stars within stars", String(repeating: "*a **a ", count: 25_000)),
    (
      "closed stars",
      String(repeating: "a**b", count: 20_000) + String(repeating: "c* ", count: 30_000)
    ),
    ("names", String(repeating: "**a** __b__ ", count: 15_000)),
    ("underscores", String(repeating: "__a", count: 60_000)),
    ("strikes", String(repeating: "~~a ", count: 45_000)),
    ("quotes", String(repeating: ">", count: 190_000)),
    ("quoted lines", String(repeating: ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>> a\n", count: 6000)),
    ("lists in lists", String(repeating: "- ", count: 90_000) + "a"),
    (
      "lists in lists, by lines",
      (0..<600).map { String(repeating: " ", count: $0) + "- a\n" }.joined()
    ),
    ("numbered", String(repeating: "1. ", count: 60_000) + "a"),
    ("tags", String(repeating: "<a ", count: 60_000)),
    ("comments", String(repeating: "<!-- a ", count: 25_000)),
    ("instructions", String(repeating: "<?", count: 90_000)),
    ("declarations", String(repeating: "<!A ", count: 45_000)),
    ("data", String(repeating: "<![CDATA[", count: 20_000)),
    ("addresses", String(repeating: "www.a", count: 38_000)),
    ("mail", String(repeating: "a@", count: 90_000)),
    ("mail with dots", String(repeating: "a.", count: 90_000) + "@b"),
    ("entities", String(repeating: "&amp;", count: 38_000)),
    ("backslashes", String(repeating: "\\", count: 190_000)),
    ("fences", String(repeating: "```\n", count: 48_000)),
    ("tildes", String(repeating: "~~~a\n", count: 38_000)),
    ("empty lines", String(repeating: "\n", count: 190_000)),
    ("code after empty lines", String(repeating: "    a\n\n\n\n\n\n", count: 15_000)),
    ("one long line", String(repeating: "word ", count: 2_000_000)),
    ("one letter", String(repeating: "a", count: 190_000)),
    ("numbers of lists", String(repeating: "7. a\n", count: 38_000)),
    (
      "short paragraphs beside a row that is too long",
      String(repeating: "a\n\n", count: 60_000) + "|a|\n|-|\n|b|c|\n"
    ),
    ("formulas without an end", String(repeating: "\\(a $$\n", count: 20_000)),
    ("backslashes before letters", String(repeating: "\\a*", count: 60_000)),
    ("tags in tags", String(repeating: "<sub><sup>", count: 19_000)),
    ("combining marks", "a" + String(repeating: "\u{301}", count: 90_000)),
  ]

  @Test("Each is rendered within a second, into a page that a browser can hold", arguments: texts)
  func cost(name: String, text: String) {
    var html = ""
    let seconds = Self.seconds { html = Markdown().html(text) }
    // Built for debugging, the same code takes several times as long.
    #if DEBUG
      let most = 5.0
    #else
      let most = 1.0
    #endif
    #expect(seconds < most, "\(name) took \(seconds) s")
    #expect(
      html.utf8.count < max(4_000_000, 7 * text.utf8.count), "\(name): \(html.utf8.count) bytes")
    #expect(!html.isEmpty, "\(name) is blank")
  }

  @Test("Nothing visible is lost of a text that is shown as it was written")
  func asWritten() {
    let text = String(repeating: "<b>&\n", count: 50_000)
    let html = Markdown().html(text)
    #expect(html.hasPrefix("<pre class=\"as-written\">&lt;b&gt;&amp;\n"))
    #expect(html.components(separatedBy: "&lt;b&gt;&amp;").count == 50_001)
  }

  @Test("A table that is too wide stays as its source, and the text around it is rendered")
  func wideTable() {
    let table =
      String(repeating: "|a", count: 300) + "|\n" + String(repeating: "|-", count: 300) + "|\n"
    let html = Markdown().html("**x**\n\n" + table)
    #expect(html.contains("<strong>x</strong>"))
    #expect(!html.contains("<table>") && html.contains("|a|a|a"))
    #expect(Markdown().html("|a|b|\n|-|-|\n|1|2|\n").contains("<table>"))
  }
}
