"""A tiny policy, a reward model over it, and rankings to train on."""

import json
import random

import pytest
import torch
from plumbline_testing.training import BATCH, STEPS, sentence
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, LlamaConfig,
)


@pytest.fixture(scope="session")
def tiny(stories, tmp_path_factory):
    """Random weights of a Llama, large enough to have opinions; the tokenizer of `stories`."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    tokenizer = AutoTokenizer.from_pretrained(stories)
    config = LlamaConfig(
        vocab_size=512, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        initializer_range=0.25)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    # Where padding is the end token, Transformers' classifiers score the token before the end.
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def classifier(tiny, tmp_path_factory):
    """The same trunk with a random head: what both reward trainers start from."""
    folder = tmp_path_factory.mktemp("classifier") / "model"
    torch.manual_seed(1)
    model = AutoModelForSequenceClassification.from_pretrained(
        tiny, num_labels=1, dtype=torch.float32)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def rankings(tmp_path_factory):
    """Two answers to each prompt, the first preferred; enough for twenty steps."""
    source = random.Random(3)
    rows = []
    for number in range(STEPS * BATCH + 4):
        texts = [sentence(source), sentence(source)]
        rows.append({
            "task": "t", "prompt_id": f"p{number}",
            "prompt": [{"role": "user", "content": "One day," + sentence(source)}],
            "responses": [{"id": "ab"[i], "text": text} for i, text in enumerate(texts)],
            "ranking": [["a"], ["b"]], "demonstration": texts[0], "labeller": "labeller-1",
            "shown_order": ["a", "b"], "assignment_seed": 1, "revision": 1,
            "created_at": "2026-01-01T00:00:00.000Z",
            "split": "train" if number < STEPS * BATCH else "validation",
        })
    path = tmp_path_factory.mktemp("rankings") / "rankings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
