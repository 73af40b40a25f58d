import Jinja
import Testing

@Suite struct ExpressionTests {
  @Test(
    "Operators bind and compute as in Python",
    arguments: [
      ("1 + 2 * 3 - 4 // 3", "6"), ("-7 // 2", "-4"), ("-7 % 3", "2"), ("2 ** 3 ** 2", "64"),
      ("-2 ** 2", "4"), ("7 / 2", "3.5"), ("1 < 2 < 3", "True"), ("not 1 == 2", "True"),
      ("1 ~ none ~ true", "1NoneTrue"), ("'a' 'b'", "ab"), ("'%s-%03d' % ('x', 7)", "x-007"),
      ("2 if false", ""), ("1 or 2 and 3", "1"), ("'a' in 'abc' and 1 not in [2]", "True"),
      ("[1, 2, 3][::-1]", "[3, 2, 1]"), ("'añb'[1]", "ñ"), ("'abc'[-2:]", "bc"),
      ("{'a': [1, (2,)], 'b': none}", "{'a': [1, (2,)], 'b': None}"), ("1e16", "1e+16"),
      ("0.1 + 0.2", "0.30000000000000004"), ("1_000", "1000"), ("0xff", "255"),
      ("\"it's\"", "it's"), ("['it\\'s\\n']", "[\"it's\\n\"]"), ("-3 | abs", "3"),
      ("{'items': 1}.items is callable", "True"), ("{'items': 1}['items']", "1"),
      ("'e\\u0301' == '\\u00e9'", "False"), ("'👩‍🚀' | length", "3"), ("1 == 1.0 == true", "True"),
      ("'<' | safe + '<'", "<&lt;"),
    ])
  func operators(source: String, expected: String) throws {
    #expect(try rendered("{{ \(source) }}") == expected)
  }

  @Test(
    "Filters, tests and methods work as in Jinja",
    arguments: [
      ("' a ' | trim ~ 'x'.join(['1', '2'])", "a1x2"), ("[3, 1] | sort | join(', ')", "1, 3"),
      ("{'b': 1, 'a': '<é>'} | tojson", "{\"b\": 1, \"a\": \"<é>\"}"),
      ("{'b': [1]} | tojson(indent=2)", "{\n  \"b\": [\n    1\n  ]\n}"),
      (
        "[{'r': 'u'}, {'r': 'a'}] | selectattr('r', 'equalto', 'a') | map(attribute='r') | list",
        "['a']"
      ),
      ("x | default('d') ~ '' | default('e', true)", "de"),
      ("'hello world' | title", "Hello World"),
      ("{'b': 1, 'A': 2} | dictsort", "[('A', 2), ('b', 1)]"), ("'a,b'.split(',')", "['a', 'b']"),
      ("'  a b  '.split(none, 1)", "['a', 'b  ']"), ("'42.9' | int ~ 'x' | int(5)", "425"),
      ("2.5 | round ~ 3.14159 | round(2)", "2.03.14"), ("'x' is string and 1 is number", "True"),
      ("(m | items | first)[0]", "k"), ("'{0}-{b:>3}'.format(1, b='c')", "1-  c"),
      ("'a\\nb' | indent(2)", "a\n  b"), ("[1, 2, 3] | batch(2) | list", "[[1, 2], [3]]"),
      ("'ΑΣ'.lower()", "ας"), ("m.get('z', 1) ~ m.keys() | list", "1['k']"),
      ("'abc'.startswith(('x', 'ab'))", "True"), ("m is mapping and m is not string", "True"),
    ])
  func builtins(source: String, expected: String) throws {
    let variables = [("m", TemplateValue.dictionary([.init("k", .string("v"))]))]
    #expect(
      try rendered("{{ \(source) }}", variables.map { (name: $0.0, value: $0.1) }) == expected)
  }
}
