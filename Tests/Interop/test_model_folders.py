"""Model folders with peculiarities: a tied model with its own head, positions beyond those of
training, tokenizers in older files, and folders that are no models."""

import json
import shutil

import pytest
import torch
from plumbline_testing.texts import random_texts
from safetensors.torch import load_file, save_file
from test_older_tokenizers import LLAMA, assert_same, sentencepiece_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, LlamaConfig

SHAPE = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def saved(folder, config):
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    model.save_pretrained(folder)
    return model


def logits(engine, folder, ids, target):
    engine.run(
        "inspect", "--model", folder, "--ids", ",".join(map(str, ids)), "--precision", "fp32",
        "--logits", target)
    return load_file(target)["logits"]


# MARK: - Weights


@pytest.mark.parametrize("config", [
    LlamaConfig(**SHAPE, vocab_size=300, tie_word_embeddings=True, max_position_embeddings=128),
    GPT2Config(vocab_size=300, n_embd=60, n_head=4, n_layer=2, n_positions=128, bos_token_id=1, eos_token_id=2),
], ids=["llama", "gpt2"])  # fmt: skip
def test_a_tied_model_keeps_a_head_of_its_own(config, engine, stories, tmp_path):
    model = saved(tmp_path / "model", config)
    shutil.copy(stories / "tokenizer.json", tmp_path / "model")
    weights = load_file(tmp_path / "model/model.safetensors")
    embedding = model.get_input_embeddings().weight.detach()
    ids = list(range(3, 40))
    tied = logits(engine, tmp_path / "model", ids, tmp_path / "tied")
    same = weights | {"lm_head.weight": embedding.clone()}
    save_file(same, tmp_path / "model/model.safetensors", metadata={"format": "pt"})
    assert torch.equal(tied, logits(engine, tmp_path / "model", ids, tmp_path / "same"))
    head = embedding + torch.randn_like(embedding) * 0.1
    save_file(weights | {"lm_head.weight": head}, tmp_path / "model/model.safetensors", metadata={"format": "pt"})

    found = logits(engine, tmp_path / "model", ids, tmp_path / "own")
    engine.run("convert", tmp_path / "model", tmp_path / "out")

    with torch.no_grad():
        states = model.base_model(torch.tensor([ids])).last_hidden_state[0]
    assert (found - states @ head.T).abs().max() <= 1e-4
    assert json.loads((tmp_path / "out/config.json").read_text())["tie_word_embeddings"] is False
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    with torch.no_grad():
        assert (again(torch.tensor([ids])).logits[0] - found).abs().max() <= 1e-4


def test_dynamic_positions_go_beyond_those_of_training(engine, stories, tmp_path):
    config = LlamaConfig(
        **SHAPE, vocab_size=512, max_position_embeddings=32,
        rope_parameters={"rope_type": "dynamic", "factor": 8.0, "rope_theta": 1e4})
    model = saved(tmp_path / "model", config)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(stories / name, tmp_path / "model")
    source = torch.Generator().manual_seed(5)
    for length in (20, 33, 100, 256):
        ids = torch.randint(3, 500, [length], generator=source)
        found = logits(engine, tmp_path / "model", ids.tolist(), tmp_path / f"l{length}")
        # A new model: Transformers keeps the base of the longest text so far.
        judge = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
        with torch.no_grad():
            assert (found - judge(ids[None]).logits[0]).abs().max() <= 2e-4, length

    prompts = [torch.randint(3, 500, [length], generator=source) for length in (10, 28, 60)]
    answers = engine.lines(
        tmp_path, [{"ids": prompt.tolist()} for prompt in prompts], "sample", "--model",
        tmp_path / "model", "--precision", "fp32", "--temperature", 0, "--max-new-tokens", 40,
        "--ignore-eos", "--quiet")
    for prompt, answer in zip(prompts, answers, strict=True):
        judge = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
        expected = judge.generate(
            prompt[None], max_new_tokens=40, min_new_tokens=40, do_sample=False, eos_token_id=None)
        assert answer["responses"][0]["ids"] == expected[0, len(prompt):].tolist()
    engine.run("convert", tmp_path / "model", tmp_path / "again")
    again = json.loads((tmp_path / "again/config.json").read_text())
    assert again["max_position_embeddings"] == 32


# MARK: - Tokenizers


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """A model whose tokenizer is a SentencePiece file alone."""
    folder = tmp_path_factory.mktemp("older") / "model"
    pieces = sentencepiece_model(folder, **LLAMA | {"user_defined_symbols": ["ZZ", "<tool>"]})
    saved(folder, LlamaConfig(
        **SHAPE, vocab_size=pieces.get_piece_size(), max_position_embeddings=512))
    return folder


def assert_complete(folder, source, engine, corpus, tmp_path):
    """The ids of the engine, of the library and of Transformers are those of the source."""
    texts = random_texts(corpus, 300, seed=9, special=["ZZ", "<tool>", "<s>", "</s>"])
    expected = engine.lines(tmp_path, texts, "tokenize", "--model", source)
    assert expected == engine.lines(tmp_path, texts, "tokenize", "--model", folder)
    library = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert_same(texts, expected, [ids.ids for ids in library.encode_batch(texts)])
    assert_same(texts, expected, AutoTokenizer.from_pretrained(folder)(texts)["input_ids"])


def test_a_converted_model_has_a_complete_tokenizer(older, engine, corpus, tmp_path):
    engine.run("convert", older, tmp_path / "out")

    assert_complete(tmp_path / "out", older, engine, corpus, tmp_path)


def test_a_trained_model_has_a_complete_tokenizer(older, engine, corpus, tmp_path):
    rows = [{"prompt": [{"role": "user", "content": "Say ZZ"}], "demonstration": "Yes"}] * 8
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({
        "task": "t", "prompt_id": f"p{place}", "labeller": "a", "revision": 1, "split": "train",
        "responses": [{"id": "a", "text": "Yes"}, {"id": "b", "text": "No"}],
        "ranking": [["a"], ["b"]], "shown_order": ["a", "b"], "assignment_seed": 1,
        "created_at": "2026-01-01T00:00:00.000Z"} | row) + "\n" for place, row in enumerate(rows)))
    engine.run(
        "sft", "--model", older, "--dataset", data, "--output", tmp_path / "run", "epochs=1",
        "batch=4", "rank=0", "--quiet")

    model = tmp_path / "run/model"
    assert (model / "tokenizer.model").read_bytes() == (older / "tokenizer.model").read_bytes()
    assert_complete(model, older, engine, corpus, tmp_path)
    engine.run("convert", model, tmp_path / "model.gguf", "--format", "gguf")


# MARK: - What is not a model


def test_what_is_given_instead_of_a_model_folder_is_named(engine, stories, tmp_path):
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_config.json").write_text("{}")
    (tmp_path / "ggufs").mkdir()
    (tmp_path / "ggufs/it's one.gguf").write_bytes(b"GGUF")
    shutil.copytree(stories, tmp_path / "pointer")
    (tmp_path / "pointer/model.safetensors").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    shutil.copytree(stories, tmp_path / "page")
    (tmp_path / "page/config.json").write_text("<!DOCTYPE html><html></html>")
    cases = {
        tmp_path / "adapter": "Merge it into its base model",
        tmp_path / "ggufs": f"convert '{tmp_path}/ggufs/it'\\''s one.gguf' 'it'\\''s one'",
        stories / "model.safetensors": "Give the folder that contains config.json",
        tmp_path / "pointer": "is a Git LFS pointer instead of the file",
        tmp_path / "page": "is a web page",
        tmp_path / "nowhere": "does not exist",
    }
    for path, words in cases.items():
        failed = engine.run("sample", "--model", path, "--input", "/dev/null", check=False)
        assert failed.returncode in (65, 69) and words in failed.stderr, failed.stderr
