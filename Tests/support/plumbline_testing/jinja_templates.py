"""Random Jinja templates, from a seed: every statement, operator, filter, test and method."""

import random

NAMES = ["a", "b", "c", "d", "e", "s", "t", "l", "m", "n", "u", "missing", "messages", "ns"]
VARIABLES = {
    "a": 3, "b": -7, "c": 2.5, "d": True, "e": None, "s": "Hello, wörld <x> 'q'",
    "t": "  two\tlines\nhere\r\n ", "l": [3, 1, 2, 2], "n": ["b", "A", "ä", ""],
    "m": {"k": "v", "items": [1], "x": {"y": [None, 1.0, "z"]}, "10": 5},
    "u": "ǅ İ ß Σας 日本 🎉 e\u0301 \u00a0\u2028x",
    "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 < 2 & 3"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "x", "arguments": {"q": 1}}]},
    ],
}  # fmt: skip
STRINGS = ["''", "'a'", "\"b'c\"", "', '", "'l'", "' '", "'\\n'", "'é'", "'%s'", "'%d|%5.2f'",
           "'{} {}'", "'{0!r:>8}'", "'k'", "'role'", "'1'", "'-2.50'", "'a' 'b'", "'\\u00e9\\t'",
           "'upper'", "'x.y'", "'HELLO World'", "'<b>&'"]  # fmt: skip
NUMBERS = ["0", "1", "2", "-1", "3", "10", "1.0", "0.5", "1e3", "1_000", "2.675", "1e16", "1e-5"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in",
          "not in", "and", "or"]  # fmt: skip
FILTERS = [
    "abs", "attr({s})", "batch(2)|list", "batch(2, {e})|list", "capitalize", "center(12)",
    "count", "default({e})", "d({e}, true)", "dictsort", "dictsort(false, 'value')",
    "dictsort(reverse=true)", "e", "escape", "filesizeformat", "first", "float", "float({n})",
    "forceescape", "format({e})", "groupby('role')", "groupby({s})|list", "indent",
    "indent(2, true)", "indent('> ', blank=true)", "int", "int(7)", "int(0, 16)", "join",
    "join({s})", "join(', ', attribute='role')", "last", "length", "list", "lower",
    "items|list", "map('upper')|list", "map({s})|list", "map(attribute='role')|list",
    "map(attribute='content', default='-')|join", "min", "max", "max(attribute='role')",
    "reject({s})|list", "reject('none')|list", "rejectattr('content')|list",
    "replace({s}, {s})", "replace('l', 'L', 1)", "reverse|list", "round", "round(1)",
    "round(2, 'floor')", "round(method='ceil')", "safe", "select|list", "select('string')|list",
    "selectattr('role')|list", "selectattr('role', 'equalto', 'user')|list",
    "selectattr('content', 'none')|list", "slice(2)|list", "slice(3, {e})|list", "sort",
    "sort(reverse=true)", "sort(attribute='role')", "sort(true, true)", "string", "striptags",
    "sum", "sum(start=2)", "title", "tojson", "tojson(indent=2)", "tojson(sort_keys=true)",
    "tojson(ensure_ascii=true)", "tojson(separators=(',', ':'))", "trim", "trim({s})",
    "truncate(5)", "truncate(9, true, '~', 0)", "unique|list", "upper", "urlencode", "wordcount",
    "xmlattr", "nofilter",
]  # fmt: skip
TESTS = ["odd", "even", "divisibleby(3)", "divisibleby {n}", "defined", "undefined", "none",
         "boolean", "true", "false", "integer", "float", "lower", "upper", "string", "mapping",
         "number", "sequence", "iterable", "callable", "sameas true", "sameas {e}", "escaped",
         "in {e}", "eq {e}", "==({e})", "ne {e}", "gt {n}", "lessthan {n}", "ge 2", "filter",
         "test", "notest"]  # fmt: skip
METHODS = [
    "upper()", "lower()", "title()", "capitalize()", "swapcase()", "strip()", "strip({s})",
    "lstrip('H ')", "rstrip()", "split()", "split({s})", "split(None, 1)", "split('l', 1)",
    "rsplit('l', 1)", "rsplit(None, 1)", "rsplit(maxsplit=1)", "splitlines()",
    "splitlines(true)", "startswith({s})", "startswith(('a', 'H'))", "endswith({s})",
    "endswith('x', 2)", "replace({s}, {s})", "replace('l', '', 1)", "find({s})", "rfind('l')",
    "find('l', 3)", "index({s})", "count({s})", "count('l', 1, 4)", "join({e})", "join(n)",
    "format({e}, {e})", "format(x={e})", "isdigit()", "isalpha()", "isalnum()", "isspace()",
    "isupper()", "islower()", "istitle()", "isnumeric()", "isascii()", "isprintable()",
    "isidentifier()", "partition({s})", "rpartition(' ')", "removeprefix('He')",
    "removesuffix(' ')", "zfill(5)", "ljust(7, '.')", "rjust(7)", "center(8, '*')",
    "expandtabs(4)", "items()", "items()|list", "keys()|list", "values()|list", "get({s})",
    "get({s}, {e})", "get({n})", "copy()", "append({e})", "pop()", "update({e})", "clear()",
    "insert(0, 1)", "sort()", "__class__", "_private", "nothing", "nothing()", "is_integer()",
]  # fmt: skip

# Those that suit a text, a number or a list, so that most templates have an output.
TEXT_FILTERS = [
    "capitalize", "center(12)", "default('x')", "e", "escape", "forceescape", "indent",
    "indent(2, true)", "indent('> ', blank=true)", "lower", "replace({s}, {s})",
    "replace('l', 'L', 1)", "reverse", "safe", "string", "striptags", "title", "tojson", "trim",
    "trim({s})", "truncate(5)", "truncate(9, true, '~', 0)", "upper", "urlencode", "list", "first",
    "wordcount", "length", "sort", "unique|list", "batch(3)|list", "map('upper')|join",
]  # fmt: skip
TEXT_METHODS = [method for method in METHODS[:METHODS.index("items()")] if "index" not in method
                and "{e}" not in method]  # fmt: skip
NUMBER_FILTERS = ["abs", "int", "float", "round", "round(1)", "round(2, 'floor')",
                  "round(method='ceil')", "filesizeformat", "string", "tojson", "default(1)"]
LIST_FILTERS = [
    "first", "last", "length", "string", "tojson", "tojson(indent=2)", "join('; ')", "sort",
    "groupby('role')", "dictsort",
    # A generator is printed with its address, so each is made a list.
    *(name + "|list" for name in (
        "batch(2)", "batch(2, 'x')", "map('string')", "map(attribute='role')", "map('tojson')",
        "reject('none')", "rejectattr('content')", "reverse", "select", "select('string')",
        "selectattr('role', 'defined')", "slice(2)", "slice(3, 0)", "unique", "items")),
]  # fmt: skip
SAFE_TESTS = [test for test in TESTS if "{" not in test and test not in (
    "odd", "even", "divisibleby(3)", "ge 2", "filter", "test", "notest")]


class Templates:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.loops = 0
        self.macros = []

    def template(self):
        return "".join(self.statement(3) for _ in range(self.random.randint(1, 4)))

    def pick(self, values):
        return self.random.choice(values)

    def fill(self, text, depth):
        while True:
            if "{e}" in text:
                text = text.replace("{e}", self.expression(depth - 1), 1)
            elif "{s}" in text:
                text = text.replace("{s}", self.pick(STRINGS).replace("{", "\0"), 1)
            elif "{n}" in text:
                text = text.replace("{n}", self.pick(NUMBERS), 1)
            else:
                return text.replace("\0", "{")

    def expression(self, depth=3):
        if self.random.random() < 0.8:
            return self.pick([self.words, self.words, self.number, self.items, self.truth])(depth)
        return self.anything(depth)

    def anything(self, depth):
        """An expression whose types may not fit: many are errors."""
        one = self.random.random()
        if depth <= 0 or one < 0.18:
            return self.pick([self.pick(NAMES), self.pick(NAMES), self.pick(STRINGS),
                              self.pick(NUMBERS), "true", "none", "[]", "{}"])  # fmt: skip
        inner = lambda: self.expression(depth - 1)  # noqa: E731
        if one < 0.40:
            return f"({inner()})|{self.fill(self.pick(FILTERS), depth)}"
        if one < 0.52:
            return f"({inner()}).{self.fill(self.pick(METHODS), depth)}"
        if one < 0.60:
            negation = self.pick(["", "", "not "])
            return f"({inner()}) is {negation}{self.fill(self.pick(TESTS), depth)}"
        if one < 0.76:
            return f"({inner()}) {self.pick(BINARY)} ({inner()})"
        if one < 0.80:
            return f"{inner()} {self.pick(BINARY)} {inner()}"
        kind = self.random.randrange(13)
        bound = lambda: self.pick(["", self.pick(NUMBERS[:5]), "a"])  # noqa: E731
        return [
            lambda: f"({inner()})[{inner()}]", lambda: f"({inner()})[{bound()}:{bound()}]",
            lambda: f"({inner()})[{bound()}:{bound()}:{self.pick(['', '-1', '2', '-2', '0'])}]",
            lambda: f"({inner()} if {inner()} else {inner()})",
            lambda: f"({inner()} if {inner()})", lambda: f"[{inner()}, {inner()}]",
            lambda: f"({inner()},)", lambda: "{%s: %s, 'k': %s}" % (inner(), inner(), inner()),
            lambda: f"not {inner()}", lambda: f"-{inner()}",
            lambda: f"({inner()}) < ({inner()}) <= ({inner()})",
            lambda: f"{self.pick(['range', 'dict', 'namespace', 'joiner', 'cycler', 's', 'loop'])}"
                    f"({self.pick(['', inner(), 'x=' + inner()])})",
            lambda: f"messages[{self.pick(['0', '1', '-1'])}]{self.pick(['.role', '.content'])}",
        ][kind]()  # fmt: skip

    def words(self, depth):
        """An expression that is a text, most often."""
        if depth <= 0:
            return self.pick(["s", "t", "u", "messages[1].content", "m.k", "n[0]", *STRINGS])
        inner, number = self.words(depth - 1), self.number(depth - 1)
        return self.pick([
            lambda: f"({inner})|{self.fill(self.pick(TEXT_FILTERS), 1)}",
            lambda: f"({inner})|{self.fill(self.pick(TEXT_FILTERS), 1)}",
            lambda: f"({inner}).{self.fill(self.pick(TEXT_METHODS), 1)}",
            lambda: f"({inner}).{self.fill(self.pick(TEXT_METHODS), 1)}",
            lambda: f"{inner} ~ {self.expression(depth - 1)}",
            lambda: f"{inner} + {self.words(depth - 1)}",
            lambda: f"({inner})[{self.pick(['1', '0', '-1', '1:', ':-2', '::-1', '2:9:3'])}]",
            lambda: f"({inner}) * {self.pick(['2', '0', '3'])}",
            lambda: f"({self.items(depth - 1)})|join({self.pick(STRINGS)})",
            lambda: f"({self.expression(depth - 1)})|{self.pick(['string', 'tojson'])}",
            lambda: f"({inner} if {self.truth(depth - 1)} else {self.words(depth - 1)})",
            lambda: f"'%s=%{self.pick(['d', '5d', '-4d', '04d', '.2f', 'x', 'e', 'g'])}' % "
                    f"({inner}, {number})",
            lambda: "'{:%s}|{}'.format(%s, %s)" % (
                self.pick(["5", "<6", "^7", "*>8", "+", ",", ".2f", "05", "e", "%"]), number,
                inner),
        ])()  # fmt: skip

    def number(self, depth):
        if depth <= 0:
            return self.pick(["a", "b", "c", *NUMBERS])
        inner = self.number(depth - 1)
        return self.pick([
            lambda: f"({inner} {self.pick(['+', '-', '*', '/', '//', '%'])} "
                    f"{self.number(depth - 1)})",
            lambda: f"({inner})|{self.pick(NUMBER_FILTERS)}",
            lambda: f"({self.pick([self.words, self.items])(depth - 1)})|length",
            lambda: f"({self.words(depth - 1)})|{self.pick(['int', 'float', 'int(3)'])}",
            lambda: f"-{inner}", lambda: f"({inner}) ** 2",
            lambda: f"({self.items(depth - 1)})|{self.pick(['first', 'last', 'sum', 'max'])}",
        ])()  # fmt: skip

    def items(self, depth):
        if depth <= 0:
            return self.pick(["l", "n", "messages", "m", "range(4)", "[]", "m.items()", "(1, 'a')",
                              "[1, 'b', none]", "s.split()"])  # fmt: skip
        inner = self.items(depth - 1)
        return self.pick([
            lambda: f"({inner})|{self.fill(self.pick(LIST_FILTERS), 1)}",
            lambda: f"({inner})|{self.fill(self.pick(LIST_FILTERS), 1)}",
            lambda: f"({inner})|list", lambda: f"({inner}|list)[{self.pick(['1:', '::-1', ':2'])}]",
            lambda: f"({inner})|list + [{self.expression(depth - 1)}]",
            lambda: f"[{self.expression(depth - 1)}, {self.expression(depth - 1)}]",
            lambda: f"({self.words(depth - 1)}).{self.pick(['split()', 'splitlines()'])}",
            lambda: "{'z': %s, 'a': %s}" % (inner, self.expression(depth - 1)),
        ])()  # fmt: skip

    def truth(self, depth):
        if depth <= 0:
            return self.pick(["d", "e", "true", "missing", "a"])
        inner = self.expression(depth - 1)
        return self.pick([
            lambda: f"({inner}) is {self.pick(['', 'not '])}{self.pick(SAFE_TESTS)}",
            lambda: f"({inner}) == ({self.expression(depth - 1)})",
            lambda: f"({inner}) in ({self.items(depth - 1)})",
            lambda: f"({self.words(depth - 1)}) not in ({self.words(depth - 1)})",
            lambda: f"({self.number(depth - 1)}) < ({self.number(depth - 1)}) <= 5",
            lambda: f"not ({inner})",
            lambda: f"({inner}) {self.pick(['and', 'or'])} ({self.expression(depth - 1)})",
        ])()  # fmt: skip

    def target(self):
        # Not a variable of the context: Jinja hides one from macros that are called before a later
        # assignment, and the engine does not.
        return self.pick(["x", "y", "x, y", "ns.v"])

    def tag(self, text):
        start = self.pick(["{%", "{%", "{%-", "{%+"])
        end = self.pick(["%}", "%}", "-%}", "+%}"])
        return f"{start} {text} {end}"

    def text(self):
        return self.pick(["", " ", "\n", "x", "  \n  ", "a b\n", "\t", "é", "}", "{ ", "#}\n"])

    def body(self, depth):
        count = self.random.randint(1, 2)
        return self.text() + "".join(self.statement(depth - 1) for _ in range(count))

    def statement(self, depth):
        one = self.random.random()
        if depth <= 0 or one < 0.45:
            mark = self.pick(["", "", "-"])
            return self.text() + "{{" + mark + f" {self.expression()} " + "}}" + self.text()
        kind = self.pick(list(self.KINDS))
        return self.text() + getattr(self, kind)(depth) + self.text()

    KINDS = ("condition", "loop", "loop", "assign", "block", "macro", "with_", "filter_", "raw",
             "comment", "control", "generation", "namespace", "call")  # fmt: skip

    def condition(self, depth):
        tests = self.tag(f"if {self.expression(2)}") + self.body(depth)
        if self.random.random() < 0.3:
            tests += self.tag(f"elif {self.expression(2)}") + self.body(depth)
        if self.random.random() < 0.5:
            tests += self.tag("else") + self.body(depth)
        return tests + self.tag("endif")

    def loop(self, depth):
        one = self.random.random()
        where = f" if {self.expression(1)}" if self.random.random() < 0.2 else ""
        subject = self.pick(["l", "n", "messages", "m", "s", "m.items()", "range(3)",
                             self.expression(2)])  # fmt: skip
        target = "k, v" if ".items()" in subject else self.pick(["x", "x", "y", "a"])
        recursive = " recursive" if one < 0.1 else ""
        self.loops += 1
        inner = self.body(depth)
        self.loops -= 1
        inner += self.pick([
            "{{ loop.index }}/{{ loop.length }}", "{{ loop.last }}{{ loop.first }}",
            "{{ loop.previtem }}|{{ loop.nextitem }}", "{{ loop.cycle('p', 'q') }}",
            "{{ loop.changed(x) }}", "{{ loop.revindex0 }}{{ loop.depth }}", "", "",
            "{{ loop([1]) if loop.depth < 2 }}" if recursive else "",
        ])  # fmt: skip
        other = self.tag("else") + self.text() if self.random.random() < 0.2 else ""
        return (self.tag(f"for {target} in {subject}{where}{recursive}") + inner + other
                + self.tag("endfor"))  # fmt: skip

    def assign(self, depth):
        return self.tag(f"set {self.target()} = {self.expression(2)}") + "{{ x }}"

    def block(self, depth):
        name = self.pick(["x", "x|upper", "x | trim | length"])
        return self.tag(f"set {name}") + self.body(depth) + self.tag("endset") + "{{ x }}"

    def macro(self, depth):
        name = self.pick(["f", "g"])
        head = self.pick([f"{name}()", f"{name}(x)", f"{name}(x, y=2)", f"{name}(x=a, y=x)"])
        loops, self.loops = self.loops, 0
        end = self.pick(["", "{{ varargs }}", "{{ kwargs }}", "{{ caller() if caller }}"])
        text = self.tag(f"macro {head}") + self.body(depth) + end + self.tag("endmacro")
        self.loops = loops
        arguments = self.pick(["", "1", "1, 2", "1, y=3", "z=1", "*l", "**m", "1, 2, 3"])
        return text + "{{ " + f"{name}({arguments})" + " }}"

    def call(self, depth):
        loops, self.loops = self.loops, 0
        text = (self.tag("macro h(x=1)") + "[{{ caller(x) if a else caller() }}]"
                + self.tag("endmacro") + self.tag(f"call{self.pick(['', '(z)', '(z=3)'])} h()")
                + self.body(depth) + "{{ z }}" + self.tag("endcall"))  # fmt: skip
        self.loops = loops
        return text

    def with_(self, depth):
        return (self.tag(f"with x = {self.expression(2)}, y = x") + "{{ y }}" + self.body(depth)
                + self.tag("endwith"))  # fmt: skip

    def filter_(self, depth):
        name = self.fill(self.pick(["upper", "trim", "replace({s}, {s})", "length", "indent(2)",
                                    "trim|upper"]), 1)  # fmt: skip
        return self.tag(f"filter {name}") + self.body(depth) + self.tag("endfilter")

    def raw(self, depth):
        return self.tag("raw").replace("+", "") + "{{ x }} {% if %}\n" + self.tag("endraw")

    def comment(self, depth):
        return self.pick(["{# c #}", "{#- c\n -#}", "{#+ {{ x }} +#}", "  {# c #}\n"])

    def control(self, depth):
        if not self.loops:
            return self.tag(f"print {self.expression(1)}")
        return self.tag(f"if {self.expression(1)}") + self.tag(
            self.pick(["break", "continue"])) + self.tag("endif")

    def generation(self, depth):
        loops, self.loops = self.loops, 0
        text = self.tag("generation") + self.body(depth) + self.tag("endgeneration")
        self.loops = loops
        return text

    def namespace(self, depth):
        return (self.tag(f"set ns = namespace(v={self.expression(1)}, w=1)")
                + self.tag(f"set ns.v = {self.expression(1)}")
                + "{{ ns.v }}{{ ns.zz }}")  # fmt: skip
