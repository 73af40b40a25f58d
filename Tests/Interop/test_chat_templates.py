"""Conversations, judged by apply_chat_template on the templates that checkpoints carry."""

import copy
import importlib.metadata
import json
import os
import shutil
from pathlib import Path

import jinja2
import pytest
from plumbline_testing.jinja_templates import VARIABLES, Templates
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

TURN = "<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
TEMPLATES = {
    "llama3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '"
        + TURN + "+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
        "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
        "{% if add_generation_prompt %}"
        "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"),
    "llama2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
        "{% set system_message = messages[0]['content'] %}{% else %}"
        "{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
        "{% for message in loop_messages %}{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' "
        "+ message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}"
        "{% if message['role'] == 'user' %}"
        "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}"
        "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"),
    "zephyr": "".join([
        "{% for message in messages %}\n"
        "{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
        "{% elif message['role'] == 'system' %}\n"
        "{{ '<|system|>\\n' + message['content'] + eos_token }}\n"
        "{% elif message['role'] == 'assistant' %}\n"
        "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
        "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n"
        "{% endfor %}"]),
    "gemma": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
        "{% set first_user_prefix = messages[0]['content'] + '\\n\\n' %}"
        "{% set loop_messages = messages[1:] %}{% else %}{% set first_user_prefix = '' %}"
        "{% set loop_messages = messages %}{% endif %}{% for message in loop_messages %}"
        "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
        "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + "
        "(first_user_prefix if loop.first else '') }}{{ message['content'] | trim }}"
        "{{ '<end_of_turn>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"),
    "mistral": (
        "{{ bos_token }}{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Roles must alternate') }}{% endif %}"
        "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}"
        "{% endif %}{% endfor %}"),
}  # fmt: skip
TEMPLATES["mistral-spaced"] = TEMPLATES["mistral"].replace(
    "{{ message['content'] + eos_token }}", "{{ ' ' + message['content'] + eos_token }}")
TEMPLATES["mistral-trailing"] = TEMPLATES["mistral"].replace(
    "+ eos_token }}", "+ eos_token + ' ' }}")
SPECIAL = ["<s>", "</s>", "<bos>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>",
           "<|end_header_id|>", "<start_of_turn>", "<end_of_turn>"]  # fmt: skip
CONVERSATIONS = [
    [("user", "Hello!")],
    [("system", "Be brief."), ("user", "Hello!")],
    [("user", "1+1?"), ("assistant", "2"), ("user", "And 2+2?")],
    [("user", " a "), ("assistant", "spaced answer \n")],
    [("user", "日本語 🎉\n\n"), ("assistant", "はい"), ("user", "  x")],
    [("system", "S\n"), ("user", "a"), ("assistant", "bear"), ("user", "c"), ("assistant", "deer")],
]


@pytest.mark.parametrize("name", TEMPLATES)
def test_conversations_equal_apply_chat_template(name, engine, smollm2, tmp_path):
    source = Tokenizer.from_file(str(smollm2 / "tokenizer.json"))
    source.add_special_tokens(SPECIAL)
    begin = {"llama3": "<|begin_of_text|>", "gemma": "<bos>"}.get(name, "<s>")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=source, bos_token=begin, eos_token="</s>",
        chat_template=TEMPLATES[name])
    tokenizer.save_pretrained(tmp_path / "model")
    rows, expected = [], []
    for turns in CONVERSATIONS:
        if name.startswith("mistral") and turns[0][0] == "system":
            continue
        messages = [{"role": role, "content": content} for role, content in turns]
        rows.append({"messages": messages})
        opens = messages[-1]["role"] != "assistant"
        text = tokenizer.apply_chat_template(
            messages, add_generation_prompt=opens, tokenize=False)
        expected.append(pieces(tokenizer, text, messages))

    found = engine.lines(tmp_path, rows, "tokenize", "--model", tmp_path / "model")

    assert [tokenizer.decode(ids) for ids in found] == [
        tokenizer.decode(sum(parts, [])) for parts in expected]
    assert found == [sum(parts, []) for parts in expected]


def pieces(tokenizer, text, messages):
    """Ids of the text with each answer tokenized apart, as it is when it is sampled."""
    parts = []
    for message in messages:
        if message["role"] != "assistant":
            continue
        content = message["content"]
        start = text.find(content)
        if start < 0:
            content = content.strip()
            start = text.index(content)
        # What the template itself puts around an answer belongs to it.
        while text[start - 1] == " " and text[: start - 1].endswith("[/INST]"):
            start -= 1
        ends = [text.find(end, start + len(content))
                for end in ("</s>", "<|eot_id|>", "<end_of_turn>")]
        end = min(place for place in ends if place >= 0)
        end = text.index(">", end) + 1
        if text[end : end + 5] == " [INS" or text[end:] == " ":
            end += 1
        parts += [text[:start], text[start:end]]
        text = text[end:]
    return [tokenizer(part, add_special_tokens=False)["input_ids"] for part in parts + [text]]


def test_a_template_that_cannot_be_read_is_refused_with_its_place(engine, smollm2, tmp_path):
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(smollm2 / "tokenizer.json"),
        chat_template=TEMPLATES["llama3"] + "\n{% if %}")
    tokenizer.save_pretrained(tmp_path / "model")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}]}) + "\n")

    refused = engine.run(
        "tokenize", "--model", tmp_path / "model", "--input", source, check=False)
    named = engine.run(
        "tokenize", "--model", tmp_path / "model", "--input", source, "--chat-template", "llama3")

    assert refused.returncode == 65
    assert "line 2, column 7: Expected an expression" in refused.stderr
    assert "chatml, llama2, llama3, zephyr, gemma, mistral, plain" in refused.stderr
    assert named.stdout.startswith("[")


def test_the_template_that_refuses_a_conversation_speaks_for_itself(engine, smollm2, tmp_path):
    template = tmp_path / "strict.jinja"
    template.write_text("{{ raise_exception('Conversation roles must alternate!') }}")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}]}) + "\n")

    refused = engine.run("sample", "--model", smollm2, "--input", source, "--max-new-tokens", "1",
                         "--chat-template", template, check=False)

    assert refused.returncode == 65
    assert "Conversation roles must alternate!" in refused.stderr


# MARK: - Templates of others, judged by Transformers' own rendering

USER = {"role": "user", "content": "Hello!"}
ANSWER = {"role": "assistant", "content": "Hi there."}
SYSTEM = {"role": "system", "content": "  Be brief. "}
TOOL = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather", "parameters": {
        "type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "The city", "enum": ["Bern", "Zürich"]},
            "days": {"type": ["integer", "null"], "default": 3},
            "parts": {"type": "array", "items": {"type": "number"}}}}}}
CALL = {"role": "assistant", "content": "", "tool_calls": [{
    "id": "abcdefghi", "type": "function", "function": {
        "name": "get_weather", "arguments": {"city": "Zürich", "days": 2, "f": 1.5, "b": True}}}]}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "abcdefghi", "content": "12 °C"}
CASES = [
    [USER], [SYSTEM, USER], [USER, ANSWER, {"role": "user", "content": "And <2> & 'x'?"}],
    [SYSTEM, USER, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nanswer \n"}],
    [USER, USER], [ANSWER, USER], [], [USER, CALL, RESULT, ANSWER], [SYSTEM, USER, CALL, RESULT],
    [USER, {"role": "assistant", "content": "4", "reasoning_content": "2+2\n"}, USER,
     {"role": "assistant", "content": "yes", "reasoning_content": "sure"}],
    [{"role": "user", "content": "日本語 🎉 e\u0301\n\n<|im_end|>"},
     {"role": "assistant", "content": "  はい "}, {"role": "user", "content": " \t x\u00a0"}],
    [USER, {"role": "assistant", "content": None}], [{"role": "user", "content": ""}],
    [{"role": "user", "content": [{"type": "text", "text": "What"}, {"type": "image"}]}, ANSWER],
]  # fmt: skip
EXTRAS = [{}, {"tools": [TOOL]}, {"chat_template_kwargs": {"enable_thinking": False}}]


def installed_templates():
    """The templates inside installed packages, by package and name."""
    found = {}
    for package in ("trl", "axolotl", "oumi"):
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.suffix == ".jinja":
                text = Path(file.locate()).read_bytes().decode()
                found[f"{package}/{file.stem}"] = text
    return found


INSTALLED = installed_templates()


def expected(template, row):
    """What Transformers renders, or the text of its error."""
    messages = [{key: value for key, value in message.items() if value is not None}
                for message in row["messages"]]
    # No tokenizer: each character is a token, so that a mask is a range of characters.
    try:
        texts, marks = chat_template_utils.render_jinja_template(
            [messages], tools=row.get("tools"), documents=row.get("documents"),
            chat_template=template, return_assistant_tokens_mask=True,
            add_generation_prompt=row["add_generation_prompt"],
            **row.get("chat_template_kwargs", {}))
    except jinja2.TemplateSyntaxError as error:
        return {"error": error.message}
    except Exception as error:
        return {"error": str(error)}
    return {"text": texts[0], "answers": [list(mark) for mark in marks[0]]}


def agrees(found, wanted):
    if "error" not in wanted:
        return found == wanted
    return wanted["error"] in found.get("error", "")


def test_the_templates_of_trl_are_among_those_compared():
    assert "trl/qwen3" in INSTALLED


@pytest.mark.parametrize("name", INSTALLED)
def test_templates_of_others_render_as_in_transformers(name, engine, smollm2, tmp_path):
    rows = [
        {"messages": case, "add_generation_prompt": opens, **extra,
         "chat_template": INSTALLED[name]}
        for case in CASES for opens in (False, True) for extra in EXTRAS
    ]  # fmt: skip
    wanted = [expected(INSTALLED[name], row) for row in rows]

    found = engine.lines(
        tmp_path, rows, "tokenize", "--model", without_special_tokens(smollm2, tmp_path),
        "--render")

    for row, mine, theirs in zip(rows, found, wanted, strict=True):
        assert agrees(mine, theirs), (row["messages"], row["add_generation_prompt"], mine, theirs)


def without_special_tokens(model, tmp_path):
    """A copy of a model's tokenizer that names no special tokens, as the judge gets none."""
    folder = tmp_path / "bare"
    folder.mkdir()
    shutil.copy(model / "tokenizer.json", folder)
    return folder


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_random_templates_render_as_in_transformers(engine, smollm2, tmp_path):
    count = int(os.environ.get("PLUMBLINE_JINJA_TEMPLATES", "400"))
    templates = [Templates(seed).template() for seed in range(count)]
    variables = {key: value for key, value in VARIABLES.items() if key != "messages"}
    rows = [
        {"messages": VARIABLES["messages"], "add_generation_prompt": False,
         "chat_template_kwargs": variables, "chat_template": template}
        for template in templates
    ]  # fmt: skip

    found = engine.lines(
        tmp_path, rows, "tokenize", "--model", without_special_tokens(smollm2, tmp_path),
        "--render")

    other_text = 0
    for seed, (row, mine) in enumerate(zip(rows, found, strict=True)):
        theirs = expected(row["chat_template"], copy.deepcopy(row))
        if agrees(mine, theirs) or is_known_difference(mine, theirs):
            continue
        # An error that Python finds first in another part of the template has another text.
        assert "error" in mine and "error" in theirs, (seed, row["chat_template"], mine, theirs)
        other_text += 1
    assert other_text <= 0.01 * count + 2


def is_known_difference(mine, theirs):
    """Values without an address, slices that Jinja computes while it compiles, keys that it hashes
    then, and limits."""
    addresses = (" at 0x", "AT 0X", "generator object")
    if any(part in json.dumps(theirs) for part in addresses):
        return True
    while_compiling = ("object is not subscriptable", "'slice'", "unhashable", "filter of a filter block")
    if any(part in one.get("error", "") for part in while_compiling for one in (mine, theirs)):
        return True
    limits = ("is not supported", "More than", "has more than")
    return any(part in mine.get("error", "") for part in limits)
