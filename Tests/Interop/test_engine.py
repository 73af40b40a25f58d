"""The engine's numbers, held to Transformers on the same weights."""

import json
import re

import pytest
import torch
from plumbline_testing.texts import repository_corpus
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

PROSE = (
    "The Roman Empire began with the reign of Augustus, who became the first emperor in 27 BC "
    "after a long series of civil wars. Under his rule the city of Rome grew in wealth, and its "
    "armies kept the peace along thousands of miles of frontier. Roads, bridges and aqueducts "
    "connected the provinces, and merchants carried grain, oil and wine across the sea."
)


def judgements(stories_texts):
    """Rankings of story endings by how often they speak of her."""
    for number, (prompt, texts) in enumerate(stories_texts):
        ids = [f"r{i}" for i in range(len(texts))]
        places = {}
        for identifier, text in zip(ids, texts):
            places.setdefault(len(re.findall(r"\b(?:she|her|Lily)\b", text)), []).append(identifier)
        yield {
            "task": "t", "prompt_id": f"p{number}",
            "prompt": [{"role": "user", "content": prompt}],
            "responses": [
                {"id": i, "text": t, "source": "base"} for i, t in zip(ids, texts)
            ],
            "ranking": [places[count] for count in sorted(places, reverse=True)],
            "labeller": "labeller-1", "shown_order": ids, "assignment_seed": 1, "revision": 1,
            "created_at": "2026-01-01T00:00:00.000Z",
            "split": "validation" if number % 4 == 0 else "train",
        }


@pytest.fixture(scope="module")
def dataset(engine, stories, tmp_path_factory):
    """160 ranked prompts with four answers each, sampled from stories260K.

    With a quarter of them, accuracy on held-out prompts depends on the seed (0.39 to 1)."""
    folder = tmp_path_factory.mktemp("dataset")
    prompts = [
        f"{opening} {hero}"
        for opening in [
            "Once upon a time,", "One day,", "In the park,", "Every morning,", "At night,",
            "Last summer,", "One sunny day,", "In a small house,"]
        for hero in [
            "a boy", "a girl", "the dog", "a cat", "two friends", "a bird", "Mom", "an old man",
            "the sun", "a bear", "Tim", "a king", "the cat", "a baby", "Dad", "a fish",
            "the farmer", "a small ant", "two boys", "a doll"]
    ]
    rows = [{"messages": [{"role": "user", "content": prompt}]} for prompt in prompts]
    answers = engine.lines(
        folder, rows, "sample", "--model", stories, "--responses", 4, "--max-new-tokens", 48,
        "--quiet")
    texts = [[answer["text"] for answer in row["responses"]] for row in answers]
    path = folder / "rankings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in judgements(zip(prompts, texts))))
    return path


@pytest.fixture(scope="module")
def reward_model(engine, stories, dataset, tmp_path_factory):
    run = tmp_path_factory.mktemp("reward") / "run"
    result = engine.run(
        "reward", "--model", stories, "--dataset", dataset, "--output", run, "--json",
        "rank=0", "learningRate=3e-3", "epochs=3")
    return run, json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["stories", "smollm2"])
def test_log_probabilities_equal_transformers(name, request, engine, tmp_path):
    folder = request.getfixturevalue(name)
    answer = engine.lines(
        tmp_path, [{"prompt": PROSE}], "logprobs", "--model", folder, "--precision", "fp32",
        "--quiet")[0]

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([answer["ids"]])
    assert AutoTokenizer.from_pretrained(folder)(PROSE)["input_ids"] == answer["ids"]
    with torch.no_grad():
        expected = model(ids).logits.log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])[:, 0]
    difference = (expected - torch.tensor(answer["logprobs"])).abs().max()
    assert difference <= 1e-3, difference


def test_perplexity_of_prose_equals_transformers(engine, smollm2, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    ids = tokenizer(repository_corpus().prose[:20_000])["input_ids"]
    windows = [ids[start : start + 512] for start in range(0, 8 * 512, 512)]
    source = tmp_path / "windows.jsonl"
    source.write_text("".join(json.dumps({"ids": window}) + "\n" for window in windows))
    result = engine.run(
        "logprobs", "--model", smollm2, "--input", source, "--output", tmp_path / "out.jsonl",
        "--precision", "fp32", "--json", "--quiet")
    perplexity = json.loads(result.stdout.splitlines()[-1])["perplexity"]

    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32)
    batch = torch.tensor(windows)
    with torch.no_grad():
        expected = model(input_ids=batch, labels=batch).loss.exp().item()
    assert perplexity == pytest.approx(expected, rel=1e-3)


def test_stories_equal_the_reference_to_the_letter(engine, stories260k, data, tmp_path):
    reference = (data / "stories260K/reference_greedy_200.txt").read_text()
    answer = engine.lines(
        tmp_path, [{"prompt": ""}], "sample", "--model", stories260k, "--temperature", 0,
        "--max-new-tokens", 200, "--quiet")[0]["responses"][0]
    assert answer["text"].strip() == reference.strip()


def test_greedy_answers_equal_generate(engine, smollm2, tmp_path):
    question = [{"role": "user", "content": "Name three fruits that are red."}]
    answer = engine.lines(
        tmp_path, [{"messages": question}], "sample", "--model", smollm2, "--temperature", 0,
        "--max-new-tokens", 24, "--precision", "fp32", "--quiet")[0]["responses"][0]

    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32)
    inputs = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    output = model.generate(**inputs, max_new_tokens=24, do_sample=False)
    assert answer["ids"] == output[0, inputs["input_ids"].shape[1]:].tolist()


def test_the_same_seed_gives_the_same_answers(engine, stories, tmp_path):
    def sample(seed):
        return engine.lines(
            tmp_path, [{"prompt": "One day"}], "sample", "--model", stories, "--responses", 3,
            "--max-new-tokens", 20, "--seed", seed, "--quiet")[0]["responses"]

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_a_reward_model_is_a_classifier_of_transformers(
    engine, stories, reward_model, tmp_path
):
    run, summary = reward_model
    folder = run / "model"
    row = {
        "messages": [{"role": "user", "content": "Once upon a time, a girl"}],
        "completion": " named Lily was happy. She ran.",
    }
    score = engine.lines(tmp_path, [row], "score", "--model", folder, "--quiet")[0]["score"]
    # The same row as tokens, as the engine sees it: prompt, answer, end.
    ids = torch.tensor(
        [engine.lines(tmp_path, [row], "logprobs", "--model", stories, "--quiet")[0]["ids"]])

    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    assert ids[0, -1] == model.config.eos_token_id
    with torch.no_grad():
        expected = model(ids).logits[0, 0].item() + model.config.score_bias
    assert score == pytest.approx(expected, abs=2e-3)


def test_a_reward_model_beats_chance_on_held_out_prompts(reward_model):
    _, summary = reward_model
    metrics = summary["metrics"]
    assert metrics["accuracyLow"] > 0.5
    assert metrics["accuracyLow"] <= metrics["accuracy"] <= metrics["accuracyHigh"]


def test_fine_tuning_counts_the_answer_alone(engine, stories, dataset, tmp_path):
    rows = [json.loads(line) for line in dataset.read_text().splitlines()]
    for row in rows:
        row["demonstration"] = " saw a big red ball. She was so happy."
    path = tmp_path / "demonstrations.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = engine.run(
        "sft", "--model", stories, "--dataset", path, "--output", tmp_path / "run", "--json",
        "rank=0", "learningRate=1e-3", "precision=fp32")
    metrics = json.loads(result.stdout.splitlines()[-1])["metrics"]

    # The loss before training is Transformers' loss with everything but the answer masked.
    held_out = [
        {"messages": row["prompt"], "completion": row["demonstration"]}
        for row in rows if row["split"] == "validation"
    ]
    texts = engine.lines(tmp_path, held_out, "logprobs", "--model", stories, "--quiet")
    model = AutoModelForCausalLM.from_pretrained(stories, dtype=torch.float32)
    total, count = 0.0, 0
    for text in texts:
        ids = torch.tensor([text["ids"]])
        labels = ids.clone()
        labels[0, : -len(text["logprobs"])] = -100
        with torch.no_grad():
            total += model(ids, labels=labels).loss.item() * len(text["logprobs"])
        count += len(text["logprobs"])
    assert metrics["validationLossBefore"] == pytest.approx(total / count, abs=1e-3)
    assert metrics["validationLossAfter"] < 0.5 * metrics["validationLossBefore"]


@pytest.mark.parametrize("rank, precision", [(0, "fp32"), (8, "fp32"), (8, "bf16"), (3, "bf16")])
def test_ppo_starts_at_the_reference(
    engine, stories, dataset, reward_model, tmp_path, rank, precision
):
    run = tmp_path / "ppo"
    result = engine.run(
        "ppo", "--model", stories, "--reward-model", reward_model[0] / "model", "--dataset",
        dataset, "--output", run, "--json", f"rank={rank}", f"precision={precision}",
        "iterations=2", "episodes=16", "maxNewTokens=24", "learningRate=1e-4", "evaluationResponses=2")
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps[0]["kl"] == 0
    assert all(step["firstRatio"] == 1 for step in steps)
    summary = json.loads(result.stdout.splitlines()[-1])
    assert summary["metrics"]["before"]["kl"] == 0
    AutoModelForCausalLM.from_pretrained(run / "model")


def test_training_twice_gives_the_same_model(engine, stories, dataset, tmp_path):
    def train(name):
        engine.run(
            "reward", "--model", stories, "--dataset", dataset, "--output", tmp_path / name,
            "--quiet", "rank=4", "learningRate=1e-3", "precision=fp32")
        return (tmp_path / name / "model/model.safetensors").read_bytes()

    assert train("first") == train("second")


@pytest.mark.parametrize(
    "words, status, message",
    [
        (["lerningRate=1"], 64, "unknown setting “lerningRate”"),
        (["rank=-1"], 64, "rank=-1"),
        (["episodes"], 64, "key=value"),
    ],
)
def test_settings_that_cannot_be_are_named(engine, stories, dataset, tmp_path, words, status, message):
    result = engine.run(
        "ppo", "--model", stories, "--reward-model", stories, "--dataset", dataset, "--output",
        tmp_path / "run", *words, check=False)
    assert result.returncode == status
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


def test_bad_data_is_named_by_line(engine, stories, tmp_path):
    dataset = tmp_path / "bad.jsonl"
    dataset.write_text('{"task": 1}\n')
    result = engine.run(
        "reward", "--model", stories, "--dataset", dataset, "--output", tmp_path / "run",
        check=False)
    assert result.returncode == 65
    assert "bad.jsonl" in result.stderr and "ine 1" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_missing_model_says_so(engine, dataset, tmp_path):
    result = engine.run(
        "reward", "--model", tmp_path / "nowhere", "--dataset", dataset, "--output",
        tmp_path / "run", check=False)
    assert result.returncode == 69
    assert "nowhere" in result.stderr
