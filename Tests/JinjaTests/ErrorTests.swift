import Foundation
import Jinja
import Testing

@Suite struct ErrorTests {
  @Test(
    "Errors have Python's text and their place",
    arguments: [
      ("a\n {{ x.y }}", "'x' is undefined", 2, 6),
      ("{{ none.a.b }}", "'None' has no attribute 'a'", 1, 10),
      ("{% if %}", "Expected an expression, got 'end of statement block'", 1, 7),
      (
        "{% for x in y %}",
        "Unexpected end of template. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'.",
        1, 17
      ),
      ("{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'", 1, 6),
      ("{{ [].append(1) }}", "access to attribute 'append' of 'list' object is unsafe.", 1, 13),
      ("{{ ''.__class__.x }}", "access to attribute '__class__' of 'str' object is unsafe.", 1, 16),
      ("{{ x | nofilter }}", "No filter named 'nofilter'.", 1, 8),
      (
        "{{ {} | tojson(1, 2, 3, 4, 5) }}",
        "tojson() takes from 1 to 5 positional arguments but 6 were given", 1, 9
      ),
      ("{% foo %}", "Encountered unknown tag 'foo'.", 1, 4),
      ("{{ 'a", "unexpected char \"'\" at 3", 1, 4),
    ])
  func places(source: String, message: String, line: Int, column: Int) throws {
    let error = try #require(failure(source))
    #expect(error.message == message)
    #expect(error.position == Position(line: line, column: column))
  }

  @Test("raise_exception gives exactly the template's text")
  func raised() throws {
    let error = try #require(failure("{{ raise_exception('Roles must alternate: ' ~ 1) }}"))
    #expect(error.kind == .raised)
    #expect("\(error)" == "Roles must alternate: 1")
  }

  static let hostile: [String] = [
    "{{ 'a' * 1000000000 }}", "{{ range(1000000000) }}", "{{ [0] * 1000000000 }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(g=[1]) %}{% for i in range(5000) %}{% set ns.g = ns.g | map('string') %}{% endfor %}{{ ns.g | list }}",
    "{% for i in range(9999) %}{{ (('x' * 100000) + 'y').count('x' * 50000 + 'z') }}{% endfor %}",
    "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}", "{{ '%999999999d' % 1 }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x' | indent(1000000000) }}", "{{ 'x' | center(1000000000) }}", "{{ 9 ** 9 ** 9 }}",
    "{{ 99 ** 99 }}",
    "{{ [1] | tojson(indent=1000000000) }}", "{{ ('a' * 9999).replace('', 'b' * 99999) }}",
    "{{ [1] | batch(1000000000, 0) | list }}", "{{ [1] | slice(1000000000) | list }}",
    "{{ " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
      + " }}",
    "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
    "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
    "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
    "{{ a" + String(repeating: ".b", count: 100_000) + " }}",
    "{{ a" + String(repeating: " | upper", count: 100_000) + " }}",
    "{{ " + String(repeating: "[", count: 100_000),
    String(repeating: "{% if 1 %}", count: 100_000),
    String(repeating: "{% for x in y %}", count: 100_000),
    "{{ 1" + String(repeating: " if 1 else 1", count: 100_000) + " }}",
    "{{ range(-9223372036854775807 - 1, 9223372036854775807, 4611686018427387904)[2] }}",
    "{{ '%*d' % (-9223372036854775807 - 1, 1) }}",
    "{% set ns = namespace(a=1, b=1) %}{% for i in range(20000) %}{% set ns.a = {1: ns.a}.items() %}{% set ns.b = {1: ns.b}.items() %}{% endfor %}{{ ns.a == ns.b }}",
  ]

  @Test("Hostile templates end in errors on a small stack", arguments: hostile.indices)
  func ends(index: Int) async throws {
    let error: JinjaError? = await withCheckedContinuation { continuation in
      let thread = Thread {
        do {
          _ = try rendered(Self.hostile[index])
          continuation.resume(returning: nil)
        } catch {
          continuation.resume(returning: error as? JinjaError)
        }
      }
      thread.stackSize = 512 * 1024
      thread.start()
    }
    #expect(error != nil, "\(Self.hostile[index].prefix(80))")
  }

  @Test(
    "Long chains of objects are freed without recursion",
    arguments: [
      "namespace(next=t.v)", "cycler(t.v)", "joiner(t.v)", "[t.v].count", "{1: t.v}.get",
      "{1: t.v}.items()", "{1: t.v}.values()", "{}[t.v]",
    ])
  func chains(next: String) throws {
    let chain =
      "{% set t = namespace(v=none) %}{% for i in range(99999) %}{% set t.v = \(next) %}{% endfor %}"
    #expect(try rendered(chain + "done") == "done")
  }

  @Test("Widths below every text's length do nothing")
  func smallWidths() throws {
    let smallest = "-9223372036854775807 - 1"
    for call in ["center", "ljust", "rjust", "zfill"] {
      #expect(try rendered("{{ 'ab'.\(call)(\(smallest)) }}") == "ab")
    }
    #expect(try rendered("{{ 'ab' | center(\(smallest)) }}") == "ab")
    let range = "range(0, 9000000000000000000, 3000000000000000000)"
    #expect(
      try rendered("{{ \(range)[::2] | length }} {{ (\(range)[::2] | string)[:8] }}")
        == "2 range(0,")
  }

  @Test("The output and the steps are limited")
  func limits() throws {
    var limits = Limits()
    limits.output = 10
    #expect(failure("{% for x in range(9) %}ab{% endfor %}", limits: limits)?.kind == .limit)
    limits = Limits()
    limits.steps = 100
    #expect(failure("{% for x in range(99) %}{{ x }}{% endfor %}", limits: limits)?.kind == .limit)
  }
}
