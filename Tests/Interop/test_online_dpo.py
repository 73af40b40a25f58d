"""Online DPO, held to an independent implementation in PyTorch that replays its answers."""

import json

import pytest
import torch
from test_ppo_oracle import Oracle
from plumbline_testing.training import RATE, SETTINGS

EPISODES, RESPONSES, BETA, ROUNDS = 12, 3, 0.2, 8


def test_online_dpo_equals_the_oracle(engine, tiny, classifier, rankings, tmp_path):
    run = tmp_path / "run"
    engine.run(
        "online-dpo", "--model", tiny, "--reward-model", classifier, "--dataset", rankings,
        "--output", run, "--quiet", *SETTINGS, f"iterations={ROUNDS}", f"episodes={EPISODES}",
        f"responses={RESPONSES}", f"beta={BETA}", "ppoEpochs=1", "minibatches=1",
        "maxNewTokens=16", "temperature=0.7", "recordRollouts=true", "evaluationResponses=1",
        "maxLength=128", "epsilon=1e-5", "missingEndPenalty=0", "microBatchTokens=64")
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    rollouts = [json.loads(line) for line in (run / "rollouts.jsonl").read_text().splitlines()]
    oracle = Oracle(tiny)
    parameters = list(oracle.model.parameters())
    optimizer = torch.optim.AdamW(
        parameters, lr=RATE, eps=1e-5, betas=(0.9, 0.999), weight_decay=0.0)

    for number, step in enumerate(steps):
        rows = rollouts[number * EPISODES:(number + 1) * EPISODES]
        total = 0
        for start in range(0, EPISODES, RESPONSES):
            group = rows[start:start + RESPONSES]
            assert len({tuple(row["prompt"]) for row in group}) == 1
            best = max(group, key=lambda row: row["score"])
            worst = min(group, key=lambda row: row["score"])
            if best["score"] == worst["score"]:
                continue
            ratios = []
            for row in (best, worst):
                new = oracle.logprobs(oracle.model, row)[0].sum()
                with torch.no_grad():
                    reference = oracle.logprobs(oracle.reference, row)[0].sum()
                ratios.append(new - reference)
            total = total - torch.nn.functional.logsigmoid(BETA * (ratios[0] - ratios[1]))
        total = total / (EPISODES // RESPONSES)
        assert step["loss"] == pytest.approx(total.item(), abs=1e-4), f"round {number + 1}"
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()


def test_what_cannot_be_is_named(engine, tiny, classifier, rankings, tmp_path):
    for words, message in [
        (["responses=1"], "responses=1"), (["episodes=9", "responses=2"], "episodes=9"),
        (["loss=aot"], "loss=aot"), (["loss=exo_pair"], "labelSmoothing"),
    ]:
        result = engine.run(
            "online-dpo", "--model", tiny, "--reward-model", classifier, "--dataset", rankings,
            "--output", tmp_path / "run", *words, check=False)
        assert result.returncode == 64 and message in result.stderr
