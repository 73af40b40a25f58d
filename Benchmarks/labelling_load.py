"""Labelling under load over HTTP: cycles a second, latencies, cost against the number of prompts.

One cycle is a claim and a submission, each acknowledged only when it is synced to the disk. The
workspace is fresh; the labellers' tokens are written into the store directly, because making them is
not what is measured. The load comes from labelling_load.c, compiled on the spot.
"""

import argparse
import hashlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TASK = """slug: load
overlap: {overlap}
order: {order}
questions:
  ranking: {{required: true, ties: true}}
  flags: [unhelpful, fabricated, uninterpretable, harmful]
"""


def prompts(count, folder):
    path = Path(folder) / f"prompts-{count}.jsonl"
    with path.open("w") as file:
        for number in range(count):
            answers = [f"Answer {letter} to question {number}, in a few words." for letter in "1234"]
            row = {"id": f"q{number}", "prompt": f"Question {number}: what is best?",
                   "responses": answers}
            file.write(json.dumps(row) + "\n")
    return path


class Workspace:
    def __init__(self, folder, program, overlap, order, count):
        self.folder, self.program = Path(folder), program
        task = self.folder / "tasks/load"
        self.run("init", folder)
        task.mkdir(parents=True, exist_ok=True)
        (task / "task.yaml").write_text(TASK.format(overlap=overlap, order=order))
        (task / "guidelines.md").write_text("Best first.\n")
        self.run("task", "add", task)
        source = prompts(count, folder)
        start = time.perf_counter()
        self.run("import", "load", source)
        self.importSeconds = time.perf_counter() - start
        source.unlink()

    def run(self, *words):
        words = [str(word) for word in words]
        where = [] if words[0] == "init" else ["--workspace", str(self.folder)]
        subprocess.run([self.program, *words, *where, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)

    def told(self, *words):
        """What a command prints as JSON."""
        done = subprocess.run(
            [self.program, *words, "--json", "--quiet", "--workspace", self.folder], check=True,
            stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout)

    def people(self, count):
        """Adds labellers over HTTP, so that the event log has them, and returns their ids."""
        self.told("user", "add", "bench", "--role", "admin")
        token = self.told("user", "token", "bench")["token"]
        server = Server(self, 0)
        try:
            ids = []
            for number in range(count):
                request = urllib.request.Request(
                    f"http://127.0.0.1:{server.port}/api/v1/people", method="POST",
                    data=json.dumps({"name": f"labeller {number}"}).encode(),
                    headers={"Content-Type": "application/json",
                             "Authorization": f"Bearer {token}"})
                ids.append(int(json.loads(urllib.request.urlopen(request).read())["id"]))
            return ids
        finally:
            server.close()

    def labellers(self, count, cookies):
        """Adds people with credentials and writes their header lines to a file."""
        path = self.folder / "headers.txt"
        ids = self.people(count)
        store = sqlite3.connect(self.folder / "plumbline.sqlite")
        later = int(time.time() * 1000) + 86_400_000
        with store, path.open("w") as file:
            for number, person in enumerate(ids):
                word = f"secret-{number}"
                digest = hashlib.sha256(word.encode()).hexdigest()
                if cookies:
                    store.execute(
                        "INSERT INTO session (tokenHash, personId, agent, createdAt, expiresAt)"
                        " VALUES (?, ?, 'load', 0, ?)", [digest, person, later])
                    file.write(f"Cookie: plumbline_session={word}\n")
                else:
                    store.execute(
                        "INSERT INTO apiToken (tokenHash, personId, name, createdAt)"
                        " VALUES (?, ?, 'load', 0)", [digest, person])
                    file.write(f"Authorization: Bearer {word}\n")
        store.close()
        return path


class Server:
    """A served workspace; knows how long it took to be ready, and its memory."""

    def __init__(self, workspace, nice):
        command = [workspace.program, "serve", "--workspace", workspace.folder, "--port", "0",
                   "--json", "--quiet"]
        prefix = ["nice", "-n", str(nice)] if nice else []
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [*prefix, *command], stdout=subprocess.PIPE, text=True)
        address = json.loads(self.process.stdout.readline())["listening"]
        urllib.request.urlopen(address + "/readyz").read()
        self.readySeconds = time.perf_counter() - start
        self.port = int(address.rsplit(":", 1)[1])

    def megabytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


def bare_commits(folder):
    """Synced transactions a second that SQLite alone commits here, one row after the other."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        store = sqlite3.connect(Path(place) / "bare.sqlite", isolation_level=None)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute("CREATE TABLE judgement (id INTEGER PRIMARY KEY, document TEXT)")
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < 2:
            store.execute("INSERT INTO judgement (document) VALUES (?)", ["x" * 200])
            count += 1
        return count / (time.perf_counter() - start)


def load(generator, server, headers, clients, options, think=0):
    prefix = ["nice", "-n", str(options.nice)] if options.nice else []
    before = server.seconds()
    done = subprocess.run(
        [*prefix, generator, str(server.port), "load", headers, str(clients),
         str(options.seconds), str(options.warmup), str(think)],
        check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    result["serverCPU"] = round(server.seconds() - before, 2)
    result["loadAverage"] = os.getloadavg()[0]
    return result


def measure(generator, options, name, count, clients, think=0, cookies=False):
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        workspace = Workspace(folder, options.program, options.overlap, options.order, count)
        headers = workspace.labellers(clients, cookies)
        server = Server(workspace, options.nice)
        try:
            time.sleep(1)
            row = {"mode": name, "prompts": count, "clients": clients, "thinkMilliseconds": think,
                   "importSeconds": round(workspace.importSeconds, 1),
                   "readySeconds": round(server.readySeconds, 3),
                   "idleMegabytes": round(server.megabytes(), 1)}
            if clients:
                row |= load(generator, server, headers, clients, options, think)
                row["busyMegabytes"] = round(server.megabytes(), 1)
        finally:
            server.close()
        if options.verify:
            workspace.run("verify")
            row["verified"] = True
        return row


def table(rows):
    print("| mode | prompts | clients | cycles/s | claim p50 / p95 / p99 ms |"
          " submit p50 / p95 / p99 ms | errors | server CPU µs/cycle | ready s | idle MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        def times(kind):
            part = row.get(kind, {})
            return " / ".join(f"{part[key]:.2f}" for key in ("p50", "p95", "p99")) if "p50" in part \
                else "–"
        total = row.get("cycle", {}).get("count", 0)
        share = total / max(row.get("seconds", 1), 1e-9)
        cpu = row.get("serverCPU", 0) / max(1, share * (row.get("seconds", 0) + row["warmup"])) \
            * 1e6 if total else 0
        print(f"| {row['mode']} | {row['prompts']:,} | {row['clients']:,} |"
              f" {row.get('cyclesPerSecond', 0):,.0f} | {times('claim')} | {times('submit')} |"
              f" {row.get('errors', 0)} | {cpu:,.0f} | {row['readySeconds']} |"
              f" {row['idleMegabytes']} |")


MODES = {
    "cycles": lambda g, o: [measure(g, o, "64 clients", o.prompts, 64)],
    "people": lambda g, o: [
        measure(g, o, "1,000 people", o.prompts, 1000, think=o.think, cookies=True)],
    "size": lambda g, o: [
        measure(g, o, f"{n:,} prompts", n, 1, think=o.pause) for n in (1000, o.most)],
    "start": lambda g, o: [measure(g, o, "start", o.most, 0)],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", nargs="*", default=list(MODES), help=", ".join(MODES))
    parser.add_argument("--program", default=ROOT / ".build/release/plumbline")
    parser.add_argument("--prompts", type=int, default=100_000)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--overlap", type=int, default=1)
    parser.add_argument("--order", default="fewest")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warmup", type=float, default=2)
    parser.add_argument("--think", type=int, default=5000, help="mean think time, ms")
    parser.add_argument("--pause", type=int, default=5, help="pause in the mode size, ms")
    parser.add_argument("--nice", type=int, default=0, help="for server and load, where shared")
    parser.add_argument("--folder", help="where the workspaces are made")
    parser.add_argument("--no-verify", dest="verify", action="store_false")
    parser.add_argument("--output", help="a JSON file for the results")
    options = parser.parse_args()
    unknown = set(options.modes) - set(MODES)
    if unknown:
        parser.error(f"unknown mode {unknown.pop()}; known are {', '.join(MODES)}")
    # A connection is a file: 1,000 labellers need more of them than the usual 1,024.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 65536), limit))
    with tempfile.TemporaryDirectory() as folder:
        generator = Path(folder) / "labelling_load"
        subprocess.run(["cc", "-O2", "-o", generator, ROOT / "Benchmarks/labelling_load.c"],
                       check=True)
        bare = bare_commits(options.folder)
        rows = []
        for mode in options.modes:
            rows += MODES[mode](generator, options)
    for row in rows:
        row["warmup"] = options.warmup
    table(rows)
    print(f"\nSQLite alone commits {bare:,.0f} synced transactions a second here, one by one.")
    if options.output:
        Path(options.output).write_text(
            json.dumps({"bareCommitsPerSecond": bare, "rows": rows}, indent=2) + "\n")
    return 1 if any(row.get("errors") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
