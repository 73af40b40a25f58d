import Foundation
import LabelServer
import Testing

@Suite("Showing text that others wrote")
struct MarkdownTests {
  private static let data: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["PLUMBLINE_TEST_DATA"].map { URL(filePath: $0) }
    let folder = named ?? root.deletingLastPathComponent().appending(path: "shared/data")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  @Test(
    "No payload of the corpus becomes markup that acts",
    .enabled(if: data != nil, "the test data is not here"))
  func corpus() throws {
    let file = try #require(Self.data).appending(path: "xss/xss-payload-list.txt")
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
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="">a</a></p>"# + "\n"
      ),
      (
        "[a](javascript:alert(1))",
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="">a</a></p>"# + "\n"
      ),
      ("![a cat](http://x.example/c.png)", "<p>a cat</p>\n"),
      ("~~no~~", "<p><del>no</del></p>\n"),
      ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
      ("", ""),
    ])
  func rendering(text: String, html: String) {
    #expect(Markdown().html(text) == html)
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
      ("    $a$", "<pre><code>$a$\n</code></pre>\n"),
      (
        "[a](/$b$)",
        #"<p><a target="_blank" rel="noopener noreferrer nofollow" href="/$b$">a</a></p>"#
          + "\n"
      ),
      (
        #"\(<img src=x onerror=alert(1)>\)"#,
        #"<p><span class="math" dir="ltr">\(&lt;img src=x onerror=alert(1)&gt;\)</span></p>"# + "\n"
      ),
      ("\\[ never closed", "<p>[ never closed</p>\n"),
    ])
  func formulas(text: String, html: String) {
    #expect(Markdown().html(text) == html)
  }

  private func expectInert(_ html: String, from payload: String) {
    let allowed =
      #/^<\/?(p|a|em|strong|del|code|pre|ul|ol|li|h[1-6]|blockquote|hr|br|table|thead|tbody|tr|th|td|input|sup|section|span)( (target|rel|href|class|dir|type|checked|disabled|align|start|lang)="[^"<>]*")* ?\/?>/#
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
