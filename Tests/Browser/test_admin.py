"""The admin's pages: lists that lead on, the dashboard, the log, backups."""

import json
import re
import sqlite3

import pytest
from playwright.sync_api import expect

from test_review import ORDER, in_import_order, judge, problems


@pytest.fixture
def judged(visit, workspace):
    in_import_order(workspace)
    judge(visit("Ada"), 5, ORDER)
    judge(visit("Alan"), 4, [1, 0, 2, 3], flag="fabricated")


def test_the_dashboard_shows_numbers_that_lead_to_their_rows(visit, judged):
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness")
    figures = {
        figure.locator(".what").inner_text(): figure for figure in page.locator(".figure").all()}
    assert figures["Judgements"].locator(".value").inner_text() == "9"
    assert figures["Judgements per day"].locator(".value").inner_text() == "9"
    assert figures["Time left"].locator(".value").inner_text() == "2 days"
    assert figures["Agreement"].locator(".value").inner_text() == "83%"
    assert figures["Flagged answers"].locator(".value").inner_text() == "20%"

    links = [figure.get_attribute("href") for figure in page.locator(".figure").all()]
    for link in links:
        assert page.goto(link).status == 200
    page.goto("/tasks/helpfulness")
    page.click("text=Flagged answers")
    expect(page.locator("tbody tr")).to_have_count(4)


def add_policies(workspace):
    """Four more prompts, whose answers come from two policies."""
    prompts = workspace.folder / "policies.jsonl"
    prompts.write_text("".join(
        json.dumps({"prompt": f"Who wrote this ({number})?", "responses": [
            {"text": f"{text} ({number})", "source": source} for text, source in [
                ("A short answer", "base"), ("A list", "tuned"), ("Code", "base"),
                ("天空", "tuned")]]}) + "\n"
        for number in range(4)))
    workspace.run("import", "helpfulness", str(prompts))


def test_charts_have_titles_descriptions_and_their_data(visit, workspace):
    in_import_order(workspace)
    add_policies(workspace)
    judge(visit("Ada"), 16, ORDER)
    judge(visit("Alan"), 16, [1, 0, 2, 3], flag="fabricated")
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness")
    plots = page.locator("figure.plot")
    titles = [plot.inner_text() for plot in page.locator("figure.plot figcaption").all()]
    assert any("per day" in title for title in titles)
    assert any("Agreement over time" in title for title in titles)
    assert any("Flags" in title for title in titles)
    assert any("Win rates" in title for title in titles)
    for plot in plots.all():
        svg = plot.locator("svg")
        names = svg.get_attribute("aria-labelledby").split()
        assert [page.locator(f"#{name}").count() for name in names] == [1, 1]
        assert page.locator(f"#{names[1]}").text_content()
        plot.locator("summary").click()
        assert plot.locator("tbody tr").count() > 0
    page.emulate_media(media="print")
    assert page.locator("figure.plot svg").first.is_visible()
    assert not page.locator(".bar").is_visible()


def test_tabs_list_prompts_judgements_and_labellers_with_filters(visit, judged):
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness/prompts?state=complete")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.goto("/tasks/helpfulness/prompts?state=open")
    expect(page.locator("tbody tr")).to_have_count(7)
    page.goto("/tasks/helpfulness/prompts?state=partly")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto("/tasks/helpfulness/judgements")
    expect(page.locator("tbody tr")).to_have_count(9)
    page.select_option("[name=labeller]", label="Alan")
    page.select_option("[name=flag]", label="Fabricated")
    page.click("button:has-text('Filter')")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.goto("/tasks/helpfulness/labellers")
    page.locator("tbody tr", has_text="Ada").locator("td.num a").first.click()
    expect(page.locator("tbody tr")).to_have_count(5)


def test_search_finds_words_in_prompts_answers_and_judgements(visit, judged):
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness/prompts")
    page.fill("[name=query]", "天空")
    page.click("button:has-text('Search')")
    expect(page.locator("tbody tr")).to_have_count(12)
    expect(page.locator("tbody tr").first).to_contain_text("in an answer")
    page.fill("[name=query]", "\"Question 7\"")
    page.click("button:has-text('Search')")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("text=Done")
    expect(page.locator(".empty")).to_contain_text("Nothing found")


def test_gold_is_marked_in_the_browser_and_measures_labellers(visit, judged):
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness/prompts")
    page.locator("tbody a").first.click()
    for place, key in enumerate("ABCD", 1):
        page.select_option(f"[name='place.{key}']", str(place))
    page.click("text=Mark as gold")
    expect(page.locator("[role=status]")).to_contain_text("is now gold")
    expect(page.locator(".panel .tag.good")).to_have_text("marked")

    page.goto("/tasks/helpfulness/gold")
    tables = page.locator("table")
    expect(tables.nth(0).locator("tr", has_text="Ada")).to_contain_text("100%")
    expect(tables.nth(0).locator("tr", has_text="Alan")).to_contain_text("83%")
    expect(tables.nth(1).locator("tbody tr")).to_have_count(1)
    tables.nth(1).locator("a").first.click()
    page.click("text=Unmark")
    page.goto("/tasks/helpfulness/gold")
    expect(page.locator(".empty")).to_contain_text("No gold prompts yet")


def test_settings_hold_everything_of_a_task_and_record_the_change(visit, judged, workspace):
    page = visit("Grace", "admin").page
    workspace.add_task("plain", "questions: {ranking: {}}", [])
    page.goto("/tasks/plain/settings")
    expect(page.locator("#gold")).to_be_hidden()
    page.goto("/tasks/helpfulness/settings")
    # Its order is not the usual one, so that what is rare is open.
    page.fill("#gold", "5")
    page.fill("#cap", "100")
    page.fill("#capPerDay", "20")
    page.fill("#responses", "3")
    page.fill("[name='title.zh-Hans']", "有用的回答")
    page.click("text=Save settings")

    expect(page.locator("#gold")).to_have_value("5")
    changes = page.locator(".changes")
    for line in ["gold.rate: – → 0.05", "cap: – → 100", "capPerDay: – → 20", "responses: 4 → 3"]:
        expect(changes).to_contain_text(line)
    page.fill("#gold", "")
    page.fill("#cap", "")
    page.click("text=Save settings")
    expect(changes).to_contain_text("cap: 100 → –")


def test_prompts_are_filtered_by_what_they_and_their_judgements_are(visit, judged, workspace):
    workspace.add_task("kinds", "questions: {ranking: {}}", [
        {"prompt": "Ein Gedicht?", "responses": ["a", "b"],
         "metadata": {"language": "de", "tags": ["poetry"]}},
        {"prompt": "A law?", "responses": ["a", "b"], "metadata": {"tags": ["law"]}}])
    page = visit("Grace", "admin").page
    page.goto("/tasks/kinds/prompts")
    page.click("text=Filters")
    page.select_option("[name=tag]", "law")
    page.click("button:has-text('Filter')")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("A law?")
    page.select_option("[name=language]", "de")
    page.click("button:has-text('Filter')")
    expect(page.locator(".empty")).to_contain_text("No prompt matches these filters")
    page.click("text=Show all")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.goto("/tasks/helpfulness/prompts")
    page.click("text=Filters")
    page.select_option("[name=flag]", label="Fabricated")
    page.select_option("[name=labeller]", label="Alan")
    page.click("button:has-text('Filter')")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.click(".filters >> text=Done")
    expect(page.locator("[name=flag]")).to_have_value("fabricated")


def test_someone_gets_the_prompts_of_her_languages_and_tags(visit, workspace):
    workspace.add_task("kinds", "questions: {ranking: {}}", [
        {"prompt": "Ein Gedicht?", "responses": ["a", "b"], "metadata": {"language": "de"}},
        {"prompt": "A law?", "responses": ["a", "b"], "metadata": {"tags": "law, medicine"}}])
    ada = visit("Ada")
    page = visit("Grace", "admin").page
    page.goto("/people")
    row = page.get_by_role("row", name="Ada Labeller")
    row.locator("summary").click()
    row.locator("[name=languages]").fill("en, fr")
    row.locator("[name=tags]").fill("medicine")
    row.locator("button:has-text('Save')").click()
    expect(row.locator("summary")).to_have_text("en, fr, medicine")

    ada.start_labelling("kinds")
    expect(ada.page.locator(".message").first).to_contain_text("A law?")

    shown = workspace.run("user", "specialty", "Ada")
    assert shown == {"name": "Ada", "languages": ["en", "fr"], "tags": ["medicine"]}
    assert "languages" not in workspace.run("user", "specialty", "Ada", "--everything")


def test_a_task_is_archived_and_opened_again_in_the_browser(visit, judged):
    ada, page = visit("Adele"), visit("Grace", "admin").page
    page.goto("/tasks/helpfulness/settings")
    page.click("text=Archive task")
    expect(page.locator(".archival")).to_contain_text("labellers do not see it")
    ada.page.goto("/")
    expect(ada.page.locator("main")).not_to_contain_text("Helpful answers")
    page.goto("/")
    page.click("text=1 archived task")
    page.click(".archived a")
    page.goto("/tasks/helpfulness/settings")
    page.click("text=Reopen task")
    ada.page.goto("/")
    expect(ada.page.locator("main")).to_contain_text("Helpful answers")


def test_retraining_asks_first(visit, judged):
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/helpfulness")
    page.click("text=Retrain")
    page.click("text=Cancel")
    expect(page.locator("#retraining")).to_be_hidden()
    page.keyboard.press("Enter")
    # There is no model in this workspace: that is said before a run is asked for.
    expect(page.locator("#retraining")).to_contain_text("This workspace has no model")
    expect(page.locator("text=Start the run")).to_be_disabled()
    # A page that was opened while there was one asks in vain, and stays on the task.
    page.evaluate("document.querySelector('#retraining form').submit()")
    expect(page.get_by_role("alert")).to_contain_text("This workspace has no model")
    expect(page.locator(".tabs")).to_be_visible()
    page.click(".page-head a.primary")
    page.wait_for_url("**/exports")
    grace.expect_complaints("409")


def test_the_page_one_is_on_is_in_view_on_a_phone(visit, judged):
    page = visit("Grace", "admin", viewport={"width": 360, "height": 760}).page
    for path in ("settings", "webhooks"):
        page.goto(f"/tasks/helpfulness/{path}")
        expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_code_and_formulas_are_dressed_where_answers_are_read(visit, workspace):
    workspace.add_task("dressed", "questions: {ranking: {}}\n", [
        {"prompt": "How?", "responses": ["```python\nprint(1)\n```", "$x^2$"]}])
    page = visit("Grace", "admin").page
    page.goto("/tasks/dressed/prompts")
    page.locator("tbody a").first.click()
    expect(page.locator("code.hljs")).to_be_visible()
    expect(page.locator(".math.typeset")).to_be_visible()


def test_the_tasks_table_opens_and_invites(visit, judged):
    page = visit("Grace", "admin").page
    row = page.locator("tbody tr", has_text="Helpful answers")
    expect(row).to_contain_text("9 / 24")
    expect(row.locator(".actions a")).to_have_text(["Open", "Invite"])
    row.locator("text=Open").click()
    page.wait_for_url(re.compile("/tasks/helpfulness$"))


def test_the_log_says_who_did_what(visit, judged):
    page = visit("Grace", "admin").page
    page.goto("/tasks/helpfulness/settings")
    page.fill("#overlap", "3")
    page.click("text=Save settings")
    page.goto("/audit")
    expect(page.locator("tbody tr").first).to_contain_text("Task saved")
    expect(page.locator("tbody tr").first).to_contain_text("Grace")
    expect(page.locator("tbody")).not_to_contain_text("Judgement submitted")

    page.select_option("[name=kind]", label="Judgement submitted")
    page.select_option("[name=person]", label="Alan")
    page.click("button:has-text('Filter')")

    expect(page.locator("tbody tr")).to_have_count(4)


def test_a_backup_is_made_listed_and_fetched(visit, judged, tmp_path_factory):
    page = visit("Grace", "admin").page
    page.goto("/backups")
    page.click("text=Create backup")
    expect(page.locator("[role=status]")).to_contain_text("Created")
    with page.expect_download() as download:
        page.click("tbody a")
    copy = tmp_path_factory.mktemp("copy") / "plumbline.sqlite"
    download.value.save_as(copy)
    count = sqlite3.connect(copy).execute("SELECT count(*) FROM judgement").fetchone()[0]
    assert count == 9
    expect(page.locator(".code")).to_contain_text("plumbline restore backups/plumbline-")


@pytest.mark.parametrize("scheme, language", [
    ("light", "en"), ("dark", "en"), ("light", "zh-Hans"), ("light", "ar-XB")])
def test_admin_pages_are_accessible_and_fit(visit, judged, workspace, scheme, language):
    grace = visit("Grace", "admin", color_scheme=scheme)
    page = grace.page
    grace.context.add_cookies([
        {"name": "plumbline_language", "value": language, "url": workspace.address}])
    page.request.post("/backups")
    found = []
    for path in [
        "/", "/tasks/helpfulness", "/tasks/helpfulness/prompts?state=open",
        "/tasks/helpfulness/prompts?query=nothing", "/tasks/helpfulness/judgements",
        "/tasks/helpfulness/labellers", "/tasks/helpfulness/gold", "/tasks/helpfulness/prompts/1",
        "/tasks/helpfulness/exports", "/tasks/helpfulness/settings", "/audit?kind=all",
        "/backups",
    ]:
        assert page.goto(path).status == 200
        found += problems(page, path)

    assert found == []
