"""A workspace with its program, and servers that tests talk to: what several test files share."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 2
responses: 4
questions:
  ranking: {required: true, ties: true}
  flags: [unhelpful, fabricated]
"""


def program():
    named = os.environ.get("PLUMBLINE_BIN")
    built = [ROOT / ".build" / kind / "plumbline" for kind in ("release", "debug")]
    found = [path for path in ([Path(named)] if named else built) if path.exists()]
    if not found:
        pytest.skip("plumbline is not built: run swift build --product plumbline")
    return max(found, key=lambda path: path.stat().st_mtime)


class Workbench:
    """A workspace in a folder of its own, driven through the command line."""

    def __init__(self, folder, prompts=6, task=TASK, answers=0):
        self.folder, self.program, self.server = folder, program(), None
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")}
        self.call("init", folder)
        if task:
            (folder / "tasks/helpfulness").mkdir(parents=True, exist_ok=True)
            (folder / "tasks/helpfulness/task.yaml").write_text(task)
            (folder / "tasks/helpfulness/guidelines.md").write_text("# Best first")
            self.call("task", "add", folder / "tasks/helpfulness")
        if prompts:
            rows = [{"prompt": f"Question {number}?"} for number in range(prompts)]
            for number, row in enumerate(rows):
                if answers:
                    row["responses"] = [f"Answer {k} to {number}" for k in range(answers)]
            (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            self.call("import", "helpfulness", folder / "prompts.jsonl")

    def command(self, *arguments):
        return [str(self.program), *map(str, arguments), "--workspace", str(self.folder)]

    def start(self, *arguments):
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **environment):
        """Runs a command to its end, whatever that is."""
        return subprocess.run(
            self.command(*arguments, "--json"), env=self.environment | environment,
            capture_output=True, text=True, timeout=120)

    def call(self, *arguments, **environment):
        """Runs a command that must succeed, and returns its result."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}

    def serve(self, *arguments):
        self.server = subprocess.Popen(
            self.command("serve", "--port", "0", "--json", "--quiet", *arguments),
            env=self.environment, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.server.stdout.readline())["listening"]
        return self.address

    def token(self, name, role):
        self.call("user", "add", name, "--role", role)
        return self.call("user", "token", name)["token"]

    def close(self, kill=False):
        if self.server:
            self.server.kill() if kill else self.server.terminate()
            self.server.wait(timeout=30)
            self.server.stdout.close()
            self.server = None


class Receiver:
    """A small HTTP server on a free port; `answer(request)` says what it replies."""

    class Request:
        def __init__(self, handler):
            self.path, self.headers, self.method = handler.path, handler.headers, handler.command
            self.body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))

        @property
        def json(self):
            return json.loads(self.body)

    def __init__(self, answer):
        self.requests, self.answer, self.lock = [], answer, threading.Lock()
        self.now, self.most = 0, 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = Receiver.Request(self)
                with receiver.lock:
                    receiver.requests.append(request)
                    receiver.now += 1
                    receiver.most = max(receiver.most, receiver.now)
                    number = len(receiver.requests)
                try:
                    status, headers, body, *short = receiver.answer(request, number)
                finally:
                    with receiver.lock:
                        receiver.now -= 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                # A promise of more than what comes breaks the answer off in the middle.
                self.send_header("Content-Length", str(len(body) + (short[0] if short else 0)))
                self.end_headers()
                self.wfile.write(body)
                if short:
                    self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A client that gives up waiting is part of the tests.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
