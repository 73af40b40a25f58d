"""The admin's pages: each opens, fits, and is free of accessibility violations."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = [
    "/", "/tasks/helpfulness", "/tasks/helpfulness/prompts", "/tasks/helpfulness/prompts/1",
    "/tasks/helpfulness/judgements", "/tasks/helpfulness/labellers", "/tasks/helpfulness/import",
    "/tasks/helpfulness/exports", "/tasks/helpfulness/settings", "/tasks/helpfulness/guidelines",
    "/tasks/helpfulness/webhooks", "/tasks/helpfulness/sampling", "/tasks/new", "/people", "/runs", "/models", "/judgements", "/account", "/nowhere",
]


def violations(page):
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]


def too_wide(page, path):
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            yield f"{path} is wider than {width}"
    page.set_viewport_size({"width": 1280, "height": 800})


# ar-XB is English on pages that run from right to left, en-XA English in longer, marked words.
@pytest.mark.parametrize("scheme, language", [
    ("light", "en"), ("dark", "en"), ("light", "zh-Hans"), ("dark", "zh-Hans"), ("light", "ar-XB")])
def test_every_page_is_accessible_and_fits(visit, browser, workspace, scheme, language):
    grace = visit("Grace", "admin", color_scheme=scheme)
    page = grace.page
    choose(grace.context, workspace, language)
    workspace.run("webhook", "add", "helpfulness", "http://127.0.0.1:9/")
    workspace.run("user", "add", "Rosa", "--role", "reviewer")
    problems = []

    for path in PAGES:
        assert page.goto(path).status == (404 if path == "/nowhere" else 200)
        problems += violations(page)
        problems += too_wide(page, path)
        direction = page.evaluate("document.documentElement.dir")
        assert direction == ("rtl" if language == "ar-XB" else "ltr")
    page.goto("/tasks/helpfulness/guidelines")
    page.click(".button.primary")
    page.wait_for_selector("#rail .chip")
    problems += violations(page)
    problems += too_wide(page, "the labelling page")
    guest = browser.new_context(base_url=workspace.address, color_scheme=scheme)
    choose(guest, workspace, language)
    page = guest.new_page()
    for path in ["/sign-in", workspace.invitation("Hedy", "labeller"), "/invitations/gone"]:
        page.goto(path)
        problems += violations(page)
        problems += too_wide(page, path)
    guest.close()

    assert problems == []
    grace.complaints = [one for one in grace.complaints if "404" not in one]


def choose(context, workspace, language):
    context.add_cookies([
        {"name": "plumbline_language", "value": language, "url": workspace.address}])


def test_import_shows_what_it_understood_first(visit):
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/helpfulness/import")
    page.set_input_files("#file", {
        "name": "more.jsonl", "mimeType": "application/jsonl",
        "buffer": b'{"prompt": "New one?", "responses": ["yes", "no"]}\n{"prompt": ""}\n'})

    expect(page.locator(".line-errors")).to_contain_text("the prompt is empty")
    page.click("text=Import the 1 good line")

    expect(page.locator("[role=status]").first).to_contain_text("1 prompt imported")


def test_invite_label_export(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/people")
    page.fill("#name", "Linus")
    page.click("text=Add and make a link")
    assert page.input_value("[data-select]").startswith(workspace.address + "/invitations/")

    page = grace.start_labelling()
    for letter, place in {"a": 1, "b": 2, "c": 3, "d": 4}.items():
        page.keyboard.press(letter)
        page.keyboard.press(str(place))
    page.click("#submit")
    expect(page.locator(".today")).to_have_text("1 today")
    page.goto("/tasks/helpfulness/exports")
    page.click("text=Make the export")
    with page.expect_download() as download:
        page.click("text=Download")

    assert download.value.path().read_text().count("\n") == 1


def test_a_role_is_changed_and_someone_is_locked_out(visit, workspace):
    workspace.run("user", "add", "Linus", "--role", "labeller")
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/people")
    row = page.locator("tr", has_text="Linus")
    row.locator("select").select_option("reviewer")
    row.locator("text=Change").click()
    expect(page.locator("tr", has_text="Linus").locator("select")).to_have_value("reviewer")
    page.locator("tr", has_text="Linus").locator("text=Disable").click()
    expect(page.locator("tr", has_text="Linus").locator(".tag")).to_have_text("disabled")
    assert page.locator("tr", has_text="Grace").locator("select").count() == 0


def test_a_webhook_is_added_tried_and_removed(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/tasks/helpfulness/webhooks")
    page.fill("#url", workspace.address + "/nobody")
    page.click("form.panel .button.primary")
    assert page.input_value("[data-select]").startswith("whsec_")
    page.click("text=Try it")
    expect(page.locator("[role=alert], .problem").first).to_contain_text("40")
    page.click("text=Remove")
    expect(page.locator(".empty")).to_be_visible()
    grace.complaints = [one for one in grace.complaints if "422" not in one]


def test_signing_out_and_in(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    page.click(".account summary")
    page.click("text=Sign out")
    page.fill("#name", "Grace")
    page.fill("#password", "a long enough sentence")
    page.click("button.primary")

    expect(page.locator("h1")).to_have_text("Tasks")
