"""Files as people have them, through the command line and over HTTP: whole, or with the line."""

import csv
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from plumbline_testing.workspace import Workspace

from test_exports import FORMATS, TASK, load


@pytest.fixture
def workspace(tmp_path):
    return Workspace.with_prompts(tmp_path / "here", prompts=0, task=TASK)


class Served:
    """A server over a workspace, and an admin who talks to it."""

    def __init__(self, workspace):
        self.token = workspace.token("grace", "admin")
        self.address = workspace.serve()

    def ask(self, method, path, body=None, kind="application/json", accept="application/json"):
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}", data=body, method=method,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": accept})
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, body, kind="application/json", query=""):
        status, reply = self.ask("POST", f"/tasks/helpfulness/prompts{query}", body, kind)
        return status, json.loads(reply)

    def prompts(self, query=""):
        found, after = [], 0
        while after is not None:
            parameters = urllib.parse.urlencode({"query": query, "after": after, "limit": 500})
            status, reply = self.ask("GET", f"/tasks/helpfulness/prompts?{parameters}")
            assert status == 200, reply
            page = json.loads(reply)
            found += page["prompts"]
            after = page.get("next")
        return found


@pytest.fixture
def served(workspace):
    yield Served(workspace)
    workspace.close()


def naughty(data):
    """Strings that break programs, attacks among them; no two the same, none blank."""
    strings = json.loads((data / "blns/blns.json").read_text(encoding="utf-8"))
    strings += (data / "xss/xss-payload-list.txt").read_text().split("\n")
    for line in (data / "utf8_stress/UTF-8-test.txt").read_bytes().split(b"\n"):
        try:
            strings.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            pass
    return list(dict.fromkeys(text for text in strings if text.strip()))


def wait_for(condition, seconds=120):
    """Search finds new texts a moment after they are stored."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)


# MARK: - Hostile data

def test_naughty_strings_through_import_search_and_export(served, workspace, data):
    texts = naughty(data)
    assert len(texts) > 1000
    rows = [{"id": f"n{number}", "prompt": f"find{number} {text}",
             "responses": [f"a {text}", f"b {text}"]} for number, text in enumerate(texts)]

    status, reply = served.post(json.dumps(rows).encode())

    assert (status, reply["accepted"], reply["rejected"]) == (200, len(texts), 0), reply
    stored = {prompt["name"]: prompt["messages"][0]["content"] for prompt in served.prompts()}
    assert stored == {row["id"]: row["prompt"] for row in rows}
    wait_for(lambda: served.prompts(f"find{len(texts) - 1}"))
    for number in range(0, len(texts), 97):
        found = served.prompts(f"find{number} ")
        assert f"n{number}" in {prompt["name"] for prompt in found}, texts[number]
    # What is searched for is as hostile as what is found: an answer, never an error.
    for text in texts[::31]:
        served.prompts(text)


def test_naughty_judgements_come_out_of_every_format(workspace, data, tmp_path):
    texts = naughty(data)
    rows = [{
        "task": "helpfulness", "prompt_id": f"n{number}",
        "prompt": [{"role": "user", "content": f"p {text}"}],
        "responses": [{"id": f"n{number}-{key}", "text": f"{key} {text}", "source": text}
                      for key in "ab"],
        "ranking": [[f"n{number}-b"], [f"n{number}-a"]], "ratings": {}, "flags": {},
        "prompt_flags": [], "strength": 2, "confidence": None, "rationale": text,
        "demonstration": None, "labeller": "labeller-1",
        "shown_order": [f"n{number}-a", f"n{number}-b"], "assignment_seed": number,
        "active_seconds": 1.5, "revision": 1, "created_at": "2026-01-01T10:00:00.000Z",
        "split": None} for number, text in enumerate(texts)]
    assert workspace.import_rows(rows)["accepted"] == len(texts)

    for name in FORMATS:
        path = tmp_path / f"{name}.jsonl"
        workspace.run("export", "helpfulness", "--format", name, "--output", path)
        written = load(path)
        manifest = json.loads((tmp_path / f"{name}.manifest.json").read_text())
        skipped = sum(manifest["skipped"].values())
        assert len(written) == (len(texts) - skipped) * (2 if name == "kto" else 1), name
        assert skipped == 0 or name in ("hh", "nectar"), manifest["skipped"]
        if name == "trl":
            assert [(row["prompt"], row["chosen"], row["rejected"]) for row in written] == [
                (f"p {text}", f"b {text}", f"a {text}") for text in texts]
        if name == "rankings":
            # A single letter in a rationale is a number there.
            assert [row["rationale_as_written"] or row["rationale"] for row in written] == texts


# Python's json writes NaN and infinities, which are read as null.
AS_PYTHON_WRITES = {
    "n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json"}


def test_the_json_test_suite_is_read_or_refused_with_a_line(served, data):
    files = sorted((data / "json_test_suite").glob("test_*/*.json"))
    assert len(files) > 300
    for number, path in enumerate(files):
        body = b'[{"prompt": "n%d", "metadata": {"value": ' % number + path.read_bytes() + b"}}]"
        status, reply = served.post(body)
        if path.name.startswith("y_"):
            assert status == 200 and reply["accepted"] == 1, (path.name, reply)
        elif path.name in AS_PYTHON_WRITES:
            assert status == 200 and reply["accepted"] == 1, (path.name, reply)
        elif path.name.startswith("n_"):
            # A file that is no text as a whole has one problem and no lines.
            if "error" in reply:
                assert status == 422 and reply["error"]["message"], (path.name, reply)
            else:
                assert status == 422 and reply["errors"][0]["line"] >= 1, (path.name, reply)
        else:
            # The suite leaves these to the reader: either is right, a crash is not.
            assert status in (200, 422), (path.name, reply)
        alone, reply = served.post(path.read_bytes(), query="?mode=dry-run")
        assert alone in (200, 422), (path.name, reply)


def test_csv_spectrum_is_read_as_it_says(served, data):
    for path in sorted((data / "csv_spectrum/csvs").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        first = next(iter(rows[0]))
        mapping = urllib.parse.quote(f"prompt={first}")
        before = {prompt["name"] for prompt in served.prompts()}

        status, reply = served.post(
            path.read_bytes(), "text/csv", f"?map={mapping}&mode=skip-invalid")

        assert status == 200, reply
        known = {(p["messages"][0]["content"]) for p in served.prompts() if p["name"] not in before}
        wanted = [row[first] for row in rows if row[first].strip()]
        assert reply["accepted"] + reply["rejected"] + reply["duplicates"] == len(rows), (
            path.name, reply)
        assert known <= set(wanted) and reply["accepted"] == len(known)


# Lone continuations, overlong forms, cut-off sequences, surrogates, beyond Unicode, never used.
BAD_BYTES = [bytes(text) for text in (
    [0x80], [0xBF], [0x80, 0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF],
    [0xF0, 0x80, 0x80, 0xAF], [0xF8, 0x87, 0xBF, 0xBF, 0xBF], [0xC3], [0xE2, 0x82],
    [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80], [0xED, 0xAD, 0xBF, 0xED, 0xB0, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xFE], [0xFF])]


def test_bad_bytes_are_named(served, data):
    lines = (data / "utf8_stress/UTF-8-test.txt").read_bytes().split(b"\n") + BAD_BYTES
    body = b"".join(b'{"prompt": %s}\n' % (b'"x ' + line.replace(b"\\", b"").replace(b'"', b"") + b'"')
                    for line in lines)
    status, reply = served.post(body, "application/x-ndjson", "?mode=dry-run")

    bad = {number + 1 for number, line in enumerate(lines) if not is_utf8(line)}
    named = {error["line"] for error in reply["errors"] if "UTF-8" in error["message"]}
    assert status == 200 and named == bad and len(bad) >= len(BAD_BYTES)


def is_utf8(line):
    try:
        line.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


# MARK: - Errors of the command line

@pytest.mark.parametrize(("name", "content", "status", "says"), [
    ("a.csv", b"prompt,answer a\nWhy?,\"x\n", 65, "no closing quote"),
    ("a.csv", b"prompt,answer a\nWhy?,x,y\n", 65, "3 fields, where the header has 2"),
    ("a.csv", b"prompt,prompt\nWhy?,x\n", 65, "two columns are called"),
    ("a.csv", b"colour\nred\n", 65, "Nothing in"),
    ("a.json", b'[{"prompt": "a"},\n {"prompt": "b"},\n]', 65, "a.json:3"),
    ("a.jsonl", b'{"prompt": "a"}\nnope\n', 65, "a.jsonl:2"),
    ("a.zip", b"PK\x03\x04....", 65, "ZIP archive"),
    ("a.jsonl.gz", b"\x1f\x8b\x08\x00", 65, "the file is incomplete"),
    ("a.csv", "prompt\nWhy?\n".encode("utf-32"), 65, "Save it as UTF-8"),
])
def test_a_bad_file_says_what_to_do(workspace, tmp_path, name, content, status, says):
    path = tmp_path / name
    path.write_bytes(content)

    done = workspace.attempt("import", "helpfulness", path)

    assert done.returncode == status and says in done.stderr, done.stderr
    assert workspace.run("task", "show", "helpfulness")["prompts"] == 0


def test_bad_lines_are_listed_to_the_last(workspace, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(
        json.dumps({"prompt": f"p{number}"} if number % 2 else {"prompt": ""}) + "\n"
        for number in range(5000)))

    done = workspace.run(
        "import", "helpfulness", path, "--skip-invalid", "--rejects", tmp_path / "bad.txt")

    assert (done["accepted"], done["rejected"], len(done["errors"])) == (2500, 2500, 1000)
    listed = (tmp_path / "bad.txt").read_text().splitlines()
    assert len(listed) == 2500 and listed[-1].startswith(f"{path}:4999: the prompt is empty")


# MARK: - Interrupted

def test_an_import_that_was_killed_is_completed(workspace, tmp_path):
    path = tmp_path / "many.jsonl"
    count = 20_000
    path.write_text("".join(
        json.dumps({"prompt": f"Question {number}?", "responses": ["yes", "no"]}) + "\n"
        for number in range(count)))
    running = workspace.start("import", "helpfulness", path)
    for line in running.stderr:
        if re.search(r"[1-9]\d*/20000 prompts", line):
            break
    running.kill()
    running.wait()
    stored = workspace.run("task", "show", "helpfulness")["prompts"]
    assert 0 < stored < count

    served = Served(workspace)
    try:
        deadline = time.monotonic() + 240
        while stored < count and time.monotonic() < deadline:
            time.sleep(0.5)
            status, reply = served.ask("GET", "/tasks/helpfulness/progress")
            stored = json.loads(reply)["prompts"]
        names = [prompt["messages"][0]["content"] for prompt in served.prompts()]
    finally:
        workspace.close()

    assert sorted(names) == sorted(f"Question {number}?" for number in range(count))
    verified = workspace.attempt("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
