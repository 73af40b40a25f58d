"""Imports on their page: judgements of a file put to use, and what went wrong taken back."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

ROWS = "".join(
    json.dumps({"prompt": f"Which {number}?", "chosen": f"good {number}", "rejected": f"bad {number}"})
    + "\n" for number in range(3))


def sound(page, script=True):
    """Checks that the page fits its window and, where scripts run, that it is accessible."""
    # Axe waits for timers, which never fire in a page without scripts.
    if script:
        found = Axe().run(page).response["violations"]
        assert found == [], [one["nodes"][0]["html"] for one in found]
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("script", [True, False])
def test_judgements_of_a_file_are_used_and_the_import_is_withdrawn(visit, workspace, script):
    grace = visit("Grace", "admin", java_script_enabled=script)
    page = grace.page
    page.goto("/tasks/helpfulness/import")
    page.set_input_files("#file", {
        "name": "pairs.jsonl", "mimeType": "application/jsonl", "buffer": ROWS.encode()})
    if not script:
        page.click("text=Check")
    page.select_option("#judgements", "labeller")
    sound(page, script)
    page.click("text=Import 3 prompts")

    expect(page.locator("main")).to_contain_text("3 judgements of the file stored.")
    expect(page.locator("main")).to_contain_text("6 answers.")
    page.goto("/tasks/helpfulness/labellers")
    expect(page.locator("tr", has_text="file: pairs")).to_contain_text("from a file")
    sound(page, script)
    page.goto("/people")
    assert page.get_by_text("file: pairs").count() == 0
    page.goto("/tasks/helpfulness/judgements")
    expect(page.locator("tbody tr")).to_have_count(3)

    page.goto("/tasks/helpfulness/import")
    row = page.locator("#imports article").first
    expect(row).to_contain_text("pairs.jsonl")
    expect(row).to_contain_text("by Grace")
    expect(row).to_contain_text("3 judgements from the file")
    row.locator("summary").click()
    sound(page, script)
    row.get_by_role("button", name="Withdraw this import").click()

    expect(page.locator("#imports [role=status]")).to_have_text("3 prompts withdrawn.")
    expect(page.locator("#imports article").first).to_contain_text("withdrawn")
    assert page.locator("#imports article").first.locator("summary").count() == 0
    sound(page, script)
    page.goto("/tasks/helpfulness/judgements")
    assert page.get_by_text("Which").count() == 0
    page.goto("/tasks/helpfulness/prompts?query=Which")
    assert page.locator("tbody tr").count() == 0


def test_a_judged_prompt_is_closed_and_an_unjudged_one_is_withdrawn(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    grace.judge(1)
    page.goto("/tasks/helpfulness/prompts")
    paths = [page.locator("tbody tr a").nth(0).get_attribute("href")]
    page.goto("/tasks/helpfulness/prompts?state=open")
    paths.append(page.locator("tbody tr a").nth(0).get_attribute("href"))
    for path, words in zip(paths, ["This prompt is closed", "This prompt was withdrawn"]):
        page.goto(path)
        page.get_by_text("Withdraw this prompt").click()
        sound(page)
        page.get_by_role("button", name="Withdraw", exact=True).click()
        expect(page.locator(".notice[role=status]")).to_contain_text(words)
        assert page.get_by_text("Withdraw this prompt").count() == 0
        sound(page)
    page.goto("/tasks/helpfulness/import")
    row = page.locator("#imports article").first
    expect(row).to_contain_text("1 closed")
    row.locator("summary").click()
    row.get_by_role("button", name="Withdraw this import").click()
    expect(page.locator("#imports [role=status]")).to_have_text("10 prompts withdrawn.")
    assert workspace.run("verify")["problems"] == []


def test_a_labeller_whose_prompt_is_withdrawn_goes_on_with_the_next(visit, workspace):
    ada = visit("Ada", "labeller")
    page = ada.start_labelling()
    held = page.url
    text = page.locator("main").inner_text()
    number = next(n for n in range(12) if f"Question {n}?" in text)
    name = workspace.run("imports", "list", "helpfulness")[0]
    assert name["open"] == 12
    workspace.run("imports", "withdraw", "helpfulness", "--prompt", f"p{number + 1}")
    page.keyboard.press("a")
    page.keyboard.press("1")

    expect(page.locator("body")).to_contain_text("This prompt was withdrawn")
    page.click("#onward")
    expect(page.locator("main")).not_to_contain_text(f"Question {number}?")
    page.goto(held)
    expect(page.locator("body")).to_contain_text("This prompt was withdrawn")
    ada.expect_complaints("409")
