"""Thousands of steps leave nothing behind: tensors are freed, and memory stays flat."""

import json

import pytest
import torch
from plumbline_testing.effort import repetitions
from transformers import LlamaConfig, LlamaForCausalLM

STEPS = repetitions(10_000, in_ci=3_000)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(1)
    LlamaForCausalLM(LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, vocab_size=50, max_position_embeddings=128)).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    "kind, sizes",
    [
        # 100 decoding steps a run, and as many rows that come and go.
        ("generate", ["--batch", 2, "--tokens", 100, "--prompt-tokens", 4, "--runs", STEPS // 100]),
        ("train", ["--batch", 2, "--tokens", 8, "--runs", STEPS]),
        ("lora", ["--batch", 1, "--tokens", 4, "--runs", STEPS]),
    ],
)
def test_thousands_of_steps_leave_nothing_behind(engine, tiny, kind, sizes):
    result = engine.run("bench", kind, "--model", tiny, "--json", *sizes)

    *runs, _ = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(runs) == sizes[-1]
    assert {run["liveTensors"] for run in runs} == {runs[0]["liveTensors"]}
    settled = runs[len(runs) // 10]["residentBytes"]
    assert runs[-1]["residentBytes"] < settled + (4 << 20), (settled, runs[-1])
