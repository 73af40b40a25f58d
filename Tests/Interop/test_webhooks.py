"""Webhooks, received by a small server and verified by the Standard Webhooks library."""

import json
import sqlite3
import time
import urllib.request

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from plumbline_testing.receiver import Receiver
from plumbline_testing.workspace import Workspace


@pytest.fixture
def bench(tmp_path):
    bench = Workspace.with_prompts(tmp_path / "space", prompts=3, answers=3)
    yield bench
    bench.close()


@pytest.fixture
def receiver():
    made = []

    def make(answer=lambda request, number: (200, {}, b"")):
        made.append(Receiver(answer))
        return made[-1]

    yield make
    for server in made:
        server.close()


def add(bench, url, *events):
    words = [word for event in events for word in ("--event", event)]
    return bench.run("webhook", "add", "helpfulness", url, *words)


def call(bench, token, method, path, body=None):
    request = urllib.request.Request(
        bench.address + "/api/v1" + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or "null")


def judge(bench, token, times=3):
    """Claims and judges prompts; returns what was acknowledged."""
    done = []
    for _ in range(times):
        claimed = call(bench, token, "POST", "/tasks/helpfulness/assignments")
        keys = [response["key"] for response in claimed["responses"]]
        path = f"/assignments/{claimed['id']}/judgement"
        call(bench, token, "PUT", path, {"ranking": [[key] for key in keys]})
        done.append(int(claimed["id"]))
    return done


def wait(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def assignments(receiver):
    return [request.json["data"]["details"]["assignment"] for request in receiver.requests
            if request.json["type"] == "judgement.submitted"]


def test_each_judgement_is_told_signed_and_in_order(bench, receiver):
    server = receiver()
    secret = add(bench, server.address + "/hook", "judgement.submitted")["secret"]
    bench.serve()
    judged = judge(bench, bench.token("Ada", "labeller"))
    wait(lambda: len(server.requests) == 3)

    assert assignments(server) == judged
    assert len({request.headers["webhook-id"] for request in server.requests}) == 3
    for request in server.requests:
        body = Webhook(secret).verify(request.body, dict(request.headers))
        assert body["type"] == request.headers["Plumbline-Event"] == "judgement.submitted"
        assert set(body) == {"type", "timestamp", "data"}
        assert body["data"]["task"] == "helpfulness" and body["data"]["prompt"]
        assert body["data"]["labeller"] and "Ada" not in request.body.decode()
    forged = server.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(forged.body + b" ", dict(forged.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(forged.body, dict(forged.headers))


def test_only_the_events_asked_for_are_told_and_a_finished_task_once(bench, receiver):
    server = receiver()
    add(bench, server.address, "task.completed")
    bench.serve()
    judge(bench, bench.token("Ada", "labeller"))
    judge(bench, bench.token("Ben", "labeller"))
    wait(lambda: server.requests)
    time.sleep(1.5)
    assert [request.json["type"] for request in server.requests] == ["task.completed"]
    assert server.requests[0].json["data"]["judgements"] == 6


def test_what_a_receiver_refuses_is_sent_again_and_holds_back_what_follows(bench, receiver):
    server = receiver(lambda request, number: (500 if number == 1 else 204, {}, b""))
    add(bench, server.address, "judgement.submitted")
    bench.serve()
    judged = judge(bench, bench.token("Ada", "labeller"))
    wait(lambda: len(server.requests) == 4)

    assert assignments(server) == [judged[0], *judged]
    first, again = server.requests[:2]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body

    def log():
        return [(entry["state"], entry["attempts"])
                for entry in bench.run("webhook", "log", "helpfulness")]

    # What the receiver saw is written down a moment later.
    wait(lambda: all(state == "delivered" for state, _ in log()))
    assert log() == [("delivered", 1), ("delivered", 1), ("delivered", 2)]


def test_the_outbox_survives_a_killed_server(bench, receiver):
    silent = receiver(lambda request, number: (503, {}, b""))
    add(bench, silent.address, "judgement.submitted")
    bench.serve()
    judged = judge(bench, bench.token("Ada", "labeller"))
    wait(lambda: silent.requests)
    bench.close(kill=True)
    assert [entry["state"] for entry in bench.run("webhook", "log", "helpfulness")] == ["waiting"] * 3

    silent.answer = lambda request, number: (200, {}, b"")
    seen = len(silent.requests)
    bench.serve()
    wait(lambda: len(silent.requests) == seen + 3)
    assert assignments(silent)[seen:] == judged


def test_a_receiver_that_hangs_does_not_slow_labelling(bench, receiver):
    hanging = receiver(lambda request, number: time.sleep(8) or (200, {}, b""))
    add(bench, hanging.address, "judgement.submitted")
    bench.serve()
    token = bench.token("Ada", "labeller")
    judge(bench, token, 1)
    wait(lambda: hanging.requests)
    started = time.monotonic()
    judge(bench, token, 2)
    # Far below what one delivery takes: no judgement waited for the receiver.
    assert time.monotonic() - started < 4


def test_a_message_to_try_it_out(bench, receiver):
    server = receiver()
    secret = add(bench, server.address)["secret"]
    assert bench.run("webhook", "test", "helpfulness", server.address) == {
        "url": server.address, "accepted": True, "status": 200}
    assert Webhook(secret).verify(
        server.requests[0].body, dict(server.requests[0].headers))["type"] == "ping"

    server.answer = lambda request, number: (302, {"Location": server.address + "/other"}, b"")
    done = bench.attempt("webhook", "test", "helpfulness", server.address)
    assert done.returncode == 69 and "302" in done.stderr
    assert {request.path for request in server.requests} == {"/"}


def test_removing_a_webhook_ends_its_messages(bench, receiver):
    server = receiver(lambda request, number: (500, {}, b""))
    url = server.address + "/x"
    add(bench, url)
    assert bench.attempt("webhook", "add", "helpfulness", url).returncode == 65
    assert bench.run("webhook", "list", "helpfulness")[0]["url"] == url
    bench.run("webhook", "remove", "helpfulness", url)
    assert bench.run("webhook", "list", "helpfulness") == []
    assert bench.attempt("webhook", "remove", "helpfulness", url).returncode == 69


@pytest.mark.parametrize("url", ["ftp://x/", "javascript:alert(1)", "http://", "http://a:b@host/", ""])
def test_an_address_that_cannot_be_right_is_refused(bench, url):
    done = bench.attempt("webhook", "add", "helpfulness", url)
    assert done.returncode == 64 and "webhook" in done.stderr


def test_an_unknown_event_is_refused_with_the_known_ones(bench):
    done = bench.attempt("webhook", "add", "helpfulness", "http://localhost/", "--event", "judgment")
    assert done.returncode == 64 and "judgement.submitted" in done.stderr


def test_over_the_api_by_an_admin_alone(bench, receiver):
    server = receiver()
    bench.serve()
    admin, labeller = bench.token("Grace", "admin"), bench.token("Ada", "labeller")
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(bench, labeller, "POST", "/tasks/helpfulness/webhooks", {"url": server.address})
    assert refused.value.code == 403

    made = call(bench, admin, "POST", "/tasks/helpfulness/webhooks", {
        "url": server.address, "events": ["prompt.skipped"]})
    assert made["secret"].startswith("whsec_")
    listed = call(bench, admin, "GET", "/tasks/helpfulness/webhooks")["webhooks"]
    assert [hook["id"] for hook in listed] == [made["id"]] and "secret" not in listed[0]
    assert call(bench, admin, "POST", f"/tasks/helpfulness/webhooks/{made['id']}/ping")["accepted"]
    claimed = call(bench, labeller, "POST", "/tasks/helpfulness/assignments")
    call(bench, labeller, "POST", f"/assignments/{claimed['id']}/skip", {"reason": "unsure"})
    wait(lambda: len(server.requests) == 2)
    assert server.requests[1].json["type"] == "prompt.skipped"
    wait(lambda: call(bench, admin, "GET", "/tasks/helpfulness/deliveries")
         ["deliveries"][0]["state"] == "delivered")
    call(bench, admin, "DELETE", f"/tasks/helpfulness/webhooks/{made['id']}")
    assert call(bench, admin, "GET", "/tasks/helpfulness/webhooks")["webhooks"] == []


def test_imported_text_is_never_connected_to(bench, receiver):
    trap = receiver()
    (bench.folder / "evil.jsonl").write_text(json.dumps({
        "prompt": f"![x]({trap.address}/p.png) <img src={trap.address}/i>",
        "responses": [f"{trap.address}/a", f"<script src={trap.address}/b></script>"],
        "metadata": {"webhook": trap.address, "url": trap.address, "callback": trap.address},
    }) + "\n")
    bench.run("import", "helpfulness", bench.folder / "evil.jsonl")
    bench.serve()
    token = bench.token("Ada", "labeller")
    judge(bench, token, 4)
    time.sleep(2)
    assert trap.requests == []


def test_without_webhooks_nothing_is_written_to_the_outbox(bench):
    bench.serve()
    judge(bench, bench.token("Ada", "labeller"))
    bench.close()
    with sqlite3.connect(bench.folder / "plumbline.sqlite") as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
