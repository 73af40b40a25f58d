"""The third-party test data, which does not come with a clone (docs/testing.md)."""

import os
from pathlib import Path

import pytest

from plumbline_testing.programs import ROOT

MISSING = "no test data: PLUMBLINE_TEST_DATA is not set and ../shared/data does not exist (docs/testing.md)"


def data_folder():
    """Returns the folder of test data, or None when it is not there."""
    named = os.environ.get("PLUMBLINE_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared/data"
    if named and not folder.is_dir():
        pytest.fail(f"PLUMBLINE_TEST_DATA names {named}, which is not a folder")
    return folder.resolve() if folder.is_dir() else None


def test_data():
    """Returns the folder of test data; skips the test when it is not there."""
    folder = data_folder()
    if folder is None:
        pytest.skip(MISSING)
    return folder


test_data.__test__ = False  # A helper, not a test that pytest should collect.
