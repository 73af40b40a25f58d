"""What a chain of hashes shows from outside, what restore takes, and when a day begins."""

import json
import sqlite3
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest
from plumbline_testing.workspace import Workspace


@pytest.fixture
def bench(tmp_path):
    bench = Workspace.with_prompts(tmp_path / "here", prompts=3, answers=3)
    bench.run("user", "add", "grace", "--role", "admin")
    yield bench
    bench.close()


def ask(address, method, path, token, body=None):
    request = urllib.request.Request(
        address + path, method=method, data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read().decode()


def judge(bench, token):
    held = json.loads(
        ask(bench.address, "POST", "/api/v1/tasks/helpfulness/assignments", token))
    ranking = [[answer["key"]] for answer in held["responses"]]
    ask(bench.address, "PUT", f"/api/v1/assignments/{held['id']}/judgement", token,
        {"ranking": ranking})


def tamper(bench, sql):
    """Writes to the closed store behind its back, past the triggers."""
    with sqlite3.connect(bench.folder / "plumbline.sqlite") as store:
        triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = triggers.fetchall()
        for name, _ in triggers:
            store.execute(f"DROP TRIGGER {name}")
        store.executescript(sql)
        for _, text in triggers:
            store.execute(text)
    store.close()


def restore(bench, file, workspace):
    return subprocess.run(
        [bench.program, "restore", file, "--workspace", workspace], env=bench.environment,
        capture_output=True, text=True, timeout=120)


def test_backup_and_export_print_the_head_that_verify_expects(bench):
    token = bench.token("ada", "labeller")
    bench.serve()
    judge(bench, token)
    bench.close()
    exported = bench.run("export", "helpfulness", "--format", "rankings")
    head = bench.run("backup", bench.folder / "copy.sqlite")["head"]
    assert len(head) == 64
    sound = bench.run(
        "verify", "--expect", head, "--expect", exported["manifest"]["event_log_head"])
    assert sound["problems"] == [] and sound["coveredSince"] == 1
    assert sound["prompts"] == 3 and sound["judgements"] == 1
    said = bench.attempt("verify", "--expect", "0" * 64)
    assert said.returncode == 65 and "0" * 64 in said.stderr
    assert bench.attempt("verify", "--expect", "abc").returncode == 64
    plain = bench.start("backup", bench.folder / "second.sqlite").communicate()[0]
    assert "Log head: " + head in plain


def test_poisoned_answers_and_a_log_that_was_cut_off_are_found(bench):
    token = bench.token("ada", "labeller")
    bench.serve()
    judge(bench, token)
    bench.close()
    assert bench.run("verify")["problems"] == []
    tamper(bench, "UPDATE response SET text = CAST('haha' || id AS BLOB), source = 'ours' "
                  "WHERE promptId = 1")
    poisoned = bench.attempt("verify")
    assert poisoned.returncode == 65 and "or their answers, differ" in poisoned.stderr
    refused = restore(bench, bench.folder / "plumbline.sqlite", bench.folder / "there")
    assert refused.returncode == 69 and "or their answers, differ" in refused.stderr
    assert list((bench.folder / "there").iterdir()) == []

    other = Workspace.with_prompts(bench.folder / "other", prompts=1, answers=2)
    other.run("user", "add", "grace", "--role", "admin")
    before = other.run("verify")["head"]
    other.run("user", "add", "ada", "--role", "labeller")
    after = other.run("verify")["head"]
    tamper(other, "DELETE FROM event WHERE id = (SELECT max(id) FROM event); "
                  "DELETE FROM person WHERE name = 'ada'; DELETE FROM invitation "
                  "WHERE personId NOT IN (SELECT id FROM person)")
    assert other.run("verify", "--expect", before)["head"] == before
    cut = other.attempt("verify", "--expect", after)
    assert cut.returncode == 65 and after in cut.stderr


def test_an_empty_file_is_not_restored_and_leaves_nothing(tmp_path):
    bench = Workspace(tmp_path / "here")
    (tmp_path / "empty.sqlite").write_bytes(b"")
    there = tmp_path / "there"
    refused = restore(bench, tmp_path / "empty.sqlite", there)
    assert refused.returncode == 69 and "not a store of Plumbline" in refused.stderr
    assert list(there.iterdir()) == []


def test_ids_that_collide_are_named_by_their_line(bench):
    file = bench.folder / "rows.jsonl"
    row = {"id": "q", "prompt": "Why?", "responses": [{"id": "q-r2", "text": "a"}, "b"]}
    file.write_text(json.dumps(row) + "\n")
    refused = bench.attempt("import", "helpfulness", file)
    assert refused.returncode == 65
    said = refused.stdout + refused.stderr
    assert "SQLite" not in said and "q-r2" in said and "line 1" in said.lower()


def test_today_begins_at_midnight_utc_wherever_the_server_is(bench):
    token = bench.token("ada", "labeller")
    bench.serve()
    judge(bench, token)
    bench.close()
    now = datetime.now(timezone.utc)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if now.hour >= 2:
        # West of Greenwich this judgement was yesterday's; here it is today's.
        zone, moment, today = "Atlantic/Cape_Verde", midnight + timedelta(minutes=30), 1
    else:
        # East of it, today's; here it was yesterday's.
        zone, moment, today = "Pacific/Kiritimati", midnight - timedelta(hours=1), 0
    time = int(moment.timestamp() * 1000)
    tamper(bench, f"UPDATE judgement SET createdAt = {time}; "
                  f"UPDATE assignment SET endedAt = {time} WHERE state = 'submitted'")
    bench.environment["TZ"] = zone
    bench.serve()
    home = ask(bench.address, "GET", "/tasks", token)
    held = json.loads(
        ask(bench.address, "POST", "/api/v1/tasks/helpfulness/assignments", token))
    page = ask(bench.address, "GET", f"/assignments/{held['id']}", token)
    assert f"You have judged {today} prompt" in home
    assert f"{today} today" in page
