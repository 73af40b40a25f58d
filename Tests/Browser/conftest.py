"""A real server over a fresh workspace, and people who use it in Chromium."""

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough sentence"
TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 2
questions:
  ranking: {required: true, ties: true}
  flags: [unhelpful, fabricated, uninterpretable, harmful]
  rating: {scale: 7}
  rationale: {}
"""
ANSWERS = [
    "A short answer with **bold** words.",
    "A list:\n\n1. first\n2. second",
    "Code:\n\n```python\nprint('hello')\n```",
    "天空是蓝色的。 <script>document.title = 'hacked'</script>",
]


def program():
    named = os.environ.get("PLUMBLINE_BIN")
    built = [ROOT / ".build" / kind / "plumbline" for kind in ("release", "debug")]
    for path in [Path(named)] if named else built:
        if path.exists():
            return path
    pytest.skip("plumbline is not built: run swift build --product plumbline")


class Workspace:
    """A workspace with a task of twelve prompts, served on a free port."""

    def __init__(self, folder):
        self.folder = folder
        self.program = program()
        subprocess.run([self.program, "init", folder, "--quiet"], check=True)
        (folder / "tasks/helpfulness").mkdir(parents=True, exist_ok=True)
        (folder / "tasks/helpfulness/task.yaml").write_text(TASK)
        (folder / "tasks/helpfulness/guidelines.md").write_text("# Rank by helpfulness\n\nBest first.")
        prompts = folder / "prompts.jsonl"
        prompts.write_text("".join(
            json.dumps({"prompt": f"Question {number}?",
                        "responses": [f"{text}\n\n({number})" for text in ANSWERS]}) + "\n"
            for number in range(12)))
        self.run("task", "add", str(folder / "tasks/helpfulness"))
        self.run("import", "helpfulness", str(prompts))
        self.server = subprocess.Popen(
            [self.program, "serve", "--workspace", folder, "--port", "0", "--json", "--quiet"],
            stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.server.stdout.readline())["listening"]

    def add_task(self, slug, yaml, rows, guidelines="# Best first"):
        """Adds a task of these prompts, each a dictionary of the import's lines."""
        folder = self.folder / "tasks" / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "task.yaml").write_text(f"slug: {slug}\n{yaml}")
        (folder / "guidelines.md").write_text(guidelines)
        prompts = self.folder / f"{slug}.jsonl"
        prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.run("task", "add", str(folder))
        self.run("import", slug, str(prompts))

    def run(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments, "--workspace", self.folder, "--json", "--quiet"],
            capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}

    def invitation(self, name, role):
        link = self.run("user", "add", name, "--role", role)["invitation"]
        return self.address + re.sub(r"^https?://[^/]+", "", link)

    def close(self):
        self.server.terminate()
        self.server.wait(timeout=20)


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


@contextmanager
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


class Visitor:
    """Someone with a browser window; every complaint of the console is kept."""

    def __init__(self, browser, workspace, name, role, **window):
        self.workspace = workspace
        self.context = browser.new_context(base_url=workspace.address, **window)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)
        self.page.goto(workspace.invitation(name, role))
        self.page.fill("#password", PASSWORD)
        self.page.click("button.primary")
        self.page.wait_for_url(workspace.address + "/")

    def _listen(self, message):
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)

    def start_labelling(self, task="helpfulness"):
        self.page.goto(f"/tasks/{task}/guidelines")
        self.page.click(".sticky-foot button")
        self.page.wait_for_selector("#judgement")
        # Someone can begin once the script has drawn the ranking panel or the scale.
        self.page.wait_for_selector("#ranking-panel .chip, .strength")
        return self.page

    def expect_complaints(self, *words):
        """Forgets what the console said of failures that the test brought about."""
        self.complaints = [
            one for one in self.complaints if not any(word in one for word in words)]

    def judge(self, count, task="helpfulness", flags=True):
        """Judges some prompts over the API, each with the first answer best."""
        request = self.context.request
        for number in range(count):
            item = request.post(f"/api/v1/tasks/{task}/assignments").json()
            keys = [answer["key"] for answer in item["responses"]]
            sent = request.put(f"/api/v1/assignments/{item['id']}/judgement", data={
                "ranking": [[keys[0]], keys[1:]], "rationale": f"{number}",
                **({"flags": {keys[1]: ["fabricated"]}} if flags else {})})
            assert sent.status == 201, sent.text()

    def places(self):
        """What the page shows: letter → place, as the badges say it."""
        return self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.place select')]"
            ".map((select) => [select.name.split('.')[1], select.value]))")

    def judged(self):
        answer = self.context.request.get("/api/v1/judgements")
        return answer.json()["judgements"]


@pytest.fixture
def visit(browser, workspace):
    visitors = []

    def open_window(name="Ada", role="labeller", **window):
        visitor = Visitor(browser, workspace, name, role, **window)
        visitors.append(visitor)
        return visitor

    yield open_window
    for visitor in visitors:
        assert visitor.complaints == []
        visitor.context.close()


def site_pages(page, *more):
    """Every page that links lead to, one of each kind: numbers in addresses stand for each other."""
    found, waiting = {}, ["/", *more]
    while waiting and len(found) < 80:
        path = waiting.pop(0)
        kind = re.sub(r"=[^&]*", "=", re.sub(r"\d+", "N", path))
        if kind in found or re.search(r"^/(api|assets|assignments)/|/exports/.|#", path):
            continue
        found[kind] = path
        if page.goto(path).ok:
            waiting += page.evaluate(
                "() => [...document.querySelectorAll('a[href]')]"
                ".filter((link) => link.origin === location.origin && !link.download)"
                ".map((link) => link.pathname + link.search)")
    return list(found.values())
