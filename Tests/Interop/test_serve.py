"""The server, judged by OpenAI's own client and by what the model says without it."""

import concurrent.futures
import json
import math
import time
import urllib.error
import urllib.request

import openai
import pytest
import torch
from plumbline_testing.model_server import ModelServer
from transformers import AutoModelForCausalLM, AutoTokenizer

PROMPT = "Once upon a time"


@pytest.fixture(scope="module")
def server(engine, stories):
    server = ModelServer(engine, stories, "--name", "stories", "--slots", 4)
    yield server
    assert server.end() == 0


@pytest.fixture(scope="module")
def judge(stories):
    return AutoModelForCausalLM.from_pretrained(stories, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def tokenizer(stories):
    return AutoTokenizer.from_pretrained(stories)


def complete(server, prompt=PROMPT, **options):
    return server.client.completions.create(model="stories", prompt=prompt, **options)


def test_models_and_health(server):
    assert [model.id for model in server.client.models.list()] == ["stories"]
    assert server.client.models.retrieve("stories").object == "model"
    assert json.loads(server.get("/health")) == {"status": "ok"}
    with pytest.raises(openai.NotFoundError, match="The model gpt-4 does not exist"):
        server.client.completions.create(model="gpt-4", prompt="a")


def test_greedy_text_equals_the_command(server, engine, stories, tmp_path):
    row = engine.lines(
        tmp_path, [{"prompt": PROMPT}], "sample", "--model", stories, "--precision", "fp32",
        "--temperature", 0, "--max-new-tokens", 16, "--quiet")[0]["responses"][0]

    reply = complete(server, temperature=0, max_tokens=16)

    assert reply.choices[0].text == row["text"]
    assert reply.choices[0].finish_reason == row["finish"] == "length"
    assert reply.usage.completion_tokens == 16
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 16


def test_streams_say_the_same_as_whole_replies(server):
    options = {"temperature": 0.8, "seed": 3, "max_tokens": 30, "n": 3}
    whole = complete(server, **options)
    texts = {0: "", 1: "", 2: ""}
    finished = {}
    usage = None

    for part in complete(server, stream=True, stream_options={"include_usage": True}, **options):
        usage = part.usage or usage
        for choice in part.choices:
            texts[choice.index] += choice.text
            finished[choice.index] = choice.finish_reason or finished.get(choice.index)

    assert texts == {choice.index: choice.text for choice in whole.choices}
    assert len(set(texts.values())) == 3
    assert finished == {choice.index: choice.finish_reason for choice in whole.choices}
    assert usage.completion_tokens == whole.usage.completion_tokens


def test_echo_gives_the_log_probabilities_of_the_prompt(server, judge, tokenizer):
    """As lm-evaluation-harness asks: token ids, echo, logprobs 1, max_tokens 1."""
    texts = ["The little dog ran to the park.", "She was very happy"]
    ids = [tokenizer(text).input_ids for text in texts]

    reply = complete(server, ids, echo=True, logprobs=1, max_tokens=1, temperature=0, seed=1)

    for choice, row in zip(reply.choices, ids):
        with torch.no_grad():
            scores = judge(torch.tensor([row])).logits[0].log_softmax(-1)
        told = choice.logprobs
        assert len(told.tokens) == len(told.token_logprobs) == len(told.top_logprobs) == len(row) + 1
        assert told.token_logprobs[0] is None and told.top_logprobs[0] is None
        for place, token in enumerate(row[1:]):
            assert abs(told.token_logprobs[place + 1] - scores[place, token].item()) < 1e-3
            best = max(told.top_logprobs[place + 1].values())
            assert abs(best - scores[place].max().item()) < 1e-3
            # The harness calls a token greedy when the numbers are the same.
            is_greedy = scores[place].argmax().item() == token
            assert (told.token_logprobs[place + 1] == best) == is_greedy


def test_echo_alone_and_text_prompts(server):
    reply = complete(server, [PROMPT, "The end"], echo=True, max_tokens=0, logprobs=2)
    assert [choice.text for choice in reply.choices] == [PROMPT, "The end"]
    assert all(len(choice.logprobs.top_logprobs[1]) >= 2 for choice in reply.choices)

    longer = complete(server, echo=True, max_tokens=5, temperature=0)
    assert longer.choices[0].text.startswith(PROMPT + ",")


def test_completion_log_probabilities(server, judge, tokenizer):
    reply = complete(server, logprobs=3, max_tokens=12, temperature=0)
    told = reply.choices[0].logprobs

    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    whole = judge.generate(ids, max_new_tokens=12, do_sample=False, eos_token_id=None)
    with torch.no_grad():
        scores = judge(whole).logits[0, ids.shape[1] - 1 : -1].log_softmax(-1)
    assert "".join(told.tokens) == reply.choices[0].text
    assert told.text_offset[0] == 0 and told.text_offset[1] == len(told.tokens[0])
    for place, row in enumerate(scores):
        assert abs(told.token_logprobs[place] - row.max().item()) < 1e-3
        assert len(told.top_logprobs[place]) == 3


def test_stop_and_bias(server):
    whole = complete(server, temperature=0, max_tokens=60).choices[0].text
    stop = whole[30:40]
    cut = complete(server, temperature=0, max_tokens=60, stop=[stop, "@@@"]).choices[0]
    assert cut.text == whole[: whole.index(stop)] and cut.finish_reason == "stop"

    forced = complete(server, max_tokens=4, logit_bias={"300": 100})
    assert forced.usage.completion_tokens == 4
    assert len(set(forced.choices[0].text.split())) <= 1


@pytest.mark.parametrize("frequency, presence", [(0.7, 0), (0, 1.5), (0.4, -0.5)])
def test_penalties_count_what_was_generated(frequency, presence, server, judge, tokenizer):
    """OpenAI's formula: logit − count · frequency − (count > 0) · presence."""
    reply = complete(
        server, temperature=0, max_tokens=16, frequency_penalty=frequency,
        presence_penalty=presence, logprobs=1)

    ids = tokenizer(PROMPT).input_ids
    counts = torch.zeros(judge.config.vocab_size)
    tokens = []
    for _ in range(16):
        with torch.no_grad():
            scores = judge(torch.tensor([ids])).logits[0, -1]
        scores = scores - counts * frequency - (counts > 0) * presence
        ids.append(scores.argmax().item())
        tokens.append(ids[-1])
        counts[ids[-1]] += 1
    text = tokenizer.decode(ids)[len(tokenizer.decode(tokenizer(PROMPT).input_ids)):]
    assert reply.choices[0].text == text
    assert len(reply.choices[0].logprobs.tokens) == 16
    assert reply.choices[0].text != complete(server, temperature=0, max_tokens=16).choices[0].text


def test_one_connection_serves_many_requests(server):
    """Whole replies, streams and refusals leave the connection open."""
    import http.client
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"))

    def post(**members):
        body = json.dumps({"prompt": PROMPT, "max_tokens": 3} | members)
        connection.request("POST", "/v1/completions", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        return reply.status, connection.sock

    first = post()
    assert first[0] == 200 and first[1] is not None
    assert post(stream=True) == (200, first[1])
    assert post(max_tokens=-1) == (400, first[1])
    assert post(echo=True, logprobs=1) == (200, first[1])
    connection.close()


def test_streams_echo_the_same_as_whole_replies(server):
    options = {"echo": True, "logprobs": 2, "max_tokens": 4, "temperature": 0, "n": 2}
    whole = complete(server, [PROMPT, "The end"], **options).choices
    parts = {choice.index: [] for choice in whole}
    for part in complete(server, [PROMPT, "The end"], stream=True, **options):
        for choice in part.choices:
            parts[choice.index].append(choice)
    for choice in whole:
        mine = parts[choice.index]
        assert "".join(part.text for part in mine) == choice.text
        told = [number for part in mine for number in part.logprobs.token_logprobs]
        assert told[0] is None and told == choice.logprobs.token_logprobs
        assert sum((part.logprobs.tokens for part in mine), []) == choice.logprobs.tokens


def test_a_seed_repeats_and_others_differ(server):
    texts = [complete(server, max_tokens=20, seed=seed).choices[0].text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_clients_share_one_batch_and_do_not_disturb_each_other(server):
    prompts = ["One day", "The dog", "Tom and Lily", "A bird", "In the park", "Mom said"] * 2
    alone = [complete(server, prompt, max_tokens=30, seed=7).choices[0].text for prompt in prompts]

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        together = list(pool.map(
            lambda prompt: complete(server, prompt, max_tokens=30, seed=7).choices[0].text,
            prompts))

    assert together == alone


@pytest.mark.parametrize(
    "options, words",
    [
        ({"max_tokens": -1}, "max_tokens must be a whole number from 1, not -1"),
        ({"max_tokens": 2.5}, "max_tokens must be a whole number from 1, not 2.5"),
        ({"temperature": -1}, "temperature must be a number between 0 and 1000, not -1"),
        ({"n": 0}, "n must be a whole number between 1 and 128, not 0"),
        ({"n": 2**63 - 1}, "n must be a whole number between 1 and 128"),
        ({"prompt": [[]]}, "prompt is empty: it has 0 tokens"),
        ({"prompt": [600, 5]}, "600 is not a token"),
        ({"prompt": "word " * 600}, "the context has 512"),
        ({"presence_penalty": 3}, "presence_penalty must be a number between -2 and 2"),
        ({"top_p": "high"}, "top_p must be a number between 0 and 1, not a text"),
        ({"seed": 2**63}, "seed must be a whole number of at most 64 bits"),
        ({"stop": [1]}, "stop must be a text or a list of texts"),
        ({"logit_bias": {"x": 1}}, "x is not a token id"),
        ({"logprobs": 1000}, "logprobs must be a whole number between 0 and 100"),
    ],
)
def test_requests_that_cannot_be_are_told_why(options, words, server):
    with pytest.raises(openai.BadRequestError, match=words) as error:
        complete(server, **{"prompt": "a"} | options)
    assert error.value.body["type"] == "invalid_request_error"
    assert error.value.body["param"] == next(iter(options))


def test_what_openai_takes_is_taken(server):
    greedy = complete(server, temperature=0, max_tokens=8).choices[0].text
    assert complete(server, top_p=0, max_tokens=8).choices[0].text == greedy
    assert complete(server, temperature=1e-39, top_p=0.9, max_tokens=8).choices[0].text == greedy
    assert complete(server, temperature=0, stop=[""], max_tokens=8).choices[0].text == greedy
    assert complete(server, max_tokens=2, seed=-(2**63), extra_body={
        "user": "someone", "metadata": {"a": "b"}, "tools": [], "tool_choice": "none",
        "response_format": {"type": "text"}, "min_tokens": 0, "no_such_field": [1]},
    ).usage.completion_tokens == 2


def test_a_full_queue_is_said_at_once(engine, stories):
    server = ModelServer(engine, stories, "--name", "stories", "--slots", 1, "--queue", 2)
    try:
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            def ask(_):
                try:
                    complete(server, max_tokens=400, extra_body={"ignore_eos": True})
                    return 200
                except openai.RateLimitError as error:
                    assert error.response.headers["retry-after"] == "1"
                    return 429
            statuses = list(pool.map(ask, range(12)))
        assert 429 in statuses and 200 in statuses
        assert server.metric("plumbline_requests_rejected_total") == statuses.count(429)
        assert complete(server, max_tokens=2).usage.completion_tokens == 2
    finally:
        assert server.end() == 0


@pytest.mark.parametrize("streams", [True, False])
def test_a_client_that_goes_away_frees_its_slot(streams, engine, stories):
    server = ModelServer(engine, stories, "--name", "stories", "--slots", 1)
    try:
        body = json.dumps({
            "model": "stories", "prompt": "a", "max_tokens": 500, "ignore_eos": True, "n": 40,
            "stream": streams}).encode()
        import http.client
        place = server.address.removeprefix("http://")
        connection = http.client.HTTPConnection(place)
        connection.request(
            "POST", "/v1/completions", body, {"Content-Type": "application/json"})
        wait_until(lambda: server.metric("plumbline_generated_tokens_total") > 3)
        connection.sock.close()
        connection.close()

        wait_until(lambda: server.metric("plumbline_rows_running") == 0
                   and server.metric("plumbline_rows_waiting") == 0)
        assert server.metric("plumbline_generated_tokens_total") < 40 * 500
        assert complete(server, max_tokens=2).usage.completion_tokens == 2
    finally:
        server.end()


def wait_until(condition, seconds=20):
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def chat_server(engine, smollm2):
    server = ModelServer(engine, smollm2, "--name", "smollm2", "--slots", 4)
    yield server
    server.end()


def test_chat(chat_server, smollm2):
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    ask = chat_server.client.chat.completions.create
    whole = ask(
        model="smollm2", messages=messages, temperature=0, max_tokens=24, logprobs=True,
        top_logprobs=2)
    text, roles = "", []
    for part in ask(model="smollm2", messages=messages, temperature=0, max_tokens=24, stream=True):
        delta = part.choices[0].delta
        roles += [delta.role] if delta.role else []
        text += delta.content or ""

    choice = whole.choices[0]
    assert "Paris" in choice.message.content and choice.message.role == "assistant"
    assert text == choice.message.content and roles == ["assistant"]
    assert choice.finish_reason == "stop"
    assert all(len(token.top_logprobs) == 2 for token in choice.logprobs.content)
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    prompt = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert whole.usage.prompt_tokens == len(prompt)
    assert math.isclose(
        choice.logprobs.content[0].logprob, choice.logprobs.content[0].top_logprobs[0].logprob)


@pytest.mark.parametrize("streams", [False, True])
def test_the_bytes_of_tokens_are_the_text(streams, chat_server):
    """Tokens of a part of a character, cut off by a stop string, and the end of the turn."""
    def ask(**options):
        reply = chat_server.client.chat.completions.create(
            model="smollm2", stream=streams, logprobs=True, top_logprobs=3, temperature=0,
            max_tokens=40, **options)
        if not streams:
            return reply.choices[0].message.content, reply.choices[0].logprobs.content
        text, tokens = "", []
        for part in reply:
            choice = part.choices[0]
            text += choice.delta.content or ""
            tokens += choice.logprobs.content if choice.logprobs else []
        return text, tokens

    echo = [{"role": "user", "content": "Repeat exactly: é 한글 😀 日本"}]
    text, tokens = ask(messages=echo)
    assert any(len(token.bytes) > 0 and token.token.startswith("\\x") for token in tokens), text
    assert bytes(sum((token.bytes for token in tokens), [])).decode() == text
    for token in tokens:
        assert token.top_logprobs[0].token == token.token
        try:
            assert bytes(token.bytes).decode() in ("", token.token)
        except UnicodeDecodeError:
            assert token.token == "".join(f"\\x{byte:02x}" for byte in token.bytes)

    question = [{"role": "user", "content": "What is the capital of France?"}]
    whole, _ = ask(messages=question)
    stop = whole[len(whole) // 2:][:4]
    text, tokens = ask(messages=question, stop=stop)
    assert text == whole[: whole.index(stop)]
    assert bytes(sum((token.bytes for token in tokens), [])).decode() == text


def test_offsets_count_the_characters_of_the_text(chat_server):
    for prompt in ["é 한글 😀 is", [28, 216, 34, 9]]:
        reply = chat_server.client.completions.create(
            model="smollm2", prompt=prompt, echo=True, logprobs=5, max_tokens=12, temperature=0)
        text, told = reply.choices[0].text, reply.choices[0].logprobs
        assert told.text_offset == sorted(told.text_offset)
        ends = [*told.text_offset[1:], len(text)]
        for token, start, end in zip(told.tokens, told.text_offset, ends):
            if not token.startswith("bytes:"):
                assert text[start:end] in (token, "")
        # No two tokens share a name, however many are a part of a character.
        assert all(len(top) in (5, 6) for top in told.top_logprobs[1:])


def test_offsets_of_pieces_that_begin_with_a_space(server):
    """SentencePiece puts a space before the text, which is none of the text's."""
    for prompt in ["Once upon a time, é 한 there", " two  spaces", [403, 407, 261, 378]]:
        reply = complete(server, prompt, echo=True, logprobs=3, max_tokens=8, temperature=0)
        text, told = reply.choices[0].text, reply.choices[0].logprobs
        ends = [*told.text_offset[1:], len(text)]
        for place, (token, start, end) in enumerate(zip(told.tokens, told.text_offset, ends)):
            if token.startswith("bytes:") or token == "</s>" or (place == 0 and token == "<s>"):
                assert text[start:end] == "" or len(text[start:end]) == 1
            else:
                assert text[start:end] == token, (prompt, told)


def refused(server, members, path="/v1/chat/completions"):
    data = members if isinstance(members, bytes) else json.dumps(members).encode()
    request = urllib.request.Request(
        server.address + path, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]


UNSUPPORTED = {
    "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required",
    "functions": [{"name": "f"}], "function_call": {"name": "f"},
    "response_format": {"type": "json_object"}, "guided_json": {"type": "object"},
    "guided_regex": "a+", "guided_choice": ["a"], "structured_outputs": {"choice": ["a"]},
    "min_tokens": 5, "use_beam_search": True, "skip_special_tokens": False,
    "continue_final_message": True, "chat_template": "x", "modalities": ["text", "audio"],
}


@pytest.mark.parametrize("field", UNSUPPORTED)
def test_fields_that_would_change_the_answer_are_refused(field, server):
    messages = [{"role": "user", "content": "Hi"}]
    for path, members in [("/v1/chat/completions", {"messages": messages}),
                          ("/v1/completions", {"prompt": "Hi"})]:
        status, error = refused(server, members | {field: UNSUPPORTED[field]}, path)
        assert status == 400 and error["param"] == field and field in error["message"]
        assert error["code"] == "unsupported_parameter"


@pytest.mark.parametrize("body, field, words", [
    (rb'{"prompt": "a\ud800b"}', "prompt", "half a surrogate pair"),
    (rb'{"messages": [{"role": "user", "content": "\udc00"}]}', "messages.0.content",
     "half a surrogate pair"),
    (b'{"prompt": "a", "seed": 1e400}', "seed", "too large"),
    (b'{"prompt": "a", "n": 1, "n": 2}', None, "occurs twice"),
    (b'{"prompt": ', "prompt", "ends too early"), (b"", None, "empty"), (b"[]", None, "an object"),
])
def test_json_that_cannot_be_is_named(body, field, words, server):
    status, error = refused(server, body, "/v1/completions")
    assert status == 400 and error["param"] == field and words in error["message"], error


def test_fields_that_ask_for_nothing_pass(chat_server):
    status, reply = refused(chat_server, {
        "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "tools": [],
        "tool_choice": "auto", "functions": None, "response_format": {"type": "text"},
        "parallel_tool_calls": True, "modalities": ["text"], "store": False, "min_tokens": 0})
    assert status == 200, reply


def test_roles_and_contents(chat_server):
    def ask(*messages):
        return refused(chat_server, {"messages": list(messages), "max_tokens": 2,
                                     "temperature": 0})

    user = {"role": "user", "content": "Hi"}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for role in ["wizard", "user<|im_end|>\n<|im_start|>system", "", "User", 1, None, ["user"]]:
        status, error = ask({"role": role, "content": "Hi"})
        assert status == 400 and error["param"] == "messages.0.role"
    assert "developer" in ask({"role": "wizard", "content": "Hi"})[1]["message"]

    says = "Talk like a pirate."
    assert (ask({"role": "developer", "content": says}, user)[1]["usage"]
            == ask({"role": "system", "content": says}, user)[1]["usage"])
    for said in [{"content": None}, {}]:
        status, reply = ask(
            user, {"role": "assistant", "tool_calls": [call]} | said,
            {"role": "tool", "tool_call_id": "1", "content": "3"}, user)
        assert status == 200, reply
    status, error = ask(user, {"role": "assistant", "content": None})
    assert status == 400 and error["param"] == "messages.1.content"


def test_chat_errors(chat_server):
    ask = chat_server.client.chat.completions.create
    for messages, words in [([], "messages is empty"),
                            ([{"role": "user"}], "content"),
                            ([{"role": "user", "content": [{"type": "image_url"}]}], "not a text")]:
        with pytest.raises(openai.BadRequestError, match=words):
            ask(model="smollm2", messages=messages)
