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
