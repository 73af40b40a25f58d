"""Texts that break tokenizers: prose, naughty strings, every kind of character, damaged prose."""

import json
import random

AWKWARD = [
    "😀", "👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "❤️", "🏴‍☠️", "é", "e\u0301", "ﷺ", "שלום", "مرحبا", "한국어", "각",
    "日本語", "ไทย", "हिन्दी", "½", "²", "Ⅷ", "٣", "१२", "𝟘", "ſ", "\u212a", "ŉ", "ｆｕｌｌ", "\u202e",
    "\u200b", "\u200d", "\ufeff", "\u0085", "\u00a0", "\u2028", "\u3000", "\u180e", "\x00", "\x1f",
    "\x7f", "'s", "'S", "'ll", "'LL", "'ſ", "’s", "\r\n", "\n\n\n", "\t\t", "   ",
]  # fmt: skip
LONG = ["a" * 5000, " " * 3000, "ab" * 4000, "\n" * 1000, "1" * 500, "é" * 700]


def random_texts(data, count, seed, special):
    source = random.Random(seed)
    prose = (data / "tinyshakespeare/input.txt").read_text()
    naughty = json.loads((data / "blns/blns.json").read_text())
    stress = (data / "utf8_stress/UTF-8-test.txt").read_bytes().decode("utf-8", "replace")
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
