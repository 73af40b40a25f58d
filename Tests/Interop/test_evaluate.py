"""Evaluation, held to the same figures computed with Transformers from the definitions."""

import csv
import json
import math

import pytest
import torch
from plumbline_testing.models import stories_text
from plumbline_testing.training import load
from transformers import AutoModelForSequenceClassification, AutoTokenizer


class Judge:
    def __init__(self, folder):
        self.model = load(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def ids(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def continuation(self, context, text):
        """lm-evaluation-harness: encode together, cut where the context's own encoding ends."""
        spaces = len(context) - len(context.rstrip())
        if spaces:
            context, text = context[:-spaces], context[-spaces:] + text
        start = self.ids(context)
        rest = self.ids(context + text)[len(start):]
        ids = torch.tensor([(start or [1]) + rest])
        with torch.no_grad():
            logits = self.model(ids).logits[0, :-1].log_softmax(-1)
        return logits.gather(1, ids[0, 1:, None])[-len(rest):, 0].sum().item()


@pytest.fixture(scope="module")
def judge(stories):
    return Judge(stories)


def evaluate(engine, model, *suites):
    words = [word for suite in suites for word in ("--suite", suite)]
    result = engine.run("evaluate", "--model", model, *words, "--json", "--precision", "fp32")
    found = json.loads(result.stdout.splitlines()[-1])["suites"]
    for suite in found:
        for value in suite.values():
            if isinstance(value, dict):
                assert value["low"] <= value["value"] <= value["high"]
    return found


def test_text(engine, stories, judge, tmp_path):
    text = "Once upon a time, there was a girl named Lily. She liked to play in the park." * 20
    path = tmp_path / "text.txt"
    path.write_text(text)
    suite = evaluate(engine, stories, f"text:{path}")[0]

    length = judge.model.config.max_position_embeddings
    ids = [1] + judge.ids(text)
    total, right = 0.0, 0
    for start in range(0, len(ids) - 1, length):
        window = torch.tensor([ids[start:start + length + 1]])
        with torch.no_grad():
            logits = judge.model(window[:, :-1]).logits[0].log_softmax(-1)
        total -= logits.gather(1, window[0, 1:, None]).sum().item()
        right += (logits.argmax(-1) == window[0, 1:]).sum().item()
    count = len(ids) - 1
    assert suite["n"] == count
    assert suite["perplexity"]["value"] == pytest.approx(math.exp(total / count), rel=1e-4)
    assert suite["bitsPerByte"]["value"] == pytest.approx(
        total / math.log(2) / len(text.encode()), rel=1e-4)
    assert suite["accuracy"]["value"] == pytest.approx(right / count, abs=1e-6)


def test_choices(engine, stories, judge, tmp_path):
    rows = [
        {"prompt": "Lily went to the ", "choices": ["park.", "big red house with her mom.", "é"],
         "answer": 0},
        {"prompt": "Tom was very", "choices": [" happy.", " car and the", " sad and he cried."],
         "answer": 2},
        {"prompt": "One day, a", "choices": [" boy", " girl named Lily went to play"], "answer": 1},
        {"prompt": "The dog", "choices": [" ran.", " said hello to the"], "answer": 1},
    ]
    path = tmp_path / "choices.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = evaluate(engine, stories, f"choices:{path}")[0]

    lengths = {"acc": lambda c: 1, "acc_norm": len, "acc_bytes": lambda c: len(c.encode())}
    for name, length in lengths.items():
        right = 0
        for row in rows:
            values = [judge.continuation(row["prompt"], c) / length(c) for c in row["choices"]]
            right += values.index(max(values)) == row["answer"]
        assert suite[name]["value"] == pytest.approx(right / len(rows)), name


def test_truthfulqa_and_crows(engine, stories, judge, data):
    truth = data / "truthfulqa_sample/TruthfulQA.first50.csv"
    pairs = data / "crows_pairs_sample/crows_pairs_anonymized.first50.csv"
    first, second = evaluate(engine, stories, f"truthfulqa:{truth}", f"crows:{pairs}")

    def closed(text):
        return text.strip() if text.strip().endswith(".") else text.strip() + "."

    mc1, mc2 = [], []
    with truth.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            answers = {
                key: [closed(a) for a in row[key].split(";") if a.strip()]
                for key in ("Correct Answers", "Incorrect Answers")}
            best = closed(row["Best Answer"])
            if best not in answers["Correct Answers"]:
                answers["Correct Answers"].append(best)
            scores = {
                key: [judge.continuation(f"Q: {row['Question']}\nA:", " " + a) for a in texts]
                for key, texts in answers.items()}
            right, wrong = scores["Correct Answers"], scores["Incorrect Answers"]
            mc1.append(right[answers["Correct Answers"].index(best)] > max(wrong))
            all_of = torch.tensor(right + wrong).double().softmax(0)
            mc2.append(all_of[: len(right)].sum().item())
    assert first["n"] == len(mc1) == 50
    assert first["mc1"]["value"] == pytest.approx(sum(mc1) / 50)
    assert first["mc2"]["value"] == pytest.approx(sum(mc2) / 50, abs=1e-3)

    with pairs.open(newline="") as file:
        more = [
            judge.continuation("", row["sent_more"]) > judge.continuation("", row["sent_less"])
            for row in csv.DictReader(file)]
    assert second["n"] == len(more) == 50
    assert second["stereotype"]["value"] == pytest.approx(sum(more) / 50)


def test_preferences(engine, classifier, rankings):
    suite = evaluate(engine, classifier, f"preferences:{rankings}")[0]
    rows = [json.loads(line) for line in rankings.read_text().splitlines()]
    scored = engine.lines(
        rankings.parent,
        [{"messages": row["prompt"], "completion": answer["text"]}
         for row in rows for answer in row["responses"]], "score", "--model", classifier, "--quiet")
    right = [a["score"] > b["score"] for a, b in zip(scored[::2], scored[1::2])]
    assert suite["n"] == len(right)
    assert suite["accuracy"]["value"] == pytest.approx(sum(right) / len(right))
    model = AutoModelForSequenceClassification.from_pretrained(classifier)
    assert model.config.num_labels == 1


def test_before_and_after_are_paired_item_by_item(engine, stories, tmp_path):
    model = load(stories)
    # Larger logits: every prediction is more certain than it should be, everywhere alike.
    with torch.no_grad():
        model.model.norm.weight *= 1.3
    tuned = tmp_path / "tuned"
    model.save_pretrained(tuned)
    AutoTokenizer.from_pretrained(stories).save_pretrained(tuned)
    text, choices = tmp_path / "text.txt", tmp_path / "choices.jsonl"
    text.write_text(stories_text(12_000, seed=2))
    choices.write_text("".join(
        json.dumps({"prompt": f"Lily saw {number} big",
                    "choices": [" dogs.", " of the.", " cats."], "answer": 0}) + "\n"
        for number in range(8)))
    suites = ("--suite", f"text:{text}", "--suite", f"choices:{choices}")

    def run(*words):
        result = engine.run("evaluate", *words, *suites, "--json", "--precision", "fp32")
        return json.loads(result.stdout.splitlines()[-1])["suites"]

    first, second = run("--model", stories), run("--model", tuned)
    both = run("--model", tuned, "--before", stories)
    for one, other, compared in zip(first, second, both):
        for name in ("loss", "perplexity", "bitsPerByte", "acc"):
            if name not in compared:
                continue
            found = compared[name]
            assert found["before"]["value"] == one[name]["value"]
            assert found["value"] == other[name]["value"]
            assert found["change"]["value"] == pytest.approx(found["value"] - one[name]["value"])
    tax = both[0]["loss"]["change"]
    assert 0 < tax["low"] <= tax["value"] <= tax["high"]
    # Paired: far narrower than the two intervals side by side.
    assert tax["high"] - tax["low"] < both[0]["loss"]["high"] - both[0]["loss"]["low"]
    same = run("--model", stories, "--before", stories)
    assert same[0]["loss"]["change"] == {"value": 0, "low": 0, "high": 0}

    shown = engine.run("evaluate", "--model", tuned, "--before", stories, *suites, "--quiet").stdout
    assert shown.splitlines()[0].split() == ["capability", "|", "alignment"]
    assert "text loss" in shown and "→" in shown


def test_flags_are_counted_by_policy(engine, stories, rankings, tmp_path):
    rows = [json.loads(line) for line in rankings.read_text().splitlines()][:10]
    for number, row in enumerate(rows):
        for answer, source in zip(row["responses"], ("base", "tuned")):
            answer["source"] = source
        first = row["responses"][0]["id"]
        row["flags"] = {first: ["harmful"]} if number < 3 else {}
    path = tmp_path / "flagged.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = evaluate(engine, stories, f"flags:{path}")[0]
    assert suite["n"] == 20
    rates = {name: suite[name]["value"] for name in suite if isinstance(suite[name], dict)}
    assert rates == pytest.approx({
        "flagged": 0.15, "harmful": 0.15, "base.flagged": 0.3, "base.harmful": 0.3,
        "tuned.flagged": 0, "tuned.harmful": 0})


@pytest.mark.parametrize("suite, message", [
    ("nothing", "KIND:FILE"), ("choices:FILE", "line 1"), ("truthfulqa:FILE", "not a table"),
])
def test_a_suite_that_cannot_be_is_refused(engine, stories, tmp_path, suite, message):
    path = tmp_path / "bad"
    path.write_text('{"a": 1}\n{"b": 2}\n')
    result = engine.run(
        "evaluate", "--model", stories, "--suite", suite.replace("FILE", str(path)), check=False)
    assert result.returncode in (64, 65)
    assert message in result.stderr
