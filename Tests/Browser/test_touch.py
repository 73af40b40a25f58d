"""Ranking with a finger: dragging, tapping, and a scale on a phone."""

import pytest
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


class Finger:
    """One finger on the glass, as Chromium's own protocol moves it."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)
        self.page = page

    def drag(self, source, target):
        self.page.wait_for_function("() => typeof window.Sortable === 'function'")
        self._touch("touchStart", *self._middle(source))
        start, goal = self._middle(source), self._middle(target)
        for step in range(1, 13):
            self._touch("touchMove", *(a + (b - a) * step / 12 for a, b in zip(start, goal)))
        self.page.locator(f"{target} .sortable-ghost").wait_for(state="attached")
        self._touch("touchEnd")

    def _middle(self, selector):
        box = self.page.locator(selector).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def _touch(self, kind, *point):
        points = [{"x": point[0], "y": point[1]}] if point else []
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_dragging_with_a_finger(visit):
    ada = visit(**PHONE)
    page = ada.start_labelling()
    finger = Finger(page)

    finger.drag(".chip[data-key=C]", ".chips[data-place='1']")
    finger.drag(".chip[data-key=A]", ".chips[data-place='2']")
    finger.drag(".chip[data-key=D]", ".chips[data-place='2']")
    finger.drag(".chip[data-key=B]", ".gap[data-gap='1']")

    assert ada.places() == {"A": "3", "B": "2", "C": "1", "D": "3"}
    page.tap("#submit")
    expect(page.locator(".today")).to_have_text("1 today")
    assert len(ada.judged()) == 1


def test_ten_prompts_by_tapping(visit):
    ada = visit(**PHONE)
    page = ada.start_labelling()

    for number in range(10):
        for place, letter in enumerate("BADC", start=1):
            page.tap(f".chip[data-key={letter}]")
            page.tap(f".chips[data-place='{place}']")
        page.tap("#submit")
        expect(page.locator(".today")).to_have_text(f"{number + 1} today")

    assert len(ada.judged()) == 10


def test_nine_answers_fit_a_phone(visit, workspace):
    workspace.add_task("nine", "questions: {ranking: {}, rating: {}}", [
        {"prompt": "Count", "responses": [f"answer {n}" for n in range(9)]}])
    page = visit(**PHONE).start_labelling("nine")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for letter in "ABCDEFGHI":
        expect(page.locator(f".chip[data-key={letter}]")).to_be_in_viewport(ratio=1)
    small = page.evaluate("""() => [...document.querySelectorAll(
        'button, a, select, label:has(input[type=radio]), label:has(input[type=checkbox])')]
      .filter((one) => one.checkVisibility() && !one.closest('.prose, .skip-link'))
      .map((one) => [one.outerHTML.slice(0, 60), one.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))""")
    assert small == []


def test_scale_of_two_answers_stays_in_sight_on_a_phone(visit, workspace):
    workspace.add_task("pairs", "questions: {ranking: {}, strength: {}, flags: }", [
        {"prompt": "Colour?", "responses": ["Blue. " * 300, "No. " * 300]}])
    page = visit(**PHONE).start_labelling("pairs")

    for label in page.locator(".strength label").all():
        expect(label).to_be_in_viewport(ratio=1)
    page.tap(".strength label:has-text('B much better')")
    with page.expect_request("**/judgement") as sent:
        page.tap("#submit")
    assert sent.value.post_data_json["ranking"] == [["B"], ["A"]]
    assert sent.value.post_data_json["strength"] == 3


ON_TOP = """() => {
  const one = document.getElementById("message");
  const box = one.getBoundingClientRect();
  return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === one;
}"""


@pytest.mark.parametrize("size", [(360, 740), (320, 640), (320, 256), (640, 400), (1280, 800)])
@pytest.mark.parametrize("task", ["helpfulness", "pairs"])
def test_what_is_missing_is_said_in_sight(visit, workspace, task, size):
    workspace.add_task("pairs", "questions: {ranking: {}, strength: {required: true}}", [
        {"prompt": "Colour?", "responses": ["Blue. " * 300, "No. " * 300]}])
    width, height = size
    page = visit(viewport={"width": width, "height": height}, has_touch=True).start_labelling(task)
    page.click("#submit")

    expect(page.locator("#message")).to_contain_text(
        "A, B, C, D" if task == "helpfulness" else "Which is better")
    page.wait_for_function(ON_TOP)


def test_a_phone_says_how_to_rank_until_a_letter_is_placed(visit):
    page = visit(**PHONE).start_labelling()
    hint = page.get_by_text("Pick a letter, then its place; 1 is best.")

    expect(hint).to_be_in_viewport(ratio=1)
    page.tap(".chip[data-key=C]")
    page.tap(".chips[data-place='1']")
    expect(hint).to_be_hidden()
    page.tap("#undo")
    expect(hint).to_be_visible()


def test_fingers_see_no_keys_in_the_reasons_to_skip(visit):
    page = visit(**PHONE).start_labelling()
    page.tap("#skip")

    expect(page.locator("#skip-reasons .choices button").first).to_be_visible()
    assert [one for one in page.locator("#skip-reasons kbd").all() if one.is_visible()] == []
