"""What the comparisons of training share: models, rankings, and runs that are watched from outside."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENGINE = Path(os.environ.get("PLUMBLINE_ENGINE", ROOT / ".build/release/plumbline-engine"))
DATA = Path(os.environ.get("PLUMBLINE_TEST_DATA", ROOT / "../shared/data"))


def convert(source, folder, *arguments):
    subprocess.run([ENGINE, "convert", source, folder, *arguments], check=True,
                   stdout=subprocess.DEVNULL)
    return folder


def smollm2(folder):
    """SmolLM2-135M-Instruct in bf16: the default model of a workspace, or converted from its GGUF."""
    ready = ROOT / "models/smollm2-135m-instruct"
    if (ready / "model.safetensors").exists():
        return ready
    gguf = ROOT / "vendor/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    return convert(gguf, folder / "smollm2", "--dtype", "bf16")


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ranking(number, prompt, texts, groups, split):
    """One judgement as a preference record; `groups` holds indices into `texts`, best first."""
    keys = [chr(ord("a") + i) for i in range(len(texts))]
    return {
        "task": "benchmark", "prompt_id": f"p{number}", "prompt": prompt,
        "responses": [{"id": key, "text": text} for key, text in zip(keys, texts)],
        "ranking": [[keys[i] for i in group] for group in groups], "labeller": "labeller-1",
        "shown_order": keys, "assignment_seed": 1, "revision": 1,
        "created_at": "2026-01-01T00:00:00.000Z", "split": split,
    }


def train(command, *arguments):
    """Runs a stage; returns its steps, each with the moment its line came, and its summary."""
    process = subprocess.Popen([ENGINE, command, "--json", *map(str, arguments)],
                               stdout=subprocess.PIPE, text=True)
    lines = []
    for line in process.stdout:
        lines.append({**json.loads(line), "moment": time.perf_counter()})
    if process.wait() != 0:
        raise SystemExit(f"plumbline-engine {command} ended with status {process.returncode}")
    return lines[:-1], lines[-1]


def peer(script, *arguments):
    """Runs a script's other half in a process of its own, so that its peak memory is its own.

    The parent must never hold a large model: a child's peak starts at its parent's size.
    """
    result = subprocess.run([sys.executable, script, *map(str, arguments)], check=True,
                            stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1])
