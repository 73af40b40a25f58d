"""The whole loop on a small model of 260,000 weights.

Simulated labellers prefer stories that mention "she" more often. They rank real samples over the
HTTP API; a reward model learns the preference from their rankings, PPO tunes the policy against
it, and the policy is then measured by the true preference, which it never saw.
"""

import json
import random
import re

import pytest
from plumbline_testing import models

WORD = "she"
PREFERENCE = f"count:{WORD}"
ANSWERS = 4
LONGEST = 48

# What the loop must show.
LEAST_RISE = 0.75  # more mentions per story, on average, on prompts that were held out
GREATEST_KL = 10.0  # nats per story from where the policy began

# Stories are cut off where they are longest, so that not to end is no fault.
SETTINGS = [
    "seed=1", "rank=0", "reward.learningRate=1e-3", "reward.epochs=4", "ppo.learningRate=1e-3",
    "ppo.iterations=30", "ppo.episodes=64", f"ppo.maxNewTokens={LONGEST}", "ppo.missingEndPenalty=0",
    "ppo.temperature=1",
]

TASK = """\
slug: stories
title: {en: Stories}
overlap: 1
responses: 4
questions:
  ranking: {required: true, ties: true}
"""


def openings(count: int) -> list[str]:
    """Beginnings of stories, all different, in an order that the seed alone decides."""
    all_of_them = models.openings()
    random.Random(7).shuffle(all_of_them)
    return all_of_them[:count]


def true_score(story: str) -> int:
    return len(re.findall(WORD, story.lower()))


@pytest.fixture(scope="module")
def workspace(space):
    """The workspace with a task of 120 openings."""
    space.add_task("stories", TASK, [
        {"id": f"s{i}", "prompt": text} for i, text in enumerate(openings(120))],
        guidelines="# Stories\n\nRank the stories.\n")
    return space


@pytest.fixture(scope="module")
def labelled(workspace):
    """The same workspace, its prompts answered by the base model and ranked over HTTP."""
    sampled = workspace.run(
        "sample", "stories", "--model", "stories", "--responses", ANSWERS,
        "--max-new-tokens", LONGEST, "--temperature", 1, "--top-p", 1, "--seed", 1,
    )
    assert sampled["answered"] == 120
    simulated = workspace.run(
        "simulate", "stories", "--labellers", 3, "--seed", 1, "--preference", PREFERENCE,
    )
    assert simulated["judgements"] == 120
    return workspace


@pytest.fixture(scope="module")
def exported(labelled):
    path = labelled.folder / "exports/pairs.jsonl"
    labelled.run("export", "stories", "--format", "trl-chat", "--output", path)
    return path


@pytest.fixture(scope="module")
def retrained(labelled):
    return labelled.run("retrain", "stories", "--base", "stories", *SETTINGS)


def test_datasets_and_trl_read_the_export(exported):
    import torch
    from datasets import load_dataset
    from transformers import LlamaConfig, LlamaForSequenceClassification
    from trl import RewardConfig, RewardTrainer

    rows = load_dataset("json", data_files=str(exported), split="train")
    assert len(rows) > 100
    assert set(rows.column_names) >= {"prompt", "chosen", "rejected"}

    tokenizer = tiny_tokenizer()
    torch.manual_seed(1)
    model = LlamaForSequenceClassification(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, num_labels=1,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    trainer = RewardTrainer(
        model=model, processing_class=tokenizer, train_dataset=rows.select(range(8)),
        args=RewardConfig(
            output_dir=str(exported.parent / "trl"), max_steps=1, per_device_train_batch_size=4,
            report_to=[], use_cpu=True, bf16=False, save_strategy="no",
        ),
    )
    assert trainer.train().training_loss > 0


def tiny_tokenizer():
    """A tokenizer of bytes with a chat template: TRL needs one, whichever it is."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<pad>", "<eos>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>"
    )
    fast.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    return fast


def test_reward_model_beats_chance_on_held_out_prompts(retrained):
    reward = retrained["stages"]["reward"]["metrics"]
    assert reward["accuracyLow"] > 0.5, reward


def test_policy_is_better_by_the_true_preference_and_stays_close(engine, labelled, retrained, tmp_path):
    after = retrained["stages"]["ppo"]["metrics"]["after"]
    assert after["kl"] < GREATEST_KL, after

    run = labelled.folder / "runs" / retrained["run"]
    prompts = [json.loads(line) for line in (run / "dataset/prompts.jsonl").open()]
    held_out = [row for row in prompts if row["split"] == "validation"]
    assert len(held_out) >= 8
    questions = tmp_path / "held-out.jsonl"
    questions.write_text(
        "".join(json.dumps({"messages": row["messages"]}) + "\n" for row in held_out)
    )

    scores = {}
    for model in ("stories", retrained["name"]):
        answers = tmp_path / f"{model}.jsonl"
        engine.run(
            "sample", "--model", labelled.folder / "models" / model, "--input", questions,
            "--output", answers, "--responses", 16, "--max-new-tokens", LONGEST,
            "--temperature", 1, "--top-p", 1, "--seed", 99,
        )
        texts = [r["text"] for line in answers.open() for r in json.loads(line)["responses"]]
        scores[model] = sum(map(true_score, texts)) / len(texts)

    rise = scores[retrained["name"]] - scores["stories"]
    assert rise >= LEAST_RISE, scores


def test_the_same_run_can_be_found_again(labelled, retrained):
    runs = labelled.run("runs", "list")
    assert [(run["id"], run["state"]) for run in runs] == [(retrained["run"], "succeeded")]
    shown = labelled.run("models", "show", retrained["name"])
    assert shown["lineage"]["dataset"]["sha256"] == retrained["dataset"]["sha256"]


def test_the_reward_model_says_what_people_should_judge_first(labelled, retrained):
    folder = labelled.folder / "tasks/stories"
    task = TASK.replace("overlap: 1", "overlap: 2\norder: uncertainty")
    (folder / "task.yaml").write_text(task)
    labelled.run("task", "add", folder)

    scored = labelled.run("uncertainty", "stories")

    assert scored["prompts"] == 120
    assert f"/{retrained['run']}/" in scored["rewardModel"]
    judged = labelled.run(
        "simulate", "stories", "--labellers", 1, "--seed", 2, "--preference", PREFERENCE,
        "--judgements", 1,
    )
    assert judged["judgements"] == 1


def test_too_little_data_is_refused_with_what_is_needed(labelled):
    folder = labelled.folder / "tasks/empty"
    folder.mkdir()
    (folder / "task.yaml").write_text(TASK.replace("stories", "empty"))
    (folder / "guidelines.md").write_text("# Empty\n")
    labelled.run("task", "add", folder)

    refused = labelled.attempt("retrain", "empty", "--base", "stories")

    assert refused.returncode == 65 and "8 needed, 0 there" in refused.stderr
