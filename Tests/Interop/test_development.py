"""Pages can be changed without a build, by those who ask for it."""

import shutil
import urllib.request

import pytest
from plumbline_testing.programs import ROOT
from plumbline_testing.workspace import Workspace

MARK = "<p>changed while the server runs</p>"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture
def resources(tmp_path):
    for name in ("Templates", "Assets"):
        shutil.copytree(ROOT / "Sources/LabelServer" / name, tmp_path / "resources" / name)
    return tmp_path / "resources"


def page(workspace):
    with urllib.request.urlopen(workspace.address + "/sign-in") as reply:
        return reply.read().decode()


def change(resources):
    template = resources / "Templates/pages/sign-in.mustache"
    template.write_text(template.read_text() + MARK)


def test_a_changed_template_shows_on_reload(workspace, resources):
    workspace.environment["PLUMBLINE_RESOURCES"] = str(resources)
    workspace.serve()
    assert MARK not in page(workspace)

    change(resources)

    assert MARK in page(workspace)


def test_a_changed_script_has_another_address(workspace, resources):
    workspace.environment["PLUMBLINE_RESOURCES"] = str(resources)
    workspace.serve()
    before = page(workspace)

    script = resources / "Assets/js/page.js"
    script.write_text(script.read_text() + "\n// changed\n")

    assert page(workspace) != before


def test_a_template_that_cannot_be_read_leaves_the_page_as_it_was(workspace, resources):
    workspace.environment["PLUMBLINE_RESOURCES"] = str(resources)
    workspace.serve()
    before = page(workspace)

    (resources / "Templates/pages/sign-in.mustache").write_text("{{#open}}")

    assert page(workspace) == before


def test_without_the_setting_the_bundled_pages_are_served(workspace, resources):
    change(resources)
    workspace.serve()
    assert MARK not in page(workspace)
