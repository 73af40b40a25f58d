"""Reviewing: the queue, judgements side by side, a decision, and work taken back."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from plumbline_testing.browser import PASSWORD

ORDER = [0, 1, 2, 3]


def judge(visitor, count, order, flag=None, rationale=None):
    """Ranks prompts over the API, by where their answers stand in the import."""
    request = visitor.context.request
    for _ in range(count):
        held = request.post("/api/v1/tasks/helpfulness/assignments").json()
        texts = ["A short answer", "A list", "Code", "天空"]
        keys = [next(r["key"] for r in held["responses"] if r["text"].startswith(t)) for t in texts]
        judgement = {"ranking": [[keys[index]] for index in order], "activeSeconds": 31.5}
        if flag:
            judgement["flags"] = {keys[0]: [flag]}
        if rationale:
            judgement["rationale"] = rationale
        done = request.put(f"/api/v1/assignments/{held['id']}/judgement", data=judgement)
        assert done.status == 201, done.text()


def in_import_order(workspace):
    """Everyone gets the same prompts, so that few judgements are enough to compare."""
    definition = workspace.folder / "tasks/helpfulness/task.yaml"
    definition.write_text(definition.read_text() + "order: import\n")
    workspace.run("task", "add", str(definition.parent))


@pytest.fixture
def disputed(visit, workspace):
    in_import_order(workspace)
    judge(visit("Ada"), 4, ORDER, rationale="The short one says all that was asked.")
    judge(visit("Alan"), 4, ORDER[::-1], flag="fabricated")


def problems(page, path):
    found = Axe().run(page).response["violations"]
    listed = [f"{path}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in found]
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            listed.append(f"{path} is wider than {width}")
    page.set_viewport_size({"width": 1280, "height": 900})
    return listed


def open_first(page):
    page.goto("/tasks/helpfulness/review")
    page.locator("tbody a").first.click()
    page.wait_for_selector(".review-table")


def test_a_reviewer_decides_on_one_prompt_after_the_other(visit, disputed):
    rosa = visit("Rosa", "reviewer")
    page = rosa.page
    page.goto("/tasks/helpfulness/review")
    expect(page.locator(".filters [aria-current]")).to_contain_text("4")
    expect(page.locator("tbody tr").first).to_contain_text("100%")
    open_first(page)
    table = page.locator(".review-table")
    expect(table.locator("thead th")).to_have_count(2)
    expect(table).to_contain_text("Fabricated")
    expect(table).to_contain_text("The short one says all that was asked.")
    expect(table).to_contain_text("Shown order")

    for key, place in {"A": "1", "B": "2", "C": "2", "D": "4"}.items():
        page.select_option(f"[name='place.{key}']", place)
    page.fill("#rationale", "B and C are as good as each other.")
    first = page.url
    page.click("text=Decide and next")

    expect(page.locator("[role=status]")).to_contain_text("Decision saved")
    assert page.url.split("?")[0] != first
    page.click("text=Open it again")
    expect(page.locator(".decided")).to_contain_text("B and C are as good as each other.")
    assert page.url == first
    page.click("text=Show sources")
    decision = page.locator(".panel", has_text="The reviewer’s decision")
    expect(decision).to_contain_text("Rosa")
    expect(decision).to_contain_text(re.compile(r"B→\d and C→\d are as good as each other\."))
    page.goto("/tasks/helpfulness/review?queue=decided")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_decision_starts_from_a_labellers_order_and_can_be_withdrawn(visit, disputed):
    rosa = visit("Rosa", "reviewer")
    page = rosa.page
    open_first(page)

    page.locator("text=Start from this judgement").first.click()
    places = [page.input_value(f"[name='place.{key}']") for key in "ABCD"]
    assert sorted(places) == ["1", "2", "3", "4"]
    here = page.url.split("?")[0].split("#")[0]
    page.click("text=Decide and next")
    page.goto(here)
    page.click("text=Withdraw decision")

    expect(page.locator(".decided")).to_have_count(0)
    page.click("text=Earlier decisions")
    expect(page.locator(".history li")).to_have_count(2)


def test_a_decision_is_made_by_keys_alone(visit, disputed):
    page = visit("Rosa", "reviewer").page
    open_first(page)
    for keys in ("a", "2", "b", "1", "c", "2", "d", "4"):
        page.keyboard.press(keys)
    assert [page.input_value(f"[name='place.{key}']") for key in "ABCD"] == ["2", "1", "2", "4"]
    page.keyboard.press("9")
    assert page.input_value("[name='place.D']") == "4"
    page.fill("#rationale", "a1 b2")
    assert page.input_value("[name='place.A']") == "2"
    page.locator("#rationale").blur()
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("Decision saved")


def test_the_answers_are_in_sight_before_the_table_of_judgements(visit, disputed):
    page = visit("Rosa", "reviewer").page
    open_first(page)

    expect(page.locator("#answer-A .prose")).to_be_in_viewport()
    answers = page.locator(".review-answers").bounding_box()
    assert answers["y"] + answers["height"] < page.locator(".review-table").bounding_box()["y"]
    # Each answer says who put it where; the two labellers ranked in opposite orders.
    placed = [[" ".join(text.split()) for text in one.locator(".placements li").all_inner_texts()]
              for one in page.locator(".review-answer").all()]
    assert sorted(map(sorted, placed)) == sorted([
        ["Ada 1st", "Alan 4th"], ["Ada 2nd", "Alan 3rd"],
        ["Ada 3rd", "Alan 2nd"], ["Ada 4th", "Alan 1st"]])
    expect(page.get_by_text("Decide and next")).to_be_in_viewport()


def test_signing_in_leads_back_to_the_page_that_was_asked_for(visit, disputed):
    rosa = visit("Rosa", "reviewer")
    page = rosa.page
    open_first(page)
    address = page.url
    rosa.context.clear_cookies()
    page.goto(address)
    expect(page.locator("#password")).to_be_visible()
    page.fill("#name", "Rosa")
    page.fill("#password", PASSWORD)
    page.click("button.primary")

    expect(page.locator(".review-table")).to_be_visible()
    assert page.url == address


def test_an_incomplete_decision_says_what_is_missing(visit, disputed):
    rosa = visit("Rosa", "reviewer")
    page = rosa.page
    open_first(page)
    page.select_option("[name='place.A']", "1")
    page.click("text=Decide and next")

    expect(page.locator("[role=alert]")).to_contain_text("Not ranked yet: B, C, D.")
    assert page.input_value("[name='place.A']") == "1"
    page.goto(page.url)
    expect(page.locator("[name='place.A']")).to_be_visible()
    rosa.complaints = [one for one in rosa.complaints if "422" not in one]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_has_one_number_outside_the_blind_pages(visit, workspace, scheme):
    in_import_order(workspace)
    ada = visit("Ada")
    request = ada.context.request
    held = request.post("/api/v1/tasks/helpfulness/assignments").json()
    key = next(r["key"] for r in held["responses"] if r["text"].startswith("A list"))
    others = [r["key"] for r in held["responses"] if r["key"] != key]
    done = request.put(f"/api/v1/assignments/{held['id']}/judgement", data={
        "ranking": [[key], others],
        "rationale": f"{key}'s list is right, and vitamin {key} is not. Answer {key} wins."})
    assert done.status == 201, done.text()

    page = visit("Grace", "admin", color_scheme=scheme).page
    found = []
    for path in ["prompts/1", "judgements"]:
        page.goto(f"/tasks/helpfulness/{path}")
        expect(page.locator(".ranking .group").first).to_have_text("2")
        expect(page.locator(".meant")).to_have_text([f"{key}→2"] * 2)
        expect(page.locator("tbody small")).to_have_text(
            f"{key}→2's list is right, and vitamin {key} is not. Answer {key}→2 wins.")
        found += problems(page, path)
    page.goto("/tasks/helpfulness/prompts/1")
    expect(page.locator("article .ranking b")).to_have_text(["1", "2", "3", "4"])
    expect(page.locator(".line-form .label").nth(1)).to_contain_text("2 A list")
    page.goto("/tasks/helpfulness/review/1")
    mine = page.locator("article", has_text="A list").locator(".ranking b").inner_text()
    expected = f"{key}→{mine}" if key != mine else key
    expect(page.locator(".review-table .meant")).to_have_text([expected] * 2)
    found += problems(page, "review")
    assert found == []


def test_retracting_a_judgement_and_a_labellers_work(visit, disputed, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    open_first(page)
    page.locator("summary", has_text="Retract…").first.click()
    page.select_option("[name=reason] >> nth=0", "careless")
    page.locator("[name=note]").first.fill("Too quick")
    page.locator("text=Retract this judgement").first.click()
    expect(page.locator("th.retracted")).to_contain_text("Careless work")
    expect(page.locator("th.retracted")).to_contain_text("Too quick")

    page.goto("/tasks/helpfulness/labellers")
    page.click("text=Alan")
    page.select_option("#reason", "spam")
    page.click("text=Retract all")
    expect(page.locator("[role=status]")).to_contain_text("retracted")
    page.goto("/tasks/helpfulness/judgements?retracted=yes")
    expect(page.locator("tbody tr").first).to_contain_text("retracted: ")

    page.goto("/tasks/helpfulness/exports")
    page.click("text=Create export")
    expect(page.locator("tbody tr").first).to_contain_text("retracted judgement")
    name = next((workspace.folder / "exports").glob("*.manifest.json"))
    manifest = json.loads(name.read_text())
    assert sum(manifest["retracted"].values()) == 8 - manifest["counts"]["judgements"]
    assert set(manifest["retracted"]) == {"careless", "spam"}


@pytest.mark.parametrize("scheme, language", [
    ("light", "en"), ("dark", "en"), ("light", "zh-Hans"), ("light", "ar-XB")])
def test_review_pages_are_accessible_and_fit(visit, disputed, workspace, scheme, language):
    grace = visit("Grace", "admin", color_scheme=scheme)
    page = grace.page
    grace.context.add_cookies([
        {"name": "plumbline_language", "value": language, "url": workspace.address}])
    found = []
    page.goto("/tasks/helpfulness/review")
    found += problems(page, "the queue")
    open_first(page)
    for details in page.locator(".review-table details").all():
        details.evaluate("one => { one.open = true }")
    found += problems(page, "the table")
    page.goto("/tasks/helpfulness/labellers")
    page.locator("tbody a").first.click()
    found += problems(page, "a labeller")
    page.goto("/tasks/helpfulness/judgements?flag=fabricated")
    found += problems(page, "judgements")

    assert found == []
