import Foundation
import Rendering
import TestSupport
import Testing

@Suite("Showing text that others wrote")
struct MarkdownTests {
  @Test(
    "No payload of the corpus becomes markup that acts",
    .enabled(if: TestData.isThere, "\(TestData.missing)"))
  func corpus() throws {
    let file = try TestData.file("xss/xss-payload-list.txt")
    let text = try String(contentsOf: file, encoding: .utf8)
    let payloads = text.split(separator: "\n").map(String.init)
    let markdown = Markdown()

    #expect(payloads.count > 1000)
    for payload in payloads + [text] { expectInert(markdown.html(payload), from: payload) }
  }

  @Test(
    "Markdown is rendered, and everything dangerous in it is text",
    arguments: [
      ("**a** `b`", "<p><strong>a</strong> <code>b</code></p>\n"),
      ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
      ("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>\n"),
      (
        "[a](ms-excel:x)",
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="">a</a>"#
          + #"<span class="address">(ms-excel:x)</span></p>"# + "\n"
      ),
      (
        "[a](javascript:alert(1))",
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="">a</a>"#
          + #"<span class="address">(javascript:alert(1))</span></p>"# + "\n"
      ),
      (
        "![a cat](http://x.example/c.png)",
        "<p><span class=\"picture\">[picture: a cat, http://x.example/c.png]</span></p>\n"
      ),
      ("~~no~~", "<p><del>no</del></p>\n"),
      ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
    ])
  func rendering(text: String, html: String) {
    #expect(Markdown().html(text) == html)
  }

  @Test(
    "Lines of an answer keep their indentation, in code that nobody fenced too",
    arguments: [
      (
        "def f(x):\n  if x:\n\t return *x*\n\n  return 1",
        "<p>def f(x):<br />\n··if x:<br />\n·····return <em>x</em></p>\n<p>··return 1</p>\n"
      ),
      ("a\r\n  b\r\n\r\n c", "<p>a<br />\n··b</p>\n<p>·c</p>\n"),
      ("*a\n  b*", "<p><em>a<br />\n··b</em></p>\n"),
      ("- a\n    b\n- c\n  d", "<ul>\n<li>- a<br />\n··b</li>\n<li>- c<br />\nd</li>\n</ul>\n"),
      ("> a\n>   b", "<blockquote>\n<p>a<br />\nb</p>\n</blockquote>\n"),
      ("<ul>\n  <li>", "<p>&lt;ul&gt;<br />\n··&lt;li&gt;</p>\n"),
      ("[x]: y\na\n  b", "<p>[x]: y<br />\na<br />\n··b</p>\n"),
      (
        "class A:\n    def f(self):\n        return 1\n\n"
          + "    def g(self):\n        a*b*c\n\n\n    x = 2\n",
        "<p>class A:<br />\n····def f(self):<br />\n········return 1</p>\n"
          + "<p>····def g(self):<br />\n········a*b*c<br />\n<br />\n<br />\n····x = 2</p>\n"
      ),
      (
        "So:\n\n    a\n      b\n\nc",
        "<p>So:</p>\n<pre><code>    a\n      b\n</code></pre>\n<p>c</p>\n"
      ),
      ("```\na\n  b\n```", "<pre><code>a\n  b\n</code></pre>\n"),
      ("\r\n\r\n  a", "<p>··a</p>\n"),
    ])
  func indentation(source: String, html: String) {
    let rendered = Markdown().html(source).replacing("\u{A0}", with: "·")
      .replacing("<span class=\"marker\">-</span>", with: "-")
    #expect(rendered == html)
  }

  @Test(
    "Python's names between two underscores are shown as they were written",
    arguments: [
      ("def __init__(self):", "<p>def __init__(self):</p>\n"),
      ("if __name__ == \"__main__\":", "<p>if __name__ == &quot;__main__&quot;:</p>\n"),
      ("**init** and `__init__`", "<p><strong>init</strong> and <code>__init__</code></p>\n"),
      (
        "__Important__ and __two words__",
        "<p><strong>Important</strong> and <strong>two words</strong></p>\n"
      ),
    ])
  func names(source: String, html: String) {
    #expect(Markdown().html(source) == html)
  }

  @Test("Guidelines are wrapped prose: their lines run on, without the indentation")
  func prose() {
    #expect(Markdown().html("a\n  b", keepsLineBreaks: false) == "<p>a\nb</p>\n")
  }

  @Test(
    "Formulas pass through Markdown as they were written, and prices are no formulas",
    arguments: [
      (
        #"\(a_1 * b_2 * c\) is *so*"#,
        #"<p><span class="math" dir="ltr">\(a_1 * b_2 * c\)</span> is <em>so</em></p>"# + "\n"
      ),
      (
        "$$\nx < y \\\\\n$$",
        "<p><span class=\"math display\" dir=\"ltr\">$$\nx &lt; y \\\\\n$$</span></p>\n"
      ),
      (#"\[x\]"#, #"<p><span class="math display" dir="ltr">\[x\]</span></p>"# + "\n"),
      ("$e^{i\\pi}$", #"<p><span class="math" dir="ltr">$e^{i\pi}$</span></p>"# + "\n"),
      ("It costs $5 or $6.", "<p>It costs $5 or $6.</p>\n"),
      ("`$a$` and `\\(b\\)`", "<p><code>$a$</code> and <code>\\(b\\)</code></p>\n"),
      ("```\n$a$\n```", "<pre><code>$a$\n</code></pre>\n"),
      ("    $a$", "<pre><code>    $a$\n</code></pre>\n"),
      (
        "[a](/$b$)",
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="/$b$">a</a>"#
          + #"<span class="address">(/$b$)</span></p>"# + "\n"
      ),
      (
        #"\(\sqrt{<img src=x onerror=alert(1)>}\)"#,
        #"<p><span class="math" dir="ltr">\(\sqrt{&lt;img src=x onerror=alert(1)&gt;}\)</span></p>"#
          + "\n"
      ),
      ("\\[ never closed", "<p>\\[ never closed</p>\n"),
    ])
  func formulas(text: String, html: String) {
    #expect(Markdown().html(text) == html)
  }

  private func expectInert(_ html: String, from payload: String) {
    let allowed =
      #/^<\/?(p|a|em|strong|del|code|pre|ul|ol|li|h[1-6]|blockquote|hr|br|table|thead|tbody|tr|th|td|sup|section|span|sub)( (target|rel|href|class|dir|align|start|value)="[^"<>]*")* ?\/?>/#
    var rest = html[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      guard let tag = rest.prefixMatch(of: allowed) else {
        Issue.record("markup from \(payload): \(rest.prefix(80))")
        return
      }
      let lowered = tag.output.0.lowercased()
      for scheme in ["javascript:", "vbscript:", "data:"] where lowered.contains("href=\"\(scheme)")
      {
        Issue.record("link from \(payload): \(tag.output.0)")
      }
      rest = rest[tag.range.upperBound...]
    }
  }
}
