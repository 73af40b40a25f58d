"""A workspace driven through the command line, and the server over it."""

import copy
import json
import re
import shutil
import subprocess

from plumbline_testing.programs import clean_environment, program

TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 2
responses: 4
questions:
  ranking: {required: true, ties: true}
  flags: [unhelpful, fabricated]
"""


def write_lines(path, rows):
    """Writes one JSON value per line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


class Workspace:
    """A new workspace in a folder: tasks, commands that run in it, and its server."""

    def __init__(self, folder):
        self.folder, self.program, self.server = folder, program("plumbline"), None
        self.environment = clean_environment()
        self.run("init", folder)

    @classmethod
    def with_prompts(cls, folder, prompts=6, answers=0, task=TASK):
        """Creates a workspace with the task `helpfulness` and numbered prompts and answers."""
        workspace = cls(folder)
        workspace.add_task("helpfulness", task)
        if prompts:
            workspace.import_rows([
                {"prompt": f"Question {number}?"} | (
                    {"responses": [f"Answer {k} to {number}" for k in range(answers)]}
                    if answers else {})
                for number in range(prompts)])
        return workspace

    def copy(self, folder):
        """Returns a workspace in `folder` with the same contents; no server may be running."""
        assert self.server is None
        shutil.copytree(self.folder, folder)
        other = copy.copy(self)
        other.folder, other.environment = folder, dict(self.environment)
        return other

    # MARK: Commands

    def command(self, *arguments):
        return [str(self.program), *map(str, arguments), "--workspace", str(self.folder)]

    def attempt(self, *arguments, **environment):
        """Runs a command to its end, whether it succeeds or fails."""
        return subprocess.run(
            self.command(*arguments, "--json"), env=self.environment | environment,
            capture_output=True, text=True, timeout=1200)

    def run(self, *arguments, **environment):
        """Runs a command that must succeed, and returns its last line of JSON."""
        done = self.attempt(*arguments, **environment)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}

    def output(self, *arguments):
        """Runs a command that must succeed, without --json, and returns the bytes it prints."""
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, check=True).stdout

    def start(self, *arguments):
        """Starts a command and returns its process."""
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    # MARK: Tasks and people

    def add_task(self, slug, yaml, rows=(), guidelines="# Best first"):
        """Writes the task's folder, adds the task, and imports the rows as its prompts."""
        folder = self.folder / "tasks" / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "task.yaml").write_text(yaml if yaml.startswith(("slug:", "{")) else f"slug: {slug}\n{yaml}")
        (folder / "guidelines.md").write_text(guidelines)
        (folder / "prompts.jsonl").unlink(missing_ok=True)
        self.run("task", "add", folder)
        rows = list(rows)
        if rows:
            self.import_rows(rows, slug)

    def import_rows(self, rows, slug="helpfulness"):
        """Imports rows of JSON: prompts, or judgements in the format `rankings`."""
        return self.run("import", slug, write_lines(self.folder / f"{slug}.jsonl", rows))

    def token(self, name, role):
        """Adds a person and returns their API token."""
        self.run("user", "add", name, "--role", role)
        return self.run("user", "token", name)["token"]

    def invitation(self, name, role):
        """Adds a person and returns the address at which they choose their password."""
        link = self.run("user", "add", name, "--role", role)["invitation"]
        return self.address + re.sub(r"^https?://[^/]+", "", link)

    # MARK: The server

    def serve(self, *arguments):
        """Starts the server on a free port and returns its address."""
        self.server = subprocess.Popen(
            self.command("serve", "--port", "0", "--json", "--quiet", *arguments),
            env=self.environment, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.server.stdout.readline())["listening"]
        return self.address

    def close(self, kill=False):
        """Ends the server if it runs."""
        if self.server:
            self.server.kill() if kill else self.server.terminate()
            self.server.wait(timeout=30)
            self.server.stdout.close()
            self.server = None
