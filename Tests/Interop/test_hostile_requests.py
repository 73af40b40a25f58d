"""Every route of the label server with values that no reader expects: the process must not end, no
answer may be a server error, and none may take more than its share of CPU."""

import http.client
import json
import os
import re
import threading
import time
import urllib.parse

import pytest
from plumbline_testing.programs import ROOT
from plumbline_testing.workspace import Workspace

# A debug build takes several times the CPU of a release build for the same work.
CPU_LIMIT = float(os.environ.get("PLUMBLINE_CPU_LIMIT", 0)) or None
TICKS = os.sysconf("SC_CLK_TCK")
NUMBERS = [-2**63, 2**63 - 1, 1e300, -1]
TEXTS = [str(-2**63), str(2**63 - 1), "1e300", "-1", "NaN", "null", "a" * 1_000_000,
         "\x00\x01\r\n\u202e\ufeff"]
NESTED = b"[" * 1_000_000
TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 3
questions: {ranking: {}, strength: {}, rating: {}, flags: [unhelpful], confidence: {},
  rationale: {}, demonstration: {}}
"""


class Server:
    """A served workspace and someone of each role."""

    def __init__(self, folder):
        self.bench = Workspace.with_prompts(folder, prompts=0, task=TASK)
        rows = [{"prompt": f"Question {n}?", "responses": [f"A{n}", f"B{n}"]} for n in range(30)]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.bench.run("import", "helpfulness", folder / "rows.jsonl")
        self.bench.serve()
        self.tokens = {role: self.bench.token("the " + role, role)
                       for role in ("labeller", "reviewer", "admin")}
        self.place = self.bench.address.removeprefix("http://")
        self.problems, self.slowest = [], (0, "")
        # What this build takes for work that is known: a second of a release build.
        self.limit = CPU_LIMIT or (1.0 if "release" in str(self.bench.program) else 6.0)

    def cpu(self):
        fields = open(f"/proc/{self.bench.server.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def send(self, method, path, role="admin", body=None, type="application/json", **headers):
        """Sends a request, watches the process, and returns the status and the body."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Authorization"] = f"Bearer {self.tokens[role]}"
        if body is not None:
            headers["Content-Type"] = type
        name = f"{method} {path[:120]} as {role}: {(body or b'')[:60]!r} {str(headers)[:120]}"
        before = self.cpu()
        connection = http.client.HTTPConnection(self.place, timeout=120)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            # An event stream of a run that goes on would not end.
            status, text = answer.status, answer.read(1 << 22)
        except (BrokenPipeError, ConnectionResetError, http.client.HTTPException) as error:
            # A refused body may end the connection, never the process.
            status, text = 0, str(error).encode()
        finally:
            connection.close()
        assert self.bench.server.poll() is None, f"the server ended: {name}"
        took = self.cpu() - before
        self.slowest = max(self.slowest, (took, name))
        if status >= 500 and status != 503 or took > self.limit:
            self.problems.append(f"{status} after {took:.2f} s: {name}: {text[:300]!r}")
        return status, text

    def json(self, method, path, role="admin", body=None):
        data = None if body is None else json.dumps(body).encode()
        status, text = self.send(method, path, role, data)
        return status, json.loads(text) if text[:1] in (b"{", b"[") else None

    def claim(self, role="labeller"):
        status, held = self.json("POST", "/api/v1/tasks/helpfulness/assignments", role)
        assert status == 201, (status, held)
        return held["id"]

    def check(self):
        assert not self.problems, "\n".join(self.problems)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("hostile") / "space")
    yield server
    server.bench.close()


def routes():
    """Method and path of every route, with the roles it lets in, as the tests of policies list them."""
    listed = (ROOT / "Tests/LabelServerTests/PermissionTests.swift").read_text()
    found = re.findall(r"^    (GET|POST|PUT|PATCH|DELETE) (/\S+) ([glra]+)$", listed, re.M)
    assert len(found) > 100
    return found


# What would end the tests' own session or wait for what is not there.
LEFT_OUT = {"/sign-out", "/assets/{version}/**", "/api/v1/runs/{id}/events"}


def least_role(allowed):
    """The role with the least rights that a route lets in: behind that check, all do the same."""
    roles = {"l": "labeller", "r": "reviewer", "a": "admin"}
    return next(roles[letter] for letter in "lra" if letter in allowed or letter == "a")


def filled(path, server, role):
    """A route's address, with what is there in the places of its parameters."""
    if "/assignments/{id}" in path:
        path = path.replace("{id}", server.held[role])
    for name, value in {"task": "helpfulness", "prompt": "1", "labeller": "1", "judgement": "1",
                        "token": "x", "upload": "x", "file": "x", "id": "1"}.items():
        path = path.replace("{%s}" % name, value)
    return path


@pytest.fixture(scope="module")
def held(server):
    server.held = {role: server.claim(role) for role in server.tokens}
    return server.held


FIELDS = """preference place.A place.B rating.A rating.B confidence activeSeconds rationale
  demonstration flag.A promptFlag reason note invalid name role languages tags title slug overlap lease
  responses cap capPerDay gold questions edit newKind preset question.0.id question.0.kind
  question.0.scope question.0.place question.0.least question.0.most question.0.values
  question guidelines temperature policy url event format split adjudications lines language ranking
  shape column.0""".split()
QUERY = "limit offset before after labeller person task round query flag source state queue".split()


def forms():
    """Forms whose every field says the same."""
    for value in TEXTS:
        short = value if len(value) < 1000 else value[:100_000]
        yield "&".join(f"{field}={urllib.parse.quote(short[:2000])}" for field in FIELDS).encode()
    yield ("rationale=" + "x" * 1_000_000).encode()
    yield b"&" * 1_000_000
    yield b"preference=%ff%00&place.A=%"


def bodies(schema_names):
    """JSON bodies whose every member says the same, and such as are no JSON at all."""
    for value in [*NUMBERS, None, True, "NaN", "\x00\u202e", [], {}, [[-2**63]], {"A": 1e300}]:
        yield json.dumps({name: value for name in schema_names}).encode()
    yield json.dumps({name: "a" * 30_000 for name in schema_names}).encode()
    yield b'{"name": "' + b"a" * 1_000_000 + b'"}'
    yield NESTED
    yield b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"
    yield b"[" + b'{"a":' * 400 + b"1" + b"}" * 400 + b"]"
    yield b'{"activeSeconds": NaN}'
    yield b"\xff\xfe"


def members(server):
    """Every member that a JSON body can have, after the served description."""
    _, document = server.json("GET", "/api/openapi.json")
    found = set()

    def walk(node):
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk([op.get("requestBody") for path in document["paths"].values()
          for op in path.values() if isinstance(op, dict)])
    walk(document["components"]["schemas"])
    return sorted(found)


def test_every_route_survives_every_value(server, held):
    names = members(server)
    assert {"ranking", "activeSeconds", "settings", "url"} <= set(names)
    form_bodies, json_bodies = list(forms()), list(bodies(names))
    seen = set()
    for method, path, allowed in routes():
        if path in LEFT_OUT or method == "DELETE":
            continue
        role = least_role(allowed)
        address = filled(path, server, role)
        seen.add(path)
        if method == "GET":
            for value in TEXTS:
                query = urllib.parse.urlencode({name: value[:3000] for name in QUERY})
                server.send("GET", f"{address}?{query}"[:60_000], role)
            for value in ("-9223372036854775808", "9223372036854775807", "%00", "NaN"):
                odd = re.sub(r"\{\w+\}", value, path)
                if odd != path:
                    server.send("GET", odd, role)
        elif path.startswith("/api/"):
            for body in json_bodies:
                server.send(method, address, role, body)
        else:
            for body in form_bodies:
                server.send(method, address, role, body, "application/x-www-form-urlencoded")
    assert len(seen) > 90
    server.check()


def test_every_member_is_read_with_care_by_itself(server, held):
    """A body in which all members are odd may be refused for the first; here one of them is."""
    names = members(server)
    for method, path, allowed in routes():
        if path in LEFT_OUT or method in ("GET", "DELETE"):
            continue
        role = least_role(allowed)
        address = filled(path, server, role)
        for number in ("-9223372036854775808", "9223372036854775807", "1e300"):
            if path.startswith("/api/"):
                for name in names:
                    server.send(method, address, role, f'{{"{name}": {number}}}'.encode())
            else:
                for name in FIELDS:
                    server.send(method, address, role, f"{name}={number}".encode(),
                                "application/x-www-form-urlencoded")
    server.check()


def test_odd_names_in_addresses_are_read_with_care(server):
    for method, path, _ in routes():
        for value in ("-9223372036854775808", "9223372036854775807", "1e300", "%00", "NaN",
                      "%E2%80%AE", "..%2F..%2Fetc%2Fpasswd", "x" * 4000):
            odd = re.sub(r"\{\w+\}", value, path)
            if odd != path and path not in LEFT_OUT:
                server.send(method, odd, "admin", b"{}" if path.startswith("/api/") else b"")
    server.check()


@pytest.mark.parametrize("value", ["9223372036854775807", "-9223372036854775808", "NaN", "", "1e300"])
def test_headers_are_read_with_care(server, value):
    for path in ("/api/v1/runs/x/events", "/api/v1/me", "/"):
        server.send("GET", path, "reviewer", Last_Event_ID=value, Accept_Language=f"en;q={value}",
                    If_None_Match=value, Range=f"bytes={value}-", X_Forwarded_For=value, Cookie=f"a={value}")
    server.check()


def test_a_draft_cannot_break_the_page_that_shows_it(server):
    held = server.claim("reviewer")
    draft, page = f"/api/v1/assignments/{held}/draft", f"/assignments/{held}"
    for body in [{"strength": -2**63, "ranking": [["A"], ["B"]]}, {"ratings": {"A": 2**63 - 1}},
                 {"activeSeconds": 1e300}, {"ranking": [["Z"]]}, {"confidence": -1},
                 {"rationale": "x" * 300_000}]:
        assert server.json("PUT", draft, "reviewer", body)[0] == 422, body
    assert server.send("PUT", draft, "reviewer", b'{"a":' + b"[" * 17 + b"]" * 17 + b"}")[0] == 400
    assert server.send("PUT", draft, "reviewer", b'{"rationale":"' + b"x" * 600_000 + b'"}')[0] == 413
    assert server.json("PUT", draft, "reviewer", {"ranking": [["B"], ["A"]], "strength": 2})[0] == 204
    assert server.send("GET", page, "reviewer")[0] == 200
    assert server.json("GET", f"/api/v1/assignments/{held}", "reviewer")[1]["draft"]["strength"] == 2
    server.check()


@pytest.mark.alone
def test_eight_nested_drafts_do_not_hold_up_the_server(server):
    held = server.claim("admin")
    body = b'{"a":' + b"[" * 500 + b"]" * 500 + b"," + b",".join(
        b'"%d":' % n + b"[" * 500 + b"]" * 500 for n in range(8)) + b"}"
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.send(
        "PUT", f"/api/v1/assignments/{held}/draft", "admin", body)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    waits = []
    while any(thread.is_alive() for thread in threads) or len(waits) < 5:
        started = time.monotonic()
        assert server.send("GET", "/healthz")[0] == 200
        waits.append(time.monotonic() - started)
    assert answers == [400] * 8
    # 50 ms on a machine of its own; builds for debugging and busy machines get more.
    assert sorted(waits)[len(waits) // 2] < (0.05 if server.limit == 1 else 1), waits
    server.check()


def record(**changes):
    return {"task": "helpfulness", "prompt_id": "p", "prompt": [{"role": "user", "content": "?"}],
            "responses": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}],
            "ranking": [["a"], ["b"]], "labeller": "labeller-1", "shown_order": ["a", "b"],
            "assignment_seed": 1, "revision": 1, "created_at": "2026-01-31T09:30:00.000Z"} | changes


def test_imported_files_are_read_with_care(server, tmp_path):
    task = "/api/v1/tasks/helpfulness/prompts"
    values = [*NUMBERS, None, True, "NaN", "\x00", "a" * 300_000, [], {}, [[-2**63], [2]]]
    for value in values:
        for key in ("id", "prompt", "messages", "responses", "metadata", "chosen", "rejected"):
            row = {"prompt": "?", "responses": ["a", "b"]} | {key: value}
            server.send("POST", task + "?mode=dry-run", "admin", json.dumps(row).encode() + b"\n",
                        "application/x-ndjson")
        gold = {"prompt": "?", "responses": ["a", "b"], "metadata": {"gold": {"ranking": value}}}
        server.send("POST", task + "?mode=dry-run", "admin", json.dumps(gold).encode(),
                    "application/x-ndjson")
        for key in record():
            body = json.dumps(record(**{key: value})).encode() + b"\n"
            server.send("POST", task + "?format=rankings&mode=dry-run", "admin", body,
                        "application/x-ndjson")
        for key in ("active_seconds", "strength", "confidence", "ratings", "flags", "rationale"):
            body = json.dumps(record(**{key: {"a": value} if key == "ratings" else value})).encode()
            server.send("POST", task + "?format=rankings&mode=dry-run", "admin", body,
                        "application/x-ndjson")
        table = f"prompt,answer1,answer2\n{value},{value},{value}\n".encode()
        server.send("POST", task + "?mode=dry-run", "admin", table, "text/csv")
    many = ",".join(f"c{n}" for n in range(200_000)).encode()
    for body, type in [
            (many + b"\n1,2\n", "text/csv"), (b"prompt," + many[:400_000] + b"\n", "text/csv"),
            (json.dumps({f"k{n}": n for n in range(100_000)}).encode(), "application/json"),
            (json.dumps({"prompt": "\n\nHuman: a" * 50_000, "responses": ["a", "b"]}).encode(),
             "application/x-ndjson"),
            (NESTED, "application/json"), (b"\x00" * 1_000_000, "text/plain"),
            (json.dumps(record(responses=[{"id": str(n), "text": str(n)} for n in range(12)],
                               ranking=[], shown_order=[str(n) for n in range(12)])).encode(),
             "application/x-ndjson")]:
        server.send("POST", task + "?mode=dry-run", "admin", body, type)
    server.check()
    refused = server.send("POST", task + "?format=rankings", "admin",
                          json.dumps(record(active_seconds=1e300)).encode(), "application/x-ndjson")
    assert refused[0] == 422 and b"active_seconds" in refused[1]
    assert server.send("GET", "/tasks/helpfulness/labellers")[0] == 200


def test_a_webhook_has_a_port_that_there_is(server):
    for port, status in [(0, 422), (65536, 422), (80800, 422), (2**63, 422), (65535, 201)]:
        body = {"url": f"http://127.0.0.1:{port}/hook"}
        assert server.json("POST", "/api/v1/tasks/helpfulness/webhooks", "admin", body)[0] == status
    done = server.bench.attempt("webhook", "add", "helpfulness", "http://127.0.0.1:80800/hook")
    assert done.returncode == 64 and "65535" in done.stderr
    server.check()


def test_settings_of_a_run_are_neither_options_nor_files(server):
    for settings in [{"--output": "/elsewhere"}, {"--config": "x"}, {"Dataset": "x"},
                     {"dataset": "/etc/passwd"}, {"reward.labellerWeights": "/etc/passwd"},
                     {"capabilityText": "/etc/passwd"}, {"ptxDataset": "x"}, {"output": "x"},
                     {"config": "x"}, {"batch": "8\n9"}, {"": "x"}]:
        body = {"task": "helpfulness", "settings": settings}
        status, answer = server.json("POST", "/api/v1/runs", "admin", body)
        assert (status, answer["error"]["field"]) == (422, "settings"), (settings, answer)
    body = {"task": "helpfulness", "base": "no such model"}
    status, answer = server.json("POST", "/api/v1/runs", "admin", body)
    assert (status, answer["error"]["field"]) == (422, "base"), answer
    server.check()


def test_names_look_different_and_show_all_they_hold(server):
    def add(name):
        return server.json("POST", "/api/v1/people", "admin", {"name": name})[0]

    for name in ["", " ", "a\r\nb", "a\u202eb", "a\u200bb", "x" * 81, "\u043fayp\u0430l", "\u3164"]:
        assert add(name) == 422, ascii(name)
    assert add("Ada Lovelace") == 201
    for name in ["ada lovelace", "Ada  Lovelace", "\uff21da Lovelace", "\u0410d\u0430 Lovelace"]:
        assert add(name) in (409, 422), ascii(name)
    assert add("\u0430\u0441\u0435") == 201 and add("ace") == 409
    for name in ["M\u00e1ria", "\u674e\u534e", "\u041e\u043b\u044c\u0433\u0430", "O'Brien-3", "\u0645\u0631\u06cc\u0645\u200c\u062c\u0627\u0646"]:
        assert add(name) == 201, ascii(name)
    server.check()


def raw(server, text):
    import socket
    host, port = server.place.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(text.encode())
        return connection.recv(65536).split(b"\r\n")[0]


def test_requests_are_framed_as_http_requires(server):
    token = f"Authorization: Bearer {server.tokens['admin']}\r\n"
    assert b" 400 " in raw(server, "GET /healthz HTTP/1.1\r\n\r\n")
    assert b" 400 " in raw(server, "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    chunked = ("POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
               f"{token}Transfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert b" 400 " in raw(server, chunked)
    assert server.bench.server.poll() is None


def test_numbers_and_nulls_that_the_document_does_not_know_are_refused(server):
    for path in ["/judgements?limit=null", "/judgements?offset=null", "/tasks?archived=null",
                 "/judgements?limit=0", "/judgements?limit=501", "/judgements?offset=-1",
                 "/tasks/helpfulness/prompts?after=x", "/tasks/helpfulness/judgements?labeller=x"]:
        assert server.json("GET", "/api/v1" + path)[0] == 400, path
    assert server.json("POST", "/api/v1/people", "admin", {"name": "Zoe", "role": None})[0] == 400
    server.check()


def test_yaml_with_anchors_is_refused_before_it_grows(server, tmp_path):
    lines = ["a0: &a0 [x, x]"] + [
        f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 10)]
    for text in ["slug: made\n" + "\n".join(lines) + "\n", "slug: " + "[" * 1_000_000,
                 "slug:\n" + "- " * 500_000, "slug: &x made\n"]:
        (tmp_path / "task.yaml").write_text(text)
        (tmp_path / "guidelines.md").write_text("#")
        started = time.monotonic()
        done = server.bench.attempt("task", "add", tmp_path)
        assert done.returncode == 65 and time.monotonic() - started < 30, done.stderr


def test_every_setting_of_the_engine_that_names_a_file_is_refused_over_http(server, engine):
    empty = set()
    for stage in ("sft", "reward", "ppo"):
        shown = engine.run(stage, "--show-settings").stdout
        empty |= set(re.findall(r"^(\w+): *(?:''|\"\")? *(?:#.*)?$", shown, re.M))
    assert {"capabilityText", "labellerWeights", "ptxDataset"} <= empty
    # Names of people and shares of datasets; every other text that is empty until it is set is a
    # path.
    for name in empty - {"heldOutLabellers", "mix"}:
        body = {"task": "helpfulness", "settings": {name: "/etc/passwd"}}
        status, answer = server.json("POST", "/api/v1/runs", "admin", body)
        assert status == 422 and "names a file" in answer["error"]["message"], name
