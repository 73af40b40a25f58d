import Jinja
import Testing

/// Returns what a template writes.
func rendered(
  _ source: String, _ variables: [(name: String, value: TemplateValue)] = [],
  limits: Limits = Limits()
) throws -> String {
  try Template(source).render(variables, limits: limits).text
}

/// Returns the error of a template.
func failure(
  _ source: String, _ variables: [(name: String, value: TemplateValue)] = [],
  limits: Limits = Limits()
) -> JinjaError? {
  #expect(throws: JinjaError.self) { try rendered(source, variables, limits: limits) }
}

@Suite struct StatementTests {
  @Test(
    "Tags alone on a line leave nothing, and signs remove or keep white space",
    arguments: [
      ("a\n  {% if true %}\nb\n  {% endif %}\nc", "a\nb\nc"),
      ("a  {%- if true -%}  b  {%- endif -%}  c", "abc"),
      ("a\n  {%+ if true +%}\nb{% endif %}", "a\n  \nb"),
      ("a {{- 1 -}} b", "a1b"), ("  {{ 1 }}\n", "  1"), ("x{# c #}\ny", "xy"),
      ("x {#- c -#} y", "xy"), ("{% raw %}{{ a }}{% endraw %}\nb", "{{ a }}b"),
      ("  {%- raw -%} {{ a }} {%- endraw %}", "{{ a }}"), ("a\r\nb\rc", "a\nb\nc"),
      ("a\n\n", "a\n"),
      ("{{ '%}' }}{{ {'a': {}} }}", "%}{'a': {}}"),
    ])
  func space(source: String, expected: String) throws {
    #expect(try rendered(source) == expected)
  }

  @Test(
    "Loops know their place, filter, unpack, break, continue and call themselves",
    arguments: [
      (
        "{% for x in [1, 2] %}{{ x }}{{ loop.index }}{{ loop.last }} {% endfor %}",
        "11False 22True "
      ),
      ("{% for x in [] %}{{ x }}{% else %}none{% endfor %}", "none"),
      ("{% for x in [1, 2] %}{{ x }}{% break %}{% else %}e{% endfor %}", "1e"),
      ("{% for x in [1, 2] %}{{ x }}{% continue %}{% else %}e{% endfor %}", "12e"),
      (
        "{% for x in [1, 2] %}{{ x }}{% if x == 2 %}{% break %}{% endif %}{% else %}e{% endfor %}",
        "12"
      ),
      ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
      (
        "{% for x in range(9) if x is odd %}{{ x }}/{{ loop.length }} {% endfor %}",
        "1/4 3/4 5/4 7/4 "
      ),
      (
        "{% for x in range(9) %}{% if x == 2 %}{% continue %}{% elif x > 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
        "013"
      ),
      (
        "{% for x in [1, [2, [3]]] recursive %}{{ loop(x) if x is iterable else x }}{{ loop.depth }}{% endfor %}",
        "11223321"
      ),
      (
        "{% for x in 'abb' %}{{ loop.changed(x) }}{{ loop.cycle('p', 'q') }}{% endfor %}",
        "TruepTrueqFalsep"
      ),
      (
        "{% for x in [1, 2, 3] %}{{ loop.previtem }}<{{ loop.nextitem }};{% endfor %}", "<2;1<3;2<;"
      ),
      ("{% for x in [1] %}{% set y = x %}{% endfor %}{{ y }}", ""),
      (
        "{% set ns = namespace(n=0) %}{% for x in [1, 2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}",
        "3"
      ),
    ])
  func loops(source: String, expected: String) throws {
    #expect(try rendered(source) == expected)
  }

  @Test(
    "Macros have defaults, further arguments and callers",
    arguments: [
      ("{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}", "1213"),
      ("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, k=2) }}", "(1,){'k': 2}"),
      (
        "{% macro m() %}<{{ caller(3) }}>{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}", "<3>"
      ),
      ("{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "2"),
      (
        "{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "3210"
      ),
      ("{% set t %}a{{ 1 }}{% endset %}{{ t }}{% set u | upper %}b{% endset %}{{ u }}", "a1B"),
      (
        "{% filter upper %}a{% endfilter %}{% with x = 1, y = 2 %}{{ x + y }}{% endwith %}{{ x }}",
        "A3"
      ),
    ])
  func macros(source: String, expected: String) throws {
    #expect(try rendered(source) == expected)
  }

  @Test("Generation blocks are found as ranges of bytes")
  func generations() throws {
    let template = try Template(
      "é{% generation %}ü!{% endgeneration %}-{% generation %}b{% endgeneration %}")
    let rendering = try template.render([])
    #expect(rendering.text == "éü!-b")
    #expect(rendering.generations == [2..<5, 6..<7])
    #expect(template.hasGeneration)
  }
}
