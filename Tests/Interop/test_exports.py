"""Each export, loaded by the tool that it is for; round trips and what hostile data becomes."""

import hashlib
import json
import random

import jsonschema
import pytest
from plumbline_testing.workspace import Workspace

FORMATS = ["rankings", "pairs", "trl", "trl-chat", "kto", "sft", "hh", "openrlhf", "llama-factory",
           "axolotl", "nectar", "arena-140k", "helpsteer3", "nemo-rl"]
TASK = """slug: helpfulness
title: {en: Helpful answers}
overlap: 9
questions:
  ranking: {required: false, ties: true, partial: true}
  strength: {}
  rating: {scale: 7}
  flags: [unhelpful, fabricated, uninterpretable, harmful]
  confidence: {scale: 3}
  rationale: {}
  demonstration: {}
"""
PLANES = [0x20, 0xE9, 0x0628, 0x4E2D, 0xFFFD, 0x1F600, 0x20000, 0x30000, 0xE0001, 0xF0000, 0x10FFFD]


def text(rng, longest=20):
    """Characters of every plane; NUL and the line separators among them."""
    letters = [chr(code) for code in PLANES] + list("ab \n\r\t\"\\/\u2028\0")
    return "x" + "".join(rng.choice(letters) for _ in range(rng.randrange(longest)))


def record(rng, number, labeller, single=True):
    """A judgement in the rankings format, with ties and gaps."""
    ids = [f"p{number}-r{index + 1}" for index in range(2 + number % 5)]
    ranked = [name for name in ids if rng.random() > 0.15]
    rng.shuffle(ranked)
    ranking = []
    for name in ranked:
        if ranking and rng.random() < 0.3:
            ranking[-1] = sorted([*ranking[-1], name])
        else:
            ranking.append([name])
    prompt = [{"role": "user", "content": f"Question {number}? " + content(number)}]
    if not single and number % 3 == 0:
        prompt = [{"role": "system", "content": "Be kind."}, *prompt]
    if not single and number % 4 == 0:
        prompt += [{"role": "assistant", "content": "Say more."}, {"role": "user", "content": "So?"}]
    shown = ids[:]
    rng.shuffle(shown)
    return {
        "task": "helpfulness", "prompt_id": f"p{number}", "prompt": prompt,
        "responses": [{"id": name, "text": f"Answer {name} {content(number)}", "source": "policy"}
                      for name in ids],
        "ranking": ranking, "ratings": {ids[0]: 1 + number % 7},
        "flags": {ids[0]: ["harmful"]} if number % 5 == 0 else {}, "prompt_flags": [],
        "strength": number % 3 + 1 if len(ids) == 2 else None, "confidence": number % 3 + 1,
        "rationale": None, "demonstration": "The ideal answer." if number % 6 == 0 else None,
        "labeller": labeller, "shown_order": shown, "assignment_seed": number * 7 + 1,
        "active_seconds": 12.5, "revision": 1, "created_at": f"2026-01-0{1 + number % 9}T10:00:00.000Z",
        "split": None,
    }


def content(number):
    """What a prompt and its answers say is the same for all who judge them."""
    return text(random.Random(number))


def judgements(seed=1, single=True, prompts=24):
    rng = random.Random(seed)
    return [record(rng, number, f"labeller-{labeller}", single)
            for number in range(1, prompts) for labeller in (1, 2)]


@pytest.fixture
def workspace(tmp_path):
    return Workspace.with_prompts(tmp_path / "here", prompts=0, task=TASK)


def load(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def exported(workspace, folder, name, *arguments):
    path = folder / f"{name}.jsonl"
    workspace.run("export", "helpfulness", "--format", name, "--output", path, *arguments)
    return path


@pytest.fixture
def filled(workspace, tmp_path):
    """A task with judgements of single questions."""
    workspace.import_rows(judgements())
    return workspace


@pytest.fixture
def conversations(workspace):
    workspace.import_rows(judgements(single=False))
    return workspace


# MARK: - Round trips

@pytest.mark.parametrize("seed", range(3))
def test_rankings_come_back_byte_for_byte(tmp_path, seed):
    here = Workspace.with_prompts(tmp_path / "here", prompts=0, task=TASK)
    here.import_rows(judgements(seed, single=False))
    first = exported(here, tmp_path, "rankings").read_bytes()

    there = Workspace.with_prompts(tmp_path / "there", prompts=0, task=TASK)
    there.run("import", "helpfulness", tmp_path / "rankings.jsonl")
    second = exported(there, tmp_path, "rankings").read_bytes()

    assert len(first.splitlines()) > 40
    assert first == second


def test_the_same_store_exports_the_same_bytes_twice(filled, tmp_path):
    for name in FORMATS:
        path = exported(filled, tmp_path, name)
        first = path.read_bytes()
        manifest = json.loads((tmp_path / f"{name}.manifest.json").read_text())
        assert manifest["sha256"] == hashlib.sha256(first).hexdigest(), name
        assert manifest["bytes"] == len(first) and manifest["counts"]["rows"] > 0, name
        assert manifest["counts"]["rows"] == first.count(b"\n")
        assert len(manifest["event_log_head"]) == 64 and manifest["plumbline"], name
        path.unlink()
        assert exported(filled, tmp_path, name).read_bytes() == first, name
        streamed = filled.output("export", "helpfulness", "--format", name, "--output", "-")
        assert streamed == first, name


def test_splits_are_whole_and_apart(filled, tmp_path):
    both = load(exported(filled, tmp_path, "rankings"))
    parts = {split: filled.output(
        "export", "helpfulness", "--split", split, "--output", "-") for split in ("train", "validation")}
    rows = {split: [json.loads(line) for line in part.decode().split("\n")[:-1]]
            for split, part in parts.items()}

    assert sorted(len(part) for part in rows.values())[0] > 0
    assert sum(len(part) for part in rows.values()) == len(both)
    ids = {split: {row["prompt_id"] for row in part} for split, part in rows.items()}
    assert not ids["train"] & ids["validation"]


def test_kto_and_sft_say_what_their_rows_mean(filled, tmp_path):
    rankings = load(exported(filled, tmp_path, "rankings"))
    exported(filled, tmp_path, "kto")
    exported(filled, tmp_path, "sft")
    manifests = {name: json.loads((tmp_path / f"{name}.manifest.json").read_text())
                 for name in ("kto", "sft")}

    for name, manifest in manifests.items():
        assert manifest["meaning"] and manifest["skipped"], name
    ranked = sum(len(row["ranking"]) > 1 for row in rankings)
    best = [row for row in load(tmp_path / "kto.jsonl") if row["label"]]
    assert len(best) == sum(
        len(row["ranking"][0]) for row in rankings if len(row["ranking"]) > 1) >= ranked
    written = [row for row in load(tmp_path / "sft.jsonl")
               if row["messages"][-1]["content"] == "The ideal answer."]
    assert len(written) == sum(row["demonstration"] is not None for row in rankings)


# MARK: - TRL and datasets

@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    built = Tokenizer(models.BPE(byte_fallback=False))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    built.train_from_iterator(["a tiny text to learn from"], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=built, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = (
        "{% for m in messages %}{{ '<s>' + m['role'] + ': ' + m['content'] + '</s>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<s>assistant: ' }}{% endif %}")
    return tokenizer


def tiny(kind, tokenizer):
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512, num_labels=1,
        pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id)
    return (LlamaForSequenceClassification if kind == "reward" else LlamaForCausalLM)(config)


def step(trainer):
    """One step of training changes the weights and gives a finite loss."""
    import torch

    before = [weights.detach().clone() for weights in trainer.model.parameters()]
    loss = trainer.train().training_loss
    after = list(trainer.model.parameters())
    assert loss == loss and abs(loss) != float("inf")
    assert any(not torch.equal(old, new) for old, new in zip(before, after))


def settings(folder):
    return dict(
        output_dir=str(folder), max_steps=1, per_device_train_batch_size=2, report_to=[],
        use_cpu=True, save_strategy="no", disable_tqdm=True, bf16=False, logging_steps=1,
        gradient_checkpointing=False, learning_rate=1e-2)


def dataset(path):
    from datasets import load_dataset

    return load_dataset("json", data_files=str(path), split="train", cache_dir=str(path.parent / "cache"))


@pytest.mark.parametrize("name", ["trl", "trl-chat", "openrlhf"])
def test_trl_trains_a_reward_model(filled, tmp_path, tokenizer, name):
    from trl import RewardConfig, RewardTrainer

    rows = dataset(exported(filled, tmp_path, name))
    assert name == "trl-chat" or set(rows["margin"]) - {0.0, 1.0}

    step(RewardTrainer(
        model=tiny("reward", tokenizer), args=RewardConfig(**settings(tmp_path), max_length=256),
        train_dataset=rows, processing_class=tokenizer))


@pytest.mark.parametrize("name", ["trl", "trl-chat"])
def test_trl_trains_dpo(filled, tmp_path, tokenizer, name):
    from trl import DPOConfig, DPOTrainer

    step(DPOTrainer(
        model=tiny("policy", tokenizer), ref_model=tiny("policy", tokenizer),
        args=DPOConfig(**settings(tmp_path), max_length=256),
        train_dataset=dataset(exported(filled, tmp_path, name)), processing_class=tokenizer))


def test_trl_trains_dpo_on_conversations(conversations, tmp_path, tokenizer):
    from trl import DPOConfig, DPOTrainer

    rows = dataset(exported(conversations, tmp_path, "trl-chat"))
    assert {message["role"] for prompt in rows["prompt"] for message in prompt} == {
        "system", "user", "assistant"}

    step(DPOTrainer(
        model=tiny("policy", tokenizer), ref_model=tiny("policy", tokenizer),
        args=DPOConfig(**settings(tmp_path), max_length=256),
        train_dataset=rows, processing_class=tokenizer))


def test_trl_trains_kto(filled, tmp_path, tokenizer):
    try:
        from trl import KTOConfig, KTOTrainer
    except ImportError:
        from trl.experimental.kto import KTOConfig, KTOTrainer

    rows = dataset(exported(filled, tmp_path, "kto"))
    assert set(rows["label"]) == {True, False}

    step(KTOTrainer(
        model=tiny("policy", tokenizer), ref_model=tiny("policy", tokenizer),
        args=KTOConfig(**settings(tmp_path), max_length=256), train_dataset=rows,
        processing_class=tokenizer))


def test_trl_trains_sft(filled, tmp_path, tokenizer):
    from trl import SFTConfig, SFTTrainer

    step(SFTTrainer(
        model=tiny("policy", tokenizer), args=SFTConfig(**settings(tmp_path), max_length=256),
        train_dataset=dataset(exported(filled, tmp_path, "sft")), processing_class=tokenizer))


# MARK: - Documented schemas

TEXT = {"type": "string"}
MESSAGE = {"type": "object", "required": ["role", "content"], "additionalProperties": False,
           "properties": {"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT}}
ANSWER = {"type": "object", "required": ["role", "content"], "additionalProperties": False,
          "properties": {"role": {"const": "assistant"}, "content": TEXT}}
MESSAGES = {"type": "array", "minItems": 1, "items": MESSAGE}
SAID = {"type": "object", "required": ["from", "value"], "additionalProperties": False,
        "properties": {"from": {"const": "gpt"}, "value": TEXT}}


def schema(**members):
    return {"type": "object", "required": list(members), "additionalProperties": False,
            "properties": members}


ARENA_TURN = schema(
    role={"enum": ["user", "assistant"]},
    content={"type": "array", "minItems": 1, "items": schema(
        type={"const": "text"}, text=TEXT, image={"type": "null"}, mimeType={"type": "null"})})
ARENA_TURNS = {"type": "array", "minItems": 2, "items": ARENA_TURN}

# What each tool's documentation says a row holds.
SCHEMAS = {
    # TRL, docs/source/dataset_formats.md, "Preference" and "Unpaired preference".
    "trl": schema(prompt=TEXT, chosen=TEXT, rejected=TEXT, margin={"type": "number"}),
    "trl-chat": schema(
        prompt=MESSAGES, chosen={"type": "array", "minItems": 1, "maxItems": 1, "items": ANSWER},
        rejected={"type": "array", "minItems": 1, "maxItems": 1, "items": ANSWER}),
    "kto": schema(
        prompt=MESSAGES, completion={"type": "array", "minItems": 1, "maxItems": 1, "items": ANSWER},
        label={"type": "boolean"}),
    # TRL, docs/source/dataset_formats.md, "Language modeling"; OpenRLHF's and Axolotl's chat SFT.
    "sft": schema(messages=MESSAGES),
    # OpenRLHF, openrlhf/datasets/reward_dataset.py, preprocess_data with apply_chat_template:
    # data[prompt_key] + data[chosen_key] must be lists of messages; margin is optional.
    "openrlhf": schema(
        prompt=MESSAGES, chosen={"type": "array", "minItems": 1, "items": ANSWER},
        rejected={"type": "array", "minItems": 1, "items": ANSWER}, margin={"type": "number"}),
    # LLaMA-Factory, data/README.md, "Sharegpt format", "Preference dataset".
    "llama-factory": schema(
        conversations={"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["from", "value"], "additionalProperties": False,
            "properties": {"from": {"enum": ["human", "gpt"]}, "value": TEXT}}},
        chosen=SAID, rejected=SAID, system=TEXT),
    # Axolotl, docs/rlhf.qmd, chat_template.default; dpo/chat_template.py reads chosen as a message.
    "axolotl": schema(messages=MESSAGES, chosen=ANSWER, rejected=ANSWER),
    # huggingface.co/datasets/berkeley-nest/Nectar, dataset card.
    "nectar": schema(
        prompt={"type": "string", "pattern": "^\n\nHuman: (.|\n|\r)*\n\nAssistant:$"},
        answers={"type": "array", "minItems": 2, "items": schema(
            answer=TEXT, model=TEXT, rank={"type": "integer", "minimum": 1})},
        num_responses={"type": "integer"}, turns={"type": "integer", "minimum": 1}),
    # huggingface.co/datasets/lmarena-ai/arena-human-preference-140k, dataset card.
    "arena-140k": schema(
        id=TEXT, model_a=TEXT, model_b=TEXT, timestamp=TEXT, evaluation_session_id=TEXT,
        winner={"enum": ["model_a", "model_b", "tie", "both_bad"]},
        evaluation_order={"type": "integer", "minimum": 1},
        conversation_a=ARENA_TURNS, conversation_b=ARENA_TURNS,
        full_conversation={"type": "array", "minItems": 1, "items": schema(
            user=ARENA_TURN, model_side_a=ARENA_TURN, model_side_b=ARENA_TURN)}),
    # huggingface.co/datasets/nvidia/HelpSteer3, dataset card, subset "preference".
    "helpsteer3": schema(
        context=MESSAGES, response1=TEXT, response2=TEXT, domain={}, language={},
        overall_preference={"type": "integer", "minimum": -3, "maximum": 3},
        individual_preference={"type": "array", "minItems": 1, "items": schema(
            score={"type": "integer", "minimum": -3, "maximum": 3},
            reasoning={"type": ["string", "null"]}, feedback1={}, feedback2={})}),
    # NeMo RL, guides to reward models and DPO, PreferenceDataset.
    "nemo-rl": schema(
        context=MESSAGES, completions={"type": "array", "minItems": 2, "maxItems": 2, "items": schema(
            rank={"enum": [0, 1]},
            completion={"type": "array", "minItems": 1, "maxItems": 1, "items": ANSWER})}),
    # huggingface.co/datasets/Anthropic/hh-rlhf, dataset card.
    "hh": schema(
        chosen={"type": "string", "pattern": "^\n\nHuman: (.|\n|\r)*\n\nAssistant: "},
        rejected={"type": "string", "pattern": "^\n\nHuman: (.|\n|\r)*\n\nAssistant: "}),
}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_rows_are_what_the_documentation_says(filled, tmp_path, name):
    rows = load(exported(filled, tmp_path, name))

    assert len(rows) > 20
    for row in rows:
        jsonschema.validate(row, SCHEMAS[name])


@pytest.mark.parametrize("name", [
    "openrlhf", "axolotl", "llama-factory", "trl-chat", "kto", "sft", "helpsteer3", "nemo-rl"])
def test_conversations_are_what_the_documentation_says(conversations, tmp_path, name):
    rows = load(exported(conversations, tmp_path, name))

    assert len(rows) > 20
    for row in rows:
        jsonschema.validate(row, SCHEMAS[name])
        if name == "llama-factory":
            # human on odd places, gpt on even ones, and a human last.
            speakers = [turn["from"] for turn in row["conversations"]]
            assert speakers == (["human", "gpt"] * len(speakers))[:len(speakers)]
            assert len(speakers) % 2 == 1


@pytest.mark.parametrize("name", ["trl", "hh", "nectar", "arena-140k"])
def test_what_a_format_cannot_say_is_skipped_with_a_reason(conversations, tmp_path, name):
    exported(conversations, tmp_path, name)
    manifest = json.loads((tmp_path / f"{name}.manifest.json").read_text())

    reasons = " ".join(manifest["skipped"])
    assert ("conversation" if name == "trl" else "system message") in reasons
    assert manifest["counts"]["rows"] > 0


def test_llama_factory_finds_the_file_by_its_description(filled, data, tmp_path):
    exported(filled, tmp_path, "llama-factory")
    described = json.loads((tmp_path / "dataset_info.json").read_text())
    example = json.loads((data / "llamafactory_demo/dataset_info.json").read_text())["dpo_en_demo"]

    entry = described["llama-factory"]
    assert entry.pop("file_name") == "llama-factory.jsonl"
    # Theirs has no system prompts; all else is said in the same words.
    assert entry["columns"].pop("system") == "system"
    example.pop("file_name", None)
    assert entry == example
    demo = json.loads((data / "llamafactory_demo/dpo_en_demo.json").read_text())[0]
    row = load(tmp_path / "llama-factory.jsonl")[0]
    assert {**demo, "system": ""}.keys() == row.keys()
    assert demo["chosen"].keys() == row["chosen"].keys()

    again = exported(filled, tmp_path, "llama-factory", "--split", "train").rename(tmp_path / "x")
    assert again.exists() and "llama-factory" in json.loads(
        (tmp_path / "dataset_info.json").read_text())


def test_a_foreign_dataset_info_is_left_alone(filled, tmp_path):
    (tmp_path / "dataset_info.json").write_text("not json")
    done = filled.attempt(
        "export", "helpfulness", "--format", "llama-factory", "--output", tmp_path / "a.jsonl")

    assert done.returncode == 65 and "dataset_info.json" in done.stderr
    assert (tmp_path / "dataset_info.json").read_text() == "not json"
    assert not (tmp_path / "a.jsonl").exists()
