"""The parts of the labelling page's script, each alone in Chromium, with stand-ins for the others."""

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "Sources/LabelServer/Assets/js"
SITE = "http://scripts.test"

# Stand-ins: `calls` lists what happened, in order; `answers` are the replies of the server.
STAND_INS = """
  const calls = [];
  const answers = [];
  const failure = (kind) => Object.assign(new Error(kind), {
    passes: kind === "offline", offline: kind === "offline", code: kind });
  const send = async (method, url, body) => {
    calls.push(["send", body]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const until = async (condition) => {
    while (!condition()) await new Promise((later) => setTimeout(later, 5));
  };
"""

SUBMISSION = STAND_INS + """
  const { Submission } = await import("/submission.js");
  const log = (name) => (...values) => { calls.push([name, ...values]); };
  const stored = new Map();
  const outbox = {
    put: (id, url, judgement) => { stored.set(id, judgement); calls.push(["put", judgement]); },
    take: (id) => { stored.delete(id); calls.push(["take"]); },
    waitingFor: (id) => stored.has(id) ? { judgement: stored.get(id) } : null,
  };
  const draft = {
    settle: async () => calls.push(["settle"]), stayHere: log("stayHere"), keep: log("keep"),
    close: log("close"),
  };
  let form = "first";
  const submission = new Submission({
    assignment: "a1", url: "/judgement", send, outbox, draft, read: () => form, retryAfter: 20,
    events: {
      sending: log("sending"), done: log("done"),
      waiting: (problem) => calls.push(["waiting", problem.message]),
      refused: (problem) => calls.push(["refused", problem.message]),
    },
  });
  const names = () => calls.map(([name]) => name).join(" ");
  const sent = () => calls.filter(([name]) => name === "send").map(([, body]) => body);
"""

LEASE = STAND_INS + """
  const { Lease } = await import("/lease.js");
  const lost = [];
  const lease = (choices) => new Lease({
    url: "/renewal", everySeconds: 60, send,
    onLost: (problem, { isAhead }) => lost.push([problem.message, isAhead]), ...choices,
  });
  const hide = (hidden) => Object.defineProperty(
    document, "hidden", { value: hidden, configurable: true });
"""

LOOK_AHEAD = STAND_INS + """
  const { LookAhead } = await import("/look-ahead.js");
  let isIdle;
  const whenIdle = () => new Promise((idle) => { isIdle = idle; });
  const lookAhead = (fetchNext) => new LookAhead(fetchNext, { whenIdle, longestWait: 30 });
"""


@pytest.fixture
def run(browser):
    """Runs the body of an async function on an empty page that can import the scripts."""
    page = browser.new_page()

    def answer(route):
        name = route.request.url.removeprefix(SITE).strip("/")
        if name:
            script = (SCRIPTS / name).read_text()
            route.fulfill(content_type="text/javascript", body=script)
        else:
            route.fulfill(content_type="text/html", body="<!doctype html><title>Scripts</title>")

    page.route("**", answer)
    page.goto(SITE)
    yield lambda stand_ins, body: page.evaluate(f"async () => {{ {stand_ins} {body} }}")
    page.close()


def test_a_judgement_is_in_the_outbox_until_the_server_has_it(run):
    names, stored = run(SUBMISSION, """
      await submission.submit();
      await submission.submit();
      return [names(), stored.size];""")
    assert names == "put sending settle send take close done"
    assert stored == 0


def test_a_judgement_is_sent_once_while_it_is_being_sent(run):
    assert run(SUBMISSION, """
      await Promise.all([submission.submit(), submission.submit()]);
      return sent();""") == ["first"]


def test_without_a_connection_the_same_judgement_is_sent_until_it_arrives(run):
    names, sent = run(SUBMISSION, """
      answers.push(failure("offline"), failure("offline"));
      await submission.submit();
      const isWaiting = submission.isWaiting;
      form = "changed on the page without notice";
      await until(() => calls.at(-1)[0] === "done");
      return [names(), sent(), isWaiting];""")[:2]
    assert names.startswith("put sending settle send stayHere keep waiting put sending")
    assert sent == ["first", "first", "first"]


def test_a_change_while_waiting_is_sent_too(run):
    assert run(SUBMISSION, """
      answers.push(failure("offline"));
      await submission.submit();
      form = "second";
      submission.replaceWaiting();
      const kept = stored.get("a1");
      submission.sendNow();
      await until(() => calls.at(-1)[0] === "done");
      return [kept, sent()];""") == ["second", ["first", "second"]]


def test_a_change_is_sent_only_while_waiting(run):
    assert run(SUBMISSION, """
      submission.replaceWaiting();
      submission.sendNow();
      return [calls.length, submission.isIdle];""") == [0, True]


def test_a_refused_judgement_can_be_changed_and_submitted_again(run):
    names, sent, idle = run(SUBMISSION, """
      answers.push(failure("invalid"));
      await submission.submit();
      const isIdle = submission.isIdle && stored.size === 0;
      form = "second";
      await submission.submit();
      return [names(), sent(), isIdle];""")
    assert "refused" in names and names.endswith("done")
    assert sent == ["first", "second"]
    assert idle


def test_a_judgement_left_in_the_outbox_is_sent_as_it_was(run):
    assert run(SUBMISSION, """
      stored.set("a1", "from yesterday");
      await submission.submit(submission.unsent);
      return sent();""") == ["from yesterday"]


def test_a_closed_page_sends_no_more(run):
    assert run(SUBMISSION, """
      answers.push(failure("offline"));
      await submission.submit();
      submission.close();
      await new Promise((later) => setTimeout(later, 80));
      return [sent(), stored.get("a1")];""") == [["first"], "first"]


def test_a_lease_is_renewed_only_while_the_page_is_visible(run):
    assert run(LEASE, """
      const one = lease({ everySeconds: 0.02 });
      one.start();
      await until(() => calls.length >= 2);
      hide(true);
      await new Promise((later) => setTimeout(later, 30));
      const hidden = calls.length;
      await new Promise((later) => setTimeout(later, 80));
      const isStill = calls.length === hidden;
      hide(false);
      document.dispatchEvent(new Event("visibilitychange"));
      const isRenewed = calls.length === hidden + 1;
      one.close();
      return [isStill, isRenewed, lost];""") == [True, True, []]


def test_a_lost_lease_is_reported_unless_only_the_connection_is_lost(run):
    assert run(LEASE, """
      const one = lease({});
      answers.push(failure("offline"), failure("leaseEnded"));
      await one.renew();
      await one.renew();
      one.close();
      answers.push(failure("leaseEnded"));
      await one.renew();
      return lost;""") == [["leaseEnded", False]]


def test_a_page_fetched_ahead_renews_at_once_even_when_hidden(run):
    assert run(LEASE, """
      hide(true);
      answers.push(failure("leaseEnded"));
      const one = lease({ isAhead: true });
      one.start();
      await until(() => lost.length);
      one.close();
      return [lost, calls.length];""") == [[["leaseEnded", True]], 1]


def test_a_correction_has_no_lease_to_renew(run):
    assert run(LEASE, """
      const one = lease({ everySeconds: null, isAhead: true });
      one.start();
      await one.renew();
      one.close();
      return calls.length;""") == 0


def test_undo_takes_back_changes_before_it_leads_to_earlier_prompts(run):
    steps, empty = run("", """
      const { Undo } = await import("/undo.js");
      const undo = new Undo(["/one", "/two"]);
      undo.remember("first");
      undo.remember("second");
      const steps = [undo.step(), undo.step(), undo.step()];
      return [steps, [undo.isEmpty, new Undo().isEmpty, new Undo().step()]];""")
    assert steps == [
        {"judgement": "second"}, {"judgement": "first"}, {"prompt": "/two", "visited": ["/one"]}]
    assert empty == [False, True, None]


def test_undo_remembers_the_last_hundred_changes_and_fifty_prompts(run):
    first, last, prompts = run("", """
      const { Undo } = await import("/undo.js");
      const undo = new Undo(Array.from({ length: 50 }, (_, index) => `/${index}`));
      for (let index = 0; index < 150; index += 1) undo.remember(index);
      const steps = Array.from({ length: 100 }, () => undo.step().judgement);
      return [steps[0], steps[99], undo.visitedWith("/50")];""")
    assert [first, last] == [149, 50]
    assert [prompts[0], prompts[-1], len(prompts)] == ["/1", "/50", 50]


def test_the_next_prompt_is_fetched_once_the_browser_is_idle(run):
    assert run(LOOK_AHEAD, """
      let fetched = 0;
      const one = lookAhead(async () => { fetched += 1; return "page"; });
      one.start();
      const before = fetched;
      isIdle();
      return [before, await one.next(), await one.next(), fetched];""") == [0, "page", "page", 1]


@pytest.mark.parametrize("body", [
    'return lookAhead(async () => "page").next();',
    'const one = lookAhead(async () => { throw new Error(); }); one.start(); isIdle();'
    "return one.next();",
    "const one = lookAhead(() => new Promise(() => {})); one.start(); isIdle(); return one.next();",
    'const one = lookAhead(async () => "page"); one.start(); one.close(); isIdle();'
    "return one.next();",
], ids=["never started", "no connection", "too slow", "closed"])
def test_without_a_page_fetched_ahead_there_is_none_to_show(run, body):
    assert run(LOOK_AHEAD, body) is None


def test_a_ranking_is_described_in_the_language_of_the_page(run):
    strings = {
        "en": {"and": "and", "placeOf": "{place}: {answers}", "placeSeparator": ", "},
        "zh": {"and": "和", "placeOf": "第 {place} 名：{answers}", "placeSeparator": "，"}}
    assert run("", f"""
      const {{ describe }} = await import("/ranking-panel.js");
      const places = new Map([["B", 2], ["A", 1], ["C", 1]]);
      return [describe(places, {strings["en"]}), describe(places, {strings["zh"]})];""") == [
        "1: A and C, 2: B", "第 1 名：A 和 C，第 2 名：B"]


@pytest.mark.parametrize(("change", "ranking"), [
    ("placed(places, 'D', 1)", [["A", "D"], ["B", "C"]]),
    ("placed(places, 'D', 1, { ties: false })", [["D"], ["A"], ["B", "C"]]),
    ("inserted(places, 'C', 1)", [["A"], ["C"], ["B"]]),
    ("removed(places, 'A')", [["B", "C"]]),
    ("moved(places, 'C', -1)", [["A"], ["C"], ["B"]]),
    ("moved(places, 'C', 1)", [["A"], ["B"], ["C"]]),
    ("moved(places, 'A', -1)", [["A"], ["B", "C"]]),
    ("moved(places, 'D', 1)", [["A"], ["B", "C"], ["D"]]),
])
def test_a_change_of_place_keeps_the_other_answers_in_order(run, change, ranking):
    assert run("", f"""
      const {{ groups, inserted, moved, placed, removed }} = await import("/ranking.js");
      const places = new Map([["A", 1], ["B", 2], ["C", 2]]);
      return groups({change});""") == ranking


DELIVERY = STAND_INS + """
  const { Delivery } = await import("/delivery.js");
  const { Outbox } = await import("/outbox.js");
  localStorage.clear();
  const outbox = new Outbox("ada");
  const happened = [];
  const delivery = new Delivery({
    outbox, except: "here", send, retryAfter: 20,
    events: {
      delivered: ({ isNew }) => happened.push(isNew ? "new" : "again"),
      refused: (problem) => happened.push(problem.message),
      rested: (problem) => happened.push(problem ? `waits: ${problem.message}` : "done"),
    },
  });
  const sent = () => calls.map(([, body]) => body);
"""


def test_what_waits_is_sent_in_order_and_not_what_its_own_page_sends(run):
    sent, happened, left = run(DELIVERY, """
      for (const [at, id] of [[3, "b"], [1, "c"], [2, "a"], [4, "here"]]) {
        localStorage.setItem(`plumbline.outbox.ada.${id}`, JSON.stringify(
          { url: `/${id}`, judgement: id, at }));
      }
      outbox.put("d", "/d", "d");
      new Outbox("linus").put("e", "/e", "e");
      answers.push({ status: 201 }, { status: 200 }, { status: 201 }, { status: 201 });
      await delivery.run();
      return [sent(), happened, outbox.waiting().map(({ assignment }) => assignment)];""")
    assert sent == ["c", "a", "b", "d"]
    assert happened == ["new", "again", "new", "new", "done"]
    assert left == ["here"]


def test_what_waits_is_sent_again_until_it_arrives(run):
    sent, happened = run(DELIVERY, """
      outbox.put("a", "/a", "first");
      answers.push(failure("offline"), failure("offline"), { status: 201 });
      await delivery.run();
      await until(() => happened.includes("done"));
      return [sent(), happened];""")
    assert sent == ["first"] * 3
    assert happened == ["waits: offline", "waits: offline", "new", "done"]


def test_a_refused_judgement_does_not_hold_up_the_next(run):
    sent, happened, left = run(DELIVERY, """
      outbox.put("a", "/a", "first");
      outbox.put("b", "/b", "second");
      answers.push(failure("leaseExpired"), { status: 201 });
      await delivery.run();
      return [sent(), happened, outbox.count];""")
    assert sent == ["first", "second"]
    assert happened == ["leaseExpired", "new", "done"]
    assert left == 0


def test_a_correction_made_while_the_judgement_travels_stays_in_the_outbox(run):
    assert run(DELIVERY, """
      outbox.put("a", "/a", "first");
      let arrive;
      answers.push(new Promise((arrived) => { arrive = arrived; }));
      const running = delivery.run();
      await until(() => calls.length);
      outbox.put("a", "/a", "second");
      arrive({ status: 201 });
      await running;
      return outbox.waitingFor("a").judgement;""") == "second"


def test_a_closed_page_delivers_no_more(run):
    assert run(DELIVERY, """
      outbox.put("a", "/a", "first");
      answers.push(failure("offline"));
      await delivery.run();
      delivery.close();
      await new Promise((later) => setTimeout(later, 80));
      await delivery.run();
      return [sent(), outbox.count];""") == [["first"], 1]


def test_the_page_fetched_ahead_is_ready_only_once_it_arrived(run):
    assert run(LOOK_AHEAD, """
      let arrive;
      const one = lookAhead(() => new Promise((arrived) => { arrive = arrived; }));
      const before = await one.ready();
      one.start();
      isIdle();
      const during = await one.ready();
      arrive("page");
      return [before, during, await one.ready()];""") == [None, None, "page"]


def test_fetching_ahead_is_tried_again_after_the_connection_was_lost(run):
    assert run(LOOK_AHEAD, """
      let tries = 0;
      const one = lookAhead(async () => {
        tries += 1;
        if (tries === 1) throw new Error();
        return "page";
      });
      one.start();
      isIdle();
      const first = await one.next();
      one.retry();
      isIdle();
      const second = await one.next();
      one.retry();
      return [first, second, tries];""") == [None, "page", 2]


@pytest.mark.parametrize(("typed", "shown", "groups"), [
    ("C", "C ›", [["C"]]),
    ("CA=B", "C › A = B ›", [["C"], ["A", "B"]]),
    ("CA=", "C › A =", [["C"], ["A"]]),
    ("CA=B<", "C › A ›", [["C"], ["A"]]),
    ("CA=<B", "C › A › B ›", [["C"], ["A"], ["B"]]),
    ("C<A", "A ›", [["A"]]),
    ("CABD", "C › A › B › D", [["C"], ["A"], ["B"], ["D"]]),
    ("C=A=B=D", "C = A = B = D", [["C", "A", "B", "D"]]),
    ("CABDA", "A ›", [["A"]]),
    ("CACB", "C › A › B ›", [["C"], ["A"], ["B"]]),
    ("=C", "C ›", [["C"]]),
])
def test_an_order_is_typed_letter_by_letter(run, typed, shown, groups):
    assert run("", f"""
      const {{ TypedOrder }} = await import("/typed-order.js");
      const order = new TypedOrder(["A", "B", "C", "D"], {{ ties: true }});
      for (const key of "{typed}") {{
        if (key === "=") order.tie();
        else if (key === "<") order.removeLast();
        else order.add(key);
      }}
      return [String(order), order.groups];""") == [shown, groups]
