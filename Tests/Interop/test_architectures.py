"""Every architecture, judged by Transformers on random weights of several shapes."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertConfig,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
    RobertaConfig,
)

VOCABULARY = 512
TOKENS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
SMALL = {
    "vocab_size": VOCABULARY, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2,
    "num_attention_heads": 4, "max_position_embeddings": 256, **TOKENS,
}
TURNED = {"rope_theta": 5000.0}
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32, **TURNED,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, **TURNED}
HEADS = [{"num_key_value_heads": 2}, {"num_key_value_heads": 1, "head_dim": 6}]
GPT2 = {
    "vocab_size": VOCABULARY, "n_embd": 60, "n_head": 4, "n_layer": 2, "n_positions": 256,
    **TOKENS,
}

CASES = {
    "llama": LlamaConfig(**SMALL | HEADS[0]),
    "llama-odd": LlamaConfig(**SMALL | HEADS[1] | {"tie_word_embeddings": True}),
    "llama-biases": LlamaConfig(**SMALL | {"attention_bias": True, "mlp_bias": True}),
    "llama-3": LlamaConfig(**SMALL | HEADS[0] | {"rope_parameters": LLAMA3}),
    "llama-linear": LlamaConfig(
        **SMALL | {"rope_parameters": {"rope_type": "linear", "factor": 3.0, **TURNED}}),
    "llama-dynamic": LlamaConfig(
        **SMALL | {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, **TURNED}}),
    "llama-yarn": LlamaConfig(**SMALL | {"rope_parameters": YARN}),
    "mistral": MistralConfig(**SMALL | HEADS[0] | {"sliding_window": 9}),
    "mistral-no-window": MistralConfig(**SMALL | HEADS[1] | {"sliding_window": None}),
    "qwen2": Qwen2Config(**SMALL | HEADS[0] | {"tie_word_embeddings": True}),
    "qwen2-window": Qwen2Config(
        **SMALL | HEADS[0] | {"num_hidden_layers": 3, "use_sliding_window": True,
                              "sliding_window": 7, "max_window_layers": 1}),
    "qwen2-yarn": Qwen2Config(**SMALL | HEADS[0] | {"rope_parameters": YARN}),
    "qwen3": Qwen3Config(**SMALL | {"num_key_value_heads": 2, "head_dim": 20}),
    "qwen3-biases": Qwen3Config(
        **SMALL | HEADS[1] | {"attention_bias": True, "tie_word_embeddings": True}),
    "gemma3": Gemma3TextConfig(
        **SMALL | {"num_hidden_layers": 4, "num_key_value_heads": 2, "head_dim": 10,
                   "sliding_window": 8, "query_pre_attn_scalar": 12,
                   "layer_types": ["sliding_attention", "full_attention"] * 2}),
    "gemma3-linear": Gemma3TextConfig(
        **SMALL | {"num_key_value_heads": 1, "head_dim": 32, "sliding_window": 16,
                   "tie_word_embeddings": False, "layer_types": ["sliding_attention", "full_attention"],
                   "rope_parameters": {
                       "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e5},
                       "sliding_attention": {"rope_type": "default", "rope_theta": 2e4}}}),
    "gpt2": GPT2Config(**GPT2),
    "gpt2-untied": GPT2Config(
        **GPT2 | {"n_inner": 50, "tie_word_embeddings": False, "scale_attn_weights": False,
                  "activation_function": "relu"}),
    "gpt-neox": GPTNeoXConfig(**SMALL | {"hidden_size": 96}),
    "gpt-neox-in-turn": GPTNeoXConfig(
        **SMALL | {"use_parallel_residual": False, "attention_bias": False,
                   "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5,
                                       **TURNED}}),
    "gpt-neox-tied": GPTNeoXConfig(
        **SMALL | {"tie_word_embeddings": True, "hidden_act": "gelu_new",
                   "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 1.0,
                                       **TURNED}}),
    "bert": BertConfig(**SMALL),
    "bert-untied": BertConfig(
        **SMALL | {"hidden_size": 60, "tie_word_embeddings": False, "hidden_act": "gelu_new"}),
    "roberta": RobertaConfig(**SMALL | {"pad_token_id": 1, "bos_token_id": 0}),
    "roberta-untied": RobertaConfig(
        **SMALL | {"hidden_size": 36, "tie_word_embeddings": False, "type_vocab_size": 1}),
}  # fmt: skip
MASKED = [name for name in CASES if "bert" in name]
CAUSAL = [name for name in CASES if "bert" not in name]
IDS = torch.randint(3, VOCABULARY, (1, 40), generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module", params=CASES)
def case(request, stories, tmp_path_factory):
    """A model of random weights, large enough to tell right from wrong, and its folder."""
    name = request.param
    folder = tmp_path_factory.mktemp("architectures") / name
    torch.manual_seed(7)
    loader = AutoModelForMaskedLM if name in MASKED else AutoModelForCausalLM
    model = loader.from_config(CASES[name], dtype=torch.float32).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * (0.15 if weight.dim() > 1 else 0.3))
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((stories / "tokenizer.json").read_bytes())
    return name, model, folder


def ids(values):
    return ",".join(str(value) for value in values.flatten().tolist())


def inspect(engine, folder, target, *kinds, precision="fp32"):
    """Runs `inspect` once and returns the tensors of each kind: logits, gradients."""
    files = {kind: target / f"{precision}-{kind}.safetensors" for kind in kinds}
    engine.run(
        "inspect", "--model", folder, "--ids", ids(IDS), "--precision", precision,
        *[word for kind, file in files.items() for word in (f"--{kind}", file)])
    return {kind: load_file(file) for kind, file in files.items()}


@pytest.fixture(scope="module")
def inspected(case, engine, tmp_path_factory):
    """The logits and gradients of the case in fp32."""
    return inspect(engine, case[2], tmp_path_factory.mktemp("inspected"), "logits", "gradients")


def test_logits_equal_transformers(case, inspected):
    _, model, _ = case
    ours = inspected["logits"]["logits"]

    with torch.no_grad():
        expected = model(IDS).logits[0]

    assert expected.std() > 0.1
    assert (ours - expected).abs().max() <= 1e-4


def test_bf16_follows_fp32(case, inspected, engine, tmp_path):
    whole = inspected["logits"]["logits"]
    half = inspect(engine, case[2], tmp_path, "logits", precision="bf16")["logits"]["logits"]

    assert (half - whole).abs().mean() <= 0.05 * whole.abs().mean()


def test_gradients_equal_autograd(case, inspected):
    name, model, _ = case
    ours = inspected["gradients"]

    model.zero_grad()
    logits = model(IDS).logits[0]
    shift = 0 if name in MASKED else 1
    places = logits[: len(logits) - shift]
    torch.nn.functional.cross_entropy(places, IDS[0, shift:]).backward()
    expected = {
        key: weight.grad for key, weight in stored(model).items() if weight.grad is not None
    }

    assert set(expected) == set(ours)
    # The bias of keys has the gradient 0, of which only rounding is seen.
    noise = 1e-4 * max(gradient.norm() for gradient in expected.values())
    for key, gradient in expected.items():
        difference = (ours[key] - gradient).norm() / gradient.norm().clamp_min(noise)
        assert difference <= 1e-3, (key, difference)


def stored(model):
    """The parameters under the names that save_pretrained gives them."""
    named = dict(model.named_parameters())
    return {key.replace("lm_head.weight", "embed_out.weight")
            if model.config.model_type == "gpt_neox" else key: weight
            for key, weight in named.items()}


@pytest.mark.parametrize("case", CAUSAL, indirect=True)
def test_greedy_generation_equals_generate(case, engine, tmp_path):
    name, model, folder = case
    prompts = [IDS[:, :9], IDS[:, 5:37], IDS[:, 20:21]]
    rows = [{"ids": prompt[0].tolist()} for prompt in prompts]

    found = engine.lines(
        tmp_path, rows, "sample", "--model", folder, "--precision", "fp32", "--temperature", 0,
        "--max-new-tokens", 64, "--ignore-eos", "--quiet")

    for prompt, row in zip(prompts, found):
        expected = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=64, do_sample=False,
            eos_token_id=None, pad_token_id=0, top_k=None, top_p=None)
        assert row["responses"][0]["ids"] == expected[0, prompt.shape[1] :].tolist()


def test_a_written_folder_loads_in_transformers(case, engine, tmp_path):
    _, model, folder = case
    engine.run("convert", folder, tmp_path / "again")

    again, report = type(model).from_pretrained(tmp_path / "again", output_loading_info=True)

    assert not report["unexpected_keys"] and not report["mismatched_keys"]
    with torch.no_grad():
        assert (again.eval()(IDS).logits - model(IDS).logits).abs().max() <= 1e-5
    first, second = AutoConfig.from_pretrained(folder), AutoConfig.from_pretrained(tmp_path / "again")
    assert first.get_text_config().model_type == second.get_text_config().model_type


def test_selfcheck_passes(case, engine):
    _, _, folder = case
    lines = engine.run("selfcheck", "--model", folder, "--json").stdout.splitlines()

    results = [json.loads(line) for line in lines]
    assert len(results) >= 2 and all(result["ok"] for result in results), results


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_checkpoints_of_the_bare_trunk_are_read(name, engine, tmp_path):
    """As on the hub: GPT-2 without its first name part, with masks as tensors."""
    loader = AutoModelForMaskedLM if name in MASKED else AutoModelForCausalLM
    model = loader.from_config(CASES[name], dtype=torch.float32).eval()
    model.save_pretrained(tmp_path / "saved")
    file = tmp_path / "saved/model.safetensors"
    weights = load_file(file)
    if name == "gpt2":
        weights = {key.removeprefix("transformer."): value for key, value in weights.items()}
        weights["h.0.attn.bias"] = torch.ones(1, 1, 256, 256)
    else:
        weights["bert.pooler.dense.weight"] = torch.ones(48, 48)
        weights["cls.seq_relationship.bias"] = torch.ones(2)
    save_file(weights, file, metadata={"format": "pt"})

    ours = inspect(engine, tmp_path / "saved", tmp_path, "logits")["logits"]["logits"]

    with torch.no_grad():
        assert (ours - model(IDS).logits[0]).abs().max() <= 1e-4


def test_what_does_not_fit_is_named(engine, stories, tmp_path):
    AutoModelForCausalLM.from_config(CASES["qwen2"]).save_pretrained(tmp_path / "saved")
    (tmp_path / "saved/tokenizer.json").write_bytes((stories / "tokenizer.json").read_bytes())
    file = tmp_path / "saved/model.safetensors"
    weights = load_file(file)
    weights["model.layers.0.self_attn.sinks"] = weights.pop("model.layers.1.mlp.up_proj.weight")
    save_file(weights, file)
    config = json.loads((tmp_path / "saved/config.json").read_text())
    for command in [("inspect", "--ids", "1"), ("convert",)]:
        source = ["--model", tmp_path / "saved"] if command[0] == "inspect" else []
        places = [] if source else [tmp_path / "saved", tmp_path / "out"]
        result = engine.run(command[0], *source, *command[1:], *places, check=False)
        assert result.returncode == 65
        assert "lacks model.layers.1.mlp.up_proj.weight" in result.stderr
        assert "model.layers.0.self_attn.sinks, which this model does not use" in result.stderr

    for change, words in [
        ({"architectures": ["OPTForCausalLM"]}, "names OPTForCausalLM. Supported: LlamaFor"),
        ({"rope_parameters": {"rope_type": "longrope", "rope_theta": 1.0}},
         "short_factor of the rotary scaling"),
        ({"hidden_act": "mish"}, "hidden_act is mish"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantised with awq"),
    ]:
        (tmp_path / "saved/config.json").write_text(json.dumps(config | change))
        result = engine.run("inspect", "--model", tmp_path / "saved", check=False)
        assert result.returncode == 65 and words in result.stderr, result.stderr


@pytest.mark.parametrize("case", MASKED, indirect=True)
def test_masked_models_refuse_to_continue_text(case, engine):
    _, _, folder = case
    result = engine.run(
        "logprobs", "--model", folder, "--input", "/dev/null", "--quiet", check=False)

    assert result.returncode == 64 and "fills masked positions" in result.stderr


def test_inspect_shows_the_likeliest_next_tokens(engine, smollm2):
    result = engine.run("inspect", "--model", smollm2, "The cat sat on the", "--json", "--top", 5)
    candidates = json.loads(result.stdout)["places"][0]["candidates"]

    assert len(candidates) == 5
    shares = [candidate["probability"] for candidate in candidates]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1
    assert all(candidate["token"].startswith(" ") for candidate in candidates)
    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32)
    with torch.no_grad():
        expected = model(torch.tensor([json.loads(result.stdout)["ids"]])).logits[0, -1]
    assert candidates[0]["id"] == expected.argmax().item()
    plain = engine.run("inspect", "--model", smollm2, "The cat sat on the").stdout
    assert plain.startswith("next token\n") and "%" in plain
