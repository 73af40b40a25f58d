"""Masked pretraining, judged by Transformers with masks of its own."""

import json
import random

import pytest
import torch
from plumbline_testing.models import stories_text
from transformers import AutoModelForMaskedLM, AutoTokenizer

SETTINGS = [
    "tokenizer=characters", "model.layers=2", "model.heads=2", "model.width=48", "context=48",
    "batch=16", "steps=250", "learningRate=5e-3", "minLearningRate=5e-4", "warmup=20",
    "validation=0.1",
]


@pytest.fixture(scope="module")
def pretrained(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("masked")
    source = folder / "input.txt"
    source.write_text(stories_text(200_000))
    result = engine.run(
        "pretrain", "--objective", "masked", "--dataset", source, "--output", folder / "run",
        "--json", "model.architecture=bert", *SETTINGS)
    return folder, json.loads(result.stdout.splitlines()[-1])["metrics"]


def test_it_beats_the_unigram_and_transformers_agrees(engine, pretrained):
    folder, metrics = pretrained
    assert metrics["validationLoss"] < metrics["unigramLoss"] - 0.15
    assert metrics["accuracy"] > metrics["unigramAccuracy"] + 0.02
    assert metrics["validationTokens"] == pytest.approx(20_000 * 0.15, rel=0.05)

    tokenizer = AutoTokenizer.from_pretrained(folder / "run/model")
    model = AutoModelForMaskedLM.from_pretrained(folder / "run/model").eval()
    text = (folder / "input.txt").read_text()
    ids = tokenizer(text[int(len(text) * 0.9):])["input_ids"]
    source, right, loss, count = random.Random(5), 0, 0.0, 0
    for start in range(0, len(ids) - 47, 48):
        window = torch.tensor(ids[start:start + 48])
        places = torch.tensor(sorted(source.sample(range(48), 7)))
        hidden = window.clone()
        for place in places:
            chance = source.random()
            if chance < 0.8:
                hidden[place] = tokenizer.mask_token_id
            elif chance < 0.9:
                hidden[place] = source.randrange(len(tokenizer) - 3)
        with torch.no_grad():
            logits = model(hidden[None]).logits[0, places]
        loss += torch.nn.functional.cross_entropy(logits, window[places], reduction="sum").item()
        right += (logits.argmax(-1) == window[places]).sum().item()
        count += len(places)
    assert loss / count == pytest.approx(metrics["validationLoss"], abs=0.12)
    assert right / count == pytest.approx(metrics["accuracy"], abs=0.04)


def test_the_masked_suite_measures_it(engine, pretrained, tmp_path):
    folder, metrics = pretrained
    text = (folder / "input.txt").read_text()
    path = tmp_path / "held.txt"
    path.write_text(text[int(len(text) * 0.9):])
    result = engine.run(
        "evaluate", "--model", folder / "run/model", "--suite", f"masked:{path}", "--json",
        "--precision", "fp32")
    suite = json.loads(result.stdout.splitlines()[-1])["suites"][0]
    assert suite["n"] == metrics["validationTokens"]
    assert suite["accuracy"]["value"] == pytest.approx(metrics["accuracy"], abs=1e-3)
    assert suite["perplexity"]["value"] == pytest.approx(metrics["perplexity"], rel=1e-3)


def test_masks_change_from_epoch_to_epoch_and_a_seed_repeats_them(engine, pretrained, tmp_path):
    folder, _ = pretrained
    words = [
        "pretrain", "--objective", "masked", "--dataset", folder / "input.txt", "--quiet",
        "model.architecture=bert", *SETTINGS, "steps=6", "warmup=2"]
    losses = []
    for name in ("one", "two"):
        engine.run(*words, "--output", tmp_path / name)
        losses.append((tmp_path / name / "metrics.jsonl").read_text())
    assert losses[0] == losses[1]
    engine.run(*words, "--output", tmp_path / "three", "seed=2")
    assert (tmp_path / "three/metrics.jsonl").read_text() != losses[0]


@pytest.mark.parametrize("words, message", [
    (["--objective", "masked", "model.architecture=gpt2"], "bert"),
    (["--objective", "next-token", "model.architecture=bert"], "gpt2"),
    (["--objective", "masked", "model.architecture=roberta"], "<pad>"),
    (["--objective", "masked", "model.architecture=bert", "maskedShare=0"], "maskedShare"),
])
def test_what_does_not_go_together_is_refused(engine, pretrained, tmp_path, words, message):
    folder, _ = pretrained
    refused = engine.run(
        "pretrain", "--dataset", folder / "input.txt", "--output", tmp_path / "run", *words,
        check=False)
    assert refused.returncode == 64 and message in refused.stderr
