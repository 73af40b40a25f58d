"""What a reward model reads: its own tokens, up to where other tools read them too."""

import json

import pytest
import torch
from test_chat_templates import TEMPLATES as TURNS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, LlamaConfig,
    PreTrainedTokenizerFast,
)

SIZE = 600
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
CHATML_DEFAULT = CHATML.replace(
    "{% for message in messages %}",
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are kind.<|im_end|>\\n' }}{% endif %}")
TEMPLATES = {"chatml": CHATML, "chatml-default": CHATML_DEFAULT, **TURNS, "none": None}
ENDS = {"chatml": "<|im_end|>", "chatml-default": "<|im_end|>", "llama3": "<|eot_id|>",
        "gemma": "<end_of_turn>"}
BEGINS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>"}
SPECIAL = ["<pad>", "<s>", "</s>", "<bos>", "<|begin_of_text|>", "<|eot_id|>",
           "<|start_header_id|>", "<|end_header_id|>", "<start_of_turn>", "<end_of_turn>",
           "<|im_start|>", "<|im_end|>"]
CORPORA = {
    "seas": "the ship sailed over the wide grey sea to islands where nobody had ever been " * 40,
    "cooks": "stir butter and onions slowly, then add salt, pepper, two eggs and some milk " * 40,
}
WORDS = "the ship sailed slowly over salt butter islands and nobody ever had two eggs".split()


def tokenizer(folder, corpus, name="chatml"):
    """A byte-level tokenizer of 600 tokens that has learned one text."""
    source = Tokenizer(models.BPE())
    source.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    source.decoder = decoders.ByteLevel()
    source.train_from_iterator([CORPORA[corpus]], trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    if source.get_vocab_size() < SIZE:
        source.add_tokens([f"filler{i}" for i in range(SIZE - source.get_vocab_size())])
    made = PreTrainedTokenizerFast(
        tokenizer_object=source, bos_token=BEGINS.get(name, "<s>"),
        eos_token=ENDS.get(name, "</s>"), pad_token="<pad>", chat_template=TEMPLATES[name],
        clean_up_tokenization_spaces=False)
    made.save_pretrained(folder)
    return made


def configuration(made, **words):
    return LlamaConfig(
        vocab_size=SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
        bos_token_id=made.bos_token_id, eos_token_id=made.eos_token_id,
        pad_token_id=made.pad_token_id, initializer_range=0.25,
        **{"max_position_embeddings": 256, **words})


def policy_in(folder, corpus, name="chatml"):
    made = tokenizer(folder, corpus, name)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(configuration(made)).save_pretrained(folder)
    return folder


def classifier_in(folder, corpus, seed=1, **words):
    """A reward model that another tool has made: read at the end of what its template renders."""
    made = tokenizer(folder, corpus)
    torch.manual_seed(seed)
    AutoModelForSequenceClassification.from_config(
        configuration(made, num_labels=1, **words)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    return policy_in(tmp_path_factory.mktemp("policy") / "model", "seas")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A reward model with another tokenizer of the same size."""
    return classifier_in(tmp_path_factory.mktemp("stranger") / "model", "cooks")


@pytest.fixture(scope="module")
def relative(tmp_path_factory):
    """A reward model with the policy's tokenizer."""
    return classifier_in(tmp_path_factory.mktemp("relative") / "model", "seas", seed=2)


def text(number, count):
    return " ".join(WORDS[(number * 5 + 3 * i) % len(WORDS)] for i in range(count))


def record(number, answers, split, prompt=None):
    ids = [f"r{i}" for i in range(len(answers))]
    return {
        "task": "t", "prompt_id": f"p{number}",
        "prompt": prompt or [{"role": "user", "content": text(number, 4)}],
        "responses": [{"id": i, "text": t} for i, t in zip(ids, answers)],
        "ranking": [[i] for i in ids], "demonstration": answers[0], "labeller": "labeller-1",
        "shown_order": ids, "assignment_seed": 1, "revision": 1,
        "created_at": "2026-01-01T00:00:00.000Z", "split": split,
    }


@pytest.fixture(scope="module")
def rankings(tmp_path_factory):
    path = tmp_path_factory.mktemp("rankings") / "rankings.jsonl"
    rows = [
        record(i, [text(i, 5), text(i + 7, 3)], "validation" if i % 4 == 0 else "train")
        for i in range(16)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


class Judge:
    """Scores conversations as TRL and RewardBench do: the text that the template renders, read at
    its last token."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32).eval()

    def ids(self, messages, answer):
        whole = [*messages, {"role": "assistant", "content": answer}]
        return self.tokenizer.apply_chat_template(whole, tokenize=True, return_dict=False)

    def score(self, messages, answer, ended=True):
        ids = self.ids(messages, answer)
        if not ended:
            last = len(ids) - 1 - ids[::-1].index(self.tokenizer.eos_token_id)
            ids = ids[:last]
        with torch.no_grad():
            return self.model(torch.tensor([ids])).logits[0, 0].item()


def test_another_tokenizer_of_the_same_size_gives_other_ids(policy, stranger):
    ids = [AutoTokenizer.from_pretrained(f)("the ship and the butter")["input_ids"]
           for f in (policy, stranger)]
    assert ids[0] != ids[1]
    assert all(len(AutoTokenizer.from_pretrained(f)) == SIZE for f in (policy, stranger))


@pytest.mark.parametrize("command", ["ppo", "grpo", "online-dpo"])
@pytest.mark.parametrize("kind", ["stranger", "relative"])
def test_a_policy_is_scored_by_what_it_says(
    engine, policy, rankings, tmp_path, request, command, kind
):
    folder, run = request.getfixturevalue(kind), tmp_path / "run"
    result = engine.run(
        command, "--model", policy, "--reward-model", folder, "--dataset", rankings, "--output",
        run, "rank=0", "precision=fp32", "iterations=1", "episodes=16", "maxNewTokens=24",
        "temperature=1", "missingEndPenalty=0", "evaluationResponses=1", "maxLength=128",
        "klLimit=0", "recordRollouts=true")
    judge, own = Judge(folder), AutoTokenizer.from_pretrained(policy)
    prompts = {}
    for line in rankings.read_text().splitlines():
        messages = json.loads(line)["prompt"]
        ids = own.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        prompts[tuple(ids)] = messages
    rows = [json.loads(line) for line in (run / "rollouts.jsonl").read_text().splitlines()]
    assert len(rows) == 16
    for row in rows:
        answer = row["response"]
        if kind == "stranger":
            said = own.decode(answer, skip_special_tokens=True)
            expected = judge.score(prompts[tuple(row["prompt"])], said, row["endedItself"])
        else:
            # The same tokens are read as they were sampled, and then what the template adds.
            tail = own("\n")["input_ids"] if row["endedItself"] else []
            with torch.no_grad():
                expected = judge.model(
                    torch.tensor([row["prompt"] + answer + tail])).logits[0, 0].item()
        assert row["score"] == pytest.approx(expected, abs=1e-3)
    report = json.loads((run / "report.json").read_text())["metrics"]["rewardModels"]
    assert [model["reencodes"] for model in report] == [kind == "stranger"]
    assert ("has another tokenizer than the policy" in result.stderr) == (kind == "stranger")


def test_best_of_n_score_win_rate_and_unlike_ensembles(
    engine, stranger, relative, tmp_path
):
    judges = [Judge(stranger), Judge(relative)]
    rows = [{
        "messages": [{"role": "user", "content": text(i, 4)}],
        "responses": [{"text": text(i + j, 2 + j), "finish": "stop"} for j in range(3)],
    } for i in range(4)]
    exact = ["--quiet", "--precision", "fp32"]

    best = engine.lines(tmp_path, rows, "best-of-n", "--model", stranger, *exact)
    lines = [{"messages": row["messages"], "completion": answer["text"]}
             for row in rows for answer in row["responses"]]
    both = engine.lines(tmp_path, lines, "score", "--model", stranger, "--with", relative, *exact)

    expected = [[judge.score(line["messages"], line["completion"]) for line in lines]
                for judge in judges]
    for number, row in enumerate(best):
        scores = expected[0][3 * number: 3 * number + 3]
        assert row["scores"] == pytest.approx(scores, abs=1e-3)
        assert row["completion"] == rows[number]["responses"][scores.index(max(scores))]["text"]
    for a, b, line in zip(*expected, both):
        assert line["score"] == pytest.approx((a + b) / 2, abs=1e-3)
        assert line["disagreement"] == pytest.approx(abs(a - b) / 2 ** 0.5, abs=1e-3)

    files = []
    for name, pick in (("first", 0), ("second", 2)):
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(
            {"messages": row["messages"], "responses": [row["responses"][pick]]}) + "\n"
            for row in rows))
    rate = json.loads(engine.run(
        "win-rate", "--reward-model", stranger, *files, "--json", "--quiet", "--precision",
        "fp32").stdout.splitlines()[-1])["winRate"]["value"]
    wins = [expected[0][3 * i] > expected[0][3 * i + 2] for i in range(len(rows))]
    assert rate == pytest.approx(sum(wins) / len(wins))


def test_ids_are_not_shared_among_unlike_models(engine, stranger, relative, tmp_path):
    source = tmp_path / "in.jsonl"
    for ids, words, message in [
        ([20, 30], ["--with", relative], "different tokenizers"), ([20, 600], [], "id 600"),
        ([20, -1], [], "id -1"),
    ]:
        source.write_text(json.dumps({"ids": ids, "completion": "a"}) + "\n")
        refused = engine.run(
            "score", "--model", stranger, *words, "--input", source, check=False)
        assert refused.returncode == 65 and message in refused.stderr


def test_a_critic_needs_the_policys_tokenizer(engine, policy, stranger, rankings, tmp_path):
    for words in (["valueTrunk=reward"], ["valueHead=reward"]):
        refused = engine.run(
            "ppo", "--model", policy, "--reward-model", stranger, "--dataset", rankings,
            "--output", tmp_path / "run", *words, check=False)
        assert refused.returncode == 64
        assert "has another tokenizer" in refused.stderr


@pytest.fixture(scope="module", params=TEMPLATES)
def trained(engine, rankings, tmp_path_factory, request):
    """A reward model of this engine on a base with one of the chat templates."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    policy_in(folder / "base", "seas", name)
    engine.run(
        "reward", "--model", folder / "base", "--dataset", rankings, "--output", folder / "run",
        "--quiet", "rank=0", "precision=fp32", "epochs=1", "learningRate=1e-3", "batch=4")
    return name, folder / "base", folder / "run/model"


def conversations(name):
    """Pairs of answers to prompts, with white space at all borders."""
    yield [{"role": "user", "content": "the ship "}], [" sailed over", "sailed\n"]
    yield [{"role": "user", "content": "the ship"}], ["\nsailed over", "\n\n two eggs "]
    yield [{"role": "user", "content": " salt?\n"}], ["butter", ""]
    yield (
        [{"role": "user", "content": "the sea"}, {"role": "assistant", "content": " is grey "},
         {"role": "user", "content": "and?"}], ["some islands", "islands 😀 é"])
    for i in range(6):
        yield [{"role": "user", "content": text(i, 3)}], [text(i + 2, 4), text(i + 3, 4)]
    if not name.startswith("mistral"):
        yield (
            [{"role": "system", "content": "Be salt."}, {"role": "user", "content": "ship"}],
            ["butter and milk", "pepper"])


def test_other_tools_find_the_same_winner(engine, trained, tmp_path):
    name, _, folder = trained
    judge = Judge(folder)
    rows = [{"messages": messages, "completion": answer}
            for messages, answers in conversations(name) for answer in answers]
    found = engine.lines(
        tmp_path, rows, "score", "--model", folder, "--quiet", "--precision", "fp32")
    bias = json.loads((folder / "config.json").read_text())["score_bias"]
    ours = [line["score"] - bias for line in found]
    theirs = [judge.score(row["messages"], row["completion"]) for row in rows]

    end = judge.tokenizer.eos_token_id
    assert all(judge.ids(row["messages"], row["completion"])[-1] == end for row in rows)
    assert judge.model.config.pad_token_id != end
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert len(set(round(score, 3) for score in theirs)) > len(rows) / 2
    for i in range(0, len(rows), 2):
        assert (ours[i] > ours[i + 1]) == (theirs[i] > theirs[i + 1])


def test_prompts_are_rendered_as_before(trained):
    """The template that ends at the answer renders all else as the base's own."""
    name, base, folder = trained
    if TEMPLATES[name] is None:
        return
    before, after = (AutoTokenizer.from_pretrained(f) for f in (base, folder))
    for messages, _ in conversations(name):
        for opens in (True, False):
            assert before.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=opens
            ) == after.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=opens)


def test_a_policy_on_the_same_base_is_scored_by_its_own_tokens(
    engine, trained, rankings, tmp_path
):
    """Nothing is encoded again, and the score is at the last token that was sampled."""
    name, base, folder = trained
    run = tmp_path / "run"
    engine.run(
        "ppo", "--model", base, "--reward-model", folder, "--dataset", rankings, "--output", run,
        "--quiet", "rank=0", "precision=fp32", "iterations=1", "episodes=6", "maxNewTokens=12",
        "missingEndPenalty=0", "evaluationResponses=1", "maxLength=128", "klLimit=0",
        "recordRollouts=true", "valueTrunk=reward", "valueHead=reward")
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    for line in (run / "rollouts.jsonl").read_text().splitlines():
        row = json.loads(line)
        with torch.no_grad():
            expected = model(torch.tensor([row["prompt"] + row["response"]])).logits[0, 0].item()
        assert row["score"] == pytest.approx(expected + model.config.score_bias, abs=1e-3)
    (report,) = json.loads((run / "report.json").read_text())["metrics"]["rewardModels"]
    assert report["reencodes"] is False and report["truncatedPrompts"] == 0


def test_a_reward_model_from_before_keeps_its_scores(engine, trained, tmp_path):
    """Without the template, a folder of this engine is read at the end token as it always was."""
    name, base, folder = trained
    old = tmp_path / "old"
    old.mkdir()
    for file in folder.iterdir():
        if not file.name.startswith(("chat_template", "tokenizer")):
            (old / file.name).symlink_to(file)
    for file in base.iterdir():
        if file.name.startswith(("chat_template", "tokenizer")):
            (old / file.name).symlink_to(file)
    rows = [{"messages": [{"role": "user", "content": text(i, 3)}],
             "completion": text(i + 1, 4)} for i in range(4)]
    exact = ["--quiet", "--precision", "fp32"]
    was = engine.lines(tmp_path, rows, "score", "--model", old, *exact)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    ids = [line["ids"] for line in engine.lines(
        tmp_path, rows, "logprobs", "--model", base, "--quiet")]
    for line, tokens in zip(was, ids):
        with torch.no_grad():
            expected = model(torch.tensor([tokens])).logits[0, 0].item()
        assert line["score"] == pytest.approx(expected + model.config.score_bias, abs=1e-3)


def test_training_goes_on_from_a_reward_model(engine, trained, rankings, tmp_path):
    """The template is put around once, not twice."""
    name, _, folder = trained
    engine.run(
        "reward", "--model", folder, "--dataset", rankings, "--output", tmp_path / "run",
        "--quiet", "rank=0", "precision=fp32", "epochs=1", "batch=4")
    first, second = (
        (f / "chat_template.jinja").read_text() for f in (folder, tmp_path / "run/model"))
    assert first == second


def test_what_is_longer_than_a_reward_model_reads_is_cut_and_counted(engine, policy, tmp_path):
    small = classifier_in(tmp_path / "small", "cooks", max_position_embeddings=64)
    rows = [{"messages": [{"role": "user", "content": text(1, n)}], "completion": text(2, m)}
            for n, m in ((3, 3), (60, 3), (3, 60), (60, 60))]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = engine.run(
        "score", "--model", small, "--input", source, "--output", tmp_path / "out.jsonl",
        "--json", "--precision", "fp32")
    (read,) = json.loads(result.stdout.splitlines()[-1])["rewardModels"]
    assert (read["answers"], read["truncatedPrompts"], read["truncatedAnswers"]) == (4, 2, 2)
    assert "2 were scored without the start of their prompt" in result.stderr

    # Cut by hand to 64 tokens, of which prompt and answer have a claim to half each.
    judge = Judge(small)
    scores = [json.loads(line)["score"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    for row, score in zip(rows, scores):
        ids = judge.ids(row["messages"], row["completion"])
        opened = judge.tokenizer.apply_chat_template(
            row["messages"], add_generation_prompt=True, return_dict=False)
        kept = min(len(opened), max(32, 64 - len(ids) + len(opened)))
        cut = opened[len(opened) - kept:] + ids[len(opened):][:64 - kept]
        with torch.no_grad():
            expected = judge.model(torch.tensor([cut])).logits[0, 0].item()
        assert score == pytest.approx(expected, abs=1e-3)
