"""The server is killed twenty times under load: what it acknowledged is there, and nothing twice."""

import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 20
PROMPTS = 600
OVERLAP = 3
LABELLERS = 16
TASK = f"""slug: load
overlap: {OVERLAP}
lease: 10s
questions:
  ranking: {{required: true, ties: true}}
"""


def program():
    named = os.environ.get("PLUMBLINE_BIN")
    built = [ROOT / ".build" / kind / "plumbline" for kind in ("release", "debug")]
    for path in [Path(named)] if named else built:
        if path.exists():
            return path
    pytest.skip("plumbline is not built: run swift build --product plumbline")


class Workspace:
    def __init__(self, folder):
        self.folder, self.program = folder, program()
        self.run("init", folder, where=[])
        task = folder / "tasks/load"
        task.mkdir(parents=True, exist_ok=True)
        (task / "task.yaml").write_text(TASK)
        (task / "guidelines.md").write_text("Best first.\n")
        self.run("task", "add", task)
        rows = [{"id": f"q{n}", "prompt": f"Question {n}?", "responses": ["One", "Two", "Three"]}
                for n in range(PROMPTS)]
        (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.run("import", "load", folder / "prompts.jsonl")
        self.tokens = []
        for number in range(LABELLERS):
            self.run("user", "add", f"labeller{number}", "--role", "labeller")
            self.tokens.append(self.run("user", "token", f"labeller{number}")["token"])

    def run(self, *words, where=None):
        where = ["--workspace", str(self.folder)] if where is None else where
        done = subprocess.run(
            [self.program, *map(str, words), *where, "--json", "--quiet"], capture_output=True,
            text=True)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else {}

    def serve(self):
        server = subprocess.Popen(
            [self.program, "serve", "--workspace", self.folder, "--port", "0", "--json", "--quiet"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = int(json.loads(server.stdout.readline())["listening"].rsplit(":", 1)[1])
        return server, port


class Labeller(threading.Thread):
    """Claims and submits until the server is gone or nothing is left; sends some things twice."""

    def __init__(self, port, token, seed, acknowledged, until_done):
        super().__init__(daemon=True)
        self.port, self.token, self.until_done = port, token, until_done
        self.random, self.acknowledged = random.Random(seed), acknowledged
        self.problems = []

    def send(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def run(self):
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            while self.step():
                pass
        except (OSError, http.client.HTTPException):
            pass

    def step(self):
        status, body, headers = self.send("POST", "/api/v1/tasks/load/assignments")
        if status == 204:
            # Who was killed with the server may have left leases; they run out by themselves.
            waits = self.until_done and headers["Plumbline-Reason"] == "othersHold"
            if waits:
                time.sleep(min(1, int(headers["Retry-After"])))
            return waits
        if status != 201:
            self.problems.append((status, body))
            return False
        assignment = json.loads(body)["id"]
        keys = ["A", "B", "C"]
        self.random.shuffle(keys)
        judgement = {"ranking": [[key] for key in keys], "activeSeconds": self.random.random()}
        for _ in range(self.random.choice((1, 1, 2))):
            status, body, _ = self.send(
                "PUT", f"/api/v1/assignments/{assignment}/judgement", judgement)
            if status in (200, 201):
                self.acknowledged[int(assignment)] = judgement["activeSeconds"]
            elif status != 409:
                self.problems.append((status, body))
        return True


def work(workspace, port, acknowledged, seed, until_done=False):
    labellers = [
        Labeller(port, token, f"{seed}/{number}", acknowledged, until_done)
        for number, token in enumerate(workspace.tokens)]
    for labeller in labellers:
        labeller.start()
    return labellers


def stored(workspace):
    store = sqlite3.connect(workspace.folder / "plumbline.sqlite")
    rows = store.execute("SELECT assignmentId, body FROM judgement WHERE revision = 1").fetchall()
    store.close()
    return {assignment: json.loads(body)["activeSeconds"] for assignment, body in rows}


def test_twenty_kills_under_load(tmp_path):
    workspace = Workspace(tmp_path)
    acknowledged = {}
    for turn in range(ROUNDS):
        server, port = workspace.serve()
        labellers = work(workspace, port, acknowledged, turn)
        time.sleep(0.1 + 0.02 * turn)
        server.send_signal(signal.SIGKILL)
        server.wait()
        for labeller in labellers:
            labeller.join()
            assert labeller.problems == []
        there = stored(workspace)
        missing = {key: value for key, value in acknowledged.items() if there.get(key) != value}
        assert missing == {}, f"acknowledged and lost in round {turn}"
        if turn % 5 == 4:
            workspace.run("verify")
    assert len(acknowledged) > ROUNDS, "the load was too light to show anything"

    server, port = workspace.serve()
    for labeller in work(workspace, port, acknowledged, "last", until_done=True):
        labeller.join()
        assert labeller.problems == []
    server.terminate()
    server.wait(timeout=30)

    workspace.run("verify")
    store = sqlite3.connect(tmp_path / "plumbline.sqlite")
    counts = store.execute(
        "SELECT promptId, count(*), count(DISTINCT labellerId) FROM assignment"
        " WHERE state = 'submitted' GROUP BY promptId").fetchall()
    assert len(counts) == PROMPTS
    assert all(count == people == OVERLAP for _, count, people in counts)
    there = stored(workspace)
    assert all(there.get(key) == value for key, value in acknowledged.items())
