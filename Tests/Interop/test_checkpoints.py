"""Converted checkpoints, judged by Transformers and the safetensors library."""

import json

import pytest
import safetensors.numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PROSE = """\
The keeper climbed the stairs every evening an hour before sunset. There were one hundred and
twelve of them, and he had counted them so often that he no longer noticed doing it. At the top he
opened the small iron door, stepped out onto the gallery, and looked at the sea. Some evenings it
was grey and flat, and some evenings it threw itself against the rocks with such force that the
windows shook. He did not mind either. When he had first come to the island, twenty years before,
he had thought that he would be lonely, and for the first winter he was. Then he began to know the
ships by the sound of their engines, and the birds by the way they turned against the wind, and
the days became full. He lit the lamp, wound the clock that turned it, and sat down to write in the
book: the weather, the hour, the names of the vessels that had passed.
"""


def test_stories_continue_as_in_llama2c(stories260k, data):
    model = AutoModelForCausalLM.from_pretrained(stories260k)
    tokenizer = AutoTokenizer.from_pretrained(stories260k)
    expected = (data / "stories260K/reference_greedy_200.txt").read_text().rstrip("\n")

    start = torch.tensor([[tokenizer.bos_token_id]])
    ids = model.generate(start, max_new_tokens=200, do_sample=False, eos_token_id=None)[0]

    assert tokenizer.decode(ids, skip_special_tokens=True).strip() == expected.strip()


def test_smollm2_reads_english_prose(smollm2):
    """In the wrong order of rotation the model still talks plausibly; its loss here is 4.8."""
    model = AutoModelForCausalLM.from_pretrained(smollm2)
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    assert model.config.rope_parameters["rope_theta"] == 100_000
    ids = tokenizer(PROSE, return_tensors="pt").input_ids

    with torch.no_grad():
        loss = model(ids, labels=ids).loss.item()

    assert loss < 3.5


def test_smollm2_answers(smollm2):
    model = AutoModelForCausalLM.from_pretrained(smollm2)
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]

    ids = model.generate(prompt, max_new_tokens=30, do_sample=False)[0, prompt.shape[1] :]

    assert "Paris" in tokenizer.decode(ids)
    assert ids[-1] == tokenizer.eos_token_id


def test_a_folder_survives_conversion(engine, stories, tmp_path):
    engine.run("convert", stories, tmp_path / "again", "--dtype", "float32")

    first = safetensors.numpy.load_file(stories / "model.safetensors")
    second = safetensors.numpy.load_file(tmp_path / "again/model.safetensors")

    assert first.keys() == second.keys()
    assert all((first[name] == second[name]).all() for name in first)


def test_half_types_round_as_torch_does(engine, stories, tmp_path):
    whole = AutoModelForCausalLM.from_pretrained(stories).state_dict()
    for dtype in ["bfloat16", "float16"]:
        engine.run("convert", stories, tmp_path / dtype, "--dtype", dtype)
        half = AutoModelForCausalLM.from_pretrained(tmp_path / dtype, dtype="auto").state_dict()
        kind = getattr(torch, dtype)
        assert all(torch.equal(half[name], whole[name].to(kind)) for name in whole)


@pytest.mark.parametrize("tied", [True, False])
def test_what_transformers_saves_is_read(engine, stories, tmp_path, tied):
    """Shards, an odd head size, and Transformers' own way to write the configuration."""
    config = AutoModelForCausalLM.from_pretrained(stories).config
    config.update({"head_dim": 6, "tie_word_embeddings": tied, "intermediate_size": 40})
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path / "saved", max_shard_size="100KB")
    AutoTokenizer.from_pretrained(stories).save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved/model.safetensors.index.json").exists()

    engine.run("convert", tmp_path / "saved", tmp_path / "out")

    out = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    ids = torch.arange(20).reshape(1, 20)
    with torch.no_grad():
        assert torch.equal(model(ids).logits, out(ids).logits)


def test_refusals_say_what_to_do(engine, stories, tmp_path):
    torch.save({}, tmp_path / "model.bin")
    config = json.loads((stories / "config.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(
        json.dumps(config | {"architectures": ["OPTForCausalLM"], "model_type": "opt"})
    )
    cases = [
        (tmp_path / "model.bin", 65, "safetensors"),
        (other, 65, "Supported: LlamaForCausalLM"),
        (tmp_path / "missing", 69, "is not there"),
    ]
    for source, status, words in cases:
        result = engine.run("convert", source, tmp_path / "out", check=False)
        assert result.returncode == status and words in result.stderr
        assert not (tmp_path / "out").exists()
