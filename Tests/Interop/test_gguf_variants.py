"""GGUF files as other programs write them: scaled positions, other names of pre-tokenizers, parts,
unread types, and files that are no models. Written by llama.cpp's own Python package."""

import json

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from plumbline_testing.texts import SOME, random_texts, repository_corpus
from safetensors.numpy import load_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config

SHAPE = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def byte_level(*steps, normalizer=None, ignores_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignores_merges))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(list(steps))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([repository_corpus().prose[:50_000]], trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|begin|>", "<|pad|>"], show_progress=False))
    return tokenizer


def split(*expressions):
    return [pre_tokenizers.Split(Regex(expression), "isolated") for expression in expressions] + [
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


def model_file(folder, engine, rope=None, config=LlamaConfig, tokenizer=None, **shape):
    """Writes a folder and converts it to `model.gguf` beside it."""
    tokenizer = tokenizer or byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    torch.manual_seed(1)
    rope = {"rope_theta": 1e4} | (rope or {"rope_type": "default"})
    model = AutoModelForCausalLM.from_config(
        config(**SHAPE | shape, vocab_size=tokenizer.get_vocab_size(), rope_parameters=rope))
    model.save_pretrained(folder / "model")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder / "model")
    file = folder / "model.gguf"
    engine.run("convert", folder / "model", file, "--format", "gguf", "--dtype", "float32")
    return file


def rewritten(source, target, drop=(), tensors=None, split_at=0, **changes):
    """Copies a file with other metadata. A double underscore in a name stands for a full stop."""
    changes = {name.replace("__", "."): value for name, value in changes.items()}
    reader = gguf.GGUFReader(source)
    architecture = changes.pop("general.architecture", None) or (
        reader.fields["general.architecture"].contents())
    writer = gguf.GGUFWriter(target, architecture, split_max_tensors=split_at)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in {*drop, *changes, "general.architecture"}:
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for name, value in changes.items():
        add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32}
        add[type(value)](name, value)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    for name, (values, kind) in (tensors or {}).items():
        writer.add_tensor(name, values, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


# MARK: - Positions

LLAMA3 = {
    "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192, "rope_theta": 500000.0,
}  # fmt: skip


def llama3_factors(size=16):
    """As llama.cpp's converter computes rope_freqs.weight."""
    found = []
    for place in range(0, size, 2):
        frequency = 1 / LLAMA3["rope_theta"] ** (place / size)
        length = 2 * np.pi / frequency
        if length < 8192 / 4:
            found.append(1)
        elif length > 8192:
            found.append(LLAMA3["factor"])
        else:
            smooth = (8192 / length - 1) / 3
            found.append(1 / ((1 - smooth) / LLAMA3["factor"] + smooth))
    return np.array(found, np.float32)


def rope(folder):
    config = json.loads((folder / "config.json").read_text())
    return {"rope_theta": config["rope_theta"]} | (config["rope_scaling"] or {})


def test_the_factors_of_llama_3_are_read_and_written(engine, tmp_path):
    file = model_file(tmp_path, engine, rope=LLAMA3)
    factors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(file).tensors}["rope_freqs.weight"]
    np.testing.assert_allclose(factors, llama3_factors(), rtol=1e-6)
    plain = model_file(tmp_path / "plain", engine, rope={"rope_type": "default", "rope_theta": 5e5})
    theirs = rewritten(plain, tmp_path / "theirs.gguf", tensors={
        "rope_freqs.weight": (llama3_factors(), Kind.F32)})

    for place, source in enumerate([file, theirs]):
        engine.run("convert", source, tmp_path / f"again{place}")
        assert rope(tmp_path / f"again{place}") == LLAMA3


def test_other_factors_load_in_transformers(engine, tmp_path):
    factors = np.linspace(1, 3, 8, dtype=np.float32)
    file = model_file(tmp_path, engine)
    theirs = rewritten(file, tmp_path / "theirs.gguf", tensors={"rope_freqs.weight": (factors, Kind.F32)})

    engine.run("convert", theirs, tmp_path / "again")
    engine.run("convert", tmp_path / "again", tmp_path / "back.gguf", "--format", "gguf")

    model = AutoModelForCausalLM.from_pretrained(tmp_path / "again")
    found = model.model.rotary_emb.inv_freq.numpy()
    np.testing.assert_allclose(found, 1e4 ** -(np.arange(0, 16, 2) / 16) / factors, rtol=1e-6)
    back = {tensor.name: tensor.data for tensor in gguf.GGUFReader(tmp_path / "back.gguf").tensors}
    np.testing.assert_allclose(back["rope_freqs.weight"], factors, rtol=1e-6)


@pytest.mark.parametrize("config", [LlamaConfig, Qwen2Config])
@pytest.mark.parametrize("scaling", [
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
    {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 64, "beta_fast": 16.0,
     "beta_slow": 2.0, "attention_factor": 1.25},
], ids=["linear", "yarn", "yarn with factors"])  # fmt: skip
def test_scaled_positions_are_read_and_written(scaling, config, engine, tmp_path):
    file = model_file(tmp_path, engine, rope=scaling, config=config)
    fields = gguf.GGUFReader(file).fields
    kind = fields["general.architecture"].contents()
    assert fields[f"{kind}.rope.scaling.type"].contents() == scaling["rope_type"]
    assert fields[f"{kind}.rope.scaling.factor"].contents() == scaling["factor"]

    engine.run("convert", file, tmp_path / "again")

    ids = torch.arange(3, 90)[None]
    with torch.no_grad():
        first, second = (
            AutoModelForCausalLM.from_pretrained(tmp_path / name)(ids).logits for name in ("model", "again"))
    assert (first - second).abs().max() <= 1e-6


def test_scaling_without_a_place_in_gguf_is_refused(engine, tmp_path):
    with pytest.raises(AssertionError, match="in a way that GGUF cannot express"):
        model_file(tmp_path, engine, rope={"rope_type": "dynamic", "factor": 2.0})
    with pytest.raises(AssertionError, match="in a way that GGUF cannot express"):
        model_file(tmp_path / "qwen", engine, rope=LLAMA3, config=Qwen2Config)


# MARK: - Pre-tokenizers

PLAIN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
FORMS = {
    "gpt-2": lambda: byte_level(*split(PLAIN)),
    "phi-2": lambda: byte_level(*split(PLAIN)),
    "starcoder": lambda: byte_level(*split(r"\p{N}", PLAIN)),
    "refact": lambda: byte_level(*split(r"\p{N}", PLAIN)),
    "qwen2": lambda: byte_level(*split(WORDS.replace("DIGITS", r"\p{N}")), normalizer=normalizers.NFC()),
    "deepseek-r1-qwen": lambda: byte_level(
        *split(WORDS.replace("DIGITS", r"\p{N}")), normalizer=normalizers.NFC()),
    "llama3": lambda: byte_level(*split(WORDS.replace("DIGITS", r"\p{N}{1,3}")), ignores_merges=True),
    "llama-v3": lambda: byte_level(*split(WORDS.replace("DIGITS", r"\p{N}{1,3}")), ignores_merges=True),
    "dbrx": lambda: byte_level(*split(WORDS.replace("DIGITS", r"\p{N}{1,3}"))),
    "tekken": lambda: byte_level(*split(TEKKEN), ignores_merges=True),
    "deepseek-coder": lambda: byte_level(
        *split(r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}")),
    "default": lambda: byte_level(*split(r"[\p{P}\$\+<=>\^~\|]+", PLAIN, r"\p{N}+", "[0-9][0-9][0-9]")),
    None: lambda: byte_level(*split(r"[\p{P}\$\+<=>\^~\|]+", PLAIN, r"\p{N}+", "[0-9][0-9][0-9]")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS, ids=str)
def test_words_are_split_as_the_pre_tokenizer_says(name, engine, corpus, tmp_path):
    judge = FORMS[name]()
    plain = Tokenizer.from_str(judge.to_str())
    plain.normalizer, plain.pre_tokenizer = None, pre_tokenizers.ByteLevel(add_prefix_space=False)
    file = model_file(tmp_path, engine, tokenizer=plain)
    key = "tokenizer.ggml.pre"
    theirs = rewritten(file, tmp_path / "theirs.gguf", drop=[key], **({} if name is None else {key: name}))
    texts = random_texts(corpus, SOME, seed=4, special=["<|end|>", "HTTPServer", "x1234567"])

    found = engine.lines(tmp_path, texts, "tokenize", "--no-special-tokens", "--model", theirs)

    differences = [
        (text, ours, ids.ids) for text, ours, ids in zip(texts, found, judge.encode_batch(texts))
        if ours != ids.ids]
    assert len(differences) == 0, differences[:3]


def test_an_unknown_pre_tokenizer_is_refused_with_the_known_ones(engine, tmp_path):
    file = model_file(tmp_path, engine)
    theirs = rewritten(file, tmp_path / "theirs.gguf", tokenizer__ggml__pre="viking")

    failed = engine.run("convert", theirs, tmp_path / "out", check=False)

    assert failed.returncode == 65
    assert "has the pre-tokenizer viking" in failed.stderr
    assert "deepseek-r1-qwen" in failed.stderr and "tekken" in failed.stderr


# MARK: - Files


def test_all_parts_of_a_split_model_are_read(engine, tmp_path):
    file = model_file(tmp_path, engine)
    (tmp_path / "parts").mkdir()
    rewritten(file, tmp_path / "parts/model.gguf", split_at=6)
    parts = sorted((tmp_path / "parts").iterdir())
    assert len(parts) > 2

    for number, part in enumerate([parts[0], parts[-1]]):
        engine.run("convert", part, tmp_path / f"out{number}")
        first, second = (
            load_file(tmp_path / name / "model.safetensors") for name in ("model", f"out{number}"))
        assert first.keys() == second.keys()
        assert all(np.array_equal(first[name], second[name]) for name in first)

    missing = parts[1].rename(tmp_path / "elsewhere.gguf")
    failed = engine.run("convert", parts[0], tmp_path / "out", check=False)
    assert parts[1].name in failed.stderr and f"has {len(parts)} parts" in failed.stderr
    failed = engine.run("convert", missing, tmp_path / "out", check=False)
    assert "Name the parts as they were published" in failed.stderr


@pytest.mark.parametrize("kind", [Kind.IQ4_NL, Kind.TQ1_0, Kind.IQ2_XXS, Kind.MXFP4], ids=lambda kind: kind.name)
def test_types_that_are_not_read_are_named(kind, engine, tmp_path):
    length, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = np.zeros((4, 256 // length * size), np.uint8)
    theirs = rewritten(
        model_file(tmp_path, engine), tmp_path / "theirs.gguf", tensors={"other.weight": (blocks, kind)})

    failed = engine.run("convert", theirs, tmp_path / "out", check=False)

    assert failed.returncode == 65
    assert f"other.weight is stored as GGML type {kind.name}" in failed.stderr


def test_files_that_are_no_models_are_named_for_what_they_are(engine, tmp_path):
    file = model_file(tmp_path, engine)
    vocabulary = gguf.GGUFWriter(tmp_path / "vocabulary.gguf", "llama")
    vocabulary.add_token_list(["<unk>", "a"])
    vocabulary.write_header_to_file()
    vocabulary.write_kv_data_to_file()
    vocabulary.write_tensors_to_file()
    vocabulary.close()
    cases = {
        tmp_path / "vocabulary.gguf": "contains only a vocabulary",
        rewritten(file, tmp_path / "adapter.gguf", general__type="adapter"): "contains a LoRA adapter",
        rewritten(file, tmp_path / "vision.gguf", general__architecture="clip"): "(mmproj)",
    }
    for path, words in cases.items():
        failed = engine.run("convert", path, tmp_path / "out", check=False)
        assert failed.returncode == 65 and words in failed.stderr, failed.stderr


@pytest.mark.parametrize("command", [
    ["sample", "--input", "/dev/null"], ["serve"], ["inspect"], ["selfcheck"],
    ["logprobs", "--input", "/dev/null"], ["bench", "generate"],
    ["sft", "--dataset", "/dev/null", "--output", "OUT"],
], ids=lambda command: command[0])  # fmt: skip
def test_commands_given_a_gguf_file_name_the_conversion(command, engine, tmp_path):
    file = model_file(tmp_path, engine)
    words = [str(tmp_path / "out") if word == "OUT" else word for word in command]

    failed = engine.run(*words, "--model", file, check=False)

    assert failed.returncode == 65, failed.stderr
    assert f"plumbline-engine convert {file} model" in failed.stderr, failed.stderr
