"""Conversations, judged by apply_chat_template on the templates that checkpoints carry."""

import json

import pytest
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

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


def test_a_template_that_is_not_known_is_refused_with_the_names(engine, smollm2, tmp_path):
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(smollm2 / "tokenizer.json"),
        chat_template=TEMPLATES["llama3"] + "{{ strftime_now('%d') }}")
    tokenizer.save_pretrained(tmp_path / "model")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}]}) + "\n")

    refused = engine.run(
        "tokenize", "--model", tmp_path / "model", "--input", source, check=False)
    named = engine.run(
        "tokenize", "--model", tmp_path / "model", "--input", source, "--chat-template", "llama3")

    assert refused.returncode == 65
    assert "chatml, llama2, llama3, zephyr, gemma, mistral, plain" in refused.stderr
    assert named.stdout.startswith("[")
