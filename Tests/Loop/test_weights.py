"""Labellers of known, different skill: `agreement` finds it from the rankings alone, and a reward
model that weighs them learns more. Three of them read; two put the shortest first, whatever it says.
None of the truth is told to anybody. Other settings: docs/experiments/labeller-weights.md.
"""

import itertools
import json

import pytest

from test_loop import PREFERENCE, TASK, openings, true_score

LENGTH_BIAS = "--length-bias=0,0,0,-20,-20"
SEEDS = (1, 2)
SETTINGS = ["rank=0", "learningRate=3e-3", "batch=8", "precision=fp32"]


@pytest.fixture(scope="module")
def ranked(engine, space):
    """120 prompts ranked by five labellers each, their weights, and answers to prompts that nobody
    ranked."""
    folder = space.folder
    texts = openings(200)
    space.add_task(
        "skills", TASK.replace("stories", "skills").replace("overlap: 1", "overlap: 5"),
        [{"id": f"k{i}", "prompt": text} for i, text in enumerate(texts[:120])])
    sampling = ["--responses", 4, "--max-new-tokens", 48, "--temperature", 1, "--top-p", 1]
    space.run("sample", "skills", "--model", "stories", "--seed", 5, *sampling)
    made = space.run(
        "simulate", "skills", "--labellers", 5, "--noise", "0.3", LENGTH_BIAS, "--seed", 3,
        "--preference", PREFERENCE)
    (folder / "people.json").write_text(json.dumps(made["people"]))
    space.run("agreement", "skills", "--weights", folder / "weights.jsonl")
    space.run("export", "skills", "--output", folder / "skills.jsonl")
    questions = folder / "questions.jsonl"
    questions.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in texts[120:]))
    engine.run(
        "sample", "--model", folder / "models/stories", "--input", questions, "--output",
        folder / "unseen.jsonl", "--seed", 6, *sampling)
    return folder


def test_skill_is_found_by_agreement_alone(ranked):
    rows = [json.loads(line) for line in (ranked / "weights.jsonl").open()]
    weights = {row["labeller"]: row["weight"] for row in rows}
    people = json.loads((ranked / "people.json").read_text())
    read = {p["pseudonym"] for p in people if p["habits"]["lengthBias"] == 0}
    assert len(read) == 3
    least = min(weights[name] for name in read)
    assert least > 0.2 + max(w for name, w in weights.items() if name not in read), weights


def test_a_reward_model_that_weighs_them_beats_one_that_takes_all_alike(engine, ranked):
    """In as many steps: those who do not read weigh nothing, and are left out."""
    plain = [accuracy(engine, ranked, seed, ["epochs=3"]) for seed in SEEDS]
    weighted = [
        accuracy(engine, ranked, seed, [
            "epochs=5", f"labellerWeights={ranked / 'weights.jsonl'}"])
        for seed in SEEDS]

    print("weighted", weighted, "plain", plain)
    assert sum(weighted) > sum(plain) + 0.05 * len(SEEDS), (weighted, plain)
    used = [json.loads((ranked / f"reward-1-{count}/report.json").read_text())["metrics"]
            ["trainComparisons"] for count in (1, 2)]
    assert used[1] < 0.7 * used[0], used


def accuracy(engine, space, seed, settings):
    """How often a reward model trained on the rankings agrees with the truth on unseen answers."""
    run = space / f"reward-{seed}-{len(settings)}"
    engine.run(
        "reward", "--model", space / "models/stories", "--dataset", space / "skills.jsonl",
        "--output", run, f"seed={seed}", *SETTINGS, *settings)
    answers = [
        {"prompt": row["prompt"], "completion": response["text"]}
        for row in map(json.loads, (space / "unseen.jsonl").open())
        for response in row["responses"]]
    (space / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    engine.run(
        "score", "--model", run / "model", "--input", space / "answers.jsonl", "--output",
        space / "scores.jsonl")
    scored = [json.loads(line) for line in (space / "scores.jsonl").open()]
    right = of = 0
    for _, group in itertools.groupby(scored, key=lambda row: row["prompt"]):
        for a, b in itertools.combinations(group, 2):
            truth = true_score(a["completion"]) - true_score(b["completion"])
            if truth:
                of += 1
                right += truth * (a["score"] - b["score"]) > 0
    return right / of
