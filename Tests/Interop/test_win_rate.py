"""Win rates and counts of answers, computed anew in Python."""

import csv
import json
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from test_evaluate import Judge, evaluate


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Two policies' answers to the same prompts, two each, some of them the same."""
    folder = tmp_path_factory.mktemp("answers")
    words = "the dog saw a red ball and was very happy in the park".split()
    files = []
    for policy in (0, 1):
        rows = []
        for number in range(24):
            texts = [
                " ".join(words[(number + copy * 3 + policy * (number % 3)) % 6:][: 3 + (
                    number * (policy + 2) + copy) % 7]) + "." for copy in range(2)]
            rows.append({
                "messages": [{"role": "user", "content": f"Tell me of {words[number % 13]} {number}"}],
                "responses": [{"text": text, "finish": "stop"} for text in texts]})
        path = folder / f"policy{policy}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files.append(path)
    return files


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_win_rate(engine, classifier, answered, tmp_path):
    result = engine.run(
        "win-rate", "--reward-model", classifier, *answered, "--json", "--precision", "fp32")
    ours = json.loads(result.stdout.splitlines()[-1])
    sides = []
    for path in answered:
        lines = [
            {"messages": row["messages"], "completion": answer["text"]}
            for row in read(path) for answer in row["responses"]]
        scored = engine.lines(
            tmp_path, lines, "score", "--model", classifier, "--quiet", "--precision", "fp32")
        sides.append([(line["score"], len(line["completion"])) for line in scored])
    outcomes, lengths = [], []
    for number in range(24):
        for a in sides[0][2 * number: 2 * number + 2]:
            for b in sides[1][2 * number: 2 * number + 2]:
                outcomes.append(1.0 if a[0] > b[0] else 0.0 if a[0] < b[0] else 0.5)
                lengths.append(a[1] - b[1])
    assert 0.5 in outcomes, "no tie in the data"
    assert ours["comparisons"] == len(outcomes) == 96 and ours["prompts"] == 24
    assert ours["winRate"]["value"] == pytest.approx(np.mean(outcomes))
    x, y = np.tanh(np.array(lengths) / np.std(lengths)), np.array(outcomes)

    def loss(theta):
        z = theta[0] + theta[1] * x
        return np.sum(np.logaddexp(0, z) - y * z) + 0.1 * np.sum(theta ** 2)

    a = minimize(loss, np.zeros(2), tol=1e-12).x[0]
    assert ours["lengthControlled"]["value"] == pytest.approx(1 / (1 + math.exp(-a)), abs=1e-5)
    for rate in ("winRate", "lengthControlled"):
        assert ours[rate]["low"] <= ours[rate]["value"] <= ours[rate]["high"]

    # Turned round, the rates add up to one.
    back = json.loads(engine.run(
        "win-rate", "--reward-model", classifier, *reversed(answered), "--json", "--precision",
        "fp32").stdout.splitlines()[-1])
    for rate in ("winRate", "lengthControlled"):
        assert back[rate]["value"] + ours[rate]["value"] == pytest.approx(1)


def test_a_prompt_without_a_partner_is_named(engine, classifier, answered, tmp_path):
    short = tmp_path / "short.jsonl"
    short.write_text("\n".join(answered[1].read_text().splitlines()[:-1]) + "\n")
    refused = engine.run(
        "win-rate", "--reward-model", classifier, answered[0], short, check=False)
    assert refused.returncode == 65 and "line 24" in refused.stderr


def test_what_can_be_counted_of_answers(engine, stories, answered, tmp_path):
    rows = read(answered[0])
    rows[0]["responses"][0]["text"] = "I’m sorry, but I can't help with that."
    rows[1]["responses"][1]["text"] = "抱歉，我无法回答。"
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = evaluate(engine, stories, f"answers:{path}")[0]
    texts = [[answer["text"] for answer in row["responses"]] for row in rows]
    flat = [text for pair in texts for text in pair]
    assert suite["n"] == 48
    assert suite["refusals"]["value"] == pytest.approx(2 / 48)
    assert suite["words"]["value"] == pytest.approx(np.mean([len(t.split()) for t in flat]))
    for n in (1, 2):
        shares = []
        for pair in texts:
            grams = [
                tuple(words[i:i + n]) for words in (text.split() for text in pair)
                for i in range(len(words) - n + 1)]
            if grams:
                shares.append(len(set(grams)) / len(grams))
        assert suite[f"distinct{n}"]["value"] == pytest.approx(np.mean(shares))


def test_winogender(engine, stories, tmp_path):
    path = tmp_path / "all_sentences.tsv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["sentid", "sentence"])
        for job in ("teacher", "doctor", "baker"):
            for gender, word in (("male", "he"), ("female", "she"), ("neutral", "they")):
                writer.writerow(
                    [f"{job}.child.0.{gender}.txt", f"The {job} told the child that {word} ran."])
    suite = evaluate(engine, stories, f"winogender:{path}")[0]
    judge = Judge(stories)
    male = [
        judge.continuation("", f"The {job} told the child that he ran.")
        > judge.continuation("", f"The {job} told the child that she ran.")
        for job in ("teacher", "doctor", "baker")]
    assert suite["n"] == 3
    assert suite["male"]["value"] == pytest.approx(np.mean(male))
