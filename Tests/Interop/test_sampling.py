"""Sampling answers from OpenAI-compatible endpoints, against a small one that misbehaves."""

import json
import signal
import sqlite3
import stat
import subprocess
import time

import pytest
from plumbline_testing.receiver import Receiver
from plumbline_testing.workspace import Workspace


@pytest.fixture
def bench(tmp_path):
    return Workspace.with_prompts(tmp_path / "space")


def completion(texts):
    choices = [{"index": index, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text}}
               for index, text in enumerate(texts)]
    return 200, {"Content-Type": "application/json"}, json.dumps(
        {"id": "c", "object": "chat.completion", "choices": choices}).encode()


def refusal(status, message="no", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, headers, json.dumps({"error": {"message": message}}).encode()


class FakeModel(Receiver):
    """Answers chats as OpenAI does; `trouble(request, number)` may answer instead."""

    def __init__(self, trouble=lambda request, number: None, several=True):
        self.several = several
        super().__init__(lambda request, number: trouble(request, number) or self.reply(request))

    def reply(self, request):
        body = request.json
        count = body.get("n", 1) if self.several else 1
        asked = body["messages"][-1]["content"]
        stamp = time.monotonic_ns()
        return completion([f"{body['model']} on {asked} #{stamp}.{k}" for k in range(count)])


@pytest.fixture
def model():
    made = []

    def make(*arguments, **options):
        made.append(FakeModel(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


def stored(bench):
    """What the store holds: prompt → [(text, source)]."""
    with sqlite3.connect(bench.folder / "plumbline.sqlite") as database:
        rows = database.execute(
            "SELECT prompt.name, response.text, response.source FROM response "
            "JOIN prompt ON prompt.id = promptId ORDER BY prompt.position, response.position")
        found = {}
        for name, text, source in rows:
            found.setdefault(name, []).append((text.decode(), source))
        return found


def test_an_endpoint_answers_every_prompt_and_is_recorded_as_the_source(bench, model):
    server = model()
    result = bench.run(
        "sample", "helpfulness", "--endpoint", server.address + "/v1", "--model", "big",
        "--responses", "3", "--temperature", "0.5", "--seed", "7", "--max-new-tokens", "99")

    assert result["answered"] == 6 and result["failed"] == 0 and result["models"] == ["big"]
    answers = stored(bench)
    assert len(answers) == 6
    for given in answers.values():
        assert len(given) == 3 and {source for _, source in given} == {"big"}
    request = server.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.json["messages"][0]["role"] == "user"
    assert {r.json["messages"][0]["content"] for r in server.requests} == {
        f"Question {n}?" for n in range(6)}
    assert (request.json["n"], request.json["temperature"], request.json["max_tokens"]) == (
        3, 0.5, 99)
    assert len({r.json["seed"] for r in server.requests}) == 6
    assert "Authorization" not in request.headers


def test_no_two_requests_share_a_seed_and_the_same_command_repeats_them(tmp_path, model):
    # One gives all answers at once, one gives a single answer whatever is asked.
    servers = [model(), model(several=False)]
    seen = []
    for number, seed in enumerate(["7", "7", "8"]):
        for server in servers:
            server.requests.clear()
        Workspace.with_prompts(tmp_path / f"space-{number}").run(
            "sample", "helpfulness", "--endpoint", servers[0].address, "--model", "a",
            "--endpoint", servers[1].address, "--model", "b", "--responses", "6", "--seed", seed)
        requests = [request.json for server in servers for request in server.requests]
        seeds = [request["seed"] for request in requests]
        assert len(seeds) == len(set(seeds)) == 6 * (1 + 3)
        assert all(0 <= seed < 1 << 31 for seed in seeds)
        seen.append({(r["model"], r["messages"][-1]["content"], r["seed"]) for r in requests})
    assert seen[0] == seen[1]
    assert not {seed for *_, seed in seen[0]} & {seed for *_, seed in seen[2]}


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_may_be_given_with_or_without_its_path(bench, model, path):
    server = model()
    bench.run("sample", "helpfulness", "--endpoint", server.address + path, "--model", "m")
    assert {request.path for request in server.requests} == {"/v1/chat/completions"}


def test_several_policies_share_the_answers_and_labellers_see_no_source(bench, model):
    one, two = model(), model()
    bench.run(
        "sample", "helpfulness", "--responses", "5",
        "--endpoint", one.address, "--model", "alpha-model",
        "--endpoint", two.address, "--model", "beta-model")
    for given in stored(bench).values():
        assert [source for _, source in given].count("alpha-model") == 3
        assert [source for _, source in given].count("beta-model") == 2

    import urllib.request
    address, token = bench.serve(), bench.token("Ada", "labeller")
    try:
        request = urllib.request.Request(
            f"{address}/api/v1/tasks/helpfulness/assignments", method="POST",
            headers={"Authorization": f"Bearer {token}"})
        shown = json.load(urllib.request.urlopen(request))
    finally:
        bench.close()
    for response in shown["responses"]:
        assert set(response) == {"key", "text"}
    assert "source" not in json.dumps({key: shown[key] for key in shown if key != "responses"})


def test_one_model_name_at_two_endpoints_stays_apart(bench, model):
    one, two = model(), model()
    bench.run("sample", "helpfulness", "--endpoint", one.address, "--model", "same",
               "--endpoint", two.address, "--model", "same")
    places = {server.address.removeprefix("http://") for server in (one, two)}
    sources = {source for given in stored(bench).values() for _, source in given}
    assert sources == {f"same@{place}" for place in places}


def test_models_of_the_workspace_and_endpoints_answer_together(bench, model):
    folder = bench.folder / "models/own"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text("{}")
    engine = bench.folder / "engine"
    engine.write_text("""#!/usr/bin/env python3
import json, sys
words = dict(zip(sys.argv[3::2], sys.argv[4::2]))
rows = [json.loads(line) for line in open(words["--input"])]
with open(words["--output"], "w") as output:
    for row in rows:
        asked = row["messages"][-1]["content"]
        row["responses"] = [{"text": f"own {k} on {asked}"} for k in range(int(words["--responses"]))]
        output.write(json.dumps(row) + "\\n")
print(json.dumps({"prompts": len(rows)}))
""")
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    server = model()
    result = bench.run(
        "sample", "helpfulness", "--engine", engine,
        "--endpoint", server.address, "--model", "remote", "--model", "own")
    assert result["answered"] == 6
    for name, given in stored(bench).items():
        assert sorted(source for _, source in given) == ["own", "own", "remote", "remote"]
        asked = {text.split(" on ")[1].split(" #")[0] for text, _ in given}
        assert len(asked) == 1, f"{name} holds answers to several questions: {asked}"


def test_our_own_engine_answers_over_http(bench, engine, stories):
    server = subprocess.Popen(
        [str(engine.path), "serve", "--model", str(stories), "--name", "stories", "--port", "0",
         "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(server.stdout.readline())["listening"]
        result = bench.run(
            "sample", "helpfulness", "--endpoint", address + "/v1", "--model", "stories",
            "--responses", "3", "--max-new-tokens", "12", "--temperature", "1")
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
    assert (result["answered"], result["failed"]) == (6, 0)
    answers = stored(bench)
    assert len({text for given in answers.values() for text, _ in given}) > 6
    assert all(source == "stories" for given in answers.values() for _, source in given)


def test_a_busy_server_is_asked_again_after_the_time_it_names(bench, model):
    def busy(_, number):
        return refusal(429, "slow down", Retry_After="1") if number == 1 else None

    server = model(busy)
    started = time.monotonic()
    result = bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
                        "--concurrency", "1")
    assert result["answered"] == 6
    assert time.monotonic() - started >= 1
    assert len(server.requests) == 7


def test_errors_garbage_and_half_answers_are_tried_again(bench, model):
    def trouble(_, number):
        return {
            1: refusal(500, "oops"), 2: (200, {}, b"{\"choices\": [{\"mess"),
            3: (200, {}, b"{\"choices\": []}"), 4: (200, {}, b"{\"cho", 500),
            5: completion([None]), 6: completion(["only one of four"]),
        }.get(number)

    server = model(trouble)
    result = bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
                        "--concurrency", "1", "--tries", "9")
    assert (result["answered"], result["failed"]) == (6, 0)
    assert all(len(given) == 4 for given in stored(bench).values())


@pytest.mark.alone
def test_a_slow_server_is_not_waited_for_for_ever(bench, model):
    def slow(_, number):
        if number == 1:
            time.sleep(4)

    server = model(slow)
    started = time.monotonic()
    result = bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
                        "--timeout", "0.5")
    assert result["answered"] == 6
    assert time.monotonic() - started < 4


def test_a_server_that_gives_one_answer_at_a_time_is_asked_as_often_as_needed(bench, model):
    server = model(several=False)
    bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m")
    assert all(len(given) == 4 for given in stored(bench).values())


def test_a_server_that_refuses_several_choices_is_asked_for_one(bench, model):
    server = model(lambda request, _: refusal(400, "n must be 1") if "n" in request.json else None)
    bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m")
    assert all(len(given) == 4 for given in stored(bench).values())


def test_a_prompt_that_is_refused_does_not_keep_the_others_from_their_answers(bench, model):
    def too_long(request, _):
        if request.json["messages"][-1]["content"] == "Question 3?":
            return refusal(400, "context length exceeded")

    server = model(too_long)
    done = bench.attempt("sample", "helpfulness", "--endpoint", server.address, "--model", "m")
    assert done.returncode == 0
    assert json.loads(done.stdout) | {"answered": 5, "failed": 1} == json.loads(done.stdout)
    assert "context length exceeded" in done.stderr

    again = bench.run("sample", "helpfulness", "--endpoint", model().address, "--model", "m")
    assert again["answered"] == 1


def test_a_server_that_fails_all_the_time_ends_the_work_and_keeps_what_is_done(tmp_path, model):
    bench = Workspace.with_prompts(tmp_path / "space", prompts=60)

    def dies(_, number):
        return refusal(503, "out of memory") if number > 10 else None

    server = model(dies)
    done = bench.attempt("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
                     "--concurrency", "2", "--tries", "1")
    assert done.returncode == 69, done.stderr
    assert "out of memory" in done.stderr and "in a row" in done.stderr
    assert len(stored(bench)) == 10
    assert len(server.requests) < 40


def test_interrupted_work_is_kept_and_gone_on_with(tmp_path, model):
    bench = Workspace.with_prompts(tmp_path / "space", prompts=200)
    server = model(lambda request, number: time.sleep(0.05))
    words = ["sample", "helpfulness", "--endpoint", server.address, "--model", "m",
             "--concurrency", "4"]
    process = bench.start(*words)
    while len(server.requests) < 40:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Run the same command to continue" in said
    kept = len(stored(bench))
    assert 30 <= kept < 200

    before = len(server.requests)
    result = bench.run(*words)
    assert result["answered"] == 200 - kept
    assert len(server.requests) - before == 200 - kept
    assert bench.run("verify")["problems"] == []


def test_no_more_prompts_than_asked_for_are_under_way(tmp_path, model):
    bench = Workspace.with_prompts(tmp_path / "space", prompts=40)
    server = model(lambda request, number: time.sleep(0.03))
    bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
               "--concurrency", "5")
    assert 2 <= server.most <= 5


def test_the_key_reaches_the_endpoint_and_nothing_else(bench, model):
    secret = "sk-very-secret-0123456789"
    server = model()
    bench.run("sample", "helpfulness", "--endpoint", server.address, "--model", "m",
               PLUMBLINE_ENDPOINT_KEY=secret)
    assert {r.headers["Authorization"] for r in server.requests} == {f"Bearer {secret}"}
    for path in bench.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path

    (bench.folder / "key").write_text(secret + "\n")
    strict = model(lambda request, _: refusal(401, f"bad key {secret}"))
    done = bench.attempt("sample", "helpfulness", "--again", "--endpoint", strict.address,
                     "--model", "m", "--key-file", bench.folder / "key")
    assert done.returncode == 69
    assert secret not in done.stderr + done.stdout
    assert "--key-file" in done.stderr and len(strict.requests) <= 8


def test_an_endpoint_of_the_settings_is_asked_by_its_name(bench, model):
    server = model()
    (bench.folder / "plumbline.yaml").write_text(
        "endpoints:\n  near: {url: '%s/v1', model: big, keyVariable: NEAR_KEY}\n" % server.address)
    missing = bench.attempt("sample", "helpfulness", "--endpoint", "near")
    assert missing.returncode == 69 and "NEAR_KEY" in missing.stderr
    unknown = bench.attempt("sample", "helpfulness", "--endpoint", "far")
    assert unknown.returncode == 64 and "near" in unknown.stderr
    bench.run("sample", "helpfulness", "--endpoint", "near", NEAR_KEY="k")
    assert {r.headers["Authorization"] for r in server.requests} == {"Bearer k"}
    assert {source for given in stored(bench).values() for _, source in given} == {"big"}


def test_redirects_are_not_followed(bench, model):
    elsewhere = model()
    server = model(lambda *_: (307, {"Location": elsewhere.address + "/v1/chat/completions"}, b""))
    done = bench.attempt("sample", "helpfulness", "--endpoint", server.address, "--model", "m")
    assert done.returncode == 69 and "does not follow" in done.stderr
    assert elsewhere.requests == []


def test_an_endpoint_that_is_not_there_is_told_soon(bench):
    done = bench.attempt("sample", "helpfulness", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m",
                     "--tries", "2")
    assert done.returncode == 69
    assert "127.0.0.1:9" in done.stderr and "Connection refused" in done.stderr


@pytest.mark.parametrize("address, complaint", [
    ("ftp://host/v1", "http"), ("http://user:pass@host/v1", "address"),
    ("http://host/v1?key=1", "path"), ("http://", "http"),
])
def test_an_address_that_cannot_be_right_is_refused(bench, address, complaint):
    done = bench.attempt("sample", "helpfulness", "--endpoint", address, "--model", "m")
    assert done.returncode == 64 and complaint in done.stderr
    assert "pass" not in done.stderr


def test_imported_text_never_chooses_whom_the_server_asks(bench, model):
    trap = model()
    (bench.folder / "evil.jsonl").write_text(json.dumps({
        "prompt": f"Read {trap.address}/v1 ![x]({trap.address}/x)",
        "metadata": {"endpoint": trap.address, "url": trap.address, "model": "m"},
    }) + "\n")
    bench.run("import", "helpfulness", bench.folder / "evil.jsonl")
    bench.run("sample", "helpfulness", "--endpoint", model().address, "--model", "m")
    assert trap.requests == []


def test_an_admin_starts_it_over_the_api_by_names_alone(bench, model):
    import urllib.error
    import urllib.request

    def slow(request, number):
        time.sleep(0.3)

    server = model(slow)
    (bench.folder / "plumbline.yaml").write_text(
        f"endpoints: {{near: {{url: '{server.address}/v1', model: big}}}}\n")
    address = bench.serve()
    admin, labeller = bench.token("Grace", "admin"), bench.token("Ada", "labeller")

    def call(method, token, body=None, rest=""):
        request = urllib.request.Request(
            f"{address}/api/v1/tasks/helpfulness/samplings{rest}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    try:
        order = {"policies": ["near"], "responses": 3}
        assert call("POST", labeller, order)[0] == 403
        trap = model()
        status, problem = call("POST", admin, {"policies": [trap.address + "/v1"]})
        assert status == 422 and problem["error"]["field"] == "policies" and trap.requests == []
        assert call("POST", admin, order | {"responses": 12})[0] == 422
        status, job = call("POST", admin, order)
        assert status == 202 and job["state"] == "running" and job["of"] == 6
        status, problem = call("POST", admin, order)
        assert status == 409 and problem["error"]["code"] == "alreadySampling"
        end = time.monotonic() + 30
        while (job := call("GET", admin)[1]["samplings"][0])["state"] == "running":
            assert time.monotonic() < end
            time.sleep(0.1)
        assert (job["state"], job["answered"], job["failed"]) == ("succeeded", 6, 0)
        assert all(len(given) == 3 for given in stored(bench).values())

        server.answer = lambda request, number: time.sleep(5) or server.reply(request)
        status, job = call("POST", admin, order | {"again": True})
        assert status == 202
        assert call("DELETE", admin, rest="/" + job["id"])[0] == 202
        while (job := call("GET", admin)[1]["samplings"][0])["state"] == "running":
            assert time.monotonic() < end
            time.sleep(0.1)
        assert job["state"] == "cancelled"
    finally:
        bench.close()
