"""What the judges need: the engine, the test data, and converted models."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Engine:
    """Runs plumbline-engine and reads its JSON lines."""

    def __init__(self, path):
        self.path = path

    def run(self, *arguments, check=True):
        command = [str(self.path), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert not check or result.returncode == 0, result.stderr
        return result

    def lines(self, folder, rows, *arguments):
        """Gives JSON rows to a command with --input and --output, and reads what it wrote."""
        source, target = folder / "in.jsonl", folder / "out.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.run(*arguments, "--input", source, "--output", target)
        answers = [json.loads(line) for line in target.read_text().splitlines()]
        assert len(answers) == len(rows)
        return answers


@pytest.fixture(scope="session")
def engine():
    named = os.environ.get("PLUMBLINE_ENGINE")
    built = [ROOT / ".build" / kind / "plumbline-engine" for kind in ("release", "debug")]
    found = [Path(named)] if named else [path for path in built if path.exists()]
    assert found, "plumbline-engine is not built; run: swift build"
    return Engine(max(found, key=lambda path: path.stat().st_mtime))


class Workspace:
    """A workspace with one task."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def attempt(self, *arguments, **options):
        command = [str(self.program), *map(str, arguments), "--workspace", str(self.folder)]
        return subprocess.run([*command, "--json"], capture_output=True, text=True, **options)

    def run(self, *arguments):
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}

    def output(self, *arguments):
        command = [str(self.program), *map(str, arguments), "--workspace", str(self.folder)]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def import_rows(self, rows, *arguments):
        source = self.folder / "rows.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return self.run("import", "helpfulness", source, *arguments)


class Workbench:
    """Runs plumbline."""

    formats = ["rankings", "pairs", "trl", "trl-chat", "kto", "sft", "hh", "openrlhf",
               "llama-factory", "axolotl", "nectar"]

    def __init__(self, program):
        self.program = program

    def workspace(self, folder, task):
        subprocess.run([self.program, "init", folder, "--quiet"], check=True)
        (folder / "tasks/helpfulness").mkdir(parents=True, exist_ok=True)
        (folder / "tasks/helpfulness/task.yaml").write_text(task)
        (folder / "tasks/helpfulness/guidelines.md").write_text("# Rank by helpfulness")
        (folder / "tasks/helpfulness/prompts.jsonl").unlink(missing_ok=True)
        workspace = Workspace(self.program, folder)
        workspace.run("task", "add", folder / "tasks/helpfulness")
        return workspace


@pytest.fixture(scope="session")
def workbench():
    named = os.environ.get("PLUMBLINE_BIN")
    built = [ROOT / ".build" / kind / "plumbline" for kind in ("release", "debug")]
    found = [Path(named)] if named else [path for path in built if path.exists()]
    assert found, "plumbline is not built; run: swift build"
    return Workbench(max(found, key=lambda path: path.stat().st_mtime))


@pytest.fixture(scope="session")
def data():
    folder = Path(os.environ.get("PLUMBLINE_TEST_DATA", ROOT / "../shared/data"))
    if not folder.exists():
        pytest.skip("the test data folder is not there (set PLUMBLINE_TEST_DATA)")
    return folder.resolve()


@pytest.fixture(scope="session")
def stories(engine, data, tmp_path_factory):
    """stories260K as a Hugging Face folder."""
    folder = tmp_path_factory.mktemp("models") / "stories260K"
    engine.run("convert", data / "stories260K/stories260K.bin", folder)
    return folder


@pytest.fixture(scope="session")
def smollm2(engine, tmp_path_factory):
    """SmolLM2-135M-Instruct as a Hugging Face folder."""
    source = ROOT / "vendor/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    if not source.exists():
        pytest.skip("vendor/smollm2 is not there (run scripts/setup)")
    folder = tmp_path_factory.mktemp("models") / "smollm2"
    engine.run("convert", source, folder)
    return folder
