"""Seconds and peak memory of importing and exporting millions of rows, and what labellers feel."""

import argparse
import http.client
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TASK = """slug: big
title: {en: Big}
overlap: 3
questions:
  ranking: {required: true, ties: true}
"""
WORDS = ("sky blue light water river stone question answer people because when how often "
         "why does the a is of and in").split()


def sentence(rng, words):
    return " ".join(rng.choices(WORDS, k=words))


def write_prompts(path, count):
    """Prompts with four short answers each, no two the same."""
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            answers = [f"{sentence(rng, 6)} {index}" for index in range(4)]
            file.write(json.dumps(
                {"prompt": f"{sentence(rng, 8)} {number}?", "responses": answers}) + "\n")


def write_rankings(path, comparisons, answers):
    """Judgements in the rankings format that give so many ordered pairs."""
    rng = random.Random(2)
    pairs = answers * (answers - 1) // 2
    with open(path, "w", encoding="utf-8") as file:
        for number in range(-(-comparisons // pairs)):
            ids = [f"q{number}-r{index + 1}" for index in range(answers)]
            shown = ids[:]
            rng.shuffle(shown)
            file.write(json.dumps({
                "task": "big", "prompt_id": f"q{number}",
                "prompt": [{"role": "user", "content": f"{sentence(rng, 8)} {number}?"}],
                "responses": [{"id": name, "text": f"{sentence(rng, 6)} {name}", "source": "policy"}
                              for name in ids],
                "ranking": [[name] for name in shown], "ratings": {}, "flags": {},
                "prompt_flags": [], "strength": None, "confidence": None, "rationale": None,
                "demonstration": None, "labeller": "labeller-1", "shown_order": shown,
                "assignment_seed": number, "active_seconds": 12.0, "revision": 1,
                "created_at": "2026-01-01T10:00:00.000Z", "split": None}) + "\n")
    return -(-comparisons // pairs)


class Run:
    """A finished command with what it used."""

    def __init__(self, command, **options):
        started = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], **options)
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        self.status = process.returncode
        self.megabytes = usage.ru_maxrss / 1024
        self.cpu = usage.ru_utime + usage.ru_stime
        assert self.status == 0, command

    def row(self, name, count, goal):
        return {"what": name, "rows": count, "seconds": round(self.seconds, 1),
                "cpuSeconds": round(self.cpu, 1), "peakMegabytes": round(self.megabytes),
                "perSecond": round(count / self.seconds), "goal": goal}


def workspace(program, folder):
    subprocess.run([program, "init", folder, "--quiet"], check=True)
    (folder / "tasks/big").mkdir(parents=True)
    (folder / "tasks/big/task.yaml").write_text(TASK)
    (folder / "tasks/big/guidelines.md").write_text("# Rank")
    subprocess.run([program, "task", "add", folder / "tasks/big", "--workspace", folder, "--quiet"],
                   check=True)
    return folder


class Labeller(threading.Thread):
    """Claims and submits as fast as answers come, and keeps how long each took."""

    def __init__(self, port, token):
        super().__init__(daemon=True)
        self.port, self.token, self.goes_on = port, token, True
        self.milliseconds = []

    def ask(self, connection, method, path, body=None):
        started = time.perf_counter()
        connection.request(method, "/api/v1" + path, json.dumps(body) if body else None, {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        reply = connection.getresponse()
        content = reply.read()
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        return reply.status, json.loads(content) if content else None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        while self.goes_on:
            status, held = self.ask(connection, "POST", "/tasks/big/assignments")
            if status != 201:
                time.sleep(0.05)
                continue
            ranking = [[answer["key"]] for answer in held["responses"]]
            self.ask(connection, "PUT", f"/assignments/{held['id']}/judgement", {"ranking": ranking})


def over_http(program, folder, source, count):
    """Streams the file to a server while a labeller works; returns rows of the table."""
    here = workspace(program, folder)
    first = folder / "first.jsonl"
    write_first(first)
    command = ["--workspace", str(here), "--json", "--quiet"]
    subprocess.run([program, "import", "big", first, *command], check=True, stdout=subprocess.PIPE)
    tokens = {}
    for name, role in (("grace", "admin"), ("ada", "labeller")):
        subprocess.run([program, "user", "add", name, "--role", role, *command], check=True,
                       stdout=subprocess.PIPE)
        made = subprocess.run([program, "user", "token", name, *command], check=True,
                              stdout=subprocess.PIPE, text=True)
        tokens[name] = json.loads(made.stdout)["token"]
    server = subprocess.Popen([program, "serve", "--port", "0", *command], stdout=subprocess.PIPE,
                              text=True)
    port = int(re.search(r":(\d+)$", json.loads(server.stdout.readline())["listening"]).group(1))
    try:
        labeller = Labeller(port, tokens["ada"])
        labeller.start()
        time.sleep(3)
        alone = labeller.milliseconds[:]
        labeller.milliseconds = []
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3600)
        with open(source, "rb") as body:
            connection.request("POST", "/api/v1/tasks/big/prompts", body, {
                "Authorization": f"Bearer {tokens['grace']}",
                "Content-Type": "application/x-ndjson",
                "Content-Length": str(source.stat().st_size)})
        reply = json.loads(connection.getresponse().read())
        seconds = time.perf_counter() - started
        assert reply["accepted"] == count, reply
        labeller.goes_on = False
        labeller.join()
        during = labeller.milliseconds[:]
        status = Path(f"/proc/{server.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
    finally:
        server.terminate()
        server.wait()
    feel = [{"what": f"claim or submit, {name}", "requests": len(times),
             "p50Milliseconds": round(statistics.median(times), 1),
             "p99Milliseconds": round(statistics.quantiles(times, n=100)[98], 1),
             "maxMilliseconds": round(max(times), 1)}
            for name, times in (("nothing else", alone), ("during the import", during))
            if len(times) > 1]
    return [{"what": "import over HTTP, labelling meanwhile", "rows": count,
             "seconds": round(seconds, 1), "peakMegabytes": round(peak),
             "perSecond": round(count / seconds), "goal": "< 120 s, < 300 MB at 1,000,000"}], feel


def write_first(path):
    """Enough prompts for the labeller to begin with."""
    rng = random.Random(3)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(20_000):
            answers = [f"{sentence(rng, 6)} {index}" for index in range(4)]
            file.write(json.dumps(
                {"prompt": f"first {sentence(rng, 8)} {number}?", "responses": answers}) + "\n")


def table(rows):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns] + [[str(row.get(key, "")) for key in columns] for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, default=ROOT / ".build/release/plumbline")
    parser.add_argument("--prompts", type=int, default=1_000_000)
    parser.add_argument("--comparisons", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, nargs="+", default=[4, 2],
                        help="how many answers each exported ranking has")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    parser.add_argument("--only", choices=["import", "http", "export"], action="append")
    arguments = parser.parse_args()
    parts = arguments.only or ["import", "http", "export"]
    folder = Path(tempfile.mkdtemp(prefix="plumbline-import-export-", dir=arguments.folder))
    results, feel = [], []
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        program = arguments.program
        source = folder / "prompts.jsonl"
        if {"import", "http"} & set(parts):
            write_prompts(source, arguments.prompts)
        if "import" in parts:
            here = workspace(program, folder / "import")
            run = Run([program, "import", "big", source, "--workspace", here], **quiet)
            results.append(run.row(
                "import of prompts with 4 answers", arguments.prompts,
                "< 120 s, < 300 MB at 1,000,000"))
            shutil.rmtree(here)
        if "http" in parts:
            rows, feel = over_http(program, folder / "http", source, arguments.prompts)
            results += rows
            shutil.rmtree(folder / "http")
        source.unlink(missing_ok=True)
        if "export" in parts:
            for answers in arguments.answers:
                here = workspace(program, folder / f"export-{answers}")
                rankings = folder / "rankings.jsonl"
                judgements = write_rankings(rankings, arguments.comparisons, answers)
                run = Run([program, "import", "big", rankings, "--workspace", here], **quiet)
                results.append(run.row(
                    f"import of rankings of {answers}", judgements, ""))
                rankings.unlink()
                for name in ("pairs", "trl-chat", "rankings"):
                    run = Run([program, "export", "big", "--format", name, "--output",
                               folder / "out.jsonl", "--workspace", here], **quiet)
                    results.append(run.row(
                        f"export {name}, rankings of {answers}", arguments.comparisons,
                        "< 30 s, < 200 MB at 1,000,000"))
                shutil.rmtree(here)
        table(results)
        table(feel)
        if arguments.output:
            arguments.output.write_text(json.dumps({
                "machine": {"cores": os.cpu_count(), "processor": platform.processor(),
                            "load": os.getloadavg()[0]},
                "results": results, "labelling": feel}, indent=2) + "\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
