"""The two built programs."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def program(name):
    """Returns the path of a built program: from the folder PLUMBLINE_BUILD if that is set, else the
    newer of the release and the debug build."""
    named = os.environ.get("PLUMBLINE_BUILD")
    folders = [Path(named)] if named else [ROOT / ".build/release", ROOT / ".build/debug"]
    built = [folder / name for folder in folders if (folder / name).exists()]
    if not built:
        raise FileNotFoundError(
            f"{name} is not built in {' or '.join(map(str, folders))}. Run: swift build")
    return max(built, key=lambda path: path.stat().st_mtime)


def clean_environment():
    """Returns the environment without Plumbline's own settings, which would change the tests."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PLUMBLINE_")}


class Engine:
    """Runs plumbline-engine and reads its JSON lines."""

    def __init__(self):
        self.path = program("plumbline-engine")

    def run(self, *arguments, check=True):
        command = [str(self.path), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert not check or result.returncode == 0, result.stderr
        return result

    def summary(self, *arguments):
        """Runs a command that must succeed, and returns its last line of JSON."""
        return json.loads(self.run(*arguments, "--json").stdout.splitlines()[-1])

    def lines(self, folder, rows, *arguments):
        """Passes JSON rows to a command with --input and --output, and returns the rows it wrote."""
        source, target = folder / "in.jsonl", folder / "out.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.run(*arguments, "--input", source, "--output", target)
        answers = [json.loads(line) for line in target.read_text().splitlines()]
        assert len(answers) == len(rows)
        return answers
