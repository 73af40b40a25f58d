"""What goes wrong with data and disks: named, never trained on silently, nothing half-done."""

import json
import subprocess

import pytest
from plumbline_testing.training import SETTINGS

REFUSED = {
    "all ties": lambda row: row | {"ranking": [["a", "b"]]},
    "the same text twice": lambda row: row | {
        "responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "x"}]},
}


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("command", ["reward", "dpo"])
def test_what_prefers_nothing_is_refused(
    engine, tiny, rankings, tmp_path, name, command
):
    dataset = write(tmp_path / "rows.jsonl", map(REFUSED[name], rows_of(rankings)))
    refused = engine.run(
        command, "--model", tiny, "--dataset", dataset, "--output", tmp_path / "run", check=False)
    assert refused.returncode == 65 and str(dataset) in refused.stderr
    assert not (tmp_path / "run").exists()


def test_all_ties_teach_a_loss_that_knows_ties_nothing_of_order(
    engine, tiny, rankings, tmp_path
):
    rows = rows_of(rankings)
    for row in rows:
        if row["split"] == "train":
            row["ranking"] = [["a", "b"]]
    dataset = write(tmp_path / "rows.jsonl", rows)
    result = engine.run(
        "reward", "--model", tiny, "--dataset", dataset, "--output", tmp_path / "run", "--json",
        *SETTINGS, "epochs=1", "batch=4", "loss=davidson")
    metrics = json.loads(result.stdout.splitlines()[-1])["metrics"]
    assert metrics["trainComparisons"] == 0 and metrics["tieParameter"] > 0


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_dataset_with_one_split_alone_is_refused(
    engine, tiny, rankings, tmp_path, split
):
    dataset = write(
        tmp_path / "rows.jsonl", [row for row in rows_of(rankings) if row["split"] == split])
    refused = engine.run(
        "reward", "--model", tiny, "--dataset", dataset, "--output", tmp_path / "run", check=False)
    assert refused.returncode == 65 and "both splits" in refused.stderr


def test_rows_whose_answers_read_alike_are_left_out_and_counted(
    engine, classifier, rankings, tmp_path
):
    rows = rows_of(rankings)
    for row in rows[:10]:
        row["responses"][1]["text"] = row["responses"][0]["text"]
    dataset = write(tmp_path / "rows.jsonl", rows)
    words = ["--model", classifier, "--quiet", *SETTINGS, "epochs=1", "batch=4"]
    engine.run("reward", "--dataset", dataset, "--output", tmp_path / "with", *words)
    without = write(tmp_path / "without.jsonl", rows[10:])
    engine.run("reward", "--dataset", without, "--output", tmp_path / "without", *words)
    reports = [
        json.loads((tmp_path / name / "report.json").read_text())["metrics"]
        for name in ("with", "without")]
    assert reports[0]["trainComparisons"] == 70
    left = [report.pop("data")["train"]["leftOut"] for report in reports]
    assert left == [{"pairsOfSameText": 10, "rowsWithoutPreference": 10}, {}]
    assert reports[0] == reports[1]


def test_the_longest_first_is_the_same_step_in_smaller_parts(
    engine, classifier, rankings, tmp_path
):
    """Memory is bounded by microBatchTokens whatever the order, and the step stays the same."""
    rows = rows_of(rankings)
    rows[0]["responses"][0]["text"] *= 12
    rows.sort(key=lambda row: -max(len(answer["text"]) for answer in row["responses"]))
    dataset = write(tmp_path / "rows.jsonl", rows)
    losses = []
    for limit in (64, 100_000):
        run = tmp_path / str(limit)
        engine.run(
            "reward", "--model", classifier, "--dataset", dataset, "--output", run, "--quiet",
            *SETTINGS, "epochs=1", "batch=8", f"microBatchTokens={limit}")
        losses.append([json.loads(line)["loss"] for line in
                       (run / "metrics.jsonl").read_text().splitlines()])
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_a_full_disk_ends_the_run_with_its_reason_and_no_half_model(
    engine, tiny, rankings, tmp_path
):
    """A limit on the size of files stands in for a disk that is full."""
    words = [
        engine.path, "sft", "--model", tiny, "--dataset", rankings, "--output", tmp_path / "run",
        "--quiet", *SETTINGS, "epochs=1", "batch=8"]
    command = "ulimit -f 40; trap '' XFSZ; exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", command, "bash", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 69, done.stderr
    assert str(tmp_path / "run") in done.stderr
    assert not (tmp_path / "run/report.json").exists()
    assert not (tmp_path / "run/model").exists()
