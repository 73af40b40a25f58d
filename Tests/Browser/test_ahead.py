"""The next prompt is there when one submits; two windows and two people do not get in each other's way."""

from playwright.sync_api import expect

from test_labelling import rank_by_keys, submit_and_wait

RANKING = {"a": 1, "b": 2, "c": 3, "d": 4}


def wait_for_next(page):
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some((one) => one.name.includes('after='))")
    page.wait_for_load_state("networkidle")


def test_next_prompt_is_there_when_one_submits(visit):
    ada = visit()
    page = ada.start_labelling()
    wait_for_next(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    rank_by_keys(page, RANKING)
    submit_and_wait(page)

    before = asked[: next(i for i, url in enumerate(asked) if "/renewal" in url)]
    assert not any("/assignments" in url and "/api/" not in url for url in before), before
    expect(page.locator(".today")).to_have_text("1 today")
    assert set(ada.places().values()) == {""}
    rank_by_keys(page, RANKING)
    submit_and_wait(page)
    expect(page.locator(".today")).to_have_text("2 today")
    assert len(ada.judged()) == 2


def test_undo_after_submitting_leads_back_to_work(visit):
    ada = visit()
    page = ada.start_labelling()
    first = page.url
    wait_for_next(page)
    rank_by_keys(page, RANKING)
    submit_and_wait(page)
    second = page.url

    page.keyboard.press("u")
    page.wait_for_url(first)
    rank_by_keys(page, {"d": 1})
    page.click("#submit")

    page.wait_for_url(second)
    expect(page.locator(".today")).to_have_text("1 today")
    assert [one["revision"] for one in ada.judged()] == [2]


def test_every_prompt_once_down_to_the_last(visit):
    ada = visit()
    page = ada.start_labelling()

    for number in range(12):
        rank_by_keys(page, RANKING)
        if number < 11:
            submit_and_wait(page)
    page.keyboard.press("Enter")

    expect(page.locator(".empty h1")).to_have_text("Nothing left for now")
    assert len({one["prompt"] for one in ada.judged()}) == 12


def test_two_windows_of_one_labeller_judge_each_prompt_once(visit):
    ada = visit()
    page = ada.start_labelling()
    other = ada.context.new_page()
    other.goto("/tasks/helpfulness/guidelines")
    other.click("text=Start labelling")
    other.wait_for_selector("#ranking-panel .chip")
    assert other.url == page.url

    for window in (page, other, page, other):
        window.bring_to_front()
        submitted = window.url
        rank_by_keys(window, RANKING)
        submit_and_wait(window)
        # The other window hears of it, and leaves that prompt too; keys pressed while it does are
        # for the prompt that it leaves.
        for each in (page, other):
            each.wait_for_url(lambda url: url != submitted)
            each.wait_for_selector("#ranking-panel .chip")

    judged = ada.judged()
    assert len({one["prompt"] for one in judged}) == len(judged)
    assert len(judged) == 4 and all(one["revision"] == 1 for one in judged)


def test_two_labellers_share_no_slot(visit):
    people = [visit("Ada"), visit("Linus")]
    pages = [one.start_labelling() for one in people]

    for _ in range(5):
        for page in pages:
            rank_by_keys(page, RANKING)
            submit_and_wait(page)

    for one in people:
        assert len({judgement["prompt"] for judgement in one.judged()}) == 5
    assert people[0].page.url != people[1].page.url
