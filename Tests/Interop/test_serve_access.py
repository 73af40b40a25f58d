"""Who may use the model server: hosts, origins, keys, kinds of bodies, and how many connections."""

import http.client
import json
import os
import resource
import socket
import subprocess
import time

import pytest
from plumbline_testing.model_server import ModelServer
from test_stop_tokens import model_folder

BODY = json.dumps({"prompt": "Hi", "max_tokens": 1})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return model_folder(tmp_path_factory.mktemp("tiny") / "model")


def ask(server, method="POST", path="/v1/completions", body=BODY, **headers):
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "POST":
        named = {"Content-Type": "application/json"} | named
    try:
        connection.request(method, path, body if method == "POST" else None, named)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers
    finally:
        connection.close()


def problem(reply):
    return json.loads(reply[1])["error"]


@pytest.fixture(scope="module")
def server(engine, tiny):
    server = ModelServer(engine, tiny, "--name", "m")
    yield server
    assert server.end() == 0


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1:1234", 200), ("localhost", 200), ("LOCALHOST:80", 200), ("[::1]:8000", 200),
    ("app.localhost", 200), ("192.168.1.7:8000", 200), ("evil.example", 403),
    ("evil.example:8000", 403), ("127.0.0.1.evil.example", 403), ("localhost.evil.example", 403),
    ("1.2.3.4.5", 403), ("@", 403),
])
def test_the_host_must_be_this_machine(host, status, server):
    reply = ask(server, Host=host)
    assert reply[0] == status, reply[1]
    if status == 403:
        assert problem(reply)["code"] == "host_not_allowed"
    assert ask(server, "GET", "/v1/models", Host=host)[0] == status


def test_pages_of_other_sites_are_refused(server):
    for origin in ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1"]:
        reply = ask(server, Origin=origin)
        assert reply[0] == 403 and problem(reply)["code"] == "origin_not_allowed"
        assert "Access-Control-Allow-Origin" not in reply[2]
        assert ask(server, "OPTIONS", Origin=origin)[0] == 403
    assert ask(server, Origin=server.address)[0] == 200


@pytest.mark.parametrize("kind, status", [
    ("application/json", 200), ("application/json; charset=utf-8", 200),
    ("Application/JSON;charset=UTF-8", 200), ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415),
    ("", 415), ("application/jsonp", 415),
])
def test_a_body_must_be_json(kind, status, server):
    reply = ask(server, Content_Type=kind)
    assert reply[0] == status
    if status == 415:
        assert "application/json" in problem(reply)["message"]


def test_named_hosts_and_origins(engine, tiny):
    page = "https://chat.example.org"
    server = ModelServer(engine, tiny, "--name", "m", "--allow-origin", page, "--allow-host", "engine")
    try:
        assert ask(server, Host="engine:8000")[0] == 200
        assert ask(server, Host="other")[0] == 403
        assert ask(server, Origin="https://evil.example")[0] == 403

        asked = ask(
            server, "OPTIONS", Origin=page, Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="authorization, content-type, x-stainless-os")
        assert asked[0] == 204
        assert asked[2]["Access-Control-Allow-Origin"] == page and asked[2]["Vary"] == "Origin"
        assert "POST" in asked[2]["Access-Control-Allow-Methods"]
        assert "x-stainless-os" in asked[2]["Access-Control-Allow-Headers"]
        for body, status in [(BODY, 200), ("{", 400),
                             (json.dumps({"prompt": "Hi", "stream": True, "max_tokens": 1}), 200)]:
            reply = ask(server, body=body, Origin=page)
            assert reply[0] == status and reply[2]["Access-Control-Allow-Origin"] == page
    finally:
        server.end()

    server = ModelServer(engine, tiny, "--name", "m", "--allow-origin", "*")
    try:
        reply = ask(server, Origin="https://any.example")
        assert reply[0] == 200 and reply[2]["Access-Control-Allow-Origin"] == "*"
    finally:
        server.end()


@pytest.mark.parametrize("how", ["option", "file", "environment"])
def test_a_key(how, engine, tiny, tmp_path, monkeypatch):
    key, options = "sk-plumb_1", []
    if how == "option":
        options = ["--api-key", key]
    elif how == "file":
        (tmp_path / "key").write_text(key + "\n")
        options = ["--api-key-file", tmp_path / "key"]
    else:
        monkeypatch.setenv("PLUMBLINE_API_KEY", key)
    server = ModelServer(engine, tiny, "--name", "m", "--allow-origin", "https://a.example", *options)
    try:
        for given in [None, "", key, "Bearer", f"Bearer {key}x", f"Bearer {key[:-1]}", "Bearer x",
                      f"Basic {key}", f"Bearer {key} {key}"]:
            reply = ask(server, **({} if given is None else {"Authorization": given}))
            assert reply[0] == 401 and problem(reply)["code"] == "invalid_api_key"
            assert reply[2]["WWW-Authenticate"] == "Bearer" and key.encode() not in reply[1]
        assert ask(server, "GET", "/metrics")[0] == ask(server, "GET", "/v1/models")[0] == 401
        assert ask(server, "GET", "/health")[0] == 200
        for given in [f"Bearer {key}", f"bearer {key}"]:
            assert ask(server, Authorization=given)[0] == 200
        # A page asks before it sends its key.
        assert ask(server, "OPTIONS", Origin="https://a.example")[0] == 204
        refused = ask(server, Origin="https://a.example")
        assert refused[0] == 401
        assert refused[2]["Access-Control-Allow-Origin"] == "https://a.example"
        server.client.api_key = key
        assert [model.id for model in server.client.models.list()] == ["m"]
    finally:
        server.end()


@pytest.mark.parametrize("options, words", [
    (["--api-key-file", "/no/such/file"], "cannot be read"),
    (["--api-key", "two words"], "one word of printable ASCII"),
    (["--api-key", "a", "--api-key-file", "b"], "not both"),
    (["--allow-origin", "chat.example.org"], "https://chat.example.org"),
    (["--queue", str(2**63 - 1)], "--queue"), (["--slots", str(2**62)], "--slots"),
])
def test_options_that_cannot_be_are_refused(options, words, engine, tiny):
    result = engine.run("serve", "--model", tiny, "--port", 0, *options, check=False)
    assert result.returncode != 0 and words in result.stderr


def test_idle_connections_stop_nobody(engine, tiny):
    """Eleven hundred half-sent requests under a limit of 1,024 open files."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"few open files: at most {hard} on this machine")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    process = subprocess.Popen(
        [engine.path, "serve", "--model", tiny, "--port", "0", "--json", "--quiet", "--name", "m"],
        stdout=subprocess.PIPE, text=True, preexec_fn=limit)
    idle = []
    try:
        address = json.loads(process.stdout.readline())["listening"].removeprefix("http://")
        host, port = address.split(":")
        for _ in range(1100):
            idle.append(socket.create_connection((host, int(port)), timeout=20))
            idle[-1].sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n")
        for _ in range(5):
            start = time.monotonic()
            connection = http.client.HTTPConnection(address, timeout=30)
            connection.request("POST", "/v1/completions", BODY, {"Content-Type": "application/json"})
            assert connection.getresponse().status == 200
            assert time.monotonic() - start < 10
            connection.close()
        assert len(os.listdir(f"/proc/{process.pid}/fd")) < 1000
        assert process.poll() is None
    finally:
        for connection in idle:
            connection.close()
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_the_limit_of_open_files_is_raised(engine, tiny):
    def limit():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    process = subprocess.Popen(
        [engine.path, "serve", "--model", tiny, "--port", "0", "--json", "--quiet"],
        stdout=subprocess.PIPE, text=True, preexec_fn=limit)
    try:
        process.stdout.readline()
        with open(f"/proc/{process.pid}/limits") as limits:
            soft = next(line for line in limits if line.startswith("Max open files")).split()[3]
        assert soft == "unlimited" or int(soft) == min(hard, 1 << 20)
    finally:
        process.terminate()
        process.wait(timeout=20)
