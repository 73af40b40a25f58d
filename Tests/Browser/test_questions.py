"""What a task asks, changed in the browser, and two answers compared on one scale."""

import json
import re

from playwright.sync_api import expect

PAIR = """slug: pairs
title: {en: Which is better}
questions:
  ranking: {}
  strength: {scale: 3}
  flags: [unhelpful, harmful]
  rating: {scale: 7, help: Seven is best}
  demonstration: {}
"""


def add_pairs(workspace):
    folder = workspace.folder / "tasks/pairs"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(PAIR)
    (folder / "guidelines.md").write_text("# Which is better")
    prompts = workspace.folder / "pairs.jsonl"
    prompts.write_text("".join(
        json.dumps({"prompt": f"Name a colour ({n})", "responses": ["*Blue*.", "No."]}) + "\n"
        for n in range(4)))
    workspace.run("task", "add", str(folder))
    workspace.run("import", "pairs", str(prompts))


def start(visitor):
    visitor.page.goto("/tasks/pairs/guidelines")
    visitor.page.click("text=Start labelling")
    visitor.page.wait_for_selector(".strength")
    return visitor.page


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
    expect(page.locator("input[name=preference][value=bad]")).to_be_checked()
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

    page.select_option("#preset-flags", "instructgpt")
    page.fill("#scale-rating", "5")
    page.fill("#help-ranking", "Best first, please")
    page.click("text=Save the settings")

    expect(page.locator("#flags-flags")).to_have_value(re.compile("hallucination"))
    expect(page.locator(".changes")).to_contain_text("questions.rating.scale: 7 → 5")
    page = start(ada)
    expect(page.locator(".helps")).to_contain_text("Best first, please")
    expect(page.locator("#answer-A .flag")).to_have_count(11)
    expect(page.locator("#answer-A .scale label")).to_have_count(5)
