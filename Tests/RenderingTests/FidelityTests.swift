import Rendering
import Testing

@Suite("Texts are shown true to what was written")
struct FidelityTests {
  /// The text of a page: without tags, with a newline after each line and block.
  private static func text(_ html: String) -> String {
    html.replacing("<br />\n", with: "\n").replacing(#/<\/(p|li|h[1-6]|tr|pre)>/#, with: "\n")
      .replacing(#/<[^<>]*>/#, with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
      .replacing("\u{A0}", with: " ").replacing(#/\n{2,}/#, with: "\n")
      .trimmingPrefix("\n").description.trimmingSuffix("\n")
  }

  @Test(
    "Text that only looks like Markdown stays as it is",
    arguments: [
      // Tildes, dollars, brackets and backslashes.
      "今天气温8~12度，降水20~30毫米。", "Between ~3 km and ~4 km; see ~/notes~ and 1~2~3.",
      "cp $DIST/$FILE $OUT", "$DONE_COUNT/$ALL_COUNT", "$i=$j; $k=$l;", "Sell $NVDA,$AMD",
      "From $20-$30 or $4k", "9$/m, 8$/m and 2$.", "print \"$#,$@\"", "${X}/${Y}", "$(ls):$(id)",
      "$_POST['a'],$_POST['b']", "^\\w*$|^\\d*$", "$('#x').show(); $('#y')", "kill $$; echo $$",
      "He said \\[sic\\] in \\[7\\] and \\(see p. 3\\).", "Call \\(555\\) now",
      "s/\\(a\\)\\(b\\)/\\2/",
      "D:\\_tmp\\*.log", "^\\.\\*\\[x\\]$", "\\\\host\\share", "\\* no list",
      "It costs \\$3 or \\$4.",
      // Stars and underscores.
      "4*5*6 and 7*a*b", "**opts and *rest", "src/**/*.swift", "SELECT COUNT(*), SUM(*)", ".*foo.*",
      "/*c*/ a /*d*/", "\"*\" + x + \"*\"", "a,*,b,*,c", "'_'.join(x, '_')", "x[_] + y[_]",
      "$5 (about 4€) vs. 5$", "$3 or 4$", "(a+b)*c*(d+e)", "[a-z]*x[a-z]*", "价格*数量*单价", "5*️⃣ and *️⃣",
      "__init__.py, __FILE__ and __all__", "snake_case_name and _private", "2**10 and 3**4",
      // Entities, tags and addresses.
      "&lt;i&gt; &amp;amp; &#65; &copy; &nbsp;", "Array<Int> and <K extends V>", "a < b > c",
      "<details><summary>More</summary>", "<!-- a note -->", "<sub>never closed", "</sup>",
      "handlers[name](event) and a[0](x)", "[text][1] and [x]",
      // Line starts.
      ">>> 2+2\n4", ">5 kg and more", "> 5 kg", "Sum\n---\n9", "Sum\n===\n9",
      "#!/bin/sh\n# comment\necho hi", "x = 1\n# then\ny = 2", "#hashtag", "a\n-\nb",
      "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new", "- old line\n+ new line",
      "[WARN]: slow\n[INFO]: done", "See [2].\n\n[2]: https://example.org/hidden",
      "Yes.[^3]\n\n[^3]: Doe",
      "\\begin{aligned}\na &= b\\\\\n\\end{aligned}", "<style>\na{b:c}\n</style>",
      "- [x] done\n- [ ] open",
    ])
  func unchanged(source: String) {
    let html = Markdown().html(source)
    let lines = source.split(separator: "\n").joined(separator: "\n")
    #expect(Self.text(html) == lines, "\(html)")
    #expect(!html.contains("class=\"math") && !html.contains("<em>") && !html.contains("<del>"))
  }

  @Test(
    "Lists keep their written numbers and signs",
    arguments: [
      "1. a\n1. b\n1. c", "4. a\n1. b\n2. c", "1. a\n3. b\n7. c", "1969. Moon.\n1989. Wall.",
      "1) a\n2) b", "01. a\n02. b", "+ 6 eggs", "- 2 figs", "1. a\n\n2. b", "1. - a", "-", "7.",
    ])
  func lists(source: String) {
    let html = Markdown().html(source)
    let words = source.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(Self.text(html).split(whereSeparator: \.isWhitespace).joined(separator: " ") == words)
    for number in source.matches(of: #/(?m)^\s*0*(\d+)[.)]/#) {
      #expect(html.contains("<li value=\"\(number.output.1)\">"))
    }
  }

  @Test(
    "What is meant as Markdown is rendered",
    arguments: [
      ("~~old~~", "<del>old</del>"), ("这是**要点：**说明", "<strong>要点：</strong>"),
      ("说**“引用”**吧", "<strong>“引用”</strong>"), ("**굵게:**글", "<strong>굵게:</strong>"),
      ("*a* and _b_", "<em>a</em> and <em>b</em>"), ("## Title", "<h2>Title</h2>"),
      ("# Title", "<h1># Title</h1>"), ("Text\n## Title", "<h2>## Title</h2>"),
      ("> a", "<blockquote>"),
      ("a\n\n---\n\nb", "<hr />"), ("H<sub>2</sub>O", "H<sub>2</sub>O"), ("a<br>b", "a<br />b"),
      ("|a|b|\n|:-|-:|\n|x<br/>y|z|", "<td align=\"right\">z</td>"),
      ("[site](https://x.example/a)", "<span class=\"address\">(https://x.example/a)</span>"),
      ("[site](https://x.example/a \"why\")", "(https://x.example/a &quot;why&quot;)"),
      ("<https://x.example/a>", "href=\"https://x.example/a\""),
      ("![](cat.png)", "[picture: cat.png]"),
      ("```python 3\na\n```", "class=\"language-python\">a"),
      ("```python 3\na\n```", "<span class=\"about\">python 3</span>"),
      ("`a|b`", "<code>a|b</code>"), ("|`a|b`|\n|-|", "<code>a|b</code>"), ("- a", "<ul>"),
      ("1. $x$ and\n   \\[\n   y=x\n   \\]", "<span class=\"math display\""),
    ])
  func rendered(source: String, part: String) {
    #expect(Markdown().html(source).contains(part), "\(Markdown().html(source))")
  }

  @Test(
    "Formulas are found where TeX is meant",
    arguments: [
      "$x$", "设$x^2$为", "($n$)", "$\\alpha$", "$O(n)$", "$2x+1$", "$x_1, x_2$", "\\(a+b\\)",
      "the \\(n\\)th", "\\[\nE = mc^2\n\\]", "$$x^2$$", "$$\nx\n\n= y\n$$", "**$y$**", "$p < 0.05$",
      "$10^6$", "\\[x\\]", "$f'(x)$",
    ])
  func formulas(source: String) {
    #expect(Markdown().html(source).components(separatedBy: "<span class=\"math").count == 2)
  }

  @Test("A table keeps cells that its head has no column for")
  func longRow() {
    let html = Markdown().html("**a**\n\n|a|b|\n|-|-|\n|1|2|3|\n\n*z*")
    #expect(html.contains("|1|2|3|") && html.contains("<strong>a</strong>"))
    #expect(html.contains("<em>z</em>"))
  }

  @Test(
    "A text without a visible character is named",
    arguments: ["", "  \n", "\u{200B}", "\u{2800}\u{3164}", "\u{FE0F}", "\0"])
  func nothingVisible(source: String) {
    #expect(Markdown().html(source).contains("[no visible text"))
  }

  @Test(
    "A text of syntax alone is shown as it was written",
    arguments: ["---", "***", "**", "#", ">", "```\n```", "|", "<br>", "&nbsp;", "~~~~", "$$$$"])
  func syntaxAlone(source: String) {
    #expect(Self.text(Markdown().html(source)).contains(source))
  }

  @Test("The text as it was written is one block")
  func asWritten() {
    let html = Markdown.$showsSource.withValue(true) { Markdown().html(answer: "**a**\n  <b>") }
    #expect(html == "<pre class=\"as-written\">**a**\n  &lt;b&gt;</pre>\n")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ end: Character) -> String {
    var text = self[...]
    while text.last == end { text.removeLast() }
    return String(text)
  }
}
