"""A workspace that has a small model to tune."""

import pytest
from plumbline_testing.workspace import Workspace


@pytest.fixture(scope="session")
def space(engine, storyteller, tmp_path_factory):
    """A workspace with the tiny model `stories`, which the two files of tests share."""
    space = Workspace(tmp_path_factory.mktemp("loop") / "workspace")
    engine.run(
        "convert", storyteller / "stories.bin", space.folder / "models/stories",
        "--tokenizer", storyteller / "tokenizer.bin")
    return space
