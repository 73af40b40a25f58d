"""Training on the files that people have: the same file in TRL, mixtures, and rows that do not fit."""

import gzip
import hashlib
import json
import random

import pytest
from datasets import load_dataset
from plumbline_testing.training import BATCH, SETTINGS, STEPS, TOLERANCE, load, sentence
from torch.utils.data import SequentialSampler
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

from test_trl_parity import assert_equal, shared

MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}"
    "{{ message['content'] + eos_token }}{% endif %}{% endfor %}")


def write(path, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def pairs(count=STEPS * BATCH):
    """Prompts and answers that tokenizers join differently: with and without a space between."""
    source = random.Random(5)
    rows = []
    for number in range(count):
        prompt = "One day," + sentence(source)
        answers = [sentence(source), sentence(source)]
        if number % 3 == 1:
            prompt, answers = prompt + " ", [answer.strip() for answer in answers]
        rows.append({"prompt": prompt, "chosen": answers[0], "rejected": answers[1]})
    return rows


def ours(engine, tmp_path, command, model, *words, datasets):
    run = tmp_path / "run"
    named = [word for path in datasets for word in ("--dataset", path)]
    engine.run(
        command, "--model", model, *named, "--output", run, "--quiet", *SETTINGS, "epochs=1",
        f"batch={BATCH}", *words)
    return run, [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def theirs(trainer, config, model, path):
    """The losses of TRL, which reads the file itself."""

    class Watched(trainer):
        losses = None

        def _get_train_sampler(self, dataset=None):
            return SequentialSampler(self.train_dataset)

        def compute_loss(self, *arguments, **named):
            result = super().compute_loss(*arguments, **named)
            loss = result[0] if isinstance(result, tuple) else result
            self.losses = (self.losses or []) + [loss.item()]
            return result

    instance = Watched(
        model=load(model), ref_model=load(model), args=config,
        train_dataset=load_dataset("json", data_files=str(path), split="train"),
        processing_class=AutoTokenizer.from_pretrained(model))
    instance.train()
    return instance.losses


@pytest.mark.parametrize("form", ["prompt", "no prompt"])
def test_dpo_on_texts_loses_what_trl_loses(engine, tiny, tmp_path, form):
    rows = pairs()
    if form == "no prompt":
        rows = [{key: row["prompt"] + row[key] for key in ("chosen", "rejected")} for row in rows]
    path = write(tmp_path / "pairs.jsonl", rows)
    _, steps = ours(engine, tmp_path, "dpo", tiny, "validationShare=0", "beta=0.1", datasets=[path])
    losses = theirs(DPOTrainer, DPOConfig(beta=0.1, **shared(tmp_path)), tiny, path)
    assert_equal(steps, losses)


def test_dpo_on_messages_loses_what_trl_loses(engine, tiny, tmp_path):
    """With a template that writes nothing behind the end of an answer, which the engine does not
    train on."""
    model = tmp_path / "model"
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    load(tiny).save_pretrained(model)
    tokenizer.chat_template = MISTRAL
    tokenizer.save_pretrained(model)
    rows = [
        {"prompt": [{"role": "user", "content": row["prompt"].strip()}],
         **{key: [{"role": "assistant", "content": row[key].strip()}]
            for key in ("chosen", "rejected")}}
        for row in pairs()
    ]
    path = write(tmp_path / "pairs.jsonl", rows)
    _, steps = ours(engine, tmp_path, "dpo", model, "validationShare=0", datasets=[path])
    losses = theirs(DPOTrainer, DPOConfig(beta=0.1, **shared(tmp_path)), model, path)
    assert_equal(steps, losses)


@pytest.mark.parametrize("form", ["label", "pairs"])
def test_kto_on_texts_loses_what_trl_loses(engine, tiny, tmp_path, form):
    rows = pairs(STEPS * BATCH // 2)
    if form == "label":
        rows = [
            {"prompt": row["prompt"], "completion": row[key], "label": key == "chosen"}
            for row in rows for key in ("chosen", "rejected")
        ]
    path = write(tmp_path / "rows.jsonl", rows)
    config = KTOConfig(beta=0.1, **shared(tmp_path))
    losses = theirs(KTOTrainer, config, tiny, path)
    if form == "pairs":
        # TRL puts all good answers before all bad ones.
        rows = [
            {"prompt": row["prompt"], "completion": row[key], "label": key == "chosen"}
            for key in ("chosen", "rejected") for row in rows
        ]
        path = write(tmp_path / "unpaired.jsonl", rows)
    _, steps = ours(engine, tmp_path, "kto", tiny, "validationShare=0", datasets=[path])
    assert_equal(steps, losses)


# MARK: - Forms of rows

WHY = [{"role": "user", "content": "Why is the sky blue?"}]
A, B = ({"role": "assistant", "content": text} for text in ("Because of the air.", "It is not."))
COMPARED = {
    "texts": {"prompt": "Why?", "chosen": "Because.", "rejected": "No."},
    "messages": {"prompt": WHY, "chosen": [A], "rejected": [B]},
    "implicit prompt": {"chosen": [*WHY, A], "rejected": [*WHY, B]},
    "transcripts": {
        "chosen": "\n\nHuman: Why?\n\nAssistant: Because.",
        "rejected": "\n\nHuman: Why?\n\nAssistant: No."},
    "alpaca": {"instruction": "Why?", "input": "", "chosen": "Because.", "rejected": "No."},
    "sharegpt": {
        "conversations": [{"from": "human", "value": "Why?"}],
        "chosen": {"from": "gpt", "value": "Because."}, "rejected": {"from": "gpt", "value": "No."}},
}
IMITATED = {
    "texts": {"prompt": "Why?", "completion": "Because."},
    "messages": {"messages": [*WHY, A, *WHY, B]},
    "prompt and messages": {"prompt": WHY, "completion": [A]},
    "alpaca": {"instruction": "Why?", "input": "", "output": "Because."},
    "sharegpt": {
        "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}]},
}


def varied(row, count=24):
    """Rows that differ, so that some can be held out."""
    text = json.dumps(row)
    return [
        json.loads(text.replace("Why", f"Why {number}").replace("Because", f"Because {number}"))
        for number in range(count)
    ]


def report(run):
    return json.loads((run / "report.json").read_text())


FAST = ["precision=fp32", "rank=4", "epochs=1", "batch=8"]
ONLINE = [
    "precision=fp32", "rank=4", "iterations=1", "episodes=4", "maxNewTokens=8",
    "evaluationResponses=1", "maxLength=96",
]


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("command", ["dpo", "orpo", "kto", "reward"])
def test_comparisons_of_every_form_are_learned_from(engine, tiny, tmp_path, command, name):
    path = write(tmp_path / "rows.jsonl", varied(COMPARED[name]))
    run = tmp_path / "run"
    engine.run(
        command, "--model", tiny, "--dataset", path, "--output", run, *FAST, "validationShare=0.25")
    metrics = report(run)["metrics"]
    assert metrics["data"]["train"]["prompts"] == 18
    if command != "kto":
        assert metrics["data"]["validation"]["prompts"] == 6


@pytest.mark.parametrize("name", IMITATED)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".json"])
def test_demonstrations_of_every_form_are_learned_from(engine, tiny, tmp_path, name, suffix):
    rows = varied(IMITATED[name])
    path = tmp_path / f"rows{suffix}"
    if suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        write(path, rows)
    run = tmp_path / "run"
    engine.run("sft", "--model", tiny, "--dataset", path, "--output", run, *FAST)
    turns = 2 if name == "messages" else 1
    assert report(run)["metrics"]["demonstrations"] == 23 * turns


@pytest.mark.parametrize("row", [{"prompt": "Why?"}, {"messages": WHY}, COMPARED["messages"]])
def test_prompts_of_every_form_are_answered(engine, tiny, classifier, tmp_path, row):
    path = write(tmp_path / "rows.jsonl", varied(row))
    run = tmp_path / "run"
    engine.run(
        "rloo", "--model", tiny, "--reward-model", classifier, "--dataset", path, "--output", run,
        *ONLINE, "responses=2")
    metrics = report(run)["metrics"]
    assert (metrics["prompts"], metrics["heldOutPrompts"]) == (23, 1)


def test_rows_that_do_not_fit_are_refused_with_line_and_remedy(engine, tiny, tmp_path):
    good = varied(COMPARED["texts"])
    path = write(tmp_path / "rows.jsonl", [*good[:2], {"prompt": "Why?", "chosen": "So."}, *good[2:]])
    refused = engine.run(
        "dpo", "--model", tiny, "--dataset", path, "--output", tmp_path / "run", *FAST, check=False)
    assert refused.returncode == 65
    assert "line 3: the row has a prompt without answers" in refused.stderr
    assert "remove the line" in refused.stderr
    skipped = engine.run(
        "dpo", "--model", tiny, "--dataset", path, "--output", tmp_path / "run", *FAST,
        "invalidRows=skip")
    assert "1 rows cannot be read and are left out" in skipped.stderr


def test_a_file_for_another_method_names_what_is_missing(engine, tiny, tmp_path):
    path = write(tmp_path / "rows.jsonl", varied(IMITATED["texts"]))
    for command, wanted in [("dpo", "“chosen” and “rejected”"), ("kto", "“label”")]:
        refused = engine.run(
            command, "--model", tiny, "--dataset", path, "--output", tmp_path / "run", *FAST,
            check=False)
        assert refused.returncode == 65
        assert wanted in refused.stderr


# MARK: - Measurements during training


@pytest.mark.parametrize("command, row, keys", [
    ("sft", IMITATED["texts"], ["validationLoss"]),
    ("dpo", COMPARED["texts"], ["validationLoss", "validationAccuracy", "validationMargin"]),
    ("kto", COMPARED["texts"], ["validationLoss"]),
    ("reward", COMPARED["texts"], ["validationLoss", "validationAccuracy"]),
])
def test_held_out_rows_are_measured_during_training(engine, tiny, tmp_path, command, row, keys):
    path = write(tmp_path / "rows.jsonl", varied(row, 40))
    run, steps = ours(
        engine, tmp_path, command, tiny, "validationShare=0.2", "evaluateEvery=3", "batch=4",
        datasets=[path])
    due = [step for step in steps if step["step"] % 3 == 0 or step["step"] == len(steps)]
    assert len(due) > 2
    for step in steps:
        assert all((key in step) == (step in due) for key in keys), step
    metrics = report(run)["metrics"]
    if command in ("sft", "dpo", "kto"):
        assert metrics["validationLossAfter"] == pytest.approx(due[-1]["validationLoss"], abs=1e-5)
    if command == "reward":
        assert all("accuracy" in step and "margin" in step for step in steps)
        assert metrics["accuracy"] == pytest.approx(due[-1]["validationAccuracy"])


def test_the_best_measurement_is_kept_and_training_ends_early(engine, tiny, tmp_path):
    """At this rate the model learns the few rows by heart, so the held-out loss rises soon."""
    path = write(tmp_path / "rows.jsonl", [
        {"prompt": row["prompt"], "completion": row["chosen"]} for row in pairs(24)])
    run, steps = ours(
        engine, tmp_path, "sft", tiny, "validationShare=0.25", "evaluateEvery=1", "epochs=40",
        "learningRate=0.02", "keepBest=true", "patience=5", datasets=[path])
    metrics = report(run)["metrics"]
    losses = [step["validationLoss"] for step in steps]
    best = min(range(len(losses)), key=losses.__getitem__) + 1
    assert metrics["bestStep"] == best
    assert metrics["stoppedAt"] == len(steps) == best + 5
    assert metrics["validationLossAfter"] == pytest.approx(min(losses), abs=1e-5)
    assert not (run / "best").exists() or not any((run / "best").iterdir())


def test_early_stopping_without_measurements_is_refused(engine, tiny, tmp_path):
    path = write(tmp_path / "rows.jsonl", varied(IMITATED["texts"]))
    refused = engine.run(
        "sft", "--model", tiny, "--dataset", path, "--output", tmp_path / "run", *FAST,
        "patience=3", check=False)
    assert refused.returncode == 64
    assert "patience=3 has no effect with evaluateEvery=0" in refused.stderr


# MARK: - Mixtures


def test_a_mixture_is_drawn_by_its_shares_and_named_in_the_lineage(engine, tiny, tmp_path):
    first = write(tmp_path / "a.jsonl", varied(IMITATED["texts"], 30))
    second = write(tmp_path / "b.jsonl", varied(IMITATED["alpaca"], 30))
    run, steps = ours(
        engine, tmp_path, "sft", tiny, "validationShare=0", datasets=[first, f"{second}:0.25"])
    # 30 of the first file and 10 of the second, in batches of four.
    assert len(steps) == 10
    assert "mix: all+0.25\n" in (run / "run.yaml").read_text()
    lineage = report(run)["lineage"]
    assert [(one["path"], one["share"]) for one in lineage["datasets"]] == [
        (str(first), None), (str(second), 0.25)]
    for one, path in zip(lineage["datasets"], (first, second)):
        assert one["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_changed_second_dataset_stops_a_resumed_run(engine, tiny, tmp_path):
    first = write(tmp_path / "a.jsonl", varied(IMITATED["texts"], 30))
    second = write(tmp_path / "b.jsonl", varied(IMITATED["alpaca"], 30))
    arguments = [
        "sft", "--model", tiny, "--dataset", first, "--dataset", second, "--output",
        tmp_path / "run", *FAST]
    engine.run(*arguments)
    write(second, varied(IMITATED["alpaca"], 29))
    refused = engine.run(*arguments, "--resume", check=False)
    assert refused.returncode != 0
    assert "dataset 2" in refused.stderr and "have changed" in refused.stderr
