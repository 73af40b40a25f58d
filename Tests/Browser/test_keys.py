"""Every command of the labelling and review pages has a key, on any keyboard layout."""

import pytest
from playwright.sync_api import expect

from test_labelling import rank_by_keys
from test_review import disputed, open_first  # noqa: F401

# What the keys at the places of US letters write, on layouts of other scripts: their letters, and
# for some the sign that stands where a US keyboard has a letter.
CYRILLIC = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", "йцукенгшщзфывапролдячсмить"))
GREEK = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", ";ςερτυθιοπασδφγηξκλζχψωβνμ"))
HEBREW = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", "/'קראטוןםפשדגכעיחלךזסבהנמצ"))
ARABIC = {**dict(zip("QWERTYUIOPASDFGHJKLZXCVNM", "ضصثقفغعهخحشسيبلاتنمئءؤرىة")), "B": "لا"}
BOPOMOFO = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", "ㄆㄊㄍㄐㄔㄗㄧㄛㄟㄣㄇㄋㄎㄑㄕㄘㄨㄜㄠㄈㄌㄏㄒㄖㄙㄩ"))
PLACED = {"Cyrillic": CYRILLIC, "Greek": GREEK, "Hebrew": HEBREW, "Arabic": ARABIC,
          "Bopomofo": BOPOMOFO, "an input method": dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Process")}
# Where a layout writes Latin letters, this is the place of each: D of Dvorak is at H of a US keyboard.
LATIN = {
    "Dvorak": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ANIHDYUJGCVPMLSRXO;KF.,BT/")),
    "Colemak": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCGKETHLYNUMJ;RQSDFIVWXOZ")),
    "AZERTY": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "QBCDEFGHIJKL;NOPARSTUVZXYW")),
}


def press(page, key, code, shift=False, target=None):
    """Sends a key as a layout writes it, which Playwright cannot type. Returns whether it was used."""
    return page.evaluate(
        """([key, code, shiftKey, target]) => {
          const one = target ? document.querySelector(target) : document.activeElement;
          return !one.dispatchEvent(new KeyboardEvent(
            "keydown", { key, code, shiftKey, bubbles: true, cancelable: true }));
        }""", [key, code, shift, target])


def letter(page, layout, name, **choices):
    if layout in PLACED:
        return press(page, PLACED[layout][name], f"Key{name}", **choices)
    place = LATIN[layout][name]
    signs = {";": "Semicolon", ".": "Period", ",": "Comma", "/": "Slash"}
    return press(page, name.lower(), signs.get(place, f"Key{place}"), **choices)


@pytest.mark.parametrize("layout", [*PLACED, *LATIN])
def test_letters_pick_answers_and_commands_on_every_layout(visit, layout):
    ada = visit()
    page = ada.start_labelling()

    for name, place in {"C": "1", "A": "2", "B": "3", "D": "4"}.items():
        letter(page, layout, name)
        # The row of digits needs shift on AZERTY, so the place of the key counts.
        press(page, {"1": "&", "2": "é", "3": '"', "4": "'"}[place] if layout == "AZERTY" else place,
              f"Digit{place}")
    assert ada.places() == {"A": "2", "B": "3", "C": "1", "D": "4"}

    letter(page, layout, "U")
    assert ada.places() == {"A": "2", "B": "3", "C": "1", "D": ""}
    letter(page, layout, "F")
    letter(page, layout, "H")
    expect(page.locator("input[name='flag.D'][value=harmful]")).to_be_checked()
    letter(page, layout, "W")
    expect(page.locator("#rationale")).to_be_focused()
    page.keyboard.press("Escape")
    letter(page, layout, "G")
    expect(page.locator("#guidelines")).to_be_visible()
    page.keyboard.press("Escape")
    letter(page, layout, "S")
    expect(page.locator("#skip-reasons")).to_be_visible()
    first = page.url
    press(page, "&" if layout == "AZERTY" else "1", "Digit1", target="#skip-reasons button")
    page.wait_for_url(lambda url: url != first)


def test_a_latin_layout_is_not_taken_by_place(visit):
    ada = visit()
    page = ada.start_labelling()
    letter(page, "Dvorak", "A")

    # The keys at W, S and D of a US keyboard write a comma, O and E on Dvorak.
    assert not press(page, ",", "KeyW")
    press(page, "o", "KeyS")
    press(page, "e", "KeyD")

    expect(page.locator("#rationale")).not_to_be_focused()
    expect(page.locator("#skip-reasons")).to_be_hidden()
    expect(page.locator("#answer-A")).to_be_focused()


def test_letters_of_a_text_stay_text_also_while_it_is_composed(visit):
    ada = visit()
    page = ada.start_labelling()
    page.focus("#rationale")

    for key, code in [("Process", "KeyA"), ("ф", "KeyA"), ("1", "Digit1"), ("Process", "Enter")]:
        assert not press(page, key, code, target="#rationale")
    # Escape ends the composition, not the typing.
    page.evaluate("""() => document.querySelector("#rationale").dispatchEvent(new KeyboardEvent(
      "keydown", { key: "Escape", code: "Escape", isComposing: true, bubbles: true }))""")

    expect(page.locator("#rationale")).to_be_focused()
    assert set(ada.places().values()) == {""}


@pytest.mark.parametrize("digits, first", [("Arabic", "٠"), ("Persian", "۰"), ("Hindi", "०"), ("full width", "０")])
def test_digits_of_other_scripts_are_digits(visit, digits, first):
    ada = visit()
    page = ada.start_labelling()
    for name, place in {"A": 2, "B": 1}.items():
        page.keyboard.press(name.lower())
        press(page, chr(ord(first) + place), f"Digit{place}")

    assert ada.places() == {"A": "2", "B": "1", "C": "", "D": ""}


def test_a_number_pad_without_num_lock_has_arrows(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2, "c": 3, "d": 4})

    press(page, "ArrowUp", "Numpad8")
    assert ada.places() == {"A": "1", "B": "2", "C": "4", "D": "3"}
    press(page, "2", "Numpad2")
    assert ada.places()["D"] == "2"


def test_signs_that_a_layout_writes_with_shift_and_a_digit_still_rate(visit):
    page = visit().start_labelling()
    page.keyboard.press("b")

    # Russian keyboards write “?” with ⇧7.
    press(page, "?", "Digit7", shift=True)
    expect(page.locator("input[name='rating.B'][value='7']")).to_be_checked()
    press(page, "؟", "Slash", shift=True)
    expect(page.locator("#keys")).to_be_visible()


# MARK: An order typed as such

def typed(page, keys):
    for key in keys:
        page.keyboard.press("Enter" if key == "⏎" else "Backspace" if key == "⌫" else key)


@pytest.mark.parametrize("keys, places", [
    ("cabd", {"C": 1, "A": 2, "B": 3, "D": 4}),
    ("c=abd", {"C": 1, "A": 1, "B": 2, "D": 3}),
    ("c=a=b=d", {"C": 1, "A": 1, "B": 1, "D": 1}),
    ("ca=bd", {"C": 1, "A": 2, "B": 2, "D": 3}),
    ("cab⌫⌫dba", {"C": 1, "D": 2, "B": 3, "A": 4}),
    ("ca=⌫bd", {"C": 1, "A": 2, "B": 3, "D": 4}),
    ("cabd⌫⌫db", {"C": 1, "A": 2, "D": 3, "B": 4}),
    ("cabcd", {"C": 1, "A": 2, "B": 3, "D": 4}),
    ("cabxd", {"C": 1, "A": 2, "B": 3, "D": 4}),
    ("cabddbac", {"D": 1, "B": 2, "A": 3, "C": 4}),
])
def test_an_order_is_typed_best_first(visit, keys, places):
    ada = visit()
    page = ada.start_labelling()
    typed(page, keys)
    assert ada.places() == {key: str(places[key]) for key in "ABCD"}

    before = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    assert len(ada.judged()) == 1


def test_what_was_typed_is_in_sight_until_the_order_is_complete(visit):
    ada = visit()
    page = ada.start_labelling()
    line = page.locator("#message")

    typed(page, "c")
    expect(line).to_be_empty()
    typed(page, "a")
    expect(line).to_have_text("Order: C › A ›")
    typed(page, "=")
    expect(line).to_have_text("Order: C › A =")
    typed(page, "b")
    expect(line).to_have_text("Order: C › A = B ›")
    typed(page, "x")
    expect(line).to_have_text("Order: C › A = B › There is no answer X.")
    typed(page, "a")
    expect(line).to_have_text("Order: C › A = B › A is in it already.")
    typed(page, "⌫")
    expect(line).to_have_text("Order: C › A ›")
    assert set(ada.places().values()) == {""}

    typed(page, "⏎")
    expect(line).to_contain_text("Not ranked yet: B, D.")
    assert ada.judged() == []
    page.keyboard.press("Escape")
    expect(line).to_be_empty()
    typed(page, "dcba")
    expect(line).to_have_text("Ranked: D › C › B › A")


def test_an_order_is_undone_in_one_step_and_does_not_disturb_letters_with_digits(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2, "c": 3, "d": 4})
    typed(page, "dcba")
    assert ada.places() == {"A": "4", "B": "3", "C": "2", "D": "1"}
    page.keyboard.press("u")
    assert ada.places() == {"A": "1", "B": "2", "C": "3", "D": "4"}

    # Two letters, such as to look at both, and a digit: the digit is for the second.
    typed(page, "ab4")
    assert ada.places() == {"A": "1", "B": "4", "C": "3", "D": "4"}
    expect(page.locator("#message")).to_be_empty()
    # “u” takes a letter back while an order is typed, and nothing else.
    typed(page, "dcu")
    expect(page.locator("#message")).to_have_text("Order: D ›")
    assert ada.places() == {"A": "1", "B": "4", "C": "3", "D": "4"}


def test_backspace_after_one_letter_still_takes_its_place_away(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2})
    typed(page, "a⌫")

    assert ada.places() == {"A": "", "B": "2", "C": "", "D": ""}


def test_an_order_has_no_ties_where_the_task_has_none(visit, workspace):
    workspace.add_task("strict", "questions: {ranking: {ties: false}}", [
        {"prompt": "Which?", "responses": ["one", "two", "three"]}])
    ada = visit()
    page = ada.start_labelling("strict")
    typed(page, "c=")
    expect(page.locator("#message")).to_have_text("This task allows no ties.")
    typed(page, "ab")
    assert ada.places() == {"A": "2", "B": "3", "C": "1"}
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("type the whole order, best first")
    expect(page.locator("#keys")).not_to_contain_text("=")


def test_a_partial_ranking_is_typed_and_submitted(visit, workspace):
    workspace.add_task("some", "questions: {ranking: {partial: true}}", [
        {"prompt": f"Which? {n}", "responses": ["one", "two", "three", "four"]} for n in range(2)])
    ada = visit()
    page = ada.start_labelling("some")
    with page.expect_request("**/judgement") as sent:
        typed(page, "db⏎")

    assert sent.value.post_data_json["ranking"] == [["D"], ["B"]]


def test_equals_sign_of_other_layouts(visit):
    ada = visit()
    page = ada.start_labelling()
    # German: “=” is ⇧0, and the key of a US “=” writes an accent.
    typed(page, "c")
    press(page, "=", "Digit0", shift=True)
    typed(page, "a")
    press(page, "Dead", "Equal")
    typed(page, "bd")

    assert ada.places() == {"A": "1", "B": "1", "C": "1", "D": "2"}


# MARK: Keys for everything else

TEXTS = """title: {en: Texts}
questions:
  ranking: {}
  strength: {}
  confidence: {}
  rationale: {}
  demonstration: {}
"""


def test_keys_lead_to_the_texts_and_the_confidence(visit, workspace):
    workspace.add_task("texts", TEXTS, [
        {"prompt": f"Why? {n}", "responses": ["one", "two", "three", "four", "five"][:size]}
        for n, size in enumerate([4, 5])])
    page = visit().start_labelling("texts")

    page.keyboard.press("w")
    expect(page.locator("#rationale")).to_be_focused()
    expect(page.locator("#rationale")).to_have_value("")
    page.keyboard.press("Escape")
    five = page.locator("#answer-E").count()
    page.keyboard.press("Shift+E" if five else "e")
    expect(page.locator("#demonstration")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    expect(page.locator("#message")).to_have_text(
        "How sure are you? 1 Guessing, 2 Fairly sure, 3 Certain")
    page.keyboard.press("3")
    expect(page.locator("input[name=confidence][value='3']")).to_be_checked()
    page.keyboard.press("q")
    page.keyboard.press("9")
    expect(page.locator("#message")).to_have_text("No answer has this key.")
    page.keyboard.press("?")
    for words in ("write the reason", "write the ideal answer", "show all of a long answer"):
        expect(page.locator("#keys")).to_contain_text(words)


LONG = "\n\n".join(f"Paragraph {n}" for n in range(60))


def test_ranking_a_folded_answer_is_noticed_and_unfolded_by_key(visit, workspace):
    workspace.add_task("long", "questions: {ranking: {}}", [
        {"prompt": "Long", "responses": [LONG, LONG + " too", LONG + " as well"]}])
    ada = visit()
    page = ada.start_labelling("long")
    line = page.locator("#message")

    rank_by_keys(page, {"b": 1})
    expect(line).to_contain_text("You have not seen all of B.")
    page.keyboard.press("o")
    expect(page.locator("#answer-B .prose")).not_to_have_class("prose collapsed")
    expect(line).to_be_empty()
    page.keyboard.press("o")
    expect(page.locator("#answer-B .prose")).to_have_class("prose collapsed")
    expect(line).to_be_empty()

    typed(page, "cba")
    expect(line).to_contain_text("You have not seen all of C, A.")
    page.click("#message button")
    expect(page.locator(".collapsed")).to_have_count(0)
    expect(line).to_be_empty()
    page.keyboard.press("Shift+O")
    expect(page.locator(".collapsed")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.locator(".empty h1")).to_be_visible()
    assert len(ada.judged()) == 1


def test_two_columns_are_offered_on_wide_windows_and_remembered(visit):
    page = visit(viewport={"width": 1600, "height": 900}).start_labelling()

    def columns():
        return page.evaluate(
            "new Set([...document.querySelectorAll('.answer')].map((one) => one.offsetLeft)).size")

    assert columns() == 1
    page.keyboard.press("v")
    assert columns() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 1600
    page.reload()
    page.wait_for_selector("#ranking-panel .chip")
    assert columns() == 2
    page.set_viewport_size({"width": 1280, "height": 800})
    assert columns() == 1
    expect(page.locator("#columns")).to_be_hidden()
    page.set_viewport_size({"width": 1600, "height": 900})
    page.click("#columns")
    assert columns() == 1


def test_a_decision_is_made_on_a_layout_of_another_script(visit, disputed):  # noqa: F811
    page = visit("Rosa", "reviewer").page
    open_first(page)
    for name, place in {"A": "2", "B": "1", "C": "2", "D": "4"}.items():
        letter(page, "Cyrillic", name)
        press(page, place, f"Digit{place}")

    assert [page.input_value(f"[name='place.{key}']") for key in "ABCD"] == ["2", "1", "2", "4"]
