"""However many threads OpenMP gives, results are the same."""

import json
import os
import subprocess

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig

LIMITS = [
    {"OMP_DYNAMIC": "true"}, {"OMP_THREAD_LIMIT": "1"}, {"OMP_THREAD_LIMIT": "2"},
    {"OMP_MAX_ACTIVE_LEVELS": "0"},
]


@pytest.fixture(scope="module")
def wide(stories, tmp_path_factory):
    """Random weights, wide enough that every operator is worth several threads."""
    folder = tmp_path_factory.mktemp("wide") / "model"
    config = LlamaConfig(
        vocab_size=512, hidden_size=512, intermediate_size=1024, num_hidden_layers=2,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=512,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(stories).save_pretrained(folder)
    return folder


def run(engine, *arguments, **variables):
    """Four threads are asked for, and what `variables` allow are given."""
    return subprocess.run(
        [str(engine.path), *map(str, arguments)], capture_output=True, text=True, check=True,
        env=os.environ | {"OMP_NUM_THREADS": "4"} | variables)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_samples_do_not_depend_on_the_threads_given(engine, wide, tmp_path, precision):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"ids": [1] + [(7 * i + 3 * n) % 500 + 3 for i in range(150)]} for n in range(6)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def sampled(**variables):
        run(engine, "sample", "--model", wide, "--precision", precision, "--input", source,
            "--output", target, "--max-new-tokens", 8, "--top-p", 0.9, "--ignore-eos",
            "--logprobs", "--quiet", **variables)
        return target.read_text()

    expected = sampled()
    for variables in LIMITS:
        assert sampled(**variables) == expected, variables


def test_the_self_check_holds_with_any_threads(engine, wide):
    for variables in LIMITS:
        run(engine, "selfcheck", "--model", wide, "--precision", "bf16", **variables)
