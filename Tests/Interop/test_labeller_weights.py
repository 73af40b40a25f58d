"""Labellers of known, different skill: confidence, weights, those held out, and ensembles.

That weights fitted by the workbench beat none is shown in Tests/Loop/test_weights.py.
"""

import json
import random

import pytest

# How often each labeller says what is true; the endings of answers are listed best first.
SKILLS = {"anna": 0.97, "bert": 0.93, "carl": 0.5, "dora": 0.48, "emil": 0.45, "fred": 0.42}
ENDINGS = ["dog", "cat", "ball", "park", "tree", "cake"]
PROMPTS, HELD_OUT = 70, 60
SETTINGS = [
    "rank=0", "precision=fp32", "epochs=2", "batch=16", "learningRate=2e-3", "schedule=constant",
    "warmup=0",
]


def row(number, labeller, source, is_right, endings, split):
    better, worse = sorted(endings, key=ENDINGS.index)
    texts = [f"Lily saw a big {better}.", f"Lily saw a big {worse}."]
    order = [["a"], ["b"]] if is_right else [["b"], ["a"]]
    return {
        "task": "helpfulness", "prompt_id": f"p{number}",
        "prompt": [{"role": "user", "content": f"Story {number}: one day,"}],
        "responses": [{"id": key, "text": text} for key, text in zip("ab", texts)],
        "ranking": order, "labeller": labeller, "shown_order": ["a", "b"], "assignment_seed": 1,
        "revision": 1, "created_at": "2026-01-01T00:00:00.000Z", "split": split,
        "active_seconds": 20 + source.random() * 10,
    }


@pytest.fixture(scope="module")
def judged():
    """Every labeller on every training prompt; the truth on the prompts held out."""
    source = random.Random(11)
    rows = []
    for number in range(PROMPTS + HELD_OUT):
        endings = source.sample(ENDINGS, 2)
        if number >= PROMPTS:
            rows.append(row(number, "truth", source, True, endings, "validation"))
            continue
        for labeller, skill in SKILLS.items():
            rows.append(
                row(number, labeller, source, source.random() < skill, endings, "train"))
    return rows


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def train(engine, model, dataset, run, *words):
    result = engine.run(
        "reward", "--model", model, "--dataset", dataset, "--output", run, "--json", *SETTINGS,
        *words)
    return json.loads(result.stdout.splitlines()[-1])["metrics"]


def test_confidence_weighs_a_judgement(engine, stories, judged, tmp_path):
    """Those who guess know it: weighing by what they state beats taking all alike."""
    rows = [
        r | {"confidence": 3 if SKILLS.get(r["labeller"], 1) > 0.9 else 1} for r in judged]
    dataset = write(tmp_path / "rows.jsonl", rows)
    plain = train(engine, stories, dataset, tmp_path / "plain")
    weighted = train(engine, stories, dataset, tmp_path / "weighted", "confidenceScale=3")
    assert weighted["validationLoss"] < plain["validationLoss"]


def test_held_out_labellers_stand_beside_known_ones_and_the_ceiling(
    engine, stories, judged, tmp_path
):
    rows = [r for r in judged if r["split"] == "train"]
    for r in rows:
        if int(r["prompt_id"][1:]) >= PROMPTS // 2:
            r["split"] = "validation"
    try:
        dataset = write(tmp_path / "rows.jsonl", rows)
        metrics = train(engine, stories, dataset, tmp_path / "run", "heldOutLabellers=anna+fred")
        known = [name for name in SKILLS if name not in ("anna", "fred")]
        assert metrics["trainComparisons"] == PROMPTS // 2 * len(known)
        for name in ("accuracy", "accuracyOfKnownLabellers", "accuracyOfNewLabellers",
                     "humanAgreement", "humanAgreementOfKnownLabellers",
                     "humanAgreementOfNewLabellers"):
            assert metrics[name + "Low"] <= metrics[name] <= metrics[name + "High"], name
        held = [r for r in rows if r["split"] == "validation"]
        agreed, total = 0, 0
        for a in held:
            for b in held:
                if a["prompt_id"] == b["prompt_id"] and a["labeller"] < b["labeller"]:
                    if {a["labeller"], b["labeller"]} & {"anna", "fred"}:
                        agreed += a["ranking"] == b["ranking"]
                        total += 1
        assert metrics["humanAgreementOfNewLabellers"] == pytest.approx(agreed / total)
        refused = engine.run(
            "reward", "--model", stories, "--dataset", dataset, "--output", tmp_path / "no",
            "heldOutLabellers=nobody", check=False)
        assert refused.returncode == 64 and "nobody" in refused.stderr
    finally:
        for r in rows:
            r["split"] = "train"


@pytest.mark.parametrize("text, message", [
    ('{"labeller": "a", "weight": -1}\n', "line 1"),
    ('{"labeller": "a", "weight": 1}\n{"labeller": "b"}\n', "line 2"),
    ("".join(json.dumps({"labeller": name, "weight": 0}) + "\n" for name in SKILLS),
     "there are 0 in"),
])
def test_weights_that_cannot_be_are_refused(engine, stories, judged, tmp_path, text, message):
    dataset = write(tmp_path / "rows.jsonl", judged)
    weights = tmp_path / "weights"
    weights.write_text(text)
    refused = engine.run(
        "reward", "--model", stories, "--dataset", dataset, "--output", tmp_path / "run",
        "--labeller-weights", weights, check=False)
    assert refused.returncode == 65 and message in refused.stderr, refused.stderr
    assert not (tmp_path / "run").exists()


def test_an_ensemble_of_seeds_tells_its_disagreement(engine, stories, judged, tmp_path):
    dataset = write(tmp_path / "rows.jsonl", judged)
    runs = [tmp_path / f"seed{seed}" for seed in (1, 2)]
    for seed, run in enumerate(runs, start=1):
        train(engine, stories, dataset, run, f"seed={seed}")
    lines = [
        {"messages": [{"role": "user", "content": "Story 1: one day,"}],
         "completion": f"Lily saw a big {ending}."} for ending in ENDINGS]
    alone = [
        [line["score"] for line in engine.lines(
            tmp_path, lines, "score", "--model", run / "model", "--quiet")] for run in runs]
    together = engine.lines(
        tmp_path, lines, "score", "--model", runs[0] / "model", "--with", runs[1] / "model",
        "--quiet")
    for a, b, line in zip(*alone, together):
        assert line["score"] == pytest.approx((a + b) / 2, abs=1e-5)
        assert line["disagreement"] == pytest.approx(abs(a - b) / 2 ** 0.5, abs=1e-5)
    assert any(line["disagreement"] > 0 for line in together)
