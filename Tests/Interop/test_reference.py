"""The reference page says what the program says: settings, commands with their help, routes."""

import re
import subprocess

import pytest
import reference
from plumbline_testing.programs import ROOT, program
from plumbline_testing.workspace import Workspace

PAGE = (ROOT / "docs/reference.md").read_text()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("reference") / "space")


def settings(bench):
    """The keys that the program knows, as it tells who writes another."""
    (bench.folder / "plumbline.yaml").write_text("nonsense: 1\n")
    done = bench.attempt("user", "add", "Someone")
    assert done.returncode == 65, done.stderr
    return re.search(r"Known are: (.*)\.", done.stderr)[1].split(", ")


def test_every_setting_is_documented_and_nothing_else(bench):
    known = settings(bench)
    table = PAGE.split("## Settings")[1].split("\n\nBesides")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == known
    for key in known:
        assert f"PLUMBLINE_{key.upper()}" in table
    (bench.folder / "plumbline.yaml").unlink()
    bench.run("init")
    template = (bench.folder / "plumbline.yaml").read_text()
    for key in known:
        assert re.search(rf"^# {key}:", template, re.M), f"plumbline init does not tell of {key}"


@pytest.mark.parametrize("text, complaint", [
    ("port: many", "port"), ("port: 70000", "port"), ("address: example.org", "address"),
    ("address: 'https://a/b?c'", "address"), ("host: [a]", "host"), ("- a", "port: 8080"),
    ("endpoints: vllm", "endpoints"), ("endpoints: {vllm: {url: 'http://h'}}", "endpoints.vllm"),
    ("endpoints: {vllm: {url: 'ftp://h', model: m}}", "endpoints.vllm"),
    ("endpoints: {vllm: {url: 'http://h', model: m, key: sk-1}}", "endpoints.vllm.key"),
    ("{", "YAML"),
])
def test_a_setting_that_cannot_be_right_is_refused_by_name(bench, text, complaint):
    (bench.folder / "plumbline.yaml").write_text(text + "\n")
    done = bench.attempt("user", "add", "Someone")
    assert done.returncode == 65 and complaint in done.stderr, done.stderr
    assert "sk-1" not in done.stderr
    assert [person["name"] for person in bench.run("user", "list")] == ["admin"]


def test_flags_go_before_the_environment_and_that_before_the_file(bench):
    (bench.folder / "plumbline.yaml").write_text("port: 1\naddress: https://file.example\n")
    file = bench.run("user", "add", "One")["invitation"]
    variable = bench.run("user", "add", "Two", PLUMBLINE_ADDRESS="https://env.example")["invitation"]
    assert file.startswith("https://file.example/invitations/")
    assert variable.startswith("https://env.example/invitations/")
    bench.environment["PLUMBLINE_PORT"] = "2"
    try:
        assert not bench.serve("--port", "0").endswith((":1", ":2"))
    finally:
        bench.close()
        del bench.environment["PLUMBLINE_PORT"]
    (bench.folder / "plumbline.yaml").unlink()


def test_a_link_names_the_port_that_is_set_and_says_what_to_do_with_another(bench):
    (bench.folder / "plumbline.yaml").write_text("port: 9123\n")
    said, _ = bench.start("user", "add", "Three").communicate(timeout=120)
    assert "  http://127.0.0.1:9123/invitations/" in said
    assert "If serve listens on another address" in said

    (bench.folder / "plumbline.yaml").write_text("address: https://label.example\n")
    said, _ = bench.start("user", "reset", "Three").communicate(timeout=120)
    assert "  https://label.example/invitations/" in said
    assert "another address" not in said
    (bench.folder / "plumbline.yaml").unlink()


def test_every_command_and_its_help_are_as_the_program_prints_them():
    for path in reference.commands():
        name = " ".join(["plumbline", *path])
        section = re.search(rf"^### {re.escape(name)}\n\n```text\n(.*?)\n```$", PAGE, re.M | re.S)
        assert section, f"{name} is not in docs/reference.md; run scripts/reference"
        assert section[1] == reference.help_text(path), f"{name} changed; run scripts/reference"


def test_help_has_no_line_that_a_terminal_would_break():
    for path in reference.commands():
        for line in reference.help_text(path).splitlines():
            assert len(line) <= 80 or line.startswith("USAGE"), (path, line)


def test_every_route_is_documented_and_nothing_else():
    table = PAGE.split("## Routes")[1]
    documented = set(re.findall(r"^\| `(\w+ \S+)` \|", table, re.M))
    assert documented == {f"{method} {path}" for method, path, _ in reference.routes()}


def test_the_events_of_webhooks_are_documented(bench):
    done = subprocess.run([program("plumbline"), "webhook", "add", "--help"], capture_output=True, text=True)
    events = set(re.findall(r"\b[a-z]+\.[a-z]+\b", done.stdout)) - {"plumbline.yaml"}
    prose = PAGE.split("## Webhooks")[1].split("## People")[0]
    for event in events:
        assert f"`{event}`" in prose
