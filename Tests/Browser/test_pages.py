"""The admin's pages: each opens, fits, and is free of accessibility violations."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from plumbline_testing.browser import site_pages

# Besides these, every page that a link of theirs leads to.
PAGES = [
    "/tasks/helpfulness/import", "/tasks/helpfulness/exports", "/tasks/helpfulness/settings",
    "/tasks/helpfulness/guidelines", "/tasks/helpfulness/webhooks", "/tasks/helpfulness/sampling",
    "/tasks/new", "/people", "/account",
]


def violations(page):
    # Colours on their way from one to another have a contrast that nobody sees for long.
    page.evaluate("""() => Promise.race([
      Promise.allSettled(document.getAnimations().map((one) => one.finished)),
      new Promise((done) => setTimeout(done, 1000))])""")
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
    grace.judge(2)
    paths = site_pages(page, *PAGES)
    assert len(paths) >= 15, paths
    problems = []

    for path in [*paths, "/nowhere"]:
        assert page.goto(path).status == (404 if path == "/nowhere" else 200), path
        problems += violations(page)
        problems += too_wide(page, path)
        direction = page.evaluate("document.documentElement.dir")
        assert direction == ("rtl" if language == "ar-XB" else "ltr")
    problems += labelling_problems(grace, workspace)
    guest = browser.new_context(base_url=workspace.address, color_scheme=scheme)
    choose(guest, workspace, language)
    page = guest.new_page()
    for path in ["/sign-in", workspace.invitation("Hedy", "labeller"), "/invitations/gone"]:
        page.goto(path)
        problems += violations(page)
        problems += too_wide(page, path)
    guest.close()

    assert problems == []
    grace.expect_complaints("404")


EVERYTHING = """overlap: 1
questions:
  ranking: {help: Best first}
  strength: {}
  rating: {}
  flags: instructgpt
  promptFlags: instructgpt
  confidence: {}
  rationale: {}
  demonstration: {}
"""
TEXT = ("# Title\n\n- a `code`\n\n```python\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "$x^2$ and [a link](https://example.org)\n\n" + "A paragraph. " * 400)


def labelling_problems(visitor, workspace):
    """The labelling page with everything on it, and each of its states."""
    page = visitor.page
    workspace.add_task("four", EVERYTHING, [
        {"prompt": [{"role": "user", "content": TEXT}, {"role": "assistant", "content": "Yes."},
                    {"role": "user", "content": "More"}], "responses": [TEXT, "**b**", "c", "d"]}])
    workspace.add_task("two", EVERYTHING, [{"prompt": TEXT, "responses": [TEXT, "b"]}])
    for task in ("four", "two"):
        visitor.start_labelling(task)
        page.wait_for_load_state("networkidle")
        yield from violations(page)
        yield from too_wide(page, f"the labelling page of {task} answers")
        page.keyboard.press("a")
        page.keyboard.press("1")
        page.keyboard.press("Shift+Digit1")
        page.keyboard.press("b")
        page.keyboard.press("2" if task == "four" else "Shift+Digit7")
        page.keyboard.press("f")
        yield from violations(page)
        page.keyboard.press("Escape")
        if task == "four":
            page.keyboard.press("Enter")
        for opener in ("?", "g", "s"):
            page.keyboard.press(opener)
            yield from violations(page)
            page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.click("#submit")
    page.wait_for_selector(".empty")
    yield from violations(page)


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
    page.click("text=Import the 1 valid line")

    expect(page.locator("[role=status]").first).to_contain_text("1 prompt imported")


TABLE = """topic,text,good one,bad one
sky,Why is the sky blue?,"Light, **scattered**",<img src=x onerror="document.title='hacked'">
sea,Why is the sea salt?,Rivers,"Fish
and salt"
sky,,nothing,asked
"""


def import_table(page, workspace):
    """A table whose columns have to be told apart by hand."""
    page.goto("/tasks/helpfulness/import")
    page.set_input_files("#file", {
        "name": "table.csv", "mimeType": "text/csv", "buffer": TABLE.encode()})


def map_columns(page):
    page.select_option("select[name='column.0']", "metadata")
    page.select_option("select[name='column.1']", "prompt")
    page.select_option("select[name='column.2']", "response")
    page.select_option("select[name='column.3']", "response")
    page.click("text=Check again with these columns")


def test_a_table_is_mapped_looked_at_and_stored(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    import_table(page, workspace)
    map_columns(page)

    expect(page.locator(".import-row").first.locator("strong").first).to_have_text("scattered")
    expect(page.locator(".line-errors")).to_contain_text("the prompt is empty")
    assert page.title() != "hacked"
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as download:
        page.click("text=Download the list of invalid lines")
    assert download.value.path().read_text().startswith("5: the prompt is empty")
    page.click("text=Import the 2 valid lines")
    expect(page.locator("[role=status]").first).to_contain_text("2 prompts imported")
    page.goto("/tasks/helpfulness/prompts")
    expect(page.locator("main")).to_contain_text("Why is the sea salt?")


def test_importing_needs_no_javascript(visit, workspace):
    grace = visit("Grace", "admin", java_script_enabled=False)
    page = grace.page
    import_table(page, workspace)
    page.click("text=Check")
    map_columns(page)
    expect(page.locator(".figures")).to_contain_text("2")
    page.click("text=Import the 2 valid lines")

    expect(page.locator("[role=status]").first).to_contain_text("2 prompts imported")


def test_invite_label_export(visit, workspace):
    grace = visit("Grace", "admin")
    page = grace.page
    page.goto("/people")
    page.fill("#name", "Linus")
    page.click("text=Add and create link")
    link = page.input_value("#shown-once")
    assert link.startswith(workspace.address + "/invitations/")
    grace.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("button[data-copies]")
    expect(page.locator("button[data-copies]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == link

    page = grace.start_labelling()
    for letter, place in {"a": 1, "b": 2, "c": 3, "d": 4}.items():
        page.keyboard.press(letter)
        page.keyboard.press(str(place))
    page.click("#submit")
    expect(page.locator(".today")).to_have_text("1 today")
    page.goto("/tasks/helpfulness/exports")
    page.click("text=Create export")
    expect(page.locator("[role=status]")).to_contain_text("Created helpfulness-1.rankings.jsonl: 1 row")
    with page.expect_download() as download:
        page.click("[role=status] >> text=Download")

    assert download.value.path().read_text().count("\n") == 1


def test_a_new_task_gets_its_short_name_from_its_title(visit):
    page = visit("Grace", "admin").page
    page.goto("/tasks/new")
    title, slug = page.locator("#title"), page.locator("#slug")
    for typed, suggested in [
        ("7 naïve Questions — for Ada!", "naive-questions-for-ada"), ("有用的回答", ""),
        ("Kind replies", "kind-replies")]:
        title.fill(typed)
        expect(slug).to_have_value(suggested)
    slug.fill("kindness")
    title.fill("Kinder replies")
    expect(slug).to_have_value("kindness")

    slug.fill("")
    title.fill("Kindest replies")
    expect(slug).to_have_value("kindest-replies")
    expect(page.locator("#gold")).to_be_hidden()
    page.click("text=More settings")
    page.fill("#gold", "5")
    page.click("text=Create task")
    page.wait_for_url("**/tasks/kindest-replies/import")


def test_the_export_form_keeps_what_was_chosen(visit, workspace):
    grace = visit("Grace", "admin")
    grace.judge(2)
    page = grace.page
    page.goto("/tasks/helpfulness/exports")
    page.check("[name=format][value=pairs]")
    page.uncheck("[name=adjudications]")
    page.click("text=Create export")
    expect(page.locator("[role=status]")).to_contain_text("Created helpfulness-1.pairs.jsonl")

    expect(page.locator("[name=format][value=pairs]")).to_be_checked()
    expect(page.locator("[name=adjudications]")).not_to_be_checked()
    page.click("text=Create export")
    expect(page.locator("[role=status]")).to_contain_text("Created helpfulness-2.pairs.jsonl")


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
    assert page.input_value("#shown-once").startswith("whsec_")
    page.click("text=Send a test")
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
