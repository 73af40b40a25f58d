"""Exports in the rows of published datasets, read as their consumers read them."""

import json

import pytest
from plumbline_testing.workspace import Workspace
from test_exports import FORMATS, dataset, exported, judgements, load
from test_exports import TASK as EVERYTHING

ASPECTS = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"]


def row(number, labeller="labeller-1", **members):
    """A judgement of two answers, of which the second was shown first."""
    ids = [f"q{number}-x", f"q{number}-y"]
    return {
        "task": "helpfulness", "prompt_id": f"q{number}",
        "prompt": [{"role": "user", "content": f"Question {number}?"}],
        "responses": [{"id": ids[0], "text": f"One {number}", "source": "small"},
                      {"id": ids[1], "text": f"Two {number}", "source": "large"}],
        "ranking": [[ids[0]], [ids[1]]], "ratings": {}, "flags": {}, "prompt_flags": [],
        "strength": 2, "confidence": None, "rationale": None, "demonstration": None,
        "labeller": labeller, "shown_order": ids[::-1], "assignment_seed": number,
        "active_seconds": 1.5, "revision": 1, "created_at": "2026-01-01T10:00:00.000Z", "split": None,
    } | members


def strings(value):
    """All texts in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.with_prompts(tmp_path / "here", prompts=0, task=EVERYTHING)


@pytest.mark.parametrize("name", FORMATS)
def test_python_splits_a_file_into_its_rows(workspace, tmp_path, name):
    breaks = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\r\nj\n"
    workspace.import_rows([
        row(1, prompt=[{"role": "user", "content": breaks}], rationale=breaks, responses=[
            {"id": "q1-x", "text": breaks + "1", "source": breaks},
            {"id": "q1-y", "text": breaks + "2", "source": None}]),
        row(2)])

    text = exported(workspace, tmp_path, name).read_text(encoding="utf-8", newline="")

    lines = text.splitlines()
    assert len(lines) == json.loads(
        (tmp_path / f"{name}.manifest.json").read_text())["counts"]["rows"] >= 2
    assert any(breaks in value for value in strings(json.loads(lines[0])))


def test_arena_votes(workspace, tmp_path):
    workspace.import_rows([
        row(1), row(2, ranking=[["q2-y"], ["q2-x"]]), row(3, ranking=[["q3-x", "q3-y"]], strength=0),
        row(4, ranking=[["q4-x", "q4-y"]], strength=0, answers={"strength": "bothBad"}),
        row(5, prompt=[{"role": "user", "content": "One?"}, {"role": "assistant", "content": "1"},
                       {"role": "user", "content": "Two?"}])])

    rows = dataset(exported(workspace, tmp_path, "arena-140k"))

    assert list(rows["winner"]) == ["model_b", "model_a", "tie", "both_bad", "model_b"]
    assert set(rows["model_a"]) == {"large"} and set(rows["model_b"]) == {"small"}
    assert len(set(rows["id"])) == 5
    last = rows[4]
    said = {side: [(turn["role"], turn["content"][0]["text"]) for turn in last[f"conversation_{side}"]]
            for side in "ab"}
    assert said["a"] == [("user", "One?"), ("assistant", "1"), ("user", "Two?"),
                         ("assistant", "Two 5")]
    assert said["b"][-1] == ("assistant", "One 5")
    turns = last["full_conversation"]
    assert [turn["user"]["content"][0]["text"] for turn in turns] == ["One?", "Two?"]
    assert turns[1]["model_side_a"]["content"][0]["text"] == "Two 5"


def test_helpsteer3_preferences(workspace, tmp_path):
    workspace.import_rows([
        row(1, rationale="A is longer, B is right"), row(2, ranking=[["q2-y"], ["q2-x"]], strength=3),
        row(3, ranking=[["q3-x", "q3-y"]], strength=0)])

    rows = dataset(exported(workspace, tmp_path, "helpsteer3"))

    assert list(rows["overall_preference"]) == [2, -3, 0]
    # Readers take response1 for the better one below zero.
    better = [one["response1"] if one["overall_preference"] < 0 else one["response2"] for one in rows]
    assert better[:2] == ["One 1", "Two 2"]
    assert rows[0]["individual_preference"][0] == {
        "score": 2, "reasoning": "@Response 1 is longer, @Response 2 is right",
        "feedback1": None, "feedback2": None}
    assert rows[0]["context"] == [{"role": "user", "content": "Question 1?"}]


def test_helpsteer2_scores(tmp_path):
    workspace = Workspace.with_prompts(
        tmp_path / "here", prompts=0,
        task="slug: helpfulness\ntitle: {en: Five scores}\nquestions: helpsteer2\n")

    def scored(number, low, **members):
        return row(number, answers={
            aspect: {f"q{number}-x": low, f"q{number}-y": 4 - low} for aspect in ASPECTS}, **members)

    rows = [scored(number, number % 5) for number in range(1, 8)]
    rows[3]["answers"]["verbosity"].pop("q4-y")
    rows.append(row(8))
    workspace.import_rows(rows)

    path = exported(workspace, tmp_path, "helpsteer2")

    written = dataset(path)
    assert len(written) == 13
    assert set(written.features) == {"prompt", "response", *ASPECTS}
    assert {str(written.features[aspect].dtype) for aspect in ASPECTS} == {"int64"}
    assert written[0] == {
        "prompt": "Question 1?", "response": "One 1", **dict.fromkeys(ASPECTS, 1)}
    manifest = json.loads((tmp_path / "helpsteer2.manifest.json").read_text())
    assert manifest["skipped"] == {"no answer has all five scores from 0 to 4": 1}
    assert "left out" in manifest["meaning"]


def test_nemo_rl_takes_two_ranked_completions(workspace, tmp_path):
    workspace.import_rows(judgements(single=False))

    rows = dataset(exported(workspace, tmp_path, "nemo-rl"))

    pairs = load(exported(workspace, tmp_path, "trl-chat"))
    read = []
    for one in rows:
        ranked = sorted(one["completions"], key=lambda completion: completion["rank"])
        assert [completion["rank"] for completion in ranked] == [0, 1]
        read.append((one["context"], *(completion["completion"] for completion in ranked)))
    assert read == [(pair["prompt"], pair["chosen"], pair["rejected"]) for pair in pairs]


def test_arrow_reads_every_new_format_with_one_schema(workspace, tmp_path):
    import pyarrow.json

    workspace.import_rows(judgements())
    for name in ["arena-140k", "helpsteer3", "nemo-rl"]:
        path = exported(workspace, tmp_path, name)
        table = pyarrow.json.read_json(path)
        assert table.num_rows == len(load(path)) > 20, name


def test_small_tasks_hold_out_exactly_their_share(workspace, tmp_path):
    workspace.import_rows([row(number) for number in range(20)])
    first = load(exported(workspace, tmp_path, "rankings"))
    manifest = json.loads((tmp_path / "rankings.manifest.json").read_text())
    held = {one["prompt_id"] for one in first if one["split"] == "validation"}
    assert len(held) == 3 and manifest["splits"]["validation"]["prompts"] == 3
    assert manifest["split_rule"] == "count"

    workspace.import_rows([row(20)])
    second = load(exported(workspace, tmp_path, "rankings"))
    later = {one["prompt_id"] for one in second if one["split"] == "validation"}
    assert len(later) == 3 and len((held ^ later) - {"q20"}) <= 1

    workspace.import_rows([row(number) for number in range(21, 240)])
    exported(workspace, tmp_path, "rankings")
    manifest = json.loads((tmp_path / "rankings.manifest.json").read_text())
    assert manifest["split_rule"] == "hash"
