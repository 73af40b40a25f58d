"""The guard against over-optimisation: what leaves its band is stopped, and the best is kept."""

import json

import pytest

HOT = [
    "rank=4", "precision=fp32", "learningRate=2e-2", "schedule=constant", "warmup=0",
    "iterations=12", "episodes=8", "minibatches=1", "ppoEpochs=2", "maxNewTokens=12",
    "temperature=1", "evaluationResponses=1", "maxLength=96", "missingEndPenalty=0", "klTarget=0",
]


def ppo(engine, tiny, classifiers, rankings, run, *words):
    models = [word for folder in classifiers for word in ("--reward-model", folder)]
    engine.run(
        "ppo", "--model", tiny, "--dataset", rankings, "--output", run, "--quiet", *models, *HOT,
        *words)
    report = json.loads((run / "report.json").read_text())["metrics"]
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return report, steps


def test_without_a_kl_penalty_the_guard_stops_the_run(
    engine, tiny, classifier, rankings, tmp_path
):
    free, steps = ppo(
        engine, tiny, [classifier], rankings, tmp_path / "free", "klCoefficient=0", "klLimit=4",
        "keepBestEvery=1", "learningRate=3e-3", "iterations=16")
    assert free["guard"]["action"] == "stop" and "KL" in free["guard"]["reason"]
    assert len(steps) == free["rounds"] == free["guard"]["round"] - 1 < 16
    inside = [step for step in steps if "heldOutReward" in step and step["heldOutKL"] <= 4]
    best = max(inside, key=lambda step: step["heldOutReward"])
    assert free["bestRound"] == best["step"]
    # What was kept is the best round's policy: it measures as it did then.
    assert free["after"]["reward"] == pytest.approx(best["heldOutReward"], abs=1e-6)
    assert free["after"]["kl"] <= 4
    assert not (tmp_path / "free/best").exists()

    held, steps = ppo(
        engine, tiny, [classifier], rankings, tmp_path / "held", "klCoefficient=2", "klLimit=4",
        "learningRate=2e-3")
    assert "guard" not in held and len(steps) == held["rounds"] == 12


def test_the_guard_can_slow_a_run_down_instead(
    engine, tiny, classifier, rankings, tmp_path
):
    report, steps = ppo(
        engine, tiny, [classifier], rankings, tmp_path / "run", "klCoefficient=0", "klLimit=4",
        "guardAction=lower")
    assert report["rounds"] == len(steps) == 12
    breach = report["guard"]["round"]
    rates = [step["learningRate"] for step in steps]
    assert set(rates[: breach - 1]) <= {2e-2}
    for step, before, rate in zip(steps[1:], rates, rates[1:]):
        assert rate == pytest.approx(before / 2 if step["kl"] > 4 else before)
    watched, _ = ppo(
        engine, tiny, [classifier], rankings, tmp_path / "watch", "klCoefficient=0", "klLimit=4",
        "guardAction=watch")
    assert watched["guard"]["round"] == breach and watched["rounds"] == 12


def test_reward_models_that_come_to_disagree_stop_the_run(
    engine, tiny, classifier, rankings, tmp_path
):
    other = tmp_path / "other"
    engine.run(
        "reward", "--model", classifier, "--dataset", rankings, "--output", other, "--quiet",
        "rank=0", "precision=fp32", "epochs=1", "learningRate=1e-3")
    apart, steps = ppo(
        engine, tiny, [classifier, other / "model"], rankings, tmp_path / "apart",
        "klCoefficient=0", "klLimit=0", "disagreementBand=1.01")
    assert "disagree" in apart["guard"]["reason"]
    assert all(step["disagreement"] > 0 for step in steps)
