"""Answers as models write them, and what of each must be in sight on a page.

A text may lack on the page only characters of Markdown's syntax, which docs/display.md lists.
"""

import random
import re
import unicodedata

# The characters that Markdown's elements stand for. All others must be on the page, in order.
SYNTAX = set("*_`~#>|-:[]()<!\"'+=")
TAGS = re.compile(r"</?su[bp]>|<br ?/?>", re.IGNORECASE)
# A link whose address is its text has it once.
REPEATED = re.compile(r"\[(\S+)\]\(\1\)")

# Pieces that must stay as they are written, to the letter, where they are a paragraph.
LITERAL = [
    "大约3~5天，价格100~200元。", "around ~3 and ~4, in ~/notes~ or 5~6~7", "2*3*4 is 24, 5*x*y too",
    "cp $SRC/$NAME $OUT && echo $HOME/$USER", "$TOTAL/$COUNT of ${A}/${B}", "$a=$b; $c=$d;",
    "echo \"$#,$@\" $(pwd):$(whoami)", "$_GET['id'],$_POST['id']", "kill $$; echo $$",
    "Buy $AAPL,$TSLA or $MSFT/$GOOG", "$5 and $10, $50-$100, US$5/A$8", "5$/kg, 3$/kg and 7$.",
    "约￥30~￥50，或$20~$30", "^\\d+$|^\\w+$ and \\.\\*", "C:\\_work\\*.txt and \\\\server\\share",
    "He wrote \\[sic\\] and \\[12\\], \\(see below\\)", "grep '\\(foo\\|bar\\)' *.txt", "\\* \\_ \\# \\` \\>",
    "&lt;b&gt; &amp;amp; &copy; &#65; &nbsp;", "vector<int> and <T extends U> and a < b > c",
    "<!-- hidden? -->", "<script>alert(1)</script>", "<details><summary>More</summary>",
    "def __init__(self): pass", "__FILE__ and __main__.py", "snake_case_name, _private, x_1",
    "**kwargs and *args", "src/**/*.ts and *.md", "SELECT COUNT(*), SUM(*) FROM t", ".*foo.*",
    "/* comment */ int *p = &x; /*b*/", "(a+b)*c*(d+e)", "[a-z]*x[a-z]*", "价格*数量*单价", "2**10",
    "handlers[name](event) + a[0](x)", "[text][1] and [x]", "[ERROR]: timeout", "[1]: https://a.example/b",
    "A claim.[^1]", "[^1]: Smith 2020, page 5.", ">>> print('x')", ">5 kg", "> 5 kg", "#hashtag #2",
    "- [x] done", "+ 5 apples", "- 3 pears", "1986. A great summer.", "3) third", "1.5 litres", "-5 °C",
    "\\begin{aligned} a &= b \\\\ \\end{aligned}", "me@example.org www.example.org/a_b_c",
    "https://example.org/a_(b)_c?x=1&y=2#z", "#!/bin/sh\n# comment\necho hi", "x = 1\n# then\ny = 2",
    "Total\n-----\n5", "Sum\n=====\n7", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new", "- old\n+ new",
    "def f(x):\n    if x:\n        return x * 2\n    return *x", "for (i = 0; i < n; i++) {\n  a[i] *= 2;\n}",
    "key: value\nlist:\n  - a\n  - b", "GET /a?b=c HTTP/1.1\nHost: x", "| not a table", "a | b | c",
    "السعر 100 ريال (حوالي 27$).", "שלום עולם", "नमस्ते दुनिया", "สวัสดีชาวโลก", "안녕하세요 세계",
    "这是第1条、第2条。", "「引用」と『本』", "👨‍👩‍👧‍👦 🏴‍☠️ 👍🏽 1️⃣", "é́ n̈ ﬁ ½ ² Ⅷ", "Zürich — naïve “quotes” ‘x’ …",
]  # fmt: skip

# Pieces of Markdown, code and TeX, right and wrong.
MARKDOWN = [
    "## Heading", "# Title", "### Step 1: *go* ###", "**bold** and *em* and ~~gone~~", "**重点：**内容",
    "说**“引用”**吧", "`code` and ``a`b``", "`unclosed code", "```python\nprint('a*b')\n    x = 1\n```",
    "```\nno language\n```", "```js title=\"a.js\"\nlet x = `y`;", "~~~\ntilde\n~~~", "``` odd info line\nx\n```",
    "- a\n- b\n  - c\n    1. d", "* a\n* b", "1. a\n1. b\n1. c", "3. c\n1. a\n2. b", "1. a\n\n   more\n\n4. b",
    "> quote\n> more\n>> deeper", "> - a\n> - b", "---", "***", "Text\n***\nmore",
    "[link](https://example.org/x)", "[link](https://example.org/x \"title\")", "[a](javascript:alert(1))",
    "[https://a.example/b](https://a.example/b)", "<https://example.org/a>", "<me@example.org>",
    "![alt *text*](https://example.org/cat.png)", "![](data:image/png;base64,iVBORw0KGgo=)",
    "[![badge](https://e.org/b.svg)](https://e.org)", "| a | b |\n|---|--:|\n| 1 | 2 |",
    "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n| `x|y` | z<br>w |", "| a |\n|---|\n| ![](x.png) [l](https://a.b/c) |",
    "H<sub>2</sub>O and x<sup>2</sup>", "a<br>b<br/>c", "<sub>unclosed", "$x^2$ and $\\alpha$", "\\(a+b\\)",
    "\\[ \\int_0^1 x\\,dx \\]", "$$\nE=mc^2\n$$", "$$\na\n\nb = c\n$$", "$\\frac{1}{2$", "\\(\\unknowncommand{x}\\)",
    "$x^2^3$", "\\[ x = \\begin{matrix} 1 & 2 \\]", "$\\phantom{secret}$", "$\\color{white}{secret}$",
    "$a % b$", "设 $x$ 为 $y_1$。", "<think>\nFirst **plan**.\n</think>", "<think>open",
    "<tool_call>\n{\"name\": \"f\"}\n</tool_call>", "    indented code\n    more", "\ttab\tseparated",
    "Line one  \nline two", "a\\\nb", "Term  with   spaces",
]  # fmt: skip

NOISE = "**__``~~##>>||--::[]()<>!!\"'$$\\\\&;&lt;{}^_=+.,/ab01 \n\n\t中文。：ا"


def display_texts(count, seed=7):
    """Returns `count` pairs: a text, and the pieces of it that must be on the page to the letter."""
    source = random.Random(seed)

    def one():
        kind = source.random()
        if kind < 0.15:
            return "".join(source.choice(NOISE) for _ in range(source.randrange(1, 60))), []
        pieces, literal = [], []
        for _ in range(source.randrange(1, 7)):
            piece = source.choice(LITERAL + MARKDOWN)
            pieces.append(piece)
        if kind < 0.55:
            # An open fence, formula or tag takes in what comes after it.
            known = [piece for piece in pieces if piece in LITERAL]
            closed = not any(piece.count("```") % 2 or "<think>open" in piece for piece in pieces)
            return "\n\n".join(pieces), known if closed else []
        if kind < 0.7:
            mark = source.choice(["> ", "- ", "1. ", "   ", "* "])
            return "\n".join(mark + piece.replace("\n", "\n" + mark) for piece in pieces), literal
        glue = source.choice([" ", "\n", "", " | ", "\n\n", "，"])
        text = glue.join(pieces)
        if kind > 0.9:
            letters = list(text)
            for _ in range(source.randrange(1, 8)):
                letters.insert(source.randrange(len(letters) + 1), source.choice(NOISE))
            text = "".join(letters)
        return text, literal

    texts = []
    while len(texts) < count:
        text, literal = one()
        if visible(text):
            texts.append((text, literal))
    return texts


def visible(text):
    """The characters of a text that leave a mark on a page."""
    return [
        letter for letter in text
        if unicodedata.category(letter) not in {"Cc", "Cf", "Zs", "Zl", "Zp"}
        and letter not in "\ufe0f\u200d\u3164\u2800\u115f\u1160\u034f"]


def missing(text, shown):
    """The first part of a text that a page lacks and that is no syntax, or None."""
    text = REPEATED.sub(r"\1", text)
    found = _missing(TAGS.sub("", text), shown)
    return found and _missing(text, shown)


def _missing(text, shown):
    page, place = visible(shown), 0
    letters = visible(text)
    for index, letter in enumerate(letters):
        if place < len(page) and page[place] == letter:
            place += 1
            continue
        if letter in SYNTAX:
            continue
        while place < len(page) and page[place] != letter:
            place += 1
        if place == len(page):
            return "".join(letters[max(0, index - 20):index + 20])
        place += 1
    return None


def squeezed(text):
    """A text with one space for each run of blanks."""
    return " ".join(text.split())
