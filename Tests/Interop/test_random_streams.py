"""Answers to one prompt are independent of each other, whichever command drew them.

The model's next token hardly depends on the ones before. When neighbouring answers drew the same
numbers, one draw further on, they said nearly the same: the correlations below were 0.51 to 0.70,
and the variance of a mean over 32 answers 6 to 9.5 times that of independent ones.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from plumbline_testing.programs import ROOT
from test_serve import Server
from tokenizers import Tokenizer, models
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

WORDS = ["<pad>", "<s>", "</s>", "<unk>", *"abcdefghijklmnopqrst"]
TOKENS = 12
METHODS = ["rloo", "grpo", "reinforce++", "online-dpo"]
ROUND = 1024


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A model of nearly equal probabilities, and a reward model, in one folder."""
    folder = tmp_path_factory.mktemp("flat")
    letters = Tokenizer(models.BPE({w: i for i, w in enumerate(WORDS)}, [], unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=letters, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        unk_token="<unk>")
    shape = LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, vocab_size=len(WORDS), max_position_embeddings=128, num_labels=1,
        initializer_range=0.05, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    torch.manual_seed(1)
    for name, kind in [("policy", LlamaForCausalLM), ("reward", LlamaForSequenceClassification)]:
        kind(shape).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder


def statistics(answers):
    """Numbers that tell about an answer, here letters or token ids."""
    yield "mean", [np.mean([ord(t) if isinstance(t, str) else t for t in a] or [0]) for a in answers]
    yield "length", [len(answer) for answer in answers]
    common = max({t for a in answers for t in a}, key=lambda t: sum(t in a for a in answers))
    yield "count", [sum(t == common for t in answer) for answer in answers]


def assert_independent(answers):
    """Correlations within 4.5 standard errors of 0, so that chance alone never fails a test; before,
    they were 30 to 80 away. The standard error of the ratio is √(2/groups), here 0.07."""
    for name, values in statistics(answers):
        values = np.asarray(values, float)
        if values.std() == 0:
            continue
        for lag in (1, 2):
            correlation = np.corrcoef(values[:-lag], values[lag:])[0, 1]
            assert abs(correlation) < 4.5 * len(values) ** -0.5, (name, lag, correlation)
        if len(values) >= 12_000:
            groups = values[: len(values) // 32 * 32].reshape(-1, 32)
            ratio = groups.mean(1).var(ddof=1) * 32 / values.var(ddof=1)
            assert 0.8 < ratio < 1.25, (name, ratio)


def sample(engine, folder, flat, prompts, responses, *words):
    rows = engine.lines(
        folder, [{"prompt": prompt} for prompt in prompts], "sample", "--model", flat / "policy",
        "--responses", responses, "--max-new-tokens", TOKENS, "--batch", 256, "--quiet", *words)
    return [[answer["ids"] for answer in row["responses"]] for row in rows]


def test_sample(engine, flat, tmp_path):
    (answers,) = sample(engine, tmp_path, flat, ["abc"], 12_800)
    assert_independent(answers)

    # Prompts, too: the same one again and again. With fewer responses, the first are the same.
    many = sample(engine, tmp_path, flat, ["abc"] * 1000, 4)
    assert_independent([answer for row in many for answer in row])
    assert_independent([row[0] for row in many])
    assert many[0] == answers[:4]


def test_a_best_of_n_has_the_best_of_n_independent_answers(engine, flat, tmp_path):
    drawn = sample(engine, tmp_path, flat, ["abc"] * 1000, 4, "--ignore-eos")
    sums = np.array([[sum(answer) for answer in row] for row in drawn], float)
    # The best of four independent draws lies higher than the best of four that are alike: at
    # E[max of 4 normal] = 1.03 deviations over the mean. It was 0.37 with shared numbers.
    best = (sums.max(1).mean() - sums.mean()) / sums.std()
    assert 0.93 < best < 1.13


@pytest.fixture(scope="module")
def prompts(flat):
    path = flat / "prompts.jsonl"
    rows = [{"prompt_id": split, "split": split, "messages": [{"role": "user", "content": "abc"}]}
            for split in ("train", "validation")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rollouts(engine, flat, prompts, method, rounds, *words):
    """The rounds' answers of a policy that stays as it is."""
    output = flat / f"{method}-{rounds}{len(words)}"
    engine.run(
        method, "--model", flat / "policy", "--reward-model", flat / "reward", "--prompts", prompts,
        "--dataset", prompts, "--output", output, "--quiet", "rank=0", "precision=fp32",
        "learningRate=1e-30", f"iterations={rounds}", f"episodes={ROUND}", "minibatches=1",
        "ppoEpochs=1", f"maxNewTokens={TOKENS}", "temperature=1", "evaluationResponses=1",
        "maxLength=64", "recordRollouts=true", "klLimit=0", "microBatchTokens=100000", *words)
    rows = [json.loads(line) for line in (output / "rollouts.jsonl").read_text().splitlines()]
    return [row["response"] for row in rows]


@pytest.fixture(scope="module")
def ppo(engine, flat, prompts):
    return rollouts(engine, flat, prompts, "ppo", 12)


def test_rollouts_within_a_round_and_between_rounds(ppo):
    assert len(ppo) == 12 * ROUND
    assert_independent(ppo)
    for _, values in statistics(ppo):
        rounds = np.asarray(values, float).reshape(12, ROUND)
        between = np.corrcoef(rounds[:-1].ravel(), rounds[1:].ravel())[0, 1]
        assert abs(between) < 4.5 * (11 * ROUND) ** -0.5


@pytest.mark.parametrize("method", METHODS)
def test_every_method_draws_the_same_independent_answers(engine, flat, prompts, ppo, method):
    drawn = rollouts(engine, flat, prompts, method, 4)
    assert_independent(drawn)
    assert drawn == ppo[: 4 * ROUND]


def test_runs_of_neighbouring_seeds_share_nothing(engine, flat, prompts, ppo):
    other = rollouts(engine, flat, prompts, "ppo", 4, "seed=2")
    assert_independent([answer for pair in zip(ppo, other) for answer in pair])


@pytest.fixture(scope="module")
def server(engine, flat):
    server = Server(engine, flat / "policy", "--name", "flat", "--slots", 128)
    yield server
    assert server.end() == 0


def choices(server, **options):
    reply = server.client.completions.create(
        model="flat", max_tokens=TOKENS, temperature=1, **{"prompt": "abc", **options})
    return [choice.text.replace(" ", "") for choice in reply.choices]


def test_choices_of_a_request(server):
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda seed: choices(server, n=128, seed=seed), range(100)))
    assert_independent([answer for row in drawn for answer in row])
    # The same choice of neighbouring seeds.
    assert_independent([answer for row in zip(*drawn) for answer in row])
    assert choices(server, n=128, seed=7) == drawn[7]
    assert choices(server, n=3, seed=7) == drawn[7][:3]
    assert choices(server, n=3, seed=-1) != choices(server, n=3, seed=1)
    assert choices(server, n=3) != choices(server, n=3)


def test_prompts_of_a_request(server):
    drawn = [choices(server, prompt=["abc"] * 8, n=16, seed=seed) for seed in range(32)]
    assert_independent([answer for row in drawn for answer in row])
    assert len({tuple(answers[0::16]) for answers in drawn}) == 32


# What derives a stream by arithmetic on a seed: seeds that differ by little must not be taken as such.
ARITHMETIC = re.compile(
    r"\b\w*seed\w*[)\]]?\s*(?:&?[-+*^%](?!>)|<<|>>)|(?:&?[+*^%]|<<|\s-)\s*\w*seed\b", re.I)


def test_no_source_derives_a_stream_by_arithmetic_on_a_seed():
    found = []
    for path in sorted((ROOT / "Sources").rglob("*")):
        if path.suffix in {".swift", ".cpp", ".h", ".js"} and "vendor" not in path.parts:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                code = re.sub(r'//.*|"(?:[^"\\]|\\.)*"', "", line)
                if ARITHMETIC.search(code):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []
    for line in ["seed &* 1_000_003 &+ UInt64(choice)", "UInt64(task.seed) &+ UInt64(position)",
                 "seed + 1", "0x5EED &+ UInt64(training.seed) << 20", "seed ^ claims", "1 + seed"]:
        assert ARITHMETIC.search(line)
