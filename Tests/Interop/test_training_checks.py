"""What training refuses: bad settings, data it cannot read, weights that are no numbers, other inputs."""

import json
import math
import shutil
import signal
import subprocess

import pytest
import torch
from plumbline_testing.training import SETTINGS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, GPT2Config,
    PreTrainedTokenizerFast,
)

FAST = ["precision=fp32", "rank=4", "learningRate=1e-3"]
ONLINE = ["iterations=4", "episodes=4", "maxNewTokens=8", "evaluationResponses=1", "maxLength=96"]
WORDS = {
    "sft": ["epochs=2", "batch=8"], "reward": ["epochs=2", "batch=8"],
    "dpo": ["epochs=2", "batch=8"], "kto": ["epochs=1", "batch=8"],
    "orpo": ["epochs=2", "batch=8"], "ppo": ONLINE, "rloo": [*ONLINE, "responses=2"],
    "grpo": [*ONLINE, "responses=2"], "reinforce++": ONLINE,
    "online-dpo": [*ONLINE, "responses=2"],
}
SAMPLED = ["ppo", "rloo", "grpo", "reinforce++", "online-dpo"]


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def start(command, model, dataset, run, classifier):
    extra = ["--reward-model", classifier] if command in SAMPLED else []
    return [command, "--model", model, "--dataset", dataset, "--output", run, *extra]


def assert_said(result, status, *messages):
    assert result.returncode == status, (result.returncode, result.stderr)
    assert "Fatal error" not in result.stderr
    for message in messages:
        assert message in result.stderr, result.stderr


# MARK: - Settings


@pytest.mark.parametrize("command", WORDS)
@pytest.mark.parametrize("word", ["0", "-2", "9223372036854775807", "1e300"])
def test_a_count_that_no_step_can_have_is_refused(
    engine, tiny, classifier, rankings, tmp_path, command, word
):
    key = "episodes" if command in SAMPLED else "batch"
    refused = engine.run(
        *start(command, tiny, rankings, tmp_path / "run", classifier), f"{key}={word}",
        check=False)
    assert_said(refused, 64, f"{key}={word} is invalid: expected a whole number")
    assert not (tmp_path / "run").exists()


def test_a_warm_up_longer_than_the_run_is_refused(
    engine, tiny, classifier, rankings, tmp_path
):
    for command, words, steps in [
        ("sft", ["epochs=1", "batch=80"], 1), ("dpo", ["epochs=2", "batch=40"], 4),
        ("ppo", ["iterations=2", "ppoEpochs=3", "minibatches=2", "episodes=4"], 12),
    ]:
        refused = engine.run(
            *start(command, tiny, rankings, tmp_path / "run", classifier), *words, "warmup=1000",
            check=False)
        assert_said(refused, 64, "warmup=1000", f"at most the run's {steps} steps")
    assert not (tmp_path / "run").exists()


def test_smoothing_that_a_loss_does_not_know_names_the_one_that_does(
    engine, tiny, rankings, tmp_path
):
    refused = engine.run(
        "dpo", "--model", tiny, "--dataset", rankings, "--output", tmp_path / "run",
        "labelSmoothing=0.3", "loss=sigmoid", check=False)
    assert_said(refused, 64, "labelSmoothing=0.3 has no effect with loss=sigmoid", "cdpo")


def test_answers_that_leave_no_room_for_a_prompt_are_refused(
    engine, tiny, classifier, rankings, tmp_path
):
    refused = engine.run(
        *start("ppo", tiny, rankings, tmp_path / "run", classifier), "maxNewTokens=256",
        check=False)
    assert_said(refused, 64, "maxNewTokens=256", "256 tokens")


def test_a_rank_above_the_model_is_refused(engine, tiny, rankings, tmp_path):
    for command in ("sft", "reward"):
        refused = engine.run(
            command, "--model", tiny, "--dataset", rankings, "--output", tmp_path / "run",
            "rank=100000", check=False)
        assert_said(refused, 64, "rank=100000", "at most 64 for this model")


def test_a_model_that_no_machine_can_hold_is_refused(engine, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("All work and no play makes Jack a dull boy. " * 100)
    refused = engine.run(
        "pretrain", "--dataset", text, "--output", tmp_path / "run", "model.width=1000000",
        "model.layers=10000", "context=16", check=False)
    assert_said(refused, 64, "model.width=1000000", "million parameters")


@pytest.mark.parametrize("word, beta", [("loss=simpo", 2), ("loss=sigmoid", 0.1)])
def test_beta_starts_where_the_authors_of_a_loss_start(
    engine, tiny, rankings, tmp_path, word, beta
):
    run = tmp_path / "run"
    arguments = ["dpo", "--model", tiny, "--dataset", rankings, "--output", run, "--quiet"]
    engine.run(*arguments, *FAST, "batch=80", word)
    assert f"beta: {float(beta)}\n" in (run / "run.yaml").read_text()
    engine.run(*arguments, *FAST, "batch=80", word, "beta=0.1")
    assert "beta: 0.1\n" in (run / "run.yaml").read_text()


def test_settings_are_shown_as_they_would_be_used(engine):
    shown = engine.run(
        "ppo", "--preset", "instructgpt", "--show-settings", "iterations=7", "rank=8")
    assert "iterations: 7\n" in shown.stdout and "rank: 8\n" in shown.stdout
    assert "averageDecay: 0.992\n" in shown.stdout
    assert "preset instructgpt differs from its source" in shown.stderr
    assert "27.8" in shown.stderr


# MARK: - Losses that sort


@pytest.mark.parametrize("loss", ["aot", "aot_unpaired", "aot+sft"])
def test_losses_that_sort_do_not_depend_on_micro_batches(
    engine, tiny, rankings, tmp_path, loss
):
    found = []
    for limit in (128, 100000):
        run = tmp_path / str(limit)
        engine.run(
            "dpo", "--model", tiny, "--dataset", rankings, "--output", run, "--quiet",
            *[word for word in SETTINGS if not word.startswith("microBatchTokens")],
            f"microBatchTokens={limit}", f"loss={loss}", "epochs=1", "batch=16")
        found.append((rows_of(run / "metrics.jsonl"), json.loads(
            (run / "report.json").read_text())["metrics"]))
    (small, small_report), (large, large_report) = found
    assert len(small) == 5
    for one, two in zip(small, large):
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-4)
        assert one["gradientNorm"] == pytest.approx(two["gradientNorm"], rel=1e-3)
    assert small_report["validationLossAfter"] == pytest.approx(
        large_report["validationLossAfter"], rel=1e-3)
    assert abs(small[-1]["loss"] - small[0]["loss"]) > 1e-2


# MARK: - Data that a model cannot read


@pytest.fixture(scope="module")
def extended(tiny, tmp_path_factory):
    """A tokenizer with one token more than the model has embeddings."""
    folder = tmp_path_factory.mktemp("extended") / "model"
    shutil.copytree(tiny, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<think>"])
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("command", ["sft", "dpo", "reward", "kto", "orpo"])
@pytest.mark.parametrize("place", ["prompt", "answer", "held-out answer"])
def test_a_token_without_an_embedding_is_named_with_its_line(
    engine, extended, rankings, tmp_path, command, place
):
    rows = rows_of(rankings)
    number = len(rows) - 1 if place == "held-out answer" else 4
    row = rows[number]
    if place == "prompt":
        row["prompt"][0]["content"] += " <think>"
    else:
        for response in row["responses"]:
            response["text"] += " <think> so"
        row["demonstration"] = row["responses"][0]["text"]
    if command == "kto" and place == "held-out answer":
        return  # KTO measures nothing on held-out answers, and does not read them.
    refused = engine.run(
        command, "--model", extended, "--dataset", write(tmp_path / "rows.jsonl", rows),
        "--output", tmp_path / "run", *FAST, *WORDS[command], check=False)
    assert_said(
        refused, 65, f"line {number + 1} (prompt “p{number}”)", "“<think>” (id 512)",
        "ids 0 to 511")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", SAMPLED)
def test_a_prompt_with_such_a_token_is_named_before_anything_is_sampled(
    engine, extended, classifier, rankings, tmp_path, command
):
    prompts = write(tmp_path / "prompts.jsonl", [
        {"prompt_id": row["prompt_id"], "messages": row["prompt"], "split": row["split"]}
        for row in rows_of(rankings)
    ] + [{"prompt_id": "odd", "messages": [{"role": "user", "content": "<think>"}],
          "split": "validation"}])
    refused = engine.run(
        *start(command, extended, rankings, tmp_path / "run", classifier), "--prompts", prompts,
        *FAST, *WORDS[command], check=False)
    assert_said(refused, 65, "prompts.jsonl", "line 85 (prompt “odd”)", "“<think>” (id 512)")


def test_text_for_the_pretraining_mix_is_checked_as_well(
    engine, extended, classifier, rankings, tmp_path
):
    text = tmp_path / "text.txt"
    text.write_text("One day, Tom went to the park. <think> " * 200)
    refused = engine.run(
        *start("ppo", extended, rankings, tmp_path / "run", classifier), *FAST, *ONLINE,
        "ptxCoefficient=1", f"ptxDataset={text}", check=False)
    assert_said(refused, 65, str(text), "“<think>” (id 512)")


def test_text_that_is_measured_on_afterwards_is_checked_before(
    engine, extended, rankings, tmp_path
):
    text = tmp_path / "text.txt"
    arguments = [
        "sft", "--model", extended, "--dataset", rankings, "--output", tmp_path / "run", *FAST,
        f"capabilityText={text}"]
    refused = engine.run(*arguments, check=False)
    assert_said(refused, 65, str(text), "no such file")
    text.write_text("One day <think> Tom went.")
    refused = engine.run(*arguments, check=False)
    assert_said(refused, 65, str(text), "“<think>” (id 512)")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["logprobs", "evaluate", "inspect"])
def test_inference_names_such_a_token_too(engine, extended, tmp_path, command):
    text = tmp_path / "text.txt"
    text.write_text("One day <think> Tom went.")
    source = write(tmp_path / "in.jsonl", [{"prompt": "One day"}, {"ids": [1, 99999, 5]}])
    refused = engine.run(*{
        "logprobs": ["logprobs", "--model", extended, "--input", source],
        "evaluate": ["evaluate", "--model", extended, "--suite", f"text:{text}"],
        "inspect": ["inspect", "--model", extended, "One day <think> Tom"],
    }[command], check=False)
    assert refused.returncode in (64, 65) and "Fatal error" not in refused.stderr
    assert ("line 2: 99999" if command == "logprobs" else "512") in refused.stderr


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A GPT-2 as base models come: no chat template, no token that begins a text."""
    folder = tmp_path_factory.mktemp("base") / "model"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(["One day, Tom went to the park."], trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(GPT2Config(
        vocab_size=len(fast), n_embd=32, n_layer=1, n_head=2, n_positions=128, bos_token_id=None,
        eos_token_id=fast.eos_token_id)).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def test_a_reward_model_reads_an_answer_to_an_empty_prompt(
    engine, base, rankings, tmp_path
):
    """Its score is at the end of the whole text, so nothing has to precede the answer."""
    rows = rows_of(rankings)
    rows[2]["prompt"][0]["content"] = ""
    engine.run(
        "reward", "--model", base, "--dataset", write(tmp_path / "rows.jsonl", rows), "--output",
        tmp_path / "run", *FAST, *WORDS["reward"])
    row = {"prompt": "", "completion": " a dog"}
    assert engine.lines(
        tmp_path, [row], "score", "--model", tmp_path / "run/model", "--quiet")[0]["score"]


@pytest.mark.parametrize("command", ["sft", "dpo", "kto", "orpo"])
def test_an_empty_prompt_that_nothing_precedes_is_refused_by_its_line(
    engine, base, rankings, tmp_path, command
):
    rows = rows_of(rankings)
    rows[2]["prompt"][0]["content"] = ""
    refused = engine.run(
        command, "--model", base, "--dataset", write(tmp_path / "rows.jsonl", rows),
        "--output", tmp_path / "run", *FAST, *WORDS[command], check=False)
    assert_said(refused, 65, "line 3 (prompt “p2”)", "the prompt is empty")


def test_an_extreme_strength_of_a_judgement_is_a_number_like_others(
    engine, tiny, rankings, tmp_path
):
    rows = rows_of(rankings)
    rows[0]["strength"] = -(2**63)
    result = engine.run(
        "reward", "--model", tiny, "--dataset", write(tmp_path / "rows.jsonl", rows), "--output",
        tmp_path / "run", *FAST, "epochs=1", "batch=80", "marginPerStrength=1", check=False)
    assert result.returncode in (0, 1, 65) and "Fatal error" not in result.stderr


def test_a_classifier_with_two_labels_is_no_reward_model(engine, tiny, tmp_path):
    folder = tmp_path / "labels"
    AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=2).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    source = write(tmp_path / "in.jsonl", [{"prompt": "One day", "completion": " a dog"}])
    refused = engine.run("score", "--model", folder, "--input", source, check=False)
    assert_said(refused, 65, "is a classifier with 2 labels")


# MARK: - Weights that are no numbers


@pytest.mark.parametrize("command", ["sft", "reward", "dpo", "kto", "orpo"])
def test_a_last_step_that_overflows_writes_no_model(
    engine, tiny, rankings, tmp_path, command
):
    run = tmp_path / "run"
    batch = 160 if command == "kto" else 80
    failed = engine.run(
        command, "--model", tiny, "--dataset", rankings, "--output", run, "rank=0",
        "precision=fp32", "schedule=constant", "warmup=0", "learningRate=1e300", "epochs=1",
        f"batch={batch}", check=False)
    assert_said(failed, 1, "weight “", "not finite", "learningRate")
    assert not (run / "model").exists() and not (run / "report.json").exists()


@pytest.mark.parametrize("words", [["averageDecay=0.5"], []])
@pytest.mark.parametrize("trunk", ["shared", "reward"])
def test_a_policy_or_critic_that_overflows_writes_no_model(
    engine, tiny, classifier, rankings, tmp_path, words, trunk
):
    run = tmp_path / "run"
    failed = engine.run(
        *start("ppo", tiny, rankings, run, classifier), *ONLINE, "iterations=1", "ppoEpochs=1",
        "minibatches=1", "rank=0", "precision=fp32", "learningRate=1e300", "schedule=constant",
        f"valueTrunk={trunk}", *words, check=False)
    assert_said(failed, 1, "not finite", "learningRate")
    assert not (run / "model").exists() and not (run / "report.json").exists()


def test_pretraining_that_overflows_writes_no_model(engine, tmp_path):
    text, run = tmp_path / "text.txt", tmp_path / "run"
    text.write_text("All work and no play makes Jack a dull boy. " * 100)
    failed = engine.run(
        "pretrain", "--dataset", text, "--output", run, "steps=1", "warmup=0", "context=16",
        "model.width=16", "model.layers=1", "learningRate=1e300", "schedule=constant", check=False)
    assert_said(failed, 1, "not finite", "learningRate")
    assert not (run / "model").exists()


def test_a_checkpoint_is_not_written_with_such_weights(engine, tiny, rankings, tmp_path):
    run = tmp_path / "run"
    failed = engine.run(
        "sft", "--model", tiny, "--dataset", rankings, "--output", run, "rank=0",
        "precision=fp32", "schedule=constant", "warmup=0", "learningRate=1e300", "epochs=2",
        "batch=80", "checkpointEvery=1", check=False)
    assert_said(failed, 1, "after step 1", "not finite")
    assert not list((run / "checkpoints").glob("*"))


@pytest.mark.parametrize("command", ["sft", "reward", "dpo", "ppo", "sample", "inspect", "logprobs"])
def test_a_model_with_one_weight_that_is_no_number_is_named(
    engine, tiny, classifier, rankings, tmp_path, command
):
    broken = tmp_path / "broken"
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    with torch.no_grad():
        model.model.norm.weight[3] = math.nan
    model.save_pretrained(broken)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(broken)
    source = write(tmp_path / "in.jsonl", [{"prompt": "One day"}])
    arguments = {
        "sample": ["sample", "--model", broken, "--input", source],
        "logprobs": ["logprobs", "--model", broken, "--input", source],
        "inspect": ["inspect", "--model", broken, "One day"],
    }.get(command) or [*start(command, broken, rankings, tmp_path / "run", classifier)]
    refused = engine.run(*arguments, check=False)
    assert_said(refused, 65, "“model.norm.weight” has 1 of 32 values that are not finite")


def test_held_out_losses_that_are_no_numbers_are_an_error(
    engine, tiny, rankings, tmp_path
):
    broken = tmp_path / "broken"
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    with torch.no_grad():
        model.model.norm.weight[:] = 3e38
    model.save_pretrained(broken)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(broken)
    failed = engine.run(
        "sft", "--model", broken, "--dataset", rankings, "--output", tmp_path / "run", *FAST,
        check=False)
    assert_said(failed, 1, "validationLossBefore is not a finite number")


# MARK: - Going on


def interrupted(engine, arguments):
    process = subprocess.Popen(
        [str(engine.path), *map(str, arguments), "--json"], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE)
    assert '"step"' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, message = process.communicate()
    assert process.returncode == 130, message


def spoil(path, name):
    """Changes an input in a way that everything still fits; returns how to undo it."""
    if path.is_dir():
        path = path / "model.safetensors"
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    elif name == "ptxDataset":
        before = path.read_bytes()
        path.write_bytes(before + b" More.")
    else:
        before = path.read_bytes()
        lines = before.splitlines(keepends=True)
        path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    return lambda: path.write_bytes(before)


@pytest.mark.parametrize("command", [*WORDS, "pretrain"])
def test_a_run_goes_on_with_what_it_was_started_with_and_nothing_else(
    engine, tiny, classifier, rankings, tmp_path, command
):
    run, inputs = tmp_path / "run", {}
    inputs["dataset"] = tmp_path / "rows.jsonl"
    shutil.copy(rankings, inputs["dataset"])
    extra = []
    if command == "pretrain":
        inputs["dataset"].write_text("All work and no play.\nMakes Jack a dull boy.\n" * 100)
        words = ["context=16", "model.width=16", "model.layers=1", "steps=200", "warmup=0"]
        arguments = [command, "--dataset", inputs["dataset"], "--output", run, *words]
    else:
        inputs["model"] = tmp_path / "model"
        shutil.copytree(tiny, inputs["model"])
        if command == "reward":
            inputs["labellerWeights"] = write(tmp_path / "weights.jsonl", [
                {"labeller": "labeller-1", "weight": 0.5}, {"labeller": "x", "weight": 1}])
            extra = ["--labeller-weights", inputs["labellerWeights"]]
        if command in SAMPLED:
            inputs["reward model"] = tmp_path / "judge"
            shutil.copytree(classifier, inputs["reward model"])
            inputs["prompts"] = write(tmp_path / "prompts.jsonl", [
                {"prompt_id": row["prompt_id"], "messages": row["prompt"], "split": row["split"]}
                for row in rows_of(rankings)])
            extra = ["--prompts", inputs["prompts"]]
        if command == "ppo":
            inputs["ptxDataset"] = tmp_path / "text.txt"
            inputs["ptxDataset"].write_text("One day, Tom went to the park. " * 200)
            extra += ["ptxCoefficient=0.1", f"ptxDataset={inputs['ptxDataset']}"]
        arguments = [
            *start(command, inputs["model"], inputs["dataset"], run, inputs.get("reward model")),
            *extra, *FAST, *WORDS[command]]
    interrupted(engine, arguments)

    for name, path in inputs.items():
        undo = spoil(path, name)
        refused = engine.run(*arguments, "--resume", check=False)
        assert_said(refused, 64, f"the contents of the {name} ({path}) have changed since the run was started")
        undo()
    refused = engine.run(*arguments, "--resume", "seed=2", check=False)
    assert_said(refused, 64, "other settings", "seed: 2")

    engine.run(*arguments, "--resume", "--quiet")
    weights = run / "model/model.safetensors"
    made, when = weights.read_bytes(), weights.stat().st_mtime_ns
    again = engine.run(*arguments, "--resume", "--json")
    assert json.loads(again.stdout)["model"] == str(run / "model")
    assert f"{run} is already finished, so nothing was trained" in again.stderr
    assert weights.stat().st_mtime_ns == when and weights.read_bytes() == made

    undo = spoil(inputs["dataset"], "dataset")
    refused = engine.run(*arguments, "--resume", check=False)
    assert_said(refused, 64, "the dataset")
    undo()


def test_a_checkpoint_of_an_older_version_goes_on_and_says_what_is_not_known(
    engine, tiny, rankings, tmp_path
):
    from safetensors import safe_open
    from safetensors.torch import save_file
    import hashlib

    run = tmp_path / "run"
    arguments = [
        "sft", "--model", tiny, "--dataset", rankings, "--output", run, *FAST, *WORDS["sft"]]
    interrupted(engine, arguments)
    for path in (run / "checkpoints").glob("step-*.safetensors"):
        with safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["plumbline.state"])
            tensors = {name: file.get_tensor(name) for name in file.offset_keys()}
        assert set(state.pop("inputs")) == {"dataset", "model"}
        text = json.dumps(state, separators=(",", ":"), sort_keys=True)
        save_file(tensors, path, {"plumbline.state": text, "plumbline.sha256": "0"})
        # The hash is over the state and the tensors in the order that they are stored in.
        with safe_open(path, "pt") as file:
            order = list(file.offset_keys())
        digest = hashlib.sha256(text.encode())
        for name in order:
            digest.update(tensors[name].contiguous().numpy().tobytes())
        save_file(tensors, path, {"plumbline.state": text, "plumbline.sha256": digest.hexdigest()})
    again = engine.run(*arguments, "--resume")
    assert "older version" in again.stderr and "is damaged" not in again.stderr
    assert (run / "model/model.safetensors").exists()


def test_a_new_run_in_an_old_folder_is_not_taken_for_the_old_one(
    engine, tiny, rankings, tmp_path
):
    run = tmp_path / "run"
    arguments = [
        "sft", "--model", tiny, "--dataset", rankings, "--output", run, *FAST, *WORDS["sft"]]
    engine.run(*arguments, "--quiet")
    interrupted(engine, [*arguments, "seed=2"])
    assert not (run / "report.json").exists()
    resumed = engine.run(*arguments, "seed=2", "--resume", "--json")
    assert "already finished" not in resumed.stderr
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 20
