"""Numbers that are not finite, from a request or a weight: refused with the cause, and no crash."""

import json
import shutil
import time

import openai
import pytest
import torch
from safetensors.torch import load_file, save_file
from plumbline_testing.model_server import ModelServer

PROMPT = "Once upon a time"
NAN_WEIGHT = "“model.norm.weight” has 1 of 64 values that are not finite"
INFINITE_WEIGHT = "“model.layers.1.mlp.down_proj.weight” has 1 of "


def damaged(model, folder, weight, value):
    """A copy of a model whose weight holds one number that is none."""
    shutil.copytree(model, folder)
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors[weight].view(-1)[3] = value
    save_file(tensors, path, metadata={"format": "pt"})
    return folder


def attempt(engine, folder, row, *arguments):
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text(json.dumps(row) + "\n")
    result = engine.run(*arguments, "--input", source, "--output", target, check=False)
    return result, target


@pytest.fixture(scope="module")
def nan_model(stories, tmp_path_factory):
    return damaged(
        stories, tmp_path_factory.mktemp("nan") / "model", "model.norm.weight", torch.nan)


@pytest.fixture(scope="module")
def nan_classifier(classifier, tmp_path_factory):
    return damaged(
        classifier, tmp_path_factory.mktemp("nan") / "classifier",
        "model.layers.1.mlp.down_proj.weight", torch.inf)


@pytest.mark.parametrize(
    "options", [["--temperature", 0], ["--temperature", 1], ["--top-p", 0.9], ["--top-k", 5]])
def test_sampling_from_a_model_with_nan_names_the_weight(engine, nan_model, tmp_path, options):
    result, target = attempt(
        engine, tmp_path, {"prompt": PROMPT}, "sample", "--model", nan_model, "--quiet",
        "--max-new-tokens", 4, *options)
    assert result.returncode == 65 and not target.exists()
    assert NAN_WEIGHT in result.stderr


@pytest.mark.parametrize("command", ["logprobs", "evaluate", "inspect", "selfcheck"])
def test_no_measurement_of_a_model_with_nan(engine, nan_model, tmp_path, command):
    text = tmp_path / "text.txt"
    text.write_text(PROMPT + ", there was a little dog.")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"prompt": PROMPT, "completion": ", there was"}) + "\n")
    result = engine.run(command, "--model", nan_model, *{
        "logprobs": ["--input", source, "--quiet"],
        "evaluate": ["--suite", f"text:{text}"],
        "inspect": [PROMPT],
        "selfcheck": [],
    }[command], check=False)
    assert result.returncode == 65, result.stderr
    assert NAN_WEIGHT in result.stderr


@pytest.mark.parametrize("command", ["score", "best-of-n"])
def test_a_reward_model_with_infinity_gives_no_score(engine, nan_classifier, tmp_path, command):
    row = {"prompt": PROMPT, "completion": " a dog", "responses": [{"text": " a dog"}] * 2}
    result, target = attempt(
        engine, tmp_path, row, command, "--model", nan_classifier, "--quiet")
    assert result.returncode == 65 and not target.exists()
    assert INFINITE_WEIGHT in result.stderr


def test_rollouts_end_with_the_reward_models_weight(
    engine, tiny, nan_classifier, rankings, tmp_path
):
    result = engine.run(
        "rloo", "--model", tiny, "--reward-model", nan_classifier, "--dataset", rankings,
        "--output", tmp_path / "run", "--quiet", "episodes=4", "iterations=1", "responses=2",
        "maxNewTokens=4", check=False)
    assert result.returncode == 65 and INFINITE_WEIGHT in result.stderr
    assert not (tmp_path / "run/report.json").exists()


@pytest.mark.parametrize(
    "options, words",
    [
        (["--logit-bias", "5=1e39"], "logit bias 1e+39 of token 5"),
        (["--logit-bias", "5=nan"], "logit bias nan of token 5"),
        (["--logit-bias", "99999=1"], "a logit bias names the token 99999"),
        (["--repetition-penalty", "1e-40"], "not between 0.01 and 100"),
        (["--frequency-penalty", "1e39"], "frequency penalty"),
        (["--temperature", "1e39"], "not between 0 and 1000"),
        (["--temperature", "nan"], "not between 0 and 1000"),
    ],
)
def test_options_that_are_no_numbers_in_fp32_are_refused(
    engine, stories, tmp_path, options, words
):
    result, _ = attempt(
        engine, tmp_path, {"prompt": PROMPT}, "sample", "--model", stories, "--quiet",
        "--top-p", 0.9, *options)
    assert result.returncode == 64 and words in result.stderr


def test_a_tiny_temperature_is_greedy(engine, stories, tmp_path):
    def ids(*options):
        return engine.lines(
            tmp_path, [{"prompt": PROMPT}], "sample", "--model", stories, "--quiet",
            "--max-new-tokens", 12, *options)[0]["responses"][0]["ids"]

    greedy = ids("--temperature", 0)
    assert ids("--temperature", "1e-39", "--top-p", 0.9) == greedy
    assert ids("--temperature", "1e-6") == greedy


def test_no_request_ends_the_server(engine, stories):
    server = ModelServer(engine, stories, "--name", "stories")
    ask = server.client.completions.create
    try:
        greedy = ask(model="stories", prompt=PROMPT, max_tokens=8, temperature=0).choices[0].text
        cold = ask(
            model="stories", prompt=PROMPT, max_tokens=8, temperature=1e-39, top_p=0.9)
        assert cold.choices[0].text == greedy
        for options in [{"logit_bias": {"5": 1e39}}, {"logit_bias": {"5": 101}},
                        {"logit_bias": {"99999": 1}}, {"logit_bias": {"-1": 1}},
                        {"extra_body": {"repetition_penalty": 1e-40}}, {"temperature": 1e39}]:
            for stream in (False, True):
                with pytest.raises(openai.BadRequestError):
                    ask(model="stories", prompt=PROMPT, max_tokens=3, top_p=0.9, stream=stream,
                        **options)
        assert ask(
            model="stories", prompt=PROMPT, max_tokens=8, temperature=0).choices[0].text == greedy
    finally:
        assert server.end() == 0


def test_a_model_with_nan_is_not_served(engine, nan_model):
    result = engine.run("serve", "--model", nan_model, "--port", 0, check=False)
    assert result.returncode == 65 and NAN_WEIGHT in result.stderr


def test_a_model_that_overflows_answers_with_the_cause_and_is_still_there(
    engine, stories, tmp_path
):
    model = damaged(stories, tmp_path / "model", "model.norm.weight", 3e38)
    server = ModelServer(engine, model, "--name", "stories")
    ask = server.client.completions.create
    try:
        for _ in range(2):
            for options in ({"temperature": 0}, {"top_p": 0.9}, {"stream": True}):
                with pytest.raises(openai.APIError, match="logits are not finite") as error:
                    list(ask(model="stories", prompt=PROMPT, max_tokens=3, **options))
                if "stream" not in options:
                    assert error.value.status_code == 500
                    assert error.value.body["type"] == "server_error"
        assert json.loads(server.get("/health")) == {"status": "ok"}
        # The answer is sent before its row is given back.
        deadline = time.monotonic() + 5
        while server.metric("plumbline_rows_running") > 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        assert server.end() == 0
