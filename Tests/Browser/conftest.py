"""A real server over a workspace of the test's own, and people who use it in Chromium."""

import pytest
from plumbline_testing.browser import Visitor, chromium
from plumbline_testing.workspace import Workspace

TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 2
questions:
  ranking: {required: true, ties: true}
  flags: [unhelpful, fabricated, uninterpretable, harmful]
  rating: {scale: 7}
  rationale: {}
"""
ANSWERS = [
    "A short answer with **bold** words.",
    "A list:\n\n1. first\n2. second",
    "Code:\n\n```python\nprint('hello')\n```",
    "天空是蓝色的。 <script>document.title = 'hacked'</script>",
]


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A workspace with a task of twelve prompts, made once and copied for each test."""
    workspace = Workspace(tmp_path_factory.mktemp("template") / "workspace")
    workspace.add_task("helpfulness", TASK, [
        {"prompt": f"Question {number}?",
         "responses": [f"{text}\n\n({number})" for text in ANSWERS]}
        for number in range(12)], guidelines="# Rank by helpfulness\n\nBest first.")
    return workspace


@pytest.fixture
def workspace(template, tmp_path):
    """A copy of the template, served on a free port."""
    workspace = template.copy(tmp_path / "workspace")
    workspace.serve()
    yield workspace
    workspace.close()


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser, workspace):
    visitors = []

    def open_window(name="Ada", role="labeller", **window):
        visitor = Visitor(browser, workspace, name, role, **window)
        visitors.append(visitor)
        return visitor

    yield open_window
    for visitor in visitors:
        assert visitor.complaints == []
        visitor.context.close()
