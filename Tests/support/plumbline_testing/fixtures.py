"""Fixtures that several folders of tests use. pytest.ini loads this module as a plugin."""

import os

import pytest

from plumbline_testing import models, texts
from plumbline_testing.data import test_data
from plumbline_testing.programs import ROOT, Engine

# Threads that wait for each other spin, which slows tests down that run side by side. Set before
# PyTorch is imported; the engine reads it as well.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def engine():
    return Engine()


@pytest.fixture(scope="session")
def data():
    """The folder of third-party test data; the test is skipped where it is not there."""
    return test_data()


@pytest.fixture(scope="session", params=texts.CORPORA)
def corpus(request):
    """Texts of the repository, then texts of others, which need the test data."""
    return texts.CORPORA[request.param]()


@pytest.fixture(scope="session")
def storyteller():
    """The files of a tiny trained model: `stories.bin` and `tokenizer.bin`, as llama2.c writes them."""
    return models.storyteller()


@pytest.fixture(scope="session")
def stories(engine, storyteller, tmp_path_factory):
    """The same model as a Hugging Face folder."""
    folder = tmp_path_factory.mktemp("models") / "stories"
    engine.run(
        "convert", storyteller / "stories.bin", folder, "--tokenizer",
        storyteller / "tokenizer.bin")
    return folder


@pytest.fixture(scope="session")
def stories260k(engine, data, tmp_path_factory):
    """stories260K, a model of others, as a Hugging Face folder."""
    folder = tmp_path_factory.mktemp("models") / "stories260K"
    engine.run("convert", data / "stories260K/stories260K.bin", folder)
    return folder


@pytest.fixture(scope="session")
def smollm2(engine, tmp_path_factory):
    """SmolLM2-135M-Instruct, which scripts/setup fetches, as a Hugging Face folder."""
    source = ROOT / "vendor/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    assert source.exists(), f"{source} is not there. Run: scripts/setup"
    folder = tmp_path_factory.mktemp("models") / "smollm2"
    engine.run("convert", source, folder)
    return folder
