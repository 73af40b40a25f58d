"""Where an answer ends: at every token that a file of the model names, in every command."""

import json

import gguf
import pytest
import torch
from plumbline_testing.model_server import ModelServer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, PreTrainedTokenizerFast

SPECIAL = ["<|pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|other|>"]
END, TURN, OTHER = 1, 3, 4
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def model_folder(
    folder, *, config=END, generation=None, template=None, eos="<|endoftext|>", special=SPECIAL,
    map_only=False,
):
    """A random Llama over bytes, whose files name ends as asked for."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    source = Tokenizer(models.BPE({token: id for id, token in enumerate(SPECIAL + alphabet)}, []))
    source.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    source.decoder = decoders.ByteLevel()
    source.add_special_tokens(special)
    PreTrainedTokenizerFast(
        tokenizer_object=source, eos_token=eos, pad_token=SPECIAL[0]).save_pretrained(folder)
    if template:
        (folder / "chat_template.jinja").write_text(template)
    if map_only:
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        (folder / "special_tokens_map.json").write_text(
            json.dumps({"eos_token": settings.pop("eos_token")}))
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(LlamaConfig(
        vocab_size=len(SPECIAL) + 256, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128,
        bos_token_id=None, eos_token_id=None, pad_token_id=0), dtype=torch.float32)
    model.save_pretrained(folder)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"eos_token_id": config}))
    (folder / "generation_config.json").unlink()
    if generation is not None:
        (folder / "generation_config.json").write_text(json.dumps(generation))
    return folder


# What the files say, the token that the model is made to say, and whether it ends an answer.
CASES = {
    "generation_config": ({"generation": {"eos_token_id": [1, 3]}}, TURN, [1, 3]),
    "another token of generation_config": ({"generation": {"eos_token_id": [1, 4]}}, OTHER, [1, 4]),
    "the tokenizer's end, with a template":
        ({"template": CHATML, "eos": "<|im_end|>"}, TURN, [1, 3]),
    "the template's end of turn": ({"template": CHATML}, TURN, [1, 3]),
    "the tokenizer's end alone": ({"config": None, "eos": "<|im_end|>"}, TURN, [3]),
    "special_tokens_map.json":
        ({"config": None, "eos": "<|im_end|>", "map_only": True}, TURN, [3]),
    "generation_config alone":
        ({"config": None, "generation": {"eos_token_id": 3}, "eos": None}, TURN, [3]),
    "config.json, as ever": ({"generation": {"eos_token_id": 3}}, END, [1, 3]),
    "all at once": (
        {"generation": {"eos_token_id": 4}, "template": CHATML}, TURN, [1, 4, 3]),
}


def forced(engine, folder, tmp_path, token, *options):
    row = engine.lines(
        tmp_path, [{"prompt": "Hi"}], "sample", "--model", folder, "--precision", "fp32", "--quiet",
        "--logit-bias", f"{token}=100", "--max-new-tokens", 5, *options)[0]
    return row["responses"][0]


def judged(folder, token):
    """What Transformers' generate says, by the folder's own files."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = torch.tensor([[20, 30]])
    said = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=5, do_sample=False,
        sequence_bias={(token,): 100.0})
    return said[0, 2:].tolist()


def ends(folder):
    """The end tokens of both files, which must agree."""
    both = []
    for name in ("config.json", "generation_config.json"):
        ids = json.loads((folder / name).read_text())["eos_token_id"]
        both.append(ids if isinstance(ids, list) else [ids])
    assert both[0] == both[1]
    return both[0]


@pytest.mark.parametrize("name", CASES)
def test_an_answer_ends_at_every_end_token(name, engine, tmp_path):
    files, token, expected = CASES[name]
    folder = model_folder(tmp_path / "model", **files)

    assert forced(engine, folder, tmp_path, token) == {
        "text": "", "ids": [token], "finish": "stop"}
    assert len(forced(engine, folder, tmp_path, token, "--ignore-eos")["ids"]) == 5

    # Transformers stops at the same place in what convert writes, which names them all.
    engine.run("convert", folder, tmp_path / "out", "--quiet")
    assert ends(tmp_path / "out") == expected
    for end in expected:
        assert judged(tmp_path / "out", end) == [end]
        assert forced(engine, tmp_path / "out", tmp_path, end)["ids"] == [end]


def test_an_end_of_turn_in_pieces_ends_nothing(engine, tmp_path):
    """The tokenizer has no token for the template's end of turn, though its vocabulary has."""
    special = [token for token in SPECIAL if token != "<|im_end|>"]
    folder = model_folder(tmp_path / "model", template=CHATML, special=special)

    assert forced(engine, folder, tmp_path, TURN)["ids"] == [TURN] * 5
    engine.run("convert", folder, tmp_path / "out", "--quiet")
    assert ends(tmp_path / "out") == [END]


def test_a_template_that_ends_turns_with_the_text_adds_nothing(engine, tmp_path):
    template = "".join(
        f"{{% if message['role'] == '{role}' %}}{{{{ '<|{role}|>\\n' + message['content'] + "
        "eos_token }}\n{% endif %}" for role in ("user", "system", "assistant"))
    folder = model_folder(
        tmp_path / "model",
        template="{% for message in messages %}" + template + "{% endfor %}")
    engine.run("convert", folder, tmp_path / "out", "--quiet")
    assert ends(tmp_path / "out") == [END]


def test_convert_keeps_generation_config(engine, tmp_path):
    settings = {
        "do_sample": True, "temperature": 0.6, "top_p": 0.95, "top_k": 20, "eos_token_id": [1, 3],
        "repetition_penalty": 1.05, "transformers_version": "4.51.0", "max_new_tokens": 99}
    folder = model_folder(tmp_path / "model", generation=settings, template=CHATML)

    engine.run("convert", folder, tmp_path / "out", "--quiet")

    found = json.loads((tmp_path / "out/generation_config.json").read_text())
    assert found == settings | {"pad_token_id": 0}


def test_gguf_carries_ends_and_settings_there_and_back(engine, tmp_path):
    settings = {
        "temperature": 0.6, "top_p": 0.95, "top_k": 20, "min_p": 0.05, "repetition_penalty": 1.05,
        "eos_token_id": [1, 4]}
    folder = model_folder(tmp_path / "model", generation=settings, template=CHATML)

    engine.run(
        "convert", folder, tmp_path / "a.gguf", "--format", "gguf", "--dtype", "float32", "--quiet")

    fields = gguf.GGUFReader(tmp_path / "a.gguf").fields
    found = {name: fields[f"tokenizer.ggml.{name}_token_id"].contents()
             for name in ("eos", "eot", "eom")}
    assert found == {"eos": END, "eot": TURN, "eom": OTHER}
    assert fields["general.sampling.top_k"].contents() == 20
    assert abs(fields["general.sampling.temp"].contents() - 0.6) < 1e-6

    engine.run("convert", tmp_path / "a.gguf", tmp_path / "out", "--quiet")
    assert sorted(ends(tmp_path / "out")) == [END, TURN, OTHER]
    written = json.loads((tmp_path / "out/generation_config.json").read_text())
    assert {key: written[key] for key in settings if key != "eos_token_id"} == {
        key: value for key, value in settings.items() if key != "eos_token_id"}
    for end in (END, TURN, OTHER):
        assert forced(engine, tmp_path / "out", tmp_path, end)["ids"] == [end]


def test_gguf_without_an_end_of_turn_ends_at_that_of_its_template(engine, tmp_path):
    folder = model_folder(tmp_path / "model")
    (folder / "chat_template.jinja").write_text(CHATML)
    engine.run(
        "convert", folder, tmp_path / "a.gguf", "--format", "gguf", "--dtype", "float32", "--quiet")
    data = (tmp_path / "a.gguf").read_bytes()
    name = b"tokenizer.ggml.eot_token_id"
    assert data.count(name) == 1
    (tmp_path / "b.gguf").write_bytes(data.replace(name, b"tokenizer.ggml.xxx_token_id"))

    engine.run("convert", tmp_path / "b.gguf", tmp_path / "out", "--quiet")
    assert ends(tmp_path / "out") == [END, TURN]


def test_the_server_ends_answers_at_the_same_tokens(engine, tmp_path):
    folder = model_folder(
        tmp_path / "model", template=CHATML,
        generation={"eos_token_id": [1, 4], "temperature": 0.0, "top_k": 5})
    server = ModelServer(engine, folder, "--name", "m")
    try:
        def ask(bias, **options):
            reply = server.client.completions.create(
                model="m", prompt="Hi", max_tokens=5, logit_bias={str(bias): 100},
                extra_body=options)
            return reply.choices[0].finish_reason, reply.usage.completion_tokens

        for end in (END, TURN, OTHER):
            assert ask(end) == ("stop", 1)
        assert ask(END, ignore_eos=True) == ("length", 5)
        assert ask(60) == ("length", 5)
        assert ask(60, stop_token_ids=[60, 61]) == ("stop", 1)
        assert ask(60, stop_token_ids=[60], ignore_eos=True) == ("stop", 1)
        chat = server.client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], logit_bias={"3": 100})
        assert (chat.choices[0].finish_reason, chat.choices[0].message.content) == ("stop", "")

        # Greedy by generation_config, until a request says otherwise.
        def text(**options):
            return server.client.completions.create(
                model="m", prompt="Hi", max_tokens=20, **options).choices[0].text
        assert len({text() for _ in range(3)}) == 1
        assert len({text(temperature=2, seed=seed, extra_body={"top_k": 0})
                    for seed in range(3)}) == 3
    finally:
        server.end()


def rankings(path, prompts=24):
    """Rankings that prefer “Hi”, and demonstrate it."""
    rows = []
    for number in range(prompts):
        answers = {"a": "Hi", "b": "xyz"}
        rows.append({
            "task": "t", "prompt_id": f"p{number}",
            "prompt": [{"role": "user", "content": f"Say Hi {number}"}],
            "responses": [{"id": id, "text": text, "source": "base"}
                          for id, text in answers.items()],
            "ranking": [["a"], ["b"]], "demonstration": "Hi", "labeller": "labeller-1",
            "shown_order": ["a", "b"], "assignment_seed": 1, "revision": 1,
            "created_at": "2026-01-01T00:00:00.000Z",
            "split": "validation" if number % 4 == 0 else "train"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def trained(engine, tmp_path_factory):
    """A base model with a ChatML template, its fine-tuning on “Hi”, and a reward model."""
    folder = tmp_path_factory.mktemp("trained")
    base = model_folder(folder / "base", template=CHATML)
    dataset = rankings(folder / "rankings.jsonl")
    words = ["--dataset", dataset, "--quiet", "rank=0", "precision=fp32", "learningRate=1e-2"]
    engine.run("sft", "--model", base, "--output", folder / "sft", *words, "epochs=12", "batch=6")
    engine.run(
        "reward", "--model", folder / "sft/model", "--output", folder / "reward", *words,
        "epochs=1", "batch=6")
    return folder


def said(engine, folder, tmp_path):
    return engine.lines(
        tmp_path, [{"messages": [{"role": "user", "content": "Say Hi 5"}]}], "sample", "--model",
        folder, "--temperature", 0, "--max-new-tokens", 12, "--precision", "fp32",
        "--quiet")[0]["responses"][0]


def generated(folder):
    """The same by Transformers."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    inputs = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Say Hi 5"}], add_generation_prompt=True, return_tensors="pt",
        return_dict=True)
    output = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    return output[0, inputs["input_ids"].shape[1]:].tolist()


def test_fine_tuning_teaches_an_end_at_which_answers_stop(engine, trained, tmp_path):
    folder = trained / "sft/model"
    answer = said(engine, folder, tmp_path)

    assert (answer["text"], answer["finish"]) == ("Hi", "stop")
    assert answer["ids"][-1] == TURN and len(answer["ids"]) == 3
    assert ends(folder) == [END, TURN]
    assert generated(folder) == answer["ids"]


def test_answers_of_a_policy_in_training_end(engine, trained, tmp_path):
    run = tmp_path / "ppo"
    result = engine.run(
        "ppo", "--model", trained / "sft/model", "--reward-model", trained / "reward/model",
        "--dataset", trained / "rankings.jsonl", "--output", run, "--json", "rank=0",
        "precision=fp32", "iterations=1", "episodes=12", "minibatches=1", "maxNewTokens=16",
        "learningRate=1e-5", "evaluationResponses=2")

    metrics = json.loads(result.stdout.splitlines()[-1])["metrics"]
    assert metrics["before"]["ended"] > 0.8 and metrics["after"]["ended"] > 0.8
    assert metrics["before"]["length"] < 8
    assert ends(run / "model") == [END, TURN]
    assert generated(run / "model") == said(engine, run / "model", tmp_path)["ids"]


@pytest.mark.parametrize("command", ["grpo", "rloo", "reinforce++", "online-dpo"])
def test_every_method_that_samples_ends_answers(command, engine, trained, tmp_path):
    result = engine.run(
        command, "--model", trained / "sft/model", "--reward-model", trained / "reward/model",
        "--dataset", trained / "rankings.jsonl", "--output", tmp_path / "run", "--json", "rank=0",
        "precision=fp32", "iterations=1", "episodes=8", "minibatches=1", "maxNewTokens=16",
        "learningRate=1e-5", "evaluationResponses=1")
    metrics = json.loads(result.stdout.splitlines()[-1])["metrics"]
    assert metrics["before"]["ended"] > 0.8
    assert ends(tmp_path / "run/model") == [END, TURN]


def test_a_reward_model_is_padded_with_another_token_than_it_reads(trained):
    config = json.loads((trained / "reward/model/config.json").read_text())
    assert config["pad_token_id"] == 0 and sorted(config["eos_token_id"]) == [END, TURN]
    assert config["pad_token_id"] not in config["eos_token_id"]
