"""What is cut to maxLength and what is left out: as little as can be, and never in silence."""

import json

import pytest
from test_reward_reading import classifier_in, policy_in, record, text
from transformers import AutoTokenizer

EXACT = ["rank=0", "precision=fp32", "shuffle=false", "epochs=1"]


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """Without a chat template: a prompt is its words."""
    return policy_in(tmp_path_factory.mktemp("policy") / "model", "seas", "none")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def tokens(folder, wanted):
    """A text of so many tokens."""
    own, words = AutoTokenizer.from_pretrained(folder), []
    while len(own(" ".join(words))["input_ids"]) < wanted:
        words.append("sea")
    found = " ".join(words)
    assert len(own(found)["input_ids"]) == wanted
    return found


def trained(engine, command, model, dataset, folder, *words):
    result = engine.run(
        command, "--model", model, "--dataset", dataset, "--output", folder, *words, check=False)
    assert result.returncode == 0, result.stderr
    report = json.loads((folder / "report.json").read_text())
    return report["metrics"], result.stderr, (folder / "report.html").read_text()


def test_an_example_that_does_not_fit_fills_the_bound(engine, policy, tmp_path):
    """A prompt of 6 tokens and an answer of 301 with its end, in 200: 6 and 194."""
    prompt = [{"role": "user", "content": tokens(policy, 6)}]
    dataset = write(tmp_path / "rows.jsonl", [
        record(i, [tokens(policy, 300), "x"], "train", prompt) for i in range(3)])
    run = tmp_path / "run"
    metrics, said, page = trained(
        engine, "sft", policy, dataset, run, *EXACT, "maxLength=200", "batch=3")
    assert metrics["data"]["train"] == {
        "prompts": 3, "truncatedPrompts": 0, "answers": 3, "truncatedAnswers": 3, "leftOut": {}}
    # The loss is −log p of the 194 tokens of the answer that are left behind the whole prompt.
    own = AutoTokenizer.from_pretrained(policy)
    opening, answer = own(prompt[0]["content"])["input_ids"], own(tokens(policy, 300))["input_ids"]
    ids = (opening + answer + [own.eos_token_id])[:200]
    assert (len(opening), len(answer), len(ids)) == (6, 300, 200)
    (line,) = engine.lines(
        tmp_path, [{"ids": ids}], "logprobs", "--model", policy, "--quiet", "--precision", "fp32")
    steps = (run / "metrics.jsonl").read_text().splitlines()
    assert json.loads(steps[0])["loss"] == pytest.approx(-sum(line["logprobs"][-194:]) / 194, abs=1e-4)

    assert "train: 3 of 3 answers lose their end (maxLength 200)." in said
    assert "Warning: 100 % of the answers lose their end at maxLength 200." in said
    assert "<h2>Data</h2>" in page and "3 of 3" in page


def test_what_fits_is_kept_whole(engine, policy, tmp_path):
    """An answer may be longer than half of the bound."""
    dataset = write(tmp_path / "rows.jsonl", [
        record(0, [tokens(policy, 150), "x"], "train", [{"role": "user", "content": "salt"}])])
    for command in ("sft", "dpo", "orpo"):
        metrics, said, _ = trained(
            engine, command, policy, dataset, tmp_path / command, *EXACT, "maxLength=200")
        assert metrics["data"]["train"]["truncatedAnswers"] == 0
        assert "lose" not in said and "Warning" not in said


@pytest.mark.parametrize("command", ["dpo", "orpo", "reward", "kto"])
def test_pairs_that_are_the_same_within_the_bound_are_left_out(engine, policy, tmp_path, command):
    long = tokens(policy, 80)
    rows = [
        record(i, [f"{long} salt", f"{long} pepper"] if i % 2 else [text(i, 3), text(i + 5, 2)],
               "validation" if i > 7 else "train")
        for i in range(12)]
    metrics, said, page = trained(
        engine, command, policy, write(tmp_path / "rows.jsonl", rows), tmp_path / "run", *EXACT,
        "maxLength=64", "batch=4")
    left = metrics["data"]["train"]["leftOut"]
    if command == "kto":
        assert left == {"answersOfSameTokens": 8}
        assert (metrics["desirable"], metrics["undesirable"]) == (4, 4)
    elif command == "reward":
        assert left == {"pairsOfSameTokens": 4, "rowsWithoutPreference": 4}
        assert metrics["trainComparisons"] == 4 and metrics["comparisons"] == 2
    else:
        assert left == {"pairsOfSameTokens": 4}
        assert (metrics["pairs"], metrics["heldOutPairs"]) == (4, 2)
        assert "left out: 4 pairs that are the same within maxLength" in said
    assert "the same within maxLength" in page or command == "kto"


def test_rows_are_left_out_with_their_reasons(engine, policy, tmp_path):
    rows = [record(i, [text(i, 3), text(i + 5, 2), text(i + 9, 4)], "train") for i in range(4)]
    rows[1]["ranking"] = [["r0", "r1", "r2"]]
    rows[2]["ranking"] = [["r0"], ["r1", "r2"]]
    rows[3]["responses"][1]["text"] = rows[3]["responses"][0]["text"]
    del rows[1]["demonstration"]
    dataset = write(tmp_path / "rows.jsonl", rows)
    expected = {
        "sft": {"rowsWithoutAnswer": 1},
        "dpo": {"pairsTied": 4, "rowsWithoutPreference": 1, "pairsOfSameText": 1},
        "kto": {"rowsWithoutPreference": 1, "answersInBetween": 2},
    }
    for command, reasons in expected.items():
        metrics, said, _ = trained(
            engine, command, policy, dataset, tmp_path / command, *EXACT)
        assert metrics["data"]["train"]["leftOut"] == reasons, command
        assert "left out: 1 rows" in said
    metrics, _, _ = trained(
        engine, "dpo", policy, dataset, tmp_path / "extremes", *EXACT, "pairs=extremes")
    assert metrics["data"]["train"]["leftOut"]["pairsNotChosen"] == 3


def test_nothing_left_is_said_with_the_reason(engine, policy, tmp_path):
    long = tokens(policy, 80)
    rows = [record(i, [f"{long} a", f"{long} b"], "train") for i in range(6)]
    refused = engine.run(
        "dpo", "--model", policy, "--dataset", write(tmp_path / "rows.jsonl", rows), "--output",
        tmp_path / "run", "maxLength=64", check=False)
    assert refused.returncode == 65
    assert "6 pairs that are the same within maxLength" in refused.stderr


def test_prompts_of_a_policy_are_counted(engine, tmp_path):
    policy = policy_in(tmp_path / "policy", "seas")
    judge = classifier_in(tmp_path / "judge", "seas")
    rows = [
        record(i, ["a", "b"], "validation" if i > 3 else "train",
               [{"role": "user", "content": text(i, 60 if i % 4 == 0 else 3)}])
        for i in range(6)]
    metrics, said, page = trained(
        engine, "rloo", policy, write(tmp_path / "rows.jsonl", rows), tmp_path / "run",
        "--reward-model", judge, "rank=0", "precision=fp32", "iterations=1", "episodes=4",
        "responses=2", "maxNewTokens=8", "evaluationResponses=1", "maxLength=64", "klLimit=0")
    counts = metrics["data"]
    assert (counts["train"]["prompts"], counts["train"]["truncatedPrompts"]) == (4, 1)
    assert (counts["validation"]["prompts"], counts["validation"]["truncatedPrompts"]) == (2, 1)
    assert counts["maxLength"] == 56
    assert "train: 1 of 4 prompts lose their start (maxLength 56)." in said
    assert "Warning: 25 % of the prompts lose their start" in said
    assert "1 of 4" in page

    refused = engine.run(
        "rloo", "--model", policy, "--dataset", tmp_path / "rows.jsonl", "--output",
        tmp_path / "none", "--reward-model", judge, "maxLength=64", "maxNewTokens=64", check=False)
    assert refused.returncode == 64 and "less than the 64 tokens of a prompt" in refused.stderr


def test_score_reads_what_training_read(engine, policy, tmp_path):
    """With the maxLength of training, the held-out accuracy comes out of score, pair by pair."""
    rows = [
        record(i, [text(i, 40), text(i + 3, 30)], "validation" if i > 5 else "train",
               [{"role": "user", "content": text(i + 1, 25)}]) for i in range(14)]
    run = tmp_path / "run"
    metrics, _, _ = trained(
        engine, "reward", policy, write(tmp_path / "rows.jsonl", rows), run, *EXACT, "maxLength=64",
        "batch=4", "learningRate=1e-3", "normalization=none")
    assert metrics["data"]["validation"]["truncatedAnswers"] > 0
    # score reads one answer at a time, so the prompts of a pair are cut alike only if its answers
    # are equally long or both longer than half; these are.
    lines = [{"messages": row["prompt"], "completion": response["text"]}
             for row in rows[6:] for response in row["responses"]]
    found = engine.lines(
        tmp_path, lines, "score", "--model", run / "model", "--max-length", 64, "--quiet",
        "--precision", "fp32")
    wins = [found[i]["score"] > found[i + 1]["score"] for i in range(0, len(found), 2)]
    assert metrics["accuracy"] == pytest.approx(sum(wins) / len(wins))
    refused = engine.run(
        "score", "--model", run / "model", "--max-length", 7, "--input", tmp_path / "in.jsonl",
        check=False)
    assert refused.returncode == 64 and "at least 8 tokens" in refused.stderr
