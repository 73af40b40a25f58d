"""Ranking with the mouse, with the keyboard alone, by touch, and with the connection gone."""

import re

from playwright.sync_api import expect


def rank_by_keys(page, places):
    for letter, place in places.items():
        page.keyboard.press(letter)
        page.keyboard.press(str(place))


def submit_and_wait(page):
    before = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    page.wait_for_selector("#ranking-panel .chip")


def drag(page, letter, target):
    page.wait_for_function("() => typeof window.Sortable === 'function'")
    chip = page.locator(f".chip[data-key={letter}]").bounding_box()
    goal = page.locator(target).bounding_box()
    page.mouse.move(chip["x"] + 10, chip["y"] + 10)
    page.mouse.down()
    page.mouse.move(chip["x"] + 20, chip["y"] + 20, steps=4)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] / 2, steps=12)
    # The library looks where the pointer is a few times a second, as fast as people drag.
    page.locator(f"{target} .sortable-ghost").wait_for(state="attached")
    page.mouse.up()


def test_keyboard_alone(visit):
    ada = visit()
    page = ada.start_labelling()

    for number in range(10):
        rank_by_keys(page, {"c": 1, "a": 2, "d": 2, "b": 4})
        assert ada.places() == {"A": "2", "B": "4", "C": "1", "D": "2"}
        expect(page.locator("#announcer")).to_contain_text("Ranking")
        if number < 9:
            submit_and_wait(page)
            expect(page.locator(".today")).to_have_text(f"{number + 1} today")

    page.keyboard.press("Enter")
    expect(page.locator(".today")).to_have_text("10 today")
    assert len(ada.judged()) == 10


def test_mouse(visit):
    ada = visit()
    page = ada.start_labelling()

    for number in range(10):
        drag(page, "B", ".chips[data-place='1']")
        drag(page, "A", ".chips[data-place='2']")
        drag(page, "C", ".chips[data-place='2']")
        drag(page, "D", ".chips[data-place='4']")
        assert ada.places() == {"A": "2", "B": "1", "C": "2", "D": "4"}
        if number < 9:
            before = page.url
            page.click("#submit")
            page.wait_for_url(lambda url: url != before)
            page.wait_for_selector("#ranking-panel .chip")


def test_dropping_between_makes_a_place(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2, "c": 3})

    drag(page, "D", ".gap[data-gap='1']")

    assert ada.places() == {"A": "1", "D": "2", "B": "3", "C": "4"}


def test_clicks_instead_of_dragging(visit):
    ada = visit()
    page = ada.start_labelling()

    page.click(".chip[data-key=B]")
    page.click(".chips[data-place='1']", position={"x": 120, "y": 20})
    page.click(".chip[data-key=A]")
    page.click(".chip[data-key=B]")

    assert ada.places()["A"] == ada.places()["B"] == "1"


def test_says_what_is_missing(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2})

    page.keyboard.press("Enter")

    expect(page.locator("#message")).to_contain_text("C, D")
    expect(page.locator("#answer-C")).to_be_focused()
    assert ada.judged() == []


def test_flags_ratings_and_moves_by_key(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"a": 1, "b": 2, "c": 3, "d": 4})

    page.keyboard.press("b")
    page.keyboard.press("f")
    page.keyboard.press("f")
    page.keyboard.press("Shift+Digit6")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("a")
    page.keyboard.press("Shift+Digit3")
    page.keyboard.press("ArrowUp")

    expect(page.locator("input[name='flag.B'][value=fabricated]")).to_be_checked()
    expect(page.locator("input[name='rating.B'][value='6']")).to_be_checked()
    assert ada.places() == {"A": "1", "B": "2", "C": "3", "D": "4"}
    expect(page.locator("#message")).to_have_text("B is rated above A but ranked below.")


def test_keys_do_nothing_while_typing(visit):
    ada = visit()
    page = ada.start_labelling()

    page.fill("textarea[name=rationale]", "")
    page.type("textarea[name=rationale]", "a1 b2 s u ?")

    expect(page.locator("textarea[name=rationale]")).to_have_value("a1 b2 s u ?")
    assert set(ada.places().values()) == {""}


def test_undo_before_and_after_submitting(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url

    rank_by_keys(page, {"a": 1, "b": 2})
    page.keyboard.press("u")
    assert ada.places() == {"A": "1", "B": "", "C": "", "D": ""}

    rank_by_keys(page, {"b": 2, "c": 3, "d": 4})
    submit_and_wait(page)
    page.keyboard.press("u")
    page.wait_for_url(first)
    assert ada.places() == {"A": "1", "B": "2", "C": "3", "D": "4"}

    rank_by_keys(page, {"d": 1})
    page.click("#submit")
    page.wait_for_url(lambda url: url != first)
    assert ada.judged()[0]["revision"] == 2


def test_skip_says_why(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url

    page.keyboard.press("s")
    expect(page.locator("#skip-reasons")).to_be_visible()
    page.keyboard.press("3")
    page.wait_for_url(lambda url: url != first)
    page.goto(first)

    expect(page).to_have_url(re.compile(r"/$"))


def test_draft_survives_a_reload(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, {"b": 1, "a": 2})
    page.fill("textarea[name=rationale]", "Because it is right.")
    expect(page.locator("#saved")).to_have_text("saved")

    page.reload()
    page.wait_for_selector("#ranking-panel .chip")

    assert ada.places() == {"A": "2", "B": "1", "C": "", "D": ""}
    expect(page.locator("textarea[name=rationale]")).to_have_value("Because it is right.")


def test_offline_and_back_loses_nothing(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    ada.context.set_offline(True)

    rank_by_keys(page, {"a": 1, "b": 2, "c": 3, "d": 4})
    expect(page.locator("#saved")).to_have_text("offline, saved on this device")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("No connection")
    ada.context.set_offline(False)
    page.wait_for_url(lambda url: url != first)

    expect(page.locator(".today")).to_have_text("1 today", timeout=15000)
    assert [one["revision"] for one in ada.judged()] == [1]


def test_offline_draft_survives_a_closed_window(visit):
    ada = visit()
    page = ada.start_labelling()
    address = page.url
    ada.context.set_offline(True)
    rank_by_keys(page, {"a": 1, "b": 2})
    expect(page.locator("#saved")).to_have_text("offline, saved on this device")
    page.close()
    ada.context.set_offline(False)

    ada.page = page = ada.context.new_page()
    page.goto(address)
    page.wait_for_selector("#ranking-panel .chip")

    assert ada.places() == {"A": "1", "B": "2", "C": "", "D": ""}


def test_what_was_done_on_another_device_is_not_undone_by_an_older_draft(visit):
    ada = visit()
    page = ada.start_labelling()
    address = page.url
    ada.context.set_offline(True)
    rank_by_keys(page, {"a": 1, "b": 2})
    expect(page.locator("#saved")).to_have_text("offline, saved on this device")
    page.close()
    ada.context.set_offline(False)
    api = address.replace("/assignments/", "/api/v1/assignments/") + "/draft"
    elsewhere = {"ranking": [["D"], ["C"], ["B"], ["A"]], "activeSeconds": 300}
    assert ada.context.request.put(api, data=elsewhere).status == 204

    ada.page = page = ada.context.new_page()
    page.goto(address)
    page.wait_for_selector("#ranking-panel .chip")

    assert ada.places() == {"A": "4", "B": "3", "C": "2", "D": "1"}


def test_phone(visit):
    ada = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = ada.start_labelling()

    page.tap(".chip[data-key=C]")
    page.tap(".chips[data-place='1']")
    page.select_option("select[name='place.A']", "2")

    assert ada.places() == {"A": "2", "B": "", "C": "1", "D": ""}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#submit")).to_be_in_viewport()
    expect(page.locator("#ranking-panel")).to_be_in_viewport()


def test_without_scripts(visit):
    ada = visit(java_script_enabled=False)
    page = ada.page
    page.goto("/tasks/helpfulness/guidelines")
    page.click("text=Start labelling")

    for letter, place in {"A": "1", "B": "2", "C": "2", "D": "3"}.items():
        page.select_option(f"select[name='place.{letter}']", place)
    first = page.url
    page.click("#submit")

    assert page.url != first
    assert len(ada.judged()) == 1


def test_imported_text_stays_text(visit):
    ada = visit()
    page = ada.start_labelling()

    expect(page.locator(".answers")).to_contain_text("<script>document.title = 'hacked'</script>")
    assert "hacked" not in page.title()


def test_page_is_light(visit):
    ada = visit()
    session = ada.context.new_cdp_session(ada.page)
    session.send("Network.enable")
    names, sizes = {}, {}
    session.on("Network.requestWillBeSent", lambda one: names.update(
        {one["requestId"]: one["request"]["url"]}))
    session.on("Network.loadingFinished", lambda one: sizes.update(
        {one["requestId"]: one["encodedDataLength"]}))
    address = ada.start_labelling().url
    ada.page.wait_for_load_state("networkidle")
    names.clear()
    sizes.clear()
    session.send("Network.clearBrowserCache")
    ada.page.goto(address)
    ada.page.wait_for_selector("#ranking-panel .chip")
    ada.page.wait_for_load_state("networkidle")

    # The prompt after this one is fetched when this one stands; code is dressed up after reading
    # can begin. Neither is part of what one waits for.
    sent = {names[one]: size for one, size in sizes.items()
            if not any(word in names[one] for word in ("after=", "highlight"))}
    for part in (address, "labelling.css", "labelling.js", "Sortable"):
        assert any(part in name for name in sent), (part, sent)
    assert len(sent) < 10, sent
    assert sum(sent.values()) < 100_000, sent


def test_code_and_formulas_load_their_libraries_only_when_there_are_any(visit, workspace):
    texts = {"plain": "words", "code": "```python\nprint(1)\n```", "formula": "It is $x^2$."}
    for name, text in texts.items():
        workspace.add_task(name, "questions: {ranking: {}}", [
            {"prompt": text, "responses": ["one", "two"]}])
    ada = visit()
    loaded = {}

    for name in texts:
        asked = []
        ada.page.on("request", lambda request, asked=asked: asked.append(request.url))
        ada.start_labelling(name)
        ada.page.wait_for_load_state("networkidle")
        loaded[name] = {kind for kind in ("katex", "highlight")
                        if any(f"/{kind}/" in url for url in asked)}

    assert loaded == {"plain": set(), "code": {"highlight"}, "formula": {"katex"}}
