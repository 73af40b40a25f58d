"""GGUF files, judged by llama.cpp's own Python package."""

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from plumbline_testing.texts import repository_corpus
from safetensors.numpy import load_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)

WIDTH, VOCABULARY = 256, 300
# Where the half-precision scales of a block lie.
SCALES = {
    Kind.Q4_0: [0], Kind.Q4_1: [0, 2], Kind.Q5_0: [0], Kind.Q5_1: [0, 2], Kind.Q8_0: [0],
    Kind.Q2_K: [80, 82], Kind.Q3_K: [108], Kind.Q4_K: [0, 2], Kind.Q5_K: [0, 2], Kind.Q6_K: [208],
}  # fmt: skip


def random_blocks(kind, rows, source):
    """Every bit pattern is a sound block, but for its scales."""
    length, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = source.integers(0, 256, (rows * WIDTH // length, size), dtype=np.uint8)
    for place in SCALES[kind]:
        scales = source.normal(0, 0.02, len(blocks)).astype(np.float16)
        blocks[:, place : place + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def write(path, kind):
    source = np.random.default_rng(4)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_block_count(1)
    writer.add_head_count(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [f"▁w{number}" for number in range(VOCABULARY - len(tokens))]
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(place) for place in range(VOCABULARY)])
    writer.add_token_types([2, 3, 3] + [6] * 256 + [1] * (VOCABULARY - 259))
    expected = {}
    names = {
        "token_embd": ("model.embed_tokens", VOCABULARY), "output": ("lm_head", VOCABULARY),
        "blk.0.attn_v": ("model.layers.0.self_attn.v_proj", WIDTH),
        "blk.0.attn_output": ("model.layers.0.self_attn.o_proj", WIDTH),
        "blk.0.ffn_gate": ("model.layers.0.mlp.gate_proj", WIDTH),
        "blk.0.ffn_up": ("model.layers.0.mlp.up_proj", WIDTH),
        "blk.0.ffn_down": ("model.layers.0.mlp.down_proj", WIDTH),
    }
    for name, (ours, rows) in names.items():
        blocks = random_blocks(kind, rows, source)
        writer.add_tensor(name + ".weight", blocks, raw_dtype=kind)
        expected[ours + ".weight"] = gguf.quants.dequantize(blocks, kind)
    plain = np.ones((WIDTH, WIDTH), np.float32)
    for name in ("blk.0.attn_q", "blk.0.attn_k"):
        writer.add_tensor(name + ".weight", plain)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(name + ".weight", plain[0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return expected


@pytest.mark.parametrize("kind", SCALES, ids=lambda kind: kind.name)
def test_quantised_weights_equal_those_of_llama_cpp(kind, engine, tmp_path):
    expected = write(tmp_path / "model.gguf", kind)

    engine.run("convert", tmp_path / "model.gguf", tmp_path / "out", "--dtype", "float32")

    found = load_file(tmp_path / "out/model.safetensors")
    for name, values in expected.items():
        assert found[name].shape == values.shape
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def differing(first, second):
    return max(np.abs(first[name] - second[name]).max() for name in first)


def saved(folder, config, tokenizer, seed=1):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model


SHAPE = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
# How the tokenizers of three families cut words.
CUTS = {
    "llama": [pre_tokenizers.Split(Regex(WORDS.replace("DIGITS", r"\p{N}{1,3}")), "isolated"),
              pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)],
    "qwen2": [pre_tokenizers.Split(Regex(WORDS.replace("DIGITS", r"\p{N}")), "isolated"),
              pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)],
    "qwen3": [pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "smollm": [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
}  # fmt: skip


def byte_level(name):
    source = Tokenizer(models.BPE(ignore_merges=name == "llama"))
    source.pre_tokenizer = pre_tokenizers.Sequence(CUTS[name])
    source.decoder = decoders.ByteLevel()
    source.normalizer = normalizers.NFC() if name == "qwen2" else None
    prose = repository_corpus().prose[:50_000]
    source.train_from_iterator([prose], trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|begin|>", "<|pad|>"], show_progress=False))
    return PreTrainedTokenizerFast(tokenizer_object=source)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "q8_0"])
@pytest.mark.parametrize("name", ["stories", "llama", "qwen2", "qwen3", "smollm"])
def test_what_we_write_loads_elsewhere(name, kind, request, engine, tmp_path):
    """By Transformers' GGUF reader, and by ours."""
    folder = tmp_path / "model"
    if name == "stories":
        folder = request.getfixturevalue("stories")
    else:
        tokenizer = byte_level(name)
        shape = SHAPE | {"vocab_size": len(tokenizer) + 3}
        config = {"qwen2": Qwen2Config, "qwen3": Qwen3Config}.get(name, LlamaConfig)
        # Transformers' reader of GGUF takes no other head size of a Qwen3.
        extra = {"head_dim": 128} if name == "qwen3" else {}
        saved(folder, config(**shape, **extra, tie_word_embeddings=name == "llama"), tokenizer)
    engine.run(
        "convert", folder, tmp_path / "model.gguf", "--format", "gguf", "--dtype", kind)
    engine.run("convert", tmp_path / "model.gguf", tmp_path / "again", "--dtype", "float32")

    limit = {"float32": 0, "float16": 2e-3, "bfloat16": 2e-2, "q8_0": 2e-2}[kind]
    first = load_file(folder / "model.safetensors")
    second = load_file(tmp_path / "again/model.safetensors")
    assert first.keys() == second.keys()
    scale = max(np.abs(values).max() for values in first.values())
    assert differing(first, second) <= limit * scale
    again = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "again")
    ids = torch.arange(3, 40)[None]
    with torch.no_grad():
        assert (again(ids).logits - ours(ids).logits).abs().max() <= 1e-3
    texts = ["Once upon a time, there was 1234 é.", "日本語 🎉\n\n  x", "it's Tom's"]
    ids = engine.lines(tmp_path, texts, "tokenize", "--model", folder)
    assert ids == engine.lines(tmp_path, texts, "tokenize", "--model", tmp_path / "model.gguf")


def test_quantised_bytes_are_those_of_the_package(engine, stories, tmp_path):
    engine.run("convert", stories, tmp_path / "a.gguf", "--format", "gguf", "--dtype", "q8_0")

    reader = gguf.GGUFReader(tmp_path / "a.gguf")
    weights = load_file(stories / "model.safetensors")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    for name, ours in [("token_embd.weight", "model.embed_tokens.weight"),
                       ("blk.2.ffn_up.weight", "model.layers.2.mlp.up_proj.weight")]:
        expected = gguf.quants.quantize(weights[ours], Kind.Q8_0)
        assert tensors[name].tensor_type == Kind.Q8_0
        assert np.array_equal(np.asarray(tensors[name].data), expected)


def test_what_gguf_cannot_hold_is_refused(engine, tmp_path):
    tokenizer = byte_level("smollm")
    shape = SHAPE | {"vocab_size": len(tokenizer)}
    cases = {
        "window": (MistralConfig(**shape, sliding_window=8), "layers with a sliding window"),
        "scaling": (LlamaConfig(**shape, rope_parameters={
            "rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}), "scales its rotary"),
        "neox": (GPTNeoXConfig(vocab_size=len(tokenizer), hidden_size=64, intermediate_size=96,
                               num_hidden_layers=1, num_attention_heads=4), "has no name in GGUF"),
    }
    for name, (config, words) in cases.items():
        saved(tmp_path / name, config, tokenizer)
        result = engine.run(
            "convert", tmp_path / name, tmp_path / "out.gguf", "--format", "gguf", check=False)
        assert result.returncode == 65 and words in result.stderr, result.stderr
        assert not (tmp_path / "out.gguf").exists()
