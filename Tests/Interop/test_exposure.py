"""What others can reach: connections, hosts, addresses, files, and how a crash ends."""

import http.client
import os
import resource
import signal
import socket
import stat
import subprocess
import time
from urllib.parse import urlsplit

import pytest
from plumbline_testing.workspace import Workspace


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workspace.with_prompts(tmp_path_factory.mktemp("exposure"), answers=2)
    bench.admin = bench.token("grace", "admin")
    bench.port = urlsplit(bench.serve()).port
    yield bench
    bench.close()


def ask(port, method, path, body=None, timeout=10, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    connection.request(
        method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.alone
def test_1100_idle_connections_under_1024_descriptors_keep_nobody_out(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    bench = Workspace.with_prompts(tmp_path, prompts=0)
    # With as many descriptors as a shell usually gives.
    bench.program = ["prlimit", "--nofile=1024:1024", bench.program]
    bench.command = lambda *words: [
        *map(str, bench.program), *map(str, words), "--workspace", str(tmp_path)]
    port = urlsplit(bench.serve()).port
    idle = []
    try:
        for number in range(1100):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" if number % 2 else b"")
            idle.append(connection)
        for _ in range(20):
            started = time.monotonic()
            assert ask(port, "GET", "/readyz") == (200, "ready\n")
            assert time.monotonic() - started < 1
        descriptors = len(os.listdir(f"/proc/{bench.server.pid}/fd"))
        assert descriptors < 900, f"{descriptors} of 1024 descriptors are open"
        # More than half were let go, the oldest first.
        idle[0].settimeout(5)
        assert idle[0].recv(1) == b""
        assert bench.server.poll() is None
    finally:
        for connection in idle:
            connection.close()
        bench.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_soft_limit_of_descriptors_is_raised(tmp_path):
    bench = Workspace(tmp_path)
    plain = bench.command
    bench.command = lambda *words: ["prlimit", "--nofile=256:4096", *plain(*words)]
    bench.serve()
    try:
        limits = open(f"/proc/{bench.server.pid}/limits").read()
        assert ["4096", "4096"] == limits.split("Max open files")[1].split()[:2]
    finally:
        bench.close()


def test_nothing_is_changed_under_a_foreign_name(bench):
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for host, expected in [
            (f"localhost:{bench.port}", 422), ("192.168.7.7:8080", 422), ("evil.example", 421),
            ("127.0.0.1.evil.example", 421)]:
        status, text = ask(
            bench.port, "POST", "/sign-in", "name=x&password=", Host=host, Origin=f"http://{host}",
            **form)
        assert status == expected, host
        assert "evil" not in text
        assert ask(bench.port, "GET", "/healthz", Host=host)[0] == 200


def test_links_never_begin_with_a_foreign_name(bench):
    for number, (host, expected) in enumerate([
            ("evil.example", f"http://127.0.0.1:{bench.port}"),
            (f"127.0.0.1:{bench.port}@evil.example", f"http://127.0.0.1:{bench.port}"),
            ("203.0.113.9", f"http://127.0.0.1:{bench.port}"), ("localhost:9", "http://localhost:9"),
            ("192.168.7.7:8080", "http://192.168.7.7:8080")]):
        status, text = ask(
            bench.port, "POST", "/api/v1/people", f'{{"name": "person{number}"}}', Host=host,
            Authorization=f"Bearer {bench.admin}", Content_Type="application/json")
        assert status == 201
        assert f'"invitation":"{expected}/invitations/' in text, text


def test_behind_a_proxy_the_address_is_an_origin_whatever_the_host(tmp_path):
    bench = Workspace(tmp_path)
    port = urlsplit(bench.serve("--address", "https://label.example.org")).port
    try:
        for origin, expected in [
                ("https://label.example.org", 422), ("https://evil.example", 403),
                ("http://backend", 421)]:
            status, _ = ask(
                port, "POST", "/sign-in", "name=x&password=", Host="backend", Origin=origin,
                Content_Type="application/x-www-form-urlencoded")
            assert status == expected, origin
    finally:
        bench.close()


def test_a_proxy_that_replaces_the_host_needs_the_address_alone(tmp_path):
    # What nginx sends with `proxy_pass http://127.0.0.1:PORT` and nothing else.
    bench = Workspace(tmp_path)
    (tmp_path / "plumbline.yaml").write_text("address: http://label.lan\n")
    port = urlsplit(bench.serve()).port
    try:
        form = {"Content_Type": "application/x-www-form-urlencoded", "Host": f"127.0.0.1:{port}"}
        for origin, expected in [
                ("http://label.lan", 422), ("HTTP://Label.LAN", 422), ("http://label.lan:8080", 403),
                ("https://label.lan", 403), ("http://label.lan.evil.example", 403), ("null", 403),
                (f"http://127.0.0.1:{port}", 422), ("http://evil.example", 403)]:
            status, text = ask(
                port, "POST", "/sign-in", "name=x&password=", Origin=origin, **form)
            assert status == expected, origin
            if status == 403:
                assert "plumbline.yaml" in text and "address" in text
    finally:
        bench.close()


def ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6) as listener:
            listener.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_is_printed_and_linked_with_brackets(tmp_path, host):
    if not ipv6_loopback():
        pytest.skip("no network namespaces: this machine has no IPv6")
    bench = Workspace(tmp_path)
    address = bench.serve("--host", host)
    try:
        port = urlsplit(address).port
        assert address == f"http://[::1]:{port}"
        connection = http.client.HTTPConnection("::1", port, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        taken = bench.attempt("serve", "--host", host, "--port", str(port))
        assert taken.returncode == 69 and f"cannot listen on [::1]:{port}" in taken.stderr
        made = bench.run("user", "add", "Ada", PLUMBLINE_HOST=host, PLUMBLINE_PORT=str(port))
        assert made["invitation"].startswith(f"http://[::1]:{port}/invitations/")
    finally:
        bench.close()


@pytest.mark.parametrize("arguments, status, says", [
    (["--address", "https://example.org/label"], 65, "cannot be served under a path"),
    (["--address", "https://example.org/label/"], 65, "separate name or port"),
    (["--address", "https://example.org/?x"], 65, "Use an address such as"),
    (["--address", "https://someone:secret@example.org"], 65, "Use an address such as"),
    (["--address", "https://example.org/#top"], 65, "Use an address such as"),
    (["--host", "0.0.0.0"], 64, "--insecure"),
    (["--host", "::"], 64, "--address https://"),
    (["--host", "192.0.2.1"], 64, "docs/deployment.md"),
    (["--host", "192.0.2.1", "--address", "http://label.example.org"], 64, "--insecure"),
    # An address that is not of this machine: past the check, it cannot be listened on.
    (["--host", "192.0.2.1", "--insecure"], 69, "cannot listen"),
    (["--host", "192.0.2.1", "--address", "https://label.example.org"], 69, "cannot listen"),
    (["--proxy", "everyone"], 65, "“everyone” is not a proxy"),
])
def test_other_machines_need_encryption_or_a_word(bench, arguments, status, says):
    done = bench.attempt("serve", "--port", "0", *arguments)
    assert (done.returncode, says in done.stderr) == (status, True), done.stderr


def test_settings_of_exposure_come_from_the_file_and_the_environment(bench):
    done = bench.attempt("serve", "--port", "0", PLUMBLINE_HOST="192.0.2.1", PLUMBLINE_INSECURE="true")
    assert done.returncode == 69 and "Warning" in done.stderr
    done = bench.attempt("serve", "--port", "0", PLUMBLINE_INSECURE="perhaps")
    assert done.returncode == 65 and "true or false" in done.stderr
    done = bench.attempt("serve", "--port", "0", PLUMBLINE_PROXIES="127.0.0.1,nowhere")
    assert done.returncode == 65 and "nowhere" in done.stderr


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_private(tmp_path, bench):
    os.umask(0o022)
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    for folder in [there, tmp_path / "new"]:
        bench.run("init", folder)
        for path in [folder, *folder.rglob("*")]:
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert all(mode(path) & 0o077 == 0 for path in bench.folder.glob("*.sqlite*"))


def test_what_the_engine_writes_is_private(tmp_path, engine):
    os.umask(0o022)
    (tmp_path / "text.txt").write_text("the cat sat on the mat\n" * 50)
    engine.run(
        "train-tokenizer", "--input", tmp_path / "text.txt", "--output", tmp_path / "tokenizer",
        "--vocabulary", "300")
    written = [tmp_path / "tokenizer", *(tmp_path / "tokenizer").rglob("*")]
    assert len(written) > 1
    assert all(mode(path) & 0o077 == 0 for path in written)


def test_a_store_that_others_can_read_is_reported_with_the_command_to_run(tmp_path):
    bench = Workspace(tmp_path / "open")
    bench.folder.chmod(0o755)

    def warning():
        server = subprocess.Popen(
            bench.command("serve", "--port", "0"), env=bench.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        server.stdout.readline()
        server.terminate()
        return server.communicate(timeout=30)[1]

    assert "chmod" not in warning()
    (bench.folder / "plumbline.sqlite").chmod(0o644)
    said = warning()
    command = said.split("Run: ")[1].splitlines()[0]
    assert command == f"chmod -R go-rwx {bench.folder}"
    subprocess.run(command, shell=True, check=True)
    assert "chmod" not in warning()


@pytest.mark.alone
@pytest.mark.parametrize("fault", [signal.SIGILL, signal.SIGSEGV])
def test_a_crash_ends_the_process_at_once(tmp_path, fault):
    bench = Workspace(tmp_path)
    bench.serve()
    started = time.monotonic()
    bench.server.send_signal(fault)
    assert bench.server.wait(timeout=30) == -fault
    assert time.monotonic() - started < 2
    bench.server.stdout.close()
    bench.server = None
