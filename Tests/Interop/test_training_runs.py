"""Runs as others see them: resumed, read by TensorBoard and PEFT, started from a preset."""

import json
import math
import signal
import subprocess

import pytest
import torch
from peft import PeftModel
from plumbline_testing.models import stories_text
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_trl_parity import load, rankings, classifier, tiny  # noqa: F401
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, GRPOConfig, KTOConfig, RewardConfig, RLOOConfig, SFTConfig

PLAIN = ["precision=fp32", "learningRate=1e-3", "rank=4"]
ONLINE = ["iterations=4", "episodes=8", "maxNewTokens=12", "evaluationResponses=1", "maxLength=96"]


def metrics(run):
    return (run / "metrics.jsonl").read_text()


@pytest.mark.parametrize("command, words", [
    ("sft", ["epochs=2", "batch=8"]),
    ("dpo", ["epochs=1", "batch=8"]),
    ("kto", ["epochs=1", "batch=8"]),
    ("ppo", [*ONLINE, "ppoEpochs=2", "minibatches=2"]),
    ("grpo", [*ONLINE, "responses=4"]),
])
def test_a_run_stopped_by_sigint_goes_on_to_the_same_bits(
    engine, tiny, classifier, rankings, tmp_path, command, words  # noqa: F811
):
    def arguments(run):
        extra = ["--reward-model", classifier] if command in ("ppo", "grpo") else []
        return [
            command, "--model", tiny, "--dataset", rankings, "--output", run, "--json", *extra,
            *PLAIN, *words]

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    engine.run(*arguments(whole))
    process = subprocess.Popen(
        [str(engine.path), *map(str, arguments(parts))], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE)
    assert '"step"' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, message = process.communicate()
    assert process.returncode == 130 and "interrupted at step" in message
    assert not (parts / "report.json").exists()
    assert list((parts / "checkpoints").glob("step-*.safetensors"))
    assert len(metrics(parts).splitlines()) < len(metrics(whole).splitlines())

    engine.run(*arguments(parts), "--resume")

    assert metrics(parts) == metrics(whole)
    weights = "model/model.safetensors"
    assert (parts / weights).read_bytes() == (whole / weights).read_bytes()
    assert not (parts / "checkpoints").exists()


def test_tensorboard_reads_the_events_and_peft_the_adapter(
    engine, tiny, rankings, tmp_path  # noqa: F811
):
    run = tmp_path / "run"
    engine.run(
        "dpo", "--model", tiny, "--dataset", rankings, "--output", run, "--quiet", *PLAIN,
        "batch=16")
    steps = [json.loads(line) for line in metrics(run).splitlines()]

    events = EventAccumulator(str(run))
    events.Reload()
    assert {"loss", "margin", "learningRate"} <= set(events.Tags()["scalars"])
    scalars = events.Scalars("loss")
    assert [event.step for event in scalars] == [step["step"] for step in steps]
    assert [event.value for event in scalars] == pytest.approx([step["loss"] for step in steps])

    ids = torch.tensor([[1, 5, 80, 200, 33]])
    merged = load(run / "model")(ids).logits
    adapted = PeftModel.from_pretrained(load(tiny), run / "adapter")(ids).logits
    assert (merged - adapted).abs().max() <= 1e-4
    assert (adapted - load(tiny)(ids).logits).abs().max() > 1e-3


@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.parametrize("command", ["sft", "dpo", "ppo"])
def test_blocks_that_are_computed_again_learn_the_same_bits(
    engine, tiny, classifier, rankings, tmp_path, command, rank  # noqa: F811
):
    words = ["epochs=1", "batch=8"]
    if command == "ppo":
        words = ["--reward-model", classifier, "iterations=2", "episodes=8", "maxNewTokens=8",
                 "evaluationResponses=1"]
    found = []
    for again in ("false", "true"):
        engine.run(
            command, "--model", tiny, "--dataset", rankings, "--output", tmp_path / again,
            "--quiet", "precision=fp32", "learningRate=1e-3", f"rank={rank}",
            f"gradientCheckpointing={again}", *words)
        found.append(metrics(tmp_path / again))
    assert found[0] == found[1]
    assert json.loads(found[0].splitlines()[-1])["gradientNorm"] > 0


def test_a_loss_that_is_not_a_number_names_the_batch(engine, tiny, rankings, tmp_path):  # noqa: F811
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    with torch.no_grad():
        model.model.norm.weight[:] = 3e38  # finite, and so is every weight; what it computes is not
    model.save_pretrained(tmp_path / "broken")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "broken")
    # Without held-out pairs, whose loss would be refused before the first step.
    dataset = tmp_path / "rows.jsonl"
    dataset.write_text("".join(
        line + "\n" for line in rankings.read_text().splitlines() if '"split": "train"' in line))
    result = engine.run(
        "dpo", "--model", tmp_path / "broken", "--dataset", dataset, "--output", tmp_path / "run",
        "--quiet", *PLAIN, "shuffle=false", "batch=2", check=False)
    assert result.returncode == 1
    assert "p0, p1" in result.stderr and "loss at step 1" in result.stderr


@pytest.mark.parametrize("rows, message", [
    ([], "no judgement"),
    ([{"ranking": [["a", "b"]]}], "no judgement"),
    ([{"responses": [{"id": "a", "text": "x"}, {"id": "b", "text": "x"}]}], "no judgement"),
])
def test_data_that_teaches_nothing_is_refused(
    engine, tiny, rankings, tmp_path, rows, message  # noqa: F811
):
    first = json.loads(rankings.read_text().splitlines()[0])
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(first | row) + "\n" for row in rows))
    result = engine.run(
        "dpo", "--model", tiny, "--dataset", path, "--output", tmp_path / "run", check=False)
    assert result.returncode == 65
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command, config", [
    ("sft", SFTConfig), ("reward", RewardConfig), ("dpo", DPOConfig), ("kto", KTOConfig),
    ("grpo", GRPOConfig), ("rloo", RLOOConfig),
])
def test_the_preset_trl_is_trls_defaults(engine, tmp_path, command, config):
    shown = engine.run(command, "--preset", "trl", "--show-settings").stdout
    ours = dict(line.split(": ", 1) for line in shown.splitlines())
    theirs = config(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to=[])
    pairs = {
        "learningRate": "learning_rate", "epsilon": "adam_epsilon", "beta1": "adam_beta1",
        "beta2": "adam_beta2", "weightDecay": "weight_decay", "gradientClip": "max_grad_norm",
        "warmup": "warmup_steps",
    }
    if command in ("grpo", "rloo"):
        pairs |= {
            "klCoefficient": "beta", "responses": "num_generations", "clipLow": "epsilon",
            "temperature": "temperature", "maxNewTokens": "max_completion_length",
            "ppoEpochs": "num_iterations",
        }
    else:
        pairs |= {
            "epochs": "num_train_epochs", "batch": "per_device_train_batch_size",
            "maxLength": "max_length",
        }
    if command in ("dpo", "kto"):
        pairs["beta"] = "beta"
    for key, name in pairs.items():
        assert float(ours[key]) == pytest.approx(float(getattr(theirs, name))), key
    assert ours["schedule"] == theirs.lr_scheduler_type.value


def test_a_preset_is_for_some_commands(engine):
    for preset, command in [("instructgpt", "sft"), ("ppo-max", "ppo"), ("tldr", "reward")]:
        shown = engine.run(command, "--preset", preset, "--show-settings").stdout
        assert shown != engine.run(command, "--show-settings").stdout and "rank: 0\n" in shown
    refused = engine.run("dpo", "--preset", "tldr", "--show-settings", check=False)
    assert refused.returncode == 64 and "ppo, reward, sft" in refused.stderr


def test_pretraining_on_characters(engine, tmp_path):
    """The example of the design, with few steps: a folder that Transformers reads."""
    text = stories_text(40_000)
    source = tmp_path / "input.txt"
    source.write_text(text)
    run = tmp_path / "run"
    result = engine.run(
        "pretrain", "--objective", "next-token", "--dataset", source, "--output", run, "--json",
        "tokenizer=characters", "model.architecture=llama", "model.layers=2", "model.heads=2",
        "model.width=32", "context=32", "batch=12", "steps=40", "learningRate=1e-2",
        "minLearningRate=1e-3", "warmup=10", "beta2=0.99", "weightDecay=0.1", "dropout=0",
        "validation=0.1", "seed=1")
    summary = json.loads(result.stdout.splitlines()[-1])
    assert {"trainLoss", "validationLoss", "perplexity", "bitsPerByte", "accuracy"} <= set(
        summary["metrics"])
    assert summary["tokensPerSecond"] > 0

    tokenizer = AutoTokenizer.from_pretrained(run / "model")
    held_out = text[int(len(text) * 0.9):]
    ids = tokenizer(held_out)["input_ids"]
    assert tokenizer.decode(ids) == held_out and len(ids) == len(held_out)
    model, total, count = load(run / "model"), 0.0, 0
    for start in range(0, len(ids) - 1, 32):
        window = torch.tensor([ids[start:start + 33]])
        with torch.no_grad():
            total += model(window, labels=window).loss.item() * (window.shape[1] - 1)
        count += window.shape[1] - 1
    assert summary["metrics"]["validationLoss"] == pytest.approx(total / count, abs=1e-4)
    assert summary["metrics"]["bitsPerByte"] == pytest.approx(
        total / math.log(2) / len(held_out.encode()), abs=1e-4)
    uniform = math.log(tokenizer.vocab_size)
    assert summary["metrics"]["validationLoss"] < uniform - 0.5
