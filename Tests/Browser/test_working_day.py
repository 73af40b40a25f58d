"""What goes wrong on a working day: sessions end, leases run out, connections drop, windows double."""

import pytest
from playwright.sync_api import expect

from plumbline_testing.browser import PASSWORD
from test_ahead import wait_for_next
from test_labelling import rank_by_keys, submit_and_wait

RANKING = {"a": 1, "b": 2, "c": 3, "d": 4}


def kept(page, kind="outbox"):
    return page.evaluate(
        "(kind) => Object.keys(localStorage).filter((key) => key.startsWith(`plumbline.${kind}`))",
        kind)


def test_submitted_offline_travels_after_the_window_was_closed(visit):
    ada = visit()
    page = ada.start_labelling()
    address = page.url
    ada.context.set_offline(True)
    rank_by_keys(page, RANKING)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("No connection")
    assert len(kept(page)) == 1
    page.close()
    assert ada.judged() == []
    ada.context.set_offline(False)

    ada.page = page = ada.context.new_page()
    page.goto(address)
    page.wait_for_url(lambda url: url != address)

    assert [one["revision"] for one in ada.judged()] == [1]
    assert kept(page) == []


def test_answer_to_a_submission_gets_lost_and_it_counts_once(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    rank_by_keys(page, RANKING)
    met, lost = [], []

    def lose(route):
        met.append(route)
        if len(met) > 1:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/judgement", lose)
    # The next prompt may be shown before the answer to this one is lost.
    with page.expect_event("requestfailed", lambda one: one.url.endswith("/judgement")):
        page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first, timeout=15000)

    assert lost == [201]
    assert [one["revision"] for one in ada.judged()] == [1]
    ada.expect_complaints("ERR_CONNECTION_RESET")


def test_changes_made_while_waiting_for_a_connection_are_what_is_sent(visit):
    ada = visit()
    # Nothing was fetched ahead, so this prompt stays.
    ada.page.route("**/assignments?after=*", lambda route: route.abort())
    page = ada.start_labelling()
    first = page.url
    ada.context.set_offline(True)
    rank_by_keys(page, RANKING)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("No connection")

    page.fill("#rationale", "one more thought")
    sent = []
    page.on("request", lambda one: "/judgement" in one.url and sent.append(one.post_data_json))
    ada.context.set_offline(False)
    page.wait_for_url(lambda url: url != first, timeout=15000)

    assert sent[-1]["rationale"] == "one more thought"
    assert len(ada.judged()) == 1
    ada.expect_complaints("ERR_FAILED")


def test_work_goes_on_with_what_was_fetched_before_the_connection_was_lost(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    wait_for_next(page)
    ada.context.set_offline(True)

    rank_by_keys(page, RANKING)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first)
    expect(page.locator("#message")).to_contain_text("No connection")
    expect(page.locator("#saved")).to_have_text("offline, 1 waiting")
    second = page.url
    rank_by_keys(page, {"d": 1, "c": 2, "b": 3, "a": 4})
    page.fill("#rationale", "written in a tunnel")
    page.locator("#rationale").blur()
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_have_text("offline, 2 waiting")
    # Nothing more was fetched, so the second prompt stays, and can still be changed.
    assert page.url == second
    page.fill("#rationale", "written in a long tunnel")
    assert len(kept(page)) == 2
    assert ada.judged() == []

    ada.context.set_offline(False)
    page.wait_for_url(lambda url: url != second, timeout=15000)
    expect(page.locator(".today")).to_have_text("2 today")
    expect(page.locator("#saved")).to_have_text("saved")
    assert [one["revision"] for one in ada.judged()] == [1, 1]
    assert kept(page) == kept(page, "draft") == []
    page.goto(second)
    expect(page.locator("#rationale")).to_have_value("written in a long tunnel")


def test_what_waits_is_sent_while_the_next_prompt_is_judged(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    wait_for_next(page)
    ada.context.set_offline(True)
    rank_by_keys(page, RANKING)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first)
    second = page.url
    rank_by_keys(page, {"d": 1})
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("#message")).to_contain_text("You can go back when you are online again")
    assert page.url == second

    ada.context.set_offline(False)

    expect(page.locator(".today")).to_have_text("1 today", timeout=15000)
    expect(page.locator("#saved")).to_have_text("saved")
    assert kept(page) == []
    assert page.url == second
    page.keyboard.press("u")
    page.wait_for_url(first)
    assert ada.places() == {"A": "1", "B": "2", "C": "3", "D": "4"}


def test_session_ends_in_the_middle_and_nothing_is_lost(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    rank_by_keys(page, RANKING)
    ada.context.clear_cookies()

    page.fill("#rationale", "written while signed out")
    expect(page.locator("#message")).to_contain_text("You are signed out")
    page.click("#submit")
    with ada.context.expect_page() as opened:
        page.click("#message a")
    door = opened.value
    door.fill("#name", "Ada")
    door.fill("#password", PASSWORD)
    door.click("button.primary")
    page.wait_for_url(lambda url: url != first, timeout=15000)

    assert len(ada.judged()) == 1
    page.goto(first)
    expect(page.locator("#rationale")).to_have_value("written while signed out")
    ada.expect_complaints("401")


def test_lease_taken_by_another_says_so_and_leads_on(visit, workspace):
    workspace.add_task("single", "overlap: 1\nquestions: {ranking: {}, rationale: {}}", [
        {"prompt": f"Only one ({n})", "responses": ["x", "y", "z", "w"]} for n in range(2)])
    ada, linus = visit("Ada"), visit("Linus")
    page = ada.start_labelling("single")
    # The next prompt is hers as well, fetched ahead; she gives both back, and Linus takes one.
    page.wait_for_load_state("networkidle")
    mine = page.url.rsplit("/", 1)[1]
    for lease in (mine, str(int(mine) + 1)):
        assert ada.context.request.delete(f"/api/v1/assignments/{lease}").status == 204
    linus.judge(1, "single", flags=False)

    rank_by_keys(page, RANKING)
    page.click("#submit")

    expect(page.locator("#message")).to_contain_text("another labeller has claimed it")
    page.click("#onward")
    page.wait_for_url(lambda url: not url.endswith(mine))
    expect(page.locator(".conversation")).to_contain_text("Only one (1)")
    ada.expect_complaints("409")


def test_window_left_open_follows_the_one_that_submits(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    other = ada.context.new_page()
    other.goto(first)
    other.wait_for_selector("#ranking-panel .chip")

    page.bring_to_front()
    rank_by_keys(page, RANKING)
    submit_and_wait(page)

    other.wait_for_url(lambda url: url != first)
    assert other.url == page.url
    assert len(ada.judged()) == 1


def test_window_with_work_in_it_is_told_and_keeps_it(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    other = ada.context.new_page()
    other.goto(first)
    other.wait_for_selector("#ranking-panel .chip")
    other.fill("#rationale", "from the other window")

    page.bring_to_front()
    rank_by_keys(page, RANKING)
    submit_and_wait(page)

    expect(other.locator("#message")).to_contain_text("submitted this prompt in another window")
    expect(other.locator("#rationale")).to_have_value("from the other window")


def test_undo_goes_back_prompt_by_prompt(visit):
    ada = visit()
    page = ada.start_labelling()
    passed = []
    for _ in range(3):
        passed.append(page.url)
        rank_by_keys(page, RANKING)
        submit_and_wait(page)
    fourth = page.url

    for address in reversed(passed):
        page.keyboard.press("u")
        page.wait_for_url(address)
        expect(page.locator(".notice")).to_contain_text("You have judged this prompt before")
    rank_by_keys(page, {"d": 1})
    page.keyboard.press("Enter")

    page.wait_for_url(fourth)
    assert sorted(one["revision"] for one in ada.judged()) == [1, 1, 2]


def test_correction_in_progress_survives_a_reload(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    rank_by_keys(page, RANKING)
    submit_and_wait(page)
    page.goto("/judgements")
    page.click(".actions a")
    page.wait_for_url(first)
    page.fill("#rationale", "second thoughts")
    expect(page.locator("#saved")).to_have_text("saved on this device")

    page.reload()

    expect(page.locator("#rationale")).to_have_value("second thoughts")
    expect(page.locator("#message")).to_contain_text("saved on this device")
    page.click("#submit")
    page.wait_for_url("**/judgements")
    assert [one["revision"] for one in ada.judged()] == [2]
    assert kept(page, "draft") == []


def test_only_active_time_counts(visit):
    ada = visit()
    ada.page.clock.install()
    page = ada.start_labelling()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    rank_by_keys(page, RANKING)
    page.clock.run_for(20_000)
    page.mouse.move(10, 10)
    # An hour at lunch counts until a minute after the last sign of life.
    page.clock.fast_forward(3_600_000)
    page.mouse.move(20, 20)
    with page.expect_request("**/judgement") as sent:
        page.click("#submit")

    assert 80 <= sent.value.post_data_json["activeSeconds"] <= 90


def test_single_keys_can_be_turned_off(visit):
    ada = visit()
    page = ada.start_labelling()
    page.click("#help")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")

    rank_by_keys(page, {"a": 1})
    assert set(ada.places().values()) == {""}
    expect(page.locator("#submit kbd")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#ranking-panel .chip")
    rank_by_keys(page, {"a": 1})
    assert set(ada.places().values()) == {""}


def test_arrows_belong_to_what_has_the_focus(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, RANKING)

    page.focus("input[name='rating.B'][value='3']")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    expect(page.locator("input[name='rating.B'][value='5']")).to_be_checked()
    assert ada.places() == {"A": "1", "B": "2", "C": "3", "D": "4"}


def test_screen_reader_hears_what_changes(visit):
    ada = visit()
    page = ada.start_labelling()
    announcer = page.locator("#announcer")
    assert page.get_attribute("#announcer", "aria-live") == "polite"

    rank_by_keys(page, {"a": 1, "b": 1})
    expect(announcer).to_have_text("Answer B is in place 1. Ranking 1: A and B.")
    page.keyboard.press("Shift+Digit5")
    expect(announcer).to_have_text("Rating, answer B: 5.")
    page.keyboard.press("f")
    page.keyboard.press("h")
    expect(announcer).to_have_text("Harmful raised on answer B.")
    expect(page.get_by_role("button", name="Answer A, place 1")).to_be_visible()
    expect(page.get_by_role("combobox", name="Place of answer C")).to_be_visible()
    expect(page.get_by_role("group", name="Rating of answer C, 1 is worst")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Fabricated").first).to_have_accessible_description(
        "States things that are wrong or do not exist")
    page.keyboard.press("Enter")
    expect(announcer).to_have_text("Not ranked yet: C, D.")


@pytest.mark.parametrize("text, direction, language", [
    ("نعم، السماء زرقاء.\n\nAnd in English.", "rtl", None),
    ("ענתה: כן", "rtl", "he"), ("天空是蓝色的。", "ltr", "zh"), ("空は青いです。", "ltr", "ja"),
    ("하늘은 파랗다", "ltr", "ko"), ("The sky is blue.", "ltr", None)])
def test_text_runs_in_its_own_direction_and_language(visit, workspace, text, direction, language):
    workspace.add_task("tongues", "questions: {ranking: {}, rationale: {}}", [
        {"prompt": text, "responses": [text, "1"]}])
    page = visit().start_labelling("tongues")
    prose = page.locator(".conversation .prose")

    assert prose.evaluate("(one) => getComputedStyle(one).direction") == direction
    assert prose.get_attribute("lang") == language
    if "English" in text:
        ends = prose.locator("p").evaluate_all(
            """(all) => all.map((one) => {
              const range = document.createRange();
              range.selectNodeContents(one);
              const [text, box] = [range.getBoundingClientRect(), one.getBoundingClientRect()];
              return text.left - box.left < box.right - text.right ? "left" : "right";
            })""")
        assert ends == ["right", "left"]
    page.fill("#rationale", text)
    assert page.eval_on_selector(
        "#rationale", "(one) => getComputedStyle(one).direction") == direction


def test_long_answers_expand(visit, workspace):
    tall = "\n\n".join(f"Paragraph {n}" for n in range(60))
    workspace.add_task("long", "questions: {ranking: {}}", [
        {"prompt": "Long", "responses": [tall, "short"]}])
    page = visit().start_labelling("long")
    more = page.get_by_role("button", name="Show all")

    expect(more).to_have_attribute("aria-expanded", "false")
    collapsed = page.locator(".collapsed").bounding_box()["height"]
    more.click()

    less = page.get_by_role("button", name="Show less")
    expect(less).to_have_attribute("aria-expanded", "true")
    assert page.locator(".answer .prose").first.bounding_box()["height"] != collapsed
    assert page.locator(".collapsed").count() == 0


def test_drafts_of_one_labeller_are_not_another_s(visit):
    ada = visit()
    page = ada.start_labelling()
    rank_by_keys(page, RANKING)
    expect(page.locator("#saved")).to_have_text("saved")

    linus = visit("Linus")
    linus.start_labelling()

    assert set(linus.places().values()) == {""}


@pytest.mark.parametrize("width, height", [(320, 640), (320, 256), (640, 400)])
def test_zoomed_pages_hide_nothing(visit, width, height):
    page = visit(viewport={"width": width, "height": height}).start_labelling()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # WCAG 2.4.11: what has the focus is not covered by what sticks to the edges.
    for _ in range(40):
        page.keyboard.press("Tab")
        covered = page.evaluate("""() => {
          const one = document.activeElement;
          const box = one.getBoundingClientRect();
          if (one === document.body || box.height > innerHeight) return null;
          const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
          const y = box.top + box.height / 2;
          const top = document.elementFromPoint(x, y);
          const isOver = top && (one.contains(top) || top.contains(one) || top.closest("label")?.contains(one));
          return isOver ? null : `${one.outerHTML.slice(0, 90)} under ${top?.outerHTML.slice(0, 60)}`;
        }""")
        assert covered is None


def test_everything_works_without_scripts(visit, workspace):
    workspace.add_task("pairs", "questions: {ranking: {}, strength: {}, flags: , rationale: {}}", [
        {"prompt": f"Colour {n}?", "responses": ["Blue", "No"]} for n in range(2)])
    ada = visit(java_script_enabled=False)
    page = ada.page
    page.goto("/tasks/pairs/guidelines")
    page.click(".sticky-foot button")
    first = page.url
    page.click("#submit")
    expect(page.get_by_role("alert")).to_be_visible()
    page.check("input[name=preference][value='-2']", force=True)
    page.check("input[name='flag.B'][value=harmful]", force=True)
    page.fill("#rationale", "Because")
    page.click("#submit")
    expect(page.locator(".conversation")).to_contain_text("Colour")
    assert page.url != first

    page.click("#skip")
    expect(page.locator(".empty h1")).to_be_visible()
    page.goto("/judgements")
    page.click(".actions a")
    expect(page.locator("input[name=preference][value='-2']")).to_be_checked()
    expect(page.locator("#rationale")).to_have_value("Because")
    page.check("input[name=preference][value='1']", force=True)
    page.click("#submit")

    assert [one["revision"] for one in ada.judged()] == [2]
    ada.expect_complaints("422")


def test_nothing_moves_for_who_asks_for_calm(visit):
    page = visit(reduced_motion="reduce").start_labelling()
    rank_by_keys(page, {"a": 1})

    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      const isMoving = (times) => times.split(",").some((time) => parseFloat(time) > 0);
      return isMoving(style.transitionDuration) ||
        (style.animationName !== "none" && isMoving(style.animationDuration));
    }).map((one) => one.outerHTML.slice(0, 80))""")

    assert moving == []


def test_focus_is_seen_wherever_it_goes(visit):
    page = visit().start_labelling()
    # Focus that shows changes the outline or the shadow of what has it, or of its label's face.
    unseen = []
    look = """(one) => {
      const faces = [one, one.nextElementSibling].filter(Boolean);
      return JSON.stringify(faces.map((face) => {
        const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(face);
        return [outlineStyle === "none" ? 0 : outlineWidth, boxShadow, borderColor];
      }));
    }"""
    for _ in range(45):
        page.keyboard.press("Tab")
        one = page.evaluate_handle("document.activeElement").as_element()
        if one.evaluate("(one) => one === document.body"):
            break
        focused = one.evaluate(look)
        one.evaluate("(one) => one.blur()")
        page.wait_for_timeout(200)
        if one.evaluate(look) == focused:
            unseen.append(one.evaluate("(one) => one.outerHTML.slice(0, 100)"))
        one.evaluate("(one) => one.focus({ focusVisible: true })")

    assert unseen == []
