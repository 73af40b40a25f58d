"""Imports that are taken back, and judgements in files that are used: through the command line and HTTP."""

import json
import urllib.error
import urllib.request

import pytest
from plumbline_testing.training import SETTINGS
from plumbline_testing.workspace import Workspace, write_lines

TASK = "slug: helpfulness\noverlap: 1\nquestions: {ranking: {ties: true}}\n"


@pytest.fixture
def space(tmp_path):
    workspace = Workspace.with_prompts(tmp_path / "space", prompts=2, answers=2, task=TASK)
    yield workspace
    workspace.close()


def preferences(count, start=0):
    """Rows in which a person prefers one answer."""
    return [{"prompt": f"Which {number}?", "chosen": f"good {number}", "rejected": f"bad {number}"}
            for number in range(start, start + count)]


def export(space, name, form="rankings"):
    space.run("export", "helpfulness", "--format", form, "--output", space.folder / name)
    manifest = json.loads((space.folder / name.replace(".jsonl", ".manifest.json")).read_text())
    return (space.folder / name).read_bytes(), manifest["counts"]


def test_an_import_that_is_withdrawn_leaves_no_trace_outside_the_log(space, tmp_path):
    space.run("simulate", "helpfulness", "--labellers", "2")
    before, counts = export(space, "before.jsonl")
    assert counts["judgements"] == 2
    wrong = write_lines(tmp_path / "wrong.jsonl", preferences(5))
    report = space.run("import", "helpfulness", wrong)
    assert (report["accepted"], report["answers"]) == (5, 10)
    assert report["judgements"] == {"use": "metadata", "used": 5, "leftOut": {}, "skipped": 0}
    listed = space.run("imports", "list", "helpfulness")
    assert [(one["file"], one["prompts"], one["state"]) for one in listed][0] == (
        str(wrong), 5, "stored")
    assert listed[0]["id"] == report["imports"][0] and listed[1]["judged"] == 2

    done = space.run("imports", "withdraw", "helpfulness", report["imports"][0])

    assert done == {"withdrawn": 5, "closed": 0, "endedLeases": 0, "retractedJudgements": 0}
    assert export(space, "after.jsonl") == (before, counts)
    assert space.run("task", "show", "helpfulness")["prompts"] == 2
    assert space.run("imports", "list", "helpfulness")[0]["state"] == "withdrawn"
    assert space.run("verify")["problems"] == []
    text = space.output("imports", "list", "helpfulness").decode()
    assert "wrong.jsonl" in text and "withdrawn" in text
    # The same file again, and judged prompts of the first import.
    again = space.run("import", "helpfulness", wrong)
    assert again["accepted"] == 5 and again["rejected"] == 0
    done = space.run("imports", "withdraw", "helpfulness", listed[1]["id"])
    assert done["withdrawn"] == 0 and done["closed"] == 2
    assert export(space, "closed.jsonl") == (before, counts)
    assert space.run("verify")["problems"] == []


def test_a_prompt_is_withdrawn_by_name_and_mistakes_are_explained(space):
    name = json.loads(space.output("imports", "list", "helpfulness", "--json"))[0]
    assert name["prompts"] == 2
    space.run("imports", "withdraw", "helpfulness", "--prompt", "p1")
    assert space.run("task", "show", "helpfulness")["prompts"] == 1
    for arguments, words in [
        (["--prompt", "p1"], "no prompt “p1”"), (["99"], "no import “99”"),
        (["odd"], "no import “odd”"), ([], "Name an import"), (["1", "--prompt", "p2"], "Name an import"),
    ]:
        refused = space.attempt("imports", "withdraw", "helpfulness", *arguments)
        assert refused.returncode != 0 and words in refused.stderr, (arguments, refused.stderr)
    refused = space.attempt("import", "helpfulness", "x.jsonl", "--judgements", "odd")
    assert refused.returncode == 64 and "labeller-in-overlap" in refused.stderr


def test_pairs_of_external_labellers_train_and_come_out_as_they_went_in(
    space, engine, tiny, classifier, tmp_path
):
    rows = write_lines(tmp_path / "pairs.jsonl", preferences(60))
    report = space.run("import", "helpfulness", rows, "--judgements", "labeller")
    assert report["judgements"] == {"use": "labeller", "used": 60, "leftOut": {}, "skipped": 0}
    exported, counts = export(space, "rankings.jsonl")
    assert counts["judgements"] == 60 and counts["comparisons"] == 60
    judged = [json.loads(line) for line in exported.splitlines()]
    assert {row["labeller"] for row in judged} == {"external-1"}
    for row in judged:
        texts = {response["id"]: response["text"] for response in row["responses"]}
        assert [texts[place[0]].split()[0] for place in row["ranking"]] == ["good", "bad"]
    # In the order of the file the better answer is always first; as shown it is not.
    assert 15 < sum(row["shown_order"][0] == row["ranking"][0][0] for row in judged) < 45
    pairs, _ = export(space, "pairs.jsonl", "pairs")
    assert all(json.loads(line)["chosen"].startswith("good") for line in pairs.splitlines())

    for command, model in [("reward", classifier), ("dpo", tiny)]:
        engine.run(
            command, "--model", model, "--dataset", space.folder / "rankings.jsonl", "--output",
            tmp_path / command, "--quiet", *SETTINGS, "epochs=1", "batch=4")
        metrics = json.loads((tmp_path / command / "report.json").read_text())["metrics"]
        assert metrics["trainComparisons" if command == "reward" else "pairs"] > 30

    other = Workspace.with_prompts(tmp_path / "other", prompts=0, task=TASK)
    assert other.run("import", "helpfulness", space.folder / "rankings.jsonl")["accepted"] == 60
    assert export(other, "again.jsonl")[0] == exported
    assert other.run("verify")["problems"] == []


def test_statistics_compare_people_with_the_judges_of_a_file(space, tmp_path):
    rows = write_lines(tmp_path / "pairs.jsonl", preferences(40))
    space.run("import", "helpfulness", rows, "--judgements", "labeller")
    space.run("simulate", "helpfulness", "--labellers", "2")
    found = space.run("agreement", "helpfulness")
    names = {row["labeller"] for row in found["labellers"]}
    assert "external-1" in names and len(names) == 3
    people = {row["name"]: row["state"] for row in space.run("user", "list")}
    assert people["file: pairs"] == "external"
    assert space.attempt("user", "token", "file: pairs").returncode != 0


def test_a_labeller_is_told_that_the_prompt_was_withdrawn(space):
    space.serve()
    token = space.token("Ada", "labeller")

    def ask(method, path, body=None):
        request = urllib.request.Request(
            space.address + "/api/v1" + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    status, held = ask("POST", "/tasks/helpfulness/assignments")
    assert status == 201
    form = {"ranking": [["A"], ["B"]]}
    assert ask("PUT", f"/assignments/{held['id']}/draft", form)[0] == 204
    space.run("imports", "withdraw", "helpfulness", space.run("imports", "list", "helpfulness")[0]["id"])

    for method, path, body in [
        ("PUT", "/judgement", form), ("PUT", "/draft", form), ("POST", "/renewal", None),
        ("GET", "", None), ("POST", "/skip", {"reason": "x"}),
    ]:
        status, problem = ask(method, f"/assignments/{held['id']}{path}", body)
        assert status == 409 and problem["error"]["code"] == "promptWithdrawn", (path, problem)
        assert "Continue with the next prompt" in problem["error"]["message"]
    assert ask("DELETE", f"/assignments/{held['id']}")[0] == 204
    assert ask("POST", "/tasks/helpfulness/assignments")[0] == 204
