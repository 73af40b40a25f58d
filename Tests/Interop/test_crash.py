"""The server is killed twenty times under load: what it acknowledged is there, and nothing twice."""

import http.client
import json
import random
import sqlite3
import threading
import time

import pytest
from plumbline_testing.workspace import Workspace

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


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.add_task("load", TASK, [
        {"id": f"q{n}", "prompt": f"Question {n}?", "responses": ["One", "Two", "Three"]}
        for n in range(PROMPTS)])
    workspace.tokens = [
        workspace.token(f"labeller{number}", "labeller") for number in range(LABELLERS)]
    return workspace


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


def work(workspace, acknowledged, seed, until_done=False):
    port = int(workspace.address.rsplit(":", 1)[1])
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


def test_twenty_kills_under_load(workspace):
    acknowledged = {}
    for turn in range(ROUNDS):
        workspace.serve()
        labellers = work(workspace, acknowledged, turn)
        time.sleep(0.1 + 0.02 * turn)
        workspace.close(kill=True)
        for labeller in labellers:
            labeller.join()
            assert labeller.problems == []
        there = stored(workspace)
        missing = {key: value for key, value in acknowledged.items() if there.get(key) != value}
        assert missing == {}, f"acknowledged and lost in round {turn}"
        if turn % 5 == 4:
            workspace.run("verify")
    assert len(acknowledged) > ROUNDS, "the load was too light to show anything"

    workspace.serve()
    for labeller in work(workspace, acknowledged, "last", until_done=True):
        labeller.join()
        assert labeller.problems == []
    workspace.close()

    workspace.run("verify")
    store = sqlite3.connect(workspace.folder / "plumbline.sqlite")
    counts = store.execute(
        "SELECT promptId, count(*), count(DISTINCT labellerId) FROM assignment"
        " WHERE state = 'submitted' GROUP BY promptId").fetchall()
    assert len(counts) == PROMPTS
    assert all(count == people == OVERLAP for _, count, people in counts)
    there = stored(workspace)
    assert all(there.get(key) == value for key, value in acknowledged.items())
