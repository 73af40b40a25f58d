"""PPO, held to an independent implementation in NumPy and PyTorch that replays its answers."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification
from plumbline_testing.training import RATE, SETTINGS, STEPS, load

TOLERANCE = 1e-4
EPISODES, PASSES, TEMPERATURE = 8, 2, 0.7
CLIP, VALUE_CLIP, VALUE_WEIGHT, GAMMA, LAMBDA = 0.2, 0.2, 0.1, 1.0, 0.95


def whiten(values, variant, shift=True):
    mean = values.mean()
    if variant == "openai":
        scale = 1 / np.sqrt(values.var() + 1e-8)
    elif variant in ("trl", "verl"):
        scale = 1 / np.sqrt(values.var(ddof=1) + 1e-8)
    elif variant == "openrlhf":
        scale = 1 / np.sqrt(max(values.var(), 1e-8))
    else:
        scale = 1 / np.sqrt(values.var() + 1e-6)
    return (values - mean) * scale + (0 if shift else mean)


def advantages_of(rewards, values):
    result, following, value_after = np.zeros_like(rewards), 0.0, 0.0
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + GAMMA * value_after - values[t]
        following = delta + GAMMA * LAMBDA * following
        result[t], value_after = following, values[t]
    return result


class Oracle:
    """One policy with a value function, trained on given answers."""

    def __init__(self, folder, reward_model=None, trunk="shared", head="zero"):
        self.model, self.reference = load(folder).eval(), load(folder).eval()
        scorer = reward_model and AutoModelForSequenceClassification.from_pretrained(
            reward_model, dtype=torch.float32).eval()
        self.network = scorer.model if trunk == "reward" else None
        self.head = torch.nn.Linear(self.model.config.hidden_size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        if head == "reward":
            self.head.weight.data.copy_(scorer.score.weight.data)
        self.parameters = [*self.model.parameters(), *self.head.parameters(),
                           *(self.network.parameters() if self.network else [])]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=RATE, eps=1e-5, betas=(0.9, 0.999), weight_decay=0.0)

    def logprobs(self, model, row):
        ids = torch.tensor([row["prompt"] + row["response"]])
        output = model(ids, output_hidden_states=True)
        start, count = len(row["prompt"]) - 1, len(row["response"])
        logits = output.logits[0, start:start + count] / TEMPERATURE
        chosen = logits.log_softmax(-1).gather(1, torch.tensor(row["response"])[:, None])[:, 0]
        return chosen, output.hidden_states[-1][0, start:start + count]

    def values(self, row, hidden):
        if self.network:
            ids = torch.tensor([row["prompt"] + row["response"]])
            start, count = len(row["prompt"]) - 1, len(row["response"])
            hidden = self.network(ids).last_hidden_state[0, start:start + count]
        return self.head(hidden)[:, 0]

    def appraise(self, rows):
        with torch.no_grad():
            for row in rows:
                chosen, hidden = self.logprobs(self.model, row)
                row["old"] = chosen.numpy().astype(np.float64)
                row["old_values"] = self.values(row, hidden).numpy().astype(np.float64)
                row["rho"] = self.logprobs(self.reference, row)[0].numpy().astype(np.float64)

    def update(self, rows, policy_learns=True):
        tokens = sum(len(row["response"]) for row in rows)
        total = 0
        for row in rows:
            with torch.set_grad_enabled(policy_learns):
                new, hidden = self.logprobs(self.model, row)
            old, advantage, returns, old_values = (
                torch.tensor(row[key], dtype=torch.float32)
                for key in ("old", "advantage", "return", "old_values"))
            ratio = (new - old).exp()
            policy = torch.maximum(-advantage * ratio, -advantage * ratio.clamp(1 - CLIP, 1 + CLIP))
            values = self.values(row, hidden)
            moved = old_values + (values - old_values).clamp(-VALUE_CLIP, VALUE_CLIP)
            worse = torch.maximum((values - returns) ** 2, (moved - returns) ** 2)
            total = total + (policy * policy_learns + VALUE_WEIGHT * 0.5 * worse).sum() / tokens
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        return total.item()


# Those with clips are PPO-max's: scores divided by their running deviation, scores and advantages
# bounded. `critic` is its trunk, its head, and the rounds in which it alone learns.
SHARED = ("shared", "zero", 0)


@pytest.mark.parametrize("variant, whitens_rewards, clips, critic", [
    ("openai", False, None, SHARED), ("trl", True, None, SHARED), ("openrlhf", False, None, SHARED),
    ("moss", False, None, SHARED), ("moss", False, (0.8, 1.2), SHARED),
    ("openai", False, (0.8, 1.2), SHARED), ("openrlhf", False, None, ("reward", "reward", 0)),
    ("openrlhf", False, None, ("shared", "reward", 0)),
    ("openrlhf", False, None, ("shared", "zero", 3)),
    ("moss", False, (0.8, 1.2), ("reward", "reward", 3)),
])
def test_ppo_equals_the_oracle(
    engine, tiny, classifier, rankings, tmp_path, variant, whitens_rewards, clips,
    critic
):
    trunk, head, warmup = critic
    rounds, target, horizon, coefficient = STEPS // PASSES, 0.5, 40.0, 0.2
    run = tmp_path / "run"
    engine.run(
        "ppo", "--model", tiny, "--reward-model", classifier, "--dataset", rankings, "--output",
        run, "--quiet", *SETTINGS, f"iterations={rounds}", f"episodes={EPISODES}",
        f"ppoEpochs={PASSES}", "minibatches=1", "maxNewTokens=16", f"temperature={TEMPERATURE}",
        f"klCoefficient={coefficient}", f"klTarget={target}", f"klHorizon={horizon}",
        f"whitening={variant}", f"whitensRewards={str(whitens_rewards).lower()}",
        f"valueTrunk={trunk}", f"valueHead={head}", f"criticWarmup={warmup}",
        "recordRollouts=true", "evaluationResponses=1", "maxLength=128", "epsilon=1e-5",
        *([] if clips is None else [
            "scalesScores=true", f"scoreClip={clips[0]}", f"advantageClip={clips[1]}"]))
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    rollouts = [json.loads(line) for line in (run / "rollouts.jsonl").read_text().splitlines()]
    oracle = Oracle(tiny, classifier, trunk, head)
    seen = []

    for number, step in enumerate(steps):
        rows = rollouts[number * EPISODES:(number + 1) * EPISODES]
        oracle.appraise(rows)
        seen += [row["score"] for row in rows]
        rewards = []
        for row in rows:
            reward = -coefficient * (row["old"] - row["rho"])
            score = row["score"]
            if clips:
                score = np.clip(score / np.std(seen, ddof=1), -clips[0], clips[0])
            reward[-1] += score
            rewards.append(reward)
        ends = np.cumsum([len(reward) for reward in rewards])[:-1]
        if whitens_rewards:
            rewards = np.split(whiten(np.concatenate(rewards), variant, shift=False), ends)
        for row, reward in zip(rows, rewards):
            row["advantage"] = advantages_of(reward, row["old_values"])
            row["return"] = row["advantage"] + row["old_values"]
        white = np.split(whiten(np.concatenate([row["advantage"] for row in rows]), variant), ends)
        for row, advantage in zip(rows, white):
            if clips:
                advantage = np.clip(advantage, -clips[1], clips[1])
            row["advantage"] = advantage
            assert np.abs(row["old"] - row["logprobs"]).max() <= TOLERANCE
            assert np.abs(row["old_values"] - row["values"]).max() <= TOLERANCE
            assert np.abs(row["return"] - row["returns"]).max() <= TOLERANCE
            if variant != "openai":  # that one is whitened later, minibatch by minibatch
                assert np.abs(advantage - row["advantages"]).max() <= 1e-3
        kl = np.mean([np.sum(row["old"] - row["rho"]) for row in rows])
        assert step["kl"] == pytest.approx(kl, abs=TOLERANCE)
        assert step["klCoefficient"] == pytest.approx(coefficient, abs=1e-6)
        assert step["firstRatio"] == 1
        learns = number >= warmup
        assert step["firstLoss"] == pytest.approx(oracle.update(rows, learns), abs=TOLERANCE)
        assert step["loss"] == pytest.approx(oracle.update(rows, learns), abs=TOLERANCE)
        if learns:
            error = np.clip(kl / target - 1, -0.2, 0.2)
            coefficient *= 1 + error * EPISODES / horizon
    assert all(step["kl"] == 0 for step in steps[:warmup + 1]) and steps[-1]["kl"] != 0
