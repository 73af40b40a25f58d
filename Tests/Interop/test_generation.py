"""Sampling and its filters, judged by Transformers' own processors."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList
from transformers.generation import logits_process

PROMPT = "Once upon a time"


@pytest.fixture(scope="module")
def judge(stories):
    return AutoModelForCausalLM.from_pretrained(stories, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def tokenizer(stories):
    return AutoTokenizer.from_pretrained(stories)


def sample(engine, folder, model, rows, *options):
    return engine.lines(
        folder, rows, "sample", "--model", model, "--precision", "fp32", "--quiet", *options)


@pytest.mark.parametrize(
    "options, processors",
    [
        (["--top-k", 5], [logits_process.TopKLogitsWarper(5)]),
        (["--top-p", 0.6], [logits_process.TopPLogitsWarper(0.6)]),
        (["--min-p", 0.2], [logits_process.MinPLogitsWarper(0.2)]),
        (["--top-k", 12, "--top-p", 0.8, "--min-p", 0.1, "--temperature", 1.3],
         [logits_process.TemperatureLogitsWarper(1.3), logits_process.TopKLogitsWarper(12),
          logits_process.TopPLogitsWarper(0.8), logits_process.MinPLogitsWarper(0.1)]),
        (["--repetition-penalty", 1.8, "--top-k", 8],
         [logits_process.RepetitionPenaltyLogitsProcessor(1.8),
          logits_process.TopKLogitsWarper(8)]),
    ],
)  # fmt: skip
def test_samples_follow_the_filtered_distribution(
    options, processors, engine, stories, judge, tokenizer, tmp_path
):
    draws = 3000
    row = sample(
        engine, tmp_path, stories, [{"prompt": PROMPT}], "--responses", draws,
        "--max-new-tokens", 1, "--ignore-eos", *options)[0]

    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    with torch.no_grad():
        logits = LogitsProcessorList(processors)(ids, judge(ids).logits[:, -1])
    expected = logits.softmax(-1)[0]
    drawn = torch.tensor([response["ids"][0] for response in row["responses"]])
    shares = torch.bincount(drawn, minlength=len(expected)) / draws
    assert (expected[shares > 0] > 0).all()
    deviation = (expected * (1 - expected) / draws).sqrt()
    assert ((shares - expected).abs() <= 5 * deviation + 1e-6).all()


def test_the_repetition_penalty_equals_that_of_generate(
    engine, stories, judge, tokenizer, tmp_path
):
    row = sample(
        engine, tmp_path, stories, [{"prompt": PROMPT}], "--temperature", 0,
        "--repetition-penalty", 1.4, "--max-new-tokens", 64, "--ignore-eos")[0]

    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    expected = judge.generate(
        ids, max_new_tokens=64, do_sample=False, repetition_penalty=1.4, eos_token_id=None)
    assert row["responses"][0]["ids"] == expected[0, ids.shape[1] :].tolist()


def test_a_stop_string_ends_the_answer_before_it(engine, stories, tmp_path):
    options = ["--temperature", 0, "--max-new-tokens", 60]
    whole = sample(engine, tmp_path, stories, [{"prompt": PROMPT}], *options)[0]["responses"][0]
    # In the middle of a token, so that ids alone cannot tell.
    start = whole["text"].index("Lily") + 1
    stop = whole["text"][start : start + 9]

    cut = sample(
        engine, tmp_path, stories, [{"prompt": PROMPT}], *options, "--stop", "never there",
        "--stop", stop)[0]["responses"][0]

    assert cut["text"] == whole["text"][:start] and cut["finish"] == "stop"
    assert whole["ids"][: len(cut["ids"])] == cut["ids"] and len(cut["ids"]) < 60


def test_a_bias_forbids_and_forces(engine, stories, tmp_path):
    plain = sample(
        engine, tmp_path, stories, [{"prompt": PROMPT}], "--temperature", 0, "--max-new-tokens", 1)
    first = plain[0]["responses"][0]["ids"][0]
    for bias, holds in [(f"{first}=-100", lambda ids: first not in ids),
                        ("300=100", lambda ids: set(ids) == {300})]:
        row = sample(
            engine, tmp_path, stories, [{"prompt": PROMPT}], "--max-new-tokens", 20,
            "--logit-bias", bias)[0]
        assert holds(row["responses"][0]["ids"])


def test_log_probabilities_are_those_of_the_sampling_temperature(
    engine, stories, judge, tmp_path
):
    row = sample(
        engine, tmp_path, stories, [{"ids": [1, 400, 300]}], "--temperature", 0.7, "--logprobs",
        "--max-new-tokens", 30, "--ignore-eos")[0]

    answer = row["responses"][0]
    ids = torch.tensor([[1, 400, 300] + answer["ids"]])
    with torch.no_grad():
        scores = (judge(ids).logits[0, 2:-1] / 0.7).log_softmax(-1)
    expected = scores.gather(1, ids[0, 3:, None])[:, 0]
    assert (torch.tensor(answer["logprobs"]) - expected).abs().max() <= 1e-3


def test_a_row_does_not_depend_on_its_neighbours(engine, stories, tmp_path):
    """Rows that come and go between two slots, against each row alone."""
    rows = [{"prompt": text} for text in ["One day", "The dog", "A", "Tom and Lily went to the"]]
    options = [
        "--responses", 3, "--max-new-tokens", 40, "--seed", 5, "--top-p", 0.9,
        "--repetition-penalty", 1.1, "--stop", "."]
    crowded = sample(engine, tmp_path, stories, rows, *options, "--batch", 5)
    alone = sample(engine, tmp_path, stories, rows, *options, "--batch", 1)

    assert crowded == alone
    texts = [response["text"] for response in crowded[0]["responses"]]
    assert len(set(texts)) == 3


@pytest.mark.parametrize(
    "option, words",
    [(["--min-p", 1.5], "min-p 1.5"), (["--repetition-penalty", 0], "not between 0.01 and 100"),
     (["--stop", ""], "stop string is empty"), (["--logit-bias", "x"], "logit-bias")],
)  # fmt: skip
def test_options_that_cannot_be_are_named(option, words, engine, stories, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"prompt": "a"}) + "\n")
    result = engine.run(
        "sample", "--model", stories, "--input", source, *option, "--quiet", check=False)
    assert result.returncode == 64 and words in result.stderr
