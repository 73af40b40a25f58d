"""report.html: one file that tells a run, and runs nothing that came from the data."""

import json
import re


PLAIN = [
    "rank=4", "precision=fp32", "iterations=3", "episodes=4", "minibatches=1", "ppoEpochs=1",
    "maxNewTokens=8", "evaluationResponses=1", "maxLength=96",
]


def test_the_report_tells_the_run_and_is_whole(
    engine, tiny, classifier, rankings, tmp_path
):
    rows = [json.loads(line) for line in rankings.read_text().splitlines()]
    for row in rows:
        row["prompt"][0]["content"] = "<script>alert(1)</script> & " + row["prompt"][0]["content"]
    dataset = tmp_path / "rows.jsonl"
    dataset.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = tmp_path / "text.txt"
    text.write_text("Once upon a time there was a girl named Lily. " * 40)
    run = tmp_path / "run"
    engine.run(
        "ppo", "--model", tiny, "--dataset", dataset, "--output", run, "--reward-model",
        classifier, "--quiet", *PLAIN, f"capabilityText={text}")
    page = (run / "report.html").read_text()
    report = json.loads((run / "report.json").read_text())

    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=|url\(|@import|https?:", page)
    for heading in ("Capability", "Alignment", "Curves", "Answers to held-out prompts",
                    "Configuration", "Lineage"):
        assert heading in page, heading
    assert page.count("<svg") >= 4 and 'aria-label="reward' in page
    assert "klCoefficient: " in page and report["lineage"]["datasetSHA256"] in page
    capability = report["metrics"]["capability"]
    assert capability["after"]["perplexity"] > 1
    assert capability["tax"]["low"] <= capability["tax"]["value"] <= capability["tax"]["high"]
    assert abs(capability["tax"]["value"]) > 0


def test_the_tax_is_none_where_nothing_was_learned(
    engine, tiny, rankings, tmp_path
):
    text = tmp_path / "text.txt"
    text.write_text("Once upon a time there was a girl named Lily. " * 40)
    for rank in (0, 4):
        run = tmp_path / f"run{rank}"
        engine.run(
            "sft", "--model", tiny, "--dataset", rankings, "--output", run, "--quiet",
            f"rank={rank}", "precision=fp32", "epochs=1", "learningRate=1e-30", "maxLength=96",
            f"capabilityText={text}")
        capability = json.loads((run / "report.json").read_text())["metrics"]["capability"]
        assert abs(capability["tax"]["value"]) < 1e-6
        assert capability["before"] == capability["after"]
