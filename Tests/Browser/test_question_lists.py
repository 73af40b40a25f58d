"""A task with several questions of one kind: made, labelled, reviewed, exported and imported."""

import json

from playwright.sync_api import expect
from plumbline_testing.workspace import Workspace

ASPECTS = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"]


def create(page, slug="steer"):
    """Creates a task with the questions of HelpSteer2, with one more added and one taken away."""
    page.goto("/tasks/new")
    page.fill("#title", "Steer")
    page.fill("#slug", slug)
    page.select_option("select[name=preset]", "helpsteer2")
    page.click("text=Use this set")
    expect(page.locator("#title")).to_have_value("Steer")
    expect(page.locator("#helpfulness-least")).to_have_value("0")
    page.select_option("select[name=newKind]", "flags")
    page.click("text=Add question")
    page.fill("#flags1-id", "issues")
    page.fill("#flags1-title", "Issues")
    page.fill("#flags1-values", "rude\nwrong")
    page.select_option("select[name=newKind]", "text")
    page.click("text=Add question")
    page.check("[name='question.8.remove']")
    page.click("text=Create task")
    page.wait_for_url(f"**/tasks/{slug}/import")


def rate(page, letter, digits):
    page.keyboard.press(letter)
    for digit in digits:
        page.keyboard.press(f"Shift+Digit{digit}")


def label(page, values):
    for letter, digits in values.items():
        rate(page, letter.lower(), digits)
    page.check("input[name='answer.issues.B'][value=wrong]")
    page.keyboard.press("2")
    with page.expect_request("**/judgement") as sent:
        page.keyboard.press("Enter")
    assert sent.value.response().status == 201, sent.value.response().text()
    return sent.value.post_data_json


def test_a_helpsteer_task_from_the_browser_and_back(visit, workspace, tmp_path):
    grace = visit("Grace", "admin")
    create(grace.page)
    workspace.import_rows(
        [{"prompt": f"Name a colour ({n})", "responses": ["Blue.", "No."]} for n in range(2)],
        "steer")

    page = visit("Ada").start_labelling("steer")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_have_text("Helpfulness, not answered yet: A, B")
    sent = label(page, {"A": "30421", "B": "04440"})
    assert sent["answers"]["helpfulness"] == {"A": 3, "B": 0}
    assert sent["answers"]["verbosity"] == {"A": 1, "B": 0}
    assert sent["answers"]["issues"] == {"B": ["wrong"]}
    assert (sent["ranking"], sent["strength"]) == ([["A"], ["B"]], 2)
    page = visit("Ben").start_labelling("steer")
    label(page, {"A": "11111", "B": "22222"})

    page = grace.page
    page.goto("/tasks/steer/review?queue=agreed")
    if not page.locator("main td a").count():
        page.goto("/tasks/steer/review")
    page.locator("main td a").first.click()
    expect(page.locator(".review-table")).to_contain_text("Helpfulness: 3")
    expect(page.locator(".review-table")).to_contain_text("⚑")
    page.goto("/tasks/steer")
    expect(page.locator("main")).to_contain_text("Agreement by question")

    exported = workspace.folder / "steer-rankings.jsonl"
    workspace.run("export", "steer", "--format", "rankings", "--output", exported)
    rows = [json.loads(line) for line in exported.read_text().splitlines()]
    assert len(rows) == 2
    assert all(set(row["answers"]) == {*ASPECTS, "issues"} for row in rows)

    there = Workspace(tmp_path / "there")
    questions = grace.context.request.get("/api/v1/tasks/steer").json()["questions"]
    there.add_task("steer", json.dumps({"slug": "steer", "overlap": 2, "questions": questions}))
    there.run("import", "steer", exported)
    again = there.folder / "again.jsonl"
    there.run("export", "steer", "--format", "rankings", "--output", again)
    assert again.read_bytes() == exported.read_bytes()


def test_questions_are_removed_and_the_form_keeps_what_is_wrong(visit, workspace):
    workspace.add_task("aspects", json.dumps({"slug": "aspects", "questions": "helpsteer2"}))
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/aspects/settings")

    page.check("[name='question.4.remove']")
    page.fill("#coherence-most", "0")
    page.click("text=Save settings")
    expect(page.locator("[role=alert]")).to_contain_text("questions[3].most")
    page.fill("#coherence-most", "7")
    page.click("text=Save settings")

    expect(page.locator("#coherence-most")).to_have_value("7")
    expect(page.locator("#verbosity-id")).to_have_count(0)
    grace.expect_complaints("422")


def test_both_bad_is_an_answer_without_any_flag(visit, workspace):
    workspace.add_task("pairs", "questions: hh", [{"prompt": "Why?", "responses": ["a", "b"]}])
    page = visit().start_labelling("pairs")

    page.check("input[name=preference][value=bothBad]", force=True)
    with page.expect_request("**/judgement") as sent:
        page.keyboard.press("Enter")

    judgement = sent.value.post_data_json
    assert judgement["answers"] == {"strength": "bothBad"} and judgement["strength"] == 0
    assert "flags" not in judgement and sent.value.response().status == 201
