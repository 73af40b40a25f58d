"""Where the built programs and the test data are."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PLUMBLINE_BUILD", ROOT / ".build/release"))
DATA = Path(os.environ.get("PLUMBLINE_TEST_DATA", ROOT.parent / "shared/data"))


class Programs:
    """Runs the two programs in one workspace and reads their JSON."""

    def __init__(self, workspace: Path):
        self.workspace = workspace

    def plumbline(self, *words, **options):
        words = [*words, "--workspace", str(self.workspace), "--json"]
        return self._run(BUILD / "plumbline", words, **options)

    def engine(self, *words, **options):
        return self._run(BUILD / "plumbline-engine", [*words, "--json"], **options)

    def _run(self, program, words, status=0):
        words = [str(word) for word in words]
        done = subprocess.run(
            [str(program), *words], capture_output=True, text=True, cwd=self.workspace
        )
        assert done.returncode == status, f"{program.name} {' '.join(words)}\n{done.stderr}"
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines and status == 0 else done.stderr


@pytest.fixture(scope="session")
def stories() -> Path:
    folder = DATA / "stories260K"
    if not (folder / "stories260K.bin").exists():
        pytest.skip(f"the test data is not there: {folder} (or set PLUMBLINE_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def programs(tmp_path_factory) -> Programs:
    for name in ("plumbline", "plumbline-engine"):
        if not (BUILD / name).exists():
            pytest.skip(f"{BUILD / name} is not built. Run: scripts/build")
    return Programs(tmp_path_factory.mktemp("workspace"))
