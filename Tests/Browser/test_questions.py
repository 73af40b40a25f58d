"""What a task asks, changed in the browser, and two answers compared on one scale."""

import re

from playwright.sync_api import expect

PAIR = """title: {en: Which is better}
questions:
  ranking: {}
  strength: {scale: 3}
  flags: [unhelpful, harmful]
  rating: {scale: 7, help: Seven is best}
  demonstration: {}
"""


def add_pairs(workspace, yaml=PAIR):
    workspace.add_task("pairs", yaml, [
        {"prompt": f"Name a colour ({n})", "responses": ["*Blue*.", "No."]} for n in range(4)])


def start(visitor):
    return visitor.start_labelling("pairs")


def submitted(page):
    with page.expect_request("**/judgement") as sent:
        page.keyboard.press("Enter")
    assert sent.value.response().status in (200, 201)
    return sent.value.post_data_json


def test_two_answers_on_one_scale_by_key(visit, workspace):
    add_pairs(workspace)
    page = start(visit())

    page.keyboard.press("2")
    first = page.url
    judgement = submitted(page)
    assert (judgement["ranking"], judgement["strength"]) == ([["A"], ["B"]], 2)

    page.wait_for_url(lambda url: url != first)
    second = page.url
    page.keyboard.press("8")
    expect(page.locator("input[name='flag.A'][value=unhelpful]")).to_be_checked()
    judgement = submitted(page)
    assert (judgement["ranking"], judgement["strength"]) == ([["A", "B"]], 0)
    assert judgement["flags"] == {"A": ["unhelpful"], "B": ["unhelpful"]}

    page.wait_for_url(lambda url: url not in (first, second))
    page.goto(second)
    expect(page.locator("input[name=preference][value=bothBad]")).to_be_checked()
    page.check("input[name=preference][value='0']")
    expect(page.locator("input[name='flag.A'][value=unhelpful]")).not_to_be_checked()


def test_rating_against_the_scale_is_noticed(visit, workspace):
    add_pairs(workspace)
    page = start(visit())
    expect(page.locator(".helps")).to_contain_text("Seven is best")

    page.keyboard.press("1")
    page.keyboard.press("a")
    page.keyboard.press("Shift+Digit2")
    page.keyboard.press("b")
    page.keyboard.press("Shift+Digit6")

    expect(page.locator("#message")).to_have_text("B is rated above A but ranked below.")


def test_an_answer_is_improved_into_a_demonstration(visit, workspace):
    add_pairs(workspace)
    page = start(visit())
    text = "*Blue*." if "Blue" in page.inner_text("#answer-A") else "No."

    page.click("[data-copy=A]")

    expect(page.locator("textarea[name=demonstration]")).to_have_value(text)


def test_an_unchanged_copy_is_no_ideal_answer_and_the_page_says_so(visit, workspace):
    add_pairs(workspace)
    ada = visit()
    page = start(ada)
    page.keyboard.press("2")
    page.click("[data-copy=A]")
    expect(page.locator("#message")).to_contain_text("You have not changed the ideal answer")
    expect(page.locator("#saved")).to_have_text("saved")
    page.reload()
    expect(page.locator("#message")).to_contain_text("You have not changed the ideal answer")
    first = page.url
    page.locator("#demonstration").blur()
    assert "demonstration" not in submitted(page)
    page.wait_for_url(lambda url: url != first)
    expect(page.locator("#message")).to_contain_text("The ideal answer was left out")

    second = page.url
    page.keyboard.press("2")
    page.click("[data-copy=B]")
    expect(page.locator("#demonstration")).to_be_focused()
    page.keyboard.type(" Really.")
    expect(page.locator("#message")).to_be_empty()
    page.keyboard.press("Escape")
    assert submitted(page)["demonstration"].endswith(" Really.")
    page.wait_for_url(lambda url: url != second)


def test_a_required_ideal_answer_must_differ(visit, workspace):
    add_pairs(workspace, PAIR.replace("demonstration: {}", "demonstration: {required: true}"))
    ada = visit()
    page = start(ada)
    page.keyboard.press("2")
    page.click("[data-copy=A]")
    expect(page.locator("#demonstration")).to_be_focused()
    page.locator("#demonstration").blur()
    page.keyboard.press("Enter")

    expect(page.locator("#message")).to_contain_text("Change it before you submit")
    expect(page.locator("#demonstration")).to_be_focused()
    assert ada.judged() == []


def test_an_unchanged_copy_is_left_out_without_scripts_too(visit, workspace):
    add_pairs(workspace)
    ada = visit(java_script_enabled=False)
    page = ada.page
    page.goto("/tasks/pairs/guidelines")
    page.click(".sticky-foot button")
    text = "*Blue*." if "Blue" in page.inner_text("#answer-A") else "No."
    page.check("input[name=preference][value='-2']", force=True)
    page.fill("#demonstration", f"{text}\n")
    page.click("#submit")

    page.goto("/judgements")
    page.click(".actions a")
    expect(page.locator("input[name=preference][value='-2']")).to_be_checked()
    expect(page.locator("#demonstration")).to_have_value("")


def test_the_scale_of_two_answers_is_in_one_place(visit, workspace):
    workspace.add_task("heights", PAIR, [
        {"prompt": f"Name a colour in {size} words", "responses": ["Blue. " * size, "No."]}
        for size in (1, 40, 400, 2000)])
    page = visit().start_labelling("heights")
    places = []
    for _ in range(4):
        places.append(page.locator(".strength label").first.bounding_box()["y"])
        before = page.url
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url != before)
        page.wait_for_selector(".strength, .empty")

    assert max(places) - min(places) < 1, places
    assert 600 < places[0] < 720


def test_questions_change_after_labelling_started_and_the_change_is_recorded(visit, workspace):
    add_pairs(workspace)
    ada = visit()
    page = start(ada)
    page.keyboard.press("2")
    submitted(page)
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/pairs/settings")
    for question in page.locator(".question-more summary").all():
        question.click()

    page.select_option("#flags-values-preset", "instructgpt")
    page.fill("#rating-most", "5")
    page.fill("#ranking-help", "Best first, please")
    page.click("text=Save settings")

    expect(page.locator("#flags-values")).to_have_value(re.compile("hallucination"))
    expect(page.locator(".changes")).to_contain_text("questions.rating.scale: 7 → 5")
    page = start(ada)
    expect(page.locator(".helps")).to_contain_text("Best first, please")
    expect(page.locator("#answer-A .flag")).to_have_count(11)
    expect(page.locator("#answer-A .scale label")).to_have_count(5)


def test_every_scale_point_has_the_key_it_shows(visit, workspace):
    add_pairs(workspace)
    page = start(visit())
    points = page.locator(".strength label")
    shown = [one.split("\n")[-1].split()[-1] for one in points.all_inner_texts()]
    assert shown == [str(number) for number in range(1, 9)]

    for number in range(8):
        page.keyboard.press(str(number + 1))
        expect(points.nth(number).locator("input")).to_be_checked()
    expect(page.locator(".strength")).to_be_in_viewport()


def test_without_ties_there_is_no_about_the_same(visit, workspace):
    add_pairs(workspace, PAIR.replace("ranking: {}", "ranking: {ties: false}"))
    page = start(visit())

    values = page.eval_on_selector_all(".strength input", "all => all.map((one) => one.value)")

    assert values == ["-3", "-2", "-1", "1", "2", "3"]
    page.keyboard.press("4")
    assert submitted(page)["ranking"] == [["B"], ["A"]]


MANY = """title: {en: Nine}
questions:
  ranking: {partial: true}
  flags: instructgpt
  promptFlags: instructgpt
  rating: {required: true}
  rationale: {required: true, help: Say it in one line}
  order: [flags, rationale, rating]
"""


def add_nine(workspace, yaml=MANY):
    workspace.add_task("nine", yaml, [
        {"prompt": f"Count to {most}", "responses": [f"answer {n}" for n in range(9)]}
        for most in range(2)])


def test_nine_answers_by_their_letters_also_f_and_g(visit, workspace):
    add_nine(workspace)
    ada = visit()
    page = ada.start_labelling("nine")

    for place, letter in enumerate("ihgfedcba", start=1):
        page.keyboard.press(letter)
        page.keyboard.press(str(place))
    assert ada.places() == {key: str(9 - n) for n, key in enumerate("ABCDEFGHI")}
    page.keyboard.press("Shift+G")
    expect(page.locator("#guidelines")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.press("Shift+F")
    expect(page.locator("#answer-F .flag kbd").first).to_be_visible()
    expect(page.locator("#answer-F .keys-hint")).to_have_text("⇧F, then the flag’s letter")
    expect(page.locator("#answer-F .keys-hint")).to_be_visible()
    expect(page.locator("#answer-E .keys-hint")).to_be_hidden()
    page.keyboard.press(page.inner_text("#answer-F .flag:nth-of-type(3) kbd"))

    expect(page.locator("#answer-F .flag:nth-of-type(3) input")).to_be_checked()
    expect(page.locator("#open-guidelines kbd")).to_have_text("⇧G")
    keys = page.locator("#answer-F .flag kbd").all_inner_texts()
    assert len(set(keys)) == len(keys) == 11


def test_the_task_says_the_order_of_its_questions(visit, workspace):
    add_nine(workspace)
    page = visit().start_labelling("nine")

    legends = page.locator("#answer-A footer legend").all_inner_texts()
    assert ["Flags" in legends[0], "Rating" in legends[1]] == [True, True]
    names = page.eval_on_selector_all(
        ".closing :is(textarea, input)", "all => [...new Set(all.map((one) => one.name))]")
    assert names == ["rationale", "promptFlag"]
    expect(page.locator("#rationale-hint")).to_have_text("Say it in one line")
    assert page.get_attribute("#rationale", "aria-required") == "true"


def test_what_is_required_is_asked_for_one_after_the_other(visit, workspace):
    add_nine(workspace)
    ada = visit()
    page = ada.start_labelling("nine")

    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Not ranked yet")
    page.keyboard.press("a")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Rating, not answered yet: A")
    for letter in "abcdefghi":
        page.keyboard.press(letter)
        page.keyboard.press("Shift+Digit4")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Why this order?")
    expect(page.locator("#rationale")).to_be_focused()
    page.fill("#rationale", "so")
    page.keyboard.press("Escape")

    # Partial rankings are welcome here: one place is enough.
    assert submitted(page)["ranking"] == [["A"]]


def test_order_of_questions_is_edited_in_the_browser(visit, workspace):
    add_pairs(workspace)
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/pairs/settings")
    for question in page.locator(".question-more summary").all():
        question.click()

    page.fill("#flags-place", "1")
    page.click("text=Save settings")

    expect(page.locator("#flags-place")).to_have_value("1")
    start(grace)
    expect(page.locator("#answer-A footer legend").first).to_contain_text("Flags")
