"""No request ends the model server, makes it fail, or keeps it busy for long."""

import http.client
import json
import os
import socket
import time
import urllib.parse

import pytest
from plumbline_testing.model_server import ModelServer
from test_stop_tokens import CHATML, model_folder

# Seconds of the server's processor time for one request, and of waiting on a busy machine.
CPU_LIMIT, WAIT_LIMIT = 1.0, 60

BIG = "a" * 1_000_000
CONTROL = "".join(map(chr, range(32))) + "\x7f\u202e\ufeff"
NUMBERS = [-(2**63), 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 1e300, -1e300, -1, 0, 2.5, 1e-39, 1e39]
TEXTS = ["NaN", "", "-1", str(2**63), CONTROL, BIG]
OTHERS = [None, True, [], {}, [[]], [{}], [None], {"a": 1}, {"5": 1e39}, {"-1": 1}, [-1],
          [2**63 - 1], [1e300], ["NaN"], [BIG], {BIG: 1}, [""] * 5000, list(range(5000))]
VALUES = NUMBERS + TEXTS + OTHERS

SHARED = ["model", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty",
          "presence_penalty", "frequency_penalty", "logit_bias", "stop", "stop_token_ids", "seed",
          "n", "best_of", "ignore_eos", "logprobs", "stream", "stream_options", "tools",
          "tool_choice", "functions", "function_call", "response_format", "guided_json",
          "min_tokens", "suffix", "user"]
ROUTES = {
    "/v1/completions": ({"prompt": "Hi", "max_tokens": 2}, ["prompt", "echo", *SHARED]),
    "/v1/chat/completions": (
        {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2},
        ["messages", "max_completion_tokens", "top_logprobs", *SHARED]),
}


def nested(depth, opening, closing):
    return (opening * depth + closing * depth).encode()


RAW = {
    "lists in lists": nested(1_000_000, "[", "]"),
    "lists that never end": b"[" * 1_000_000,
    "objects in objects": nested(1_000_000, '{"a":', "}"),
    "a field of lists": b'{"prompt":' + nested(1_000_000, "[", "]") + b"}",
    "an unknown field of lists": b'{"prompt":"a","x":' + nested(1_000_000, "[", "]") + b"}",
    "messages of lists": b'{"messages":' + nested(1_000_000, "[", "]") + b"}",
    "nothing": b"", "null": b"null", "a text": b'"a"', "a list": b"[]", "half": b'{"prompt":"a',
    "not UTF-8": b'{"prompt":"\xff\xfe"}', "a byte order mark": b'\xef\xbb\xbf{"prompt":"a"}',
    "NaN": b'{"prompt":"a","temperature":NaN}', "too large": b'{"prompt":"a","temperature":1e400}',
    "half a pair": b'{"prompt":"\\ud800"}', "half a pair in a key": b'{"\\udfff":1}',
    "zero bytes": b"\0" * 1_000_000, "spaces": b" " * 1_000_000, "quotes": b'"' * 1_000_000,
    "digits": b'{"seed":' + b"9" * 1_000_000 + b"}", "escapes": b'{"prompt":"' + b"\\n" * 500_000
    + b'"}', "the same key": b'{' + b'"n":1,' * 150_000 + b'"n":1}',
    "many keys": ("{" + ",".join(f'"k{i}":0' for i in range(100_000)) + "}").encode(),
    "many numbers": b'{"prompt":[' + b"1," * 500_000 + b"1]}",
    "many prompts": json.dumps({"prompt": ["a"] * 100_000, "n": 128}).encode(),
    "many messages": json.dumps(
        {"messages": [{"role": "user", "content": "a"}] * 20_000}).encode(),
    "many stops": json.dumps({"prompt": "a", "stop": ["x" * 50] * 20_000}).encode(),
    "a long biography": json.dumps(
        {"prompt": "a", "max_tokens": 2, "logit_bias": {str(i): 1 for i in range(100_000)}}
    ).encode(),
    "spaces to tokenize": json.dumps({"prompt": " " * 1_000_000}).encode(),
    "a long word": json.dumps({"messages": [{"role": "user", "content": "é" * 500_000}]}).encode(),
    "17 megabytes": b'{"prompt":"' + b"a" * (17 << 20) + b'"}',
}

HEADERS = ["Host", "Origin", "Authorization", "Content-Type", "Accept", "Cookie", "Content-Length",
           "Transfer-Encoding", "Expect", "X-Forwarded-For", "Access-Control-Request-Headers"]


class Fuzzer:
    """One connection to a server, which says what each request cost."""

    def __init__(self, server):
        self.server = server
        self.host, port = server.address.removeprefix("http://").split(":")
        self.port = int(port)
        self.connection = None

    def cpu(self):
        with open(f"/proc/{self.server.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def check(self, what, status, body, used, waited, shaped=True):
        assert self.server.process.poll() is None, f"{what}: the server ended"
        assert 200 <= status < 500, f"{what}: {status} {body[:300]}"
        assert used <= CPU_LIMIT, f"{what}: {used} s of processor time"
        assert waited <= WAIT_LIMIT, f"{what}: {waited} s"
        assert len(body) < 2_000_000, f"{what}: a reply of {len(body)} bytes"
        # A head that is too long to read gets no body.
        if status >= 400 and shaped and (body or status not in (400, 414, 431)):
            error = json.loads(body)["error"]
            assert error["message"] and len(error["message"]) < 1200, what
            assert {"type", "param", "code"} <= error.keys(), what
            assert "max-new-tokens" not in error["message"], what
            return error
        return None

    def send(self, what, method, path, body=None, headers=None):
        if headers is None:
            headers = {"Content-Type": "application/json"}
        before, start = self.cpu(), time.monotonic()
        for attempt in range(2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    self.host, self.port, timeout=WAIT_LIMIT)
            try:
                self.connection.request(method, path, body, headers)
                reply = self.connection.getresponse()
                content = reply.read()
                break
            except (http.client.HTTPException, OSError):
                # A refused body closes the connection while it is still being sent.
                self.connection.close()
                self.connection = None
                assert self.server.process.poll() is None, f"{what}: the server ended"
                if attempt == 1:
                    return None, None
        if reply.will_close:
            self.connection.close()
            self.connection = None
        error = self.check(
            what, reply.status, content, self.cpu() - before, time.monotonic() - start)
        return reply.status, error

    def raw(self, what, text):
        """Bytes as they are, which no client library would send."""
        before, start = self.cpu(), time.monotonic()
        content = b""
        with socket.create_connection((self.host, self.port), timeout=5) as connection:
            try:
                connection.sendall(text)
                while part := connection.recv(65536):
                    content += part
                    if b"\r\n\r\n" in content:
                        break
            except OSError:
                pass
        status = int(content.split()[1]) if content.startswith(b"HTTP/") else 400
        self.check(
            what, status, b"", self.cpu() - before, time.monotonic() - start, shaped=False)


@pytest.fixture(scope="module")
def fuzzer(engine, tmp_path_factory):
    folder = model_folder(tmp_path_factory.mktemp("fuzz") / "model", template=CHATML)
    server = ModelServer(engine, folder, "--name", "m", "--slots", 2)
    first = server.client.completions.create(model="m", prompt="Hi", max_tokens=9, temperature=0)
    yield Fuzzer(server)
    last = server.client.completions.create(model="m", prompt="Hi", max_tokens=9, temperature=0)
    assert last.choices[0].text == first.choices[0].text
    assert server.end() == 0


@pytest.mark.parametrize("route", ROUTES)
def test_every_field_with_every_value(route, fuzzer):
    base, fields = ROUTES[route]
    for field in fields:
        for value in VALUES:
            what = f"{route} {field}={json.dumps(value)[:60]}"
            _, error = fuzzer.send(what, "POST", route, json.dumps(base | {field: value}).encode())
            # A limit of tokens beyond the context, and numbers that fit, are answered.
            if error:
                assert error["param"], f"{what}: {error}"


@pytest.mark.parametrize("member", ["role", "content", "name", "tool_calls"])
def test_every_member_of_a_message(member, fuzzer):
    for value in VALUES:
        message = {"role": "user", "content": "Hi"} | {member: value}
        body = json.dumps({"messages": [message], "max_tokens": 1}).encode()
        _, error = fuzzer.send(f"{member}={json.dumps(value)[:60]}", "POST",
                               "/v1/chat/completions", body)
        assert not error or error["param"].startswith("messages"), error
    for value in VALUES:
        content = [{"type": "text", "text": value}, {"type": value, "text": "a"}, value]
        for part in content:
            body = {"messages": [{"role": "user", "content": [part]}], "max_tokens": 1}
            fuzzer.send(f"part {json.dumps(part)[:60]}", "POST", "/v1/chat/completions",
                        json.dumps(body).encode())


@pytest.mark.parametrize("name", RAW)
def test_bodies_that_nobody_would_write(name, fuzzer):
    for route in ROUTES:
        status, _ = fuzzer.send(f"{route} {name}", "POST", route, RAW[name])
        assert status in (200, 400, 413, 429, None)


@pytest.mark.parametrize("depth, status", [(31, 200), (32, 400)])
def test_depth(depth, status, fuzzer):
    body = b'{"prompt":"a","max_tokens":1,"user":' + nested(depth, "[", "]") + b"}"
    assert fuzzer.send(f"depth {depth}", "POST", "/v1/completions", body)[0] == status


def test_every_header_and_query(fuzzer):
    body = json.dumps({"prompt": "a", "max_tokens": 1}).encode()
    values = [b"", b"-1", b"NaN", str(2**63).encode(), b"a" * 70_000, b"a" * 1_000_000,
              CONTROL.encode(), b"\xff\xfe", b"1e300"]
    for header in HEADERS:
        for value in values:
            fuzzer.raw(
                f"{header}: {value[:40]!r}",
                b"POST /v1/completions HTTP/1.1\r\n"
                + (b"" if header == "Host" else b"Host: localhost\r\n")
                + (b"" if header == "Content-Type" else b"Content-Type: application/json\r\n")
                + (b"" if header == "Content-Length"
                   else b"Content-Length: %d\r\n" % len(body))
                + b"Connection: close\r\n" + header.encode() + b": " + value + b"\r\n\r\n" + body)
    for value in [*map(str, NUMBERS), *TEXTS[:5], "a" * 60_000, "../../etc/passwd", "[" * 10_000]:
        quoted = urllib.parse.quote(value, safe="")
        for path in [f"/v1/models/{quoted}", f"/v1/models?limit={quoted}", f"/health?x={quoted}",
                     f"/metrics?{quoted}={quoted}", f"/{quoted}", f"/v1/completions?n={quoted}"]:
            fuzzer.send(path[:80], "GET", path, headers={})
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]:
        for path in ["/v1/completions", "/v1/models", "/health"]:
            connection = http.client.HTTPConnection(fuzzer.host, fuzzer.port, timeout=WAIT_LIMIT)
            connection.request(method, path)
            assert connection.getresponse().status < 500
            connection.close()


def test_prompts_times_choices_is_no_crash(fuzzer):
    for count in (2**63 - 1, -(2**63), 2**62, 128):
        body = json.dumps({"prompt": ["a"] * 40, "n": count, "max_tokens": 1}).encode()
        status, error = fuzzer.send(f"n={count}", "POST", "/v1/completions", body)
        assert status == 400 and error["param"] in ("n", "prompt")
