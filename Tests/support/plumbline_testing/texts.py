"""Texts that break tokenizers: prose, naughty strings, every kind of character, damaged prose."""

import json
import os
import random
from dataclasses import dataclass

from plumbline_testing.data import test_data
from plumbline_testing.effort import repetitions
from plumbline_testing.programs import ROOT

# Random strings per tokenizer. PLUMBLINE_FUZZ sets another number.
FUZZ = int(os.environ.get("PLUMBLINE_FUZZ", repetitions(20_000, in_ci=2_000)))
# The same for tests of many small tokenizers.
SOME = FUZZ if "PLUMBLINE_FUZZ" in os.environ else 300

AWKWARD = [
    "😀", "👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "❤️", "🏴‍☠️", "é", "e\u0301", "ﷺ", "שלום", "مرحبا", "한국어", "각",
    "日本語", "ไทย", "हिन्दी", "½", "²", "Ⅷ", "٣", "१२", "𝟘", "ſ", "\u212a", "ŉ", "ｆｕｌｌ", "\u202e",
    "\u200b", "\u200d", "\ufeff", "\u0085", "\u00a0", "\u2028", "\u3000", "\u180e", "\x00", "\x1f",
    "\x7f", "'s", "'S", "'ll", "'LL", "'ſ", "’s", "\r\n", "\n\n\n", "\t\t", "   ",
]  # fmt: skip
LONG = ["a" * 5000, " " * 3000, "ab" * 4000, "\n" * 1000, "1" * 500, "é" * 700]


NAUGHTY = [
    "", " ", "\t", "undefined", "null", "NaN", "-1e309", "0x0", "1/0", "01000", "1,000.00", "١٢٣", "＄100",
    "<script>alert(1)</script>", "<svg onload=alert(1)>", "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)", "{{constructor}} ${7*7} #{1}", "' OR 1=1 --", "%s%n%x", "../../../etc/passwd",
    "$HOME `id` $(id) ; ls | cat", "\\n\\t\\u0000", "&amp;&#39;&lt;", "[x](javascript:alert(1))", "<!-- --> ]]>",
    "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "和製漢語", "社會科學院", "ﾟ･✿ヾ╲(｡◕‿◕｡)╱✿･ﾟ", "(╯°□°）╯︵ ┻━┻",
    "בראשית", "مُنَاقَشَةُ سُبُلِ", "\u202etest\u202c", "\u2066isolated\u2069", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮", "˙ɐnbᴉlɐ ɐuƃɐɯ",
    "𝐓𝐡𝐞 𝓺𝓾𝓲𝓬𝓴", "⒯⒣⒠", "🇺🇸🇷🇺🇸", "👾 🙇 💁 🙅", "✋🏿 💪🏿", "1️⃣ 2️⃣", "$$\\frac{1}{0}$$", "```\nopen fence",
]  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """Texts to draw from: prose, single strings, and text of many scripts with damaged characters."""

    prose: str
    naughty: list
    stress: str


def repository_corpus():
    """Prose from the repository's own documents; the rest is written here or drawn at random."""
    pages = [ROOT / "LICENSE", *sorted((ROOT / "docs").rglob("*.md"))]
    source = random.Random(17)
    scripts = [(0x20, 0x7F), (0xA0, 0x250), (0x370, 0x400), (0x400, 0x500), (0x590, 0x600),
               (0x600, 0x6FF), (0x900, 0x980), (0x3040, 0x3100), (0x4E00, 0x5000), (0xAC00, 0xAD00),
               (0xFFF0, 0xFFFE), (0x1F600, 0x1F650)]

    def word():
        first, last = source.choice(scripts)
        return "".join(chr(source.randrange(first, last)) for _ in range(source.randrange(1, 12)))

    lines = [" ".join(word() for _ in range(source.randrange(1, 12))) for _ in range(400)]
    return Corpus("\n".join(page.read_text() for page in pages), NAUGHTY, "\n".join(lines))


def third_party_corpus():
    """Shakespeare, the Big List of Naughty Strings and Markus Kuhn's UTF-8 test."""
    data = test_data()
    return Corpus(
        (data / "tinyshakespeare/input.txt").read_text(),
        json.loads((data / "blns/blns.json").read_text()),
        (data / "utf8_stress/UTF-8-test.txt").read_bytes().decode("utf-8", "replace"))


CORPORA = {"repository": repository_corpus, "third-party": third_party_corpus}


def hostile_strings(corpus_name):
    """Returns strings that must stay text wherever they are shown, none of them blank or with a NUL."""
    if corpus_name == "repository":
        found = NAUGHTY + AWKWARD + repository_corpus().stress.splitlines()
    else:
        data = test_data()
        found = (data / "xss/xss-payload-list.txt").read_text(errors="replace").split("\n")
        found += json.loads((data / "blns/blns.json").read_text())
        found += (data / "utf8_stress/UTF-8-test.txt").read_bytes().decode(errors="replace").split("\n")
    return [text for text in dict.fromkeys(found) if text.strip() and "\0" not in text]


def random_texts(corpus, count, seed, special):
    """Returns all naughty and long strings of the corpus, and `count` random texts."""
    source = random.Random(seed)
    prose, naughty, stress = corpus.prose, corpus.naughty, corpus.stress
    awkward = AWKWARD + special

    def character(limit):
        while True:
            point = source.randrange(limit)
            if not 0xD800 <= point < 0xE000:
                return chr(point)

    def slice_of(text, length):
        start = source.randrange(len(text))
        return text[start : start + source.randrange(length)]

    def damaged():
        letters = list(slice_of(prose, 100))
        for _ in range(source.randrange(10)):
            number = str(source.randrange(10 ** source.randrange(1, 9)))
            part = source.choice([character(0x3000), source.choice(awkward), number])
            letters.insert(source.randrange(len(letters) + 1), part)
        return "".join(letters)

    def mixed():
        plain = [" ", "a", "1", chr(source.randrange(32, 127))]
        return source.choice(plain + [source.choice(awkward)])

    kinds = [
        lambda: slice_of(prose, 300),
        lambda: slice_of(stress, 200),
        lambda: source.choice(naughty),
        lambda: "".join(character(0x110000) for _ in range(source.randrange(30))),
        lambda: "".join(character(0x3000) for _ in range(source.randrange(40))),
        lambda: "".join(character(0x10000) for _ in range(source.randrange(40))),
        lambda: "".join(character(256) for _ in range(source.randrange(60))),
        lambda: "".join(source.choice(awkward) for _ in range(source.randrange(20))),
        lambda: "".join(mixed() for _ in range(source.randrange(60))),
        damaged,
    ]
    return naughty + LONG + [source.choice(kinds)() for _ in range(count)]


def offset_differences(judge, texts, found):
    """Texts whose ids or offsets are not those of the `tokenizers` library, with both."""
    return [
        (text, list(zip(judged.tokens, judged.offsets)), ours["offsets"])
        for text, judged, ours in zip(texts, judge.encode_batch(texts), found)
        if judged.offsets != [tuple(pair) for pair in ours["offsets"]] or judged.ids != ours["ids"]
    ]
