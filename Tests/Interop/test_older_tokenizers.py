"""Folders without tokenizer.json: SentencePiece, tiktoken, Qwen's and GPT-2's files. The judges are
the programs that the files come from, and the classes of Transformers."""

import base64
import io
import json
import random
import unicodedata

import pytest
import sentencepiece
import tiktoken
from plumbline_testing.texts import SOME, random_texts, repository_corpus
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, GemmaTokenizer, GPT2Tokenizer, LlamaTokenizer, Qwen2Tokenizer, T5Tokenizer



def sentencepiece_model(folder, name="tokenizer.model", **options):
    """Trains a model on prose and a little of many scripts."""
    model = io.BytesIO()
    texts = repository_corpus()
    lines = texts.prose[:100_000].splitlines() + texts.stress[:250].splitlines()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, minloglevel=2,
        **{"vocab_size": 800, "hard_vocab_limit": False, "character_coverage": 0.998} | options)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def plain_texts(corpus, seed, count=SOME):
    """SentencePiece has no token for what spells a control piece, and marks spaces with ▁ itself."""
    texts = random_texts(corpus, count, seed=seed, special=["ZZ", "<0x41>"])
    return [text for text in texts if "▁" not in text]


def assert_same(texts, ours, theirs):
    differences = [row for row in zip(texts, ours, theirs, strict=True) if row[1] != row[2]]
    assert len(differences) == 0, (len(differences), differences[:3])


LLAMA = {
    "model_type": "bpe", "byte_fallback": True, "split_digits": True,
    "normalization_rule_name": "identity", "remove_extra_whitespaces": False,
    "allow_whitespace_only_pieces": True,
}  # fmt: skip
MODELS = {
    "llama": LLAMA,
    "without a first space": LLAMA | {"add_dummy_prefix": False},
    "user-defined": LLAMA | {"user_defined_symbols": ["ZZ", "<tool>", "ZZZ", "(x.y)"]},
    "without bytes": LLAMA | {"byte_fallback": False},
    "extra spaces removed": LLAMA | {"remove_extra_whitespaces": True},
    "unigram": LLAMA | {"model_type": "unigram"},
    "unigram without bytes": LLAMA | {"model_type": "unigram", "byte_fallback": False},
    "user-defined unigram": LLAMA | {"model_type": "unigram", "user_defined_symbols": ["ZZ", "<tool>"]},
    "characters": LLAMA | {"model_type": "char", "vocab_size": 300},
}  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def piece_model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    return request.param, sentencepiece_model(folder, **MODELS[request.param]), folder


def test_ids_equal_those_of_sentencepiece(piece_model, engine, corpus, tmp_path):
    name, judge, folder = piece_model
    # Bytes that the text spells out are matched as pieces in tokenizer.json.
    texts = [text for text in plain_texts(corpus, 5) if "<0x" not in text]

    found = engine.lines(tmp_path, texts, "tokenize", "--model", folder)

    assert_same(texts, *(
        [in_any_order(ids) if "unigram" in name else ids for ids in rows]
        for rows in (found, judge.encode(texts))))


def in_any_order(ids):
    """Two segmentations into the same pieces are equally likely. SentencePiece adds scores in single
    precision, so that chance decides between them."""
    return sorted(ids)


def test_texts_equal_those_of_sentencepiece(piece_model, engine, corpus, tmp_path):
    _, judge, folder = piece_model
    texts = plain_texts(corpus, 6, SOME // 2)
    rows = [ids for ids in judge.encode(texts) if judge.unk_id() not in ids]

    found = engine.lines(tmp_path, rows, "tokenize", "--decode", "--model", folder)

    assert_same(rows, found, [judge.decode(ids) for ids in rows])


def test_character_maps_are_applied_as_by_the_tokenizers_library(engine, corpus, tmp_path):
    """NFKC of SentencePiece. Where a map composes several characters, the two programs differ."""
    judge = sentencepiece_model(
        tmp_path / "m", model_type="unigram", normalization_rule_name="nmt_nfkc_cf")
    texts = [
        text for text in plain_texts(corpus, 7)
        if unicodedata.is_normalized("NFC", text) and "<0x" not in text and "\r" not in text]

    found = engine.lines(tmp_path, texts, "tokenize", "--model", tmp_path / "m")

    different = [text for text, ours, ids in zip(texts, found, judge.encode(texts)) if ours != ids]
    assert len(different) <= len(texts) // 100, different[:3]


# MARK: - Classes of Transformers

CLASSES = {
    "llama": (LlamaTokenizer, LLAMA, {"legacy": False}),
    "legacy llama": (LlamaTokenizer, LLAMA, {"legacy": True}),
    "llama without a first space": (LlamaTokenizer, LLAMA, {"add_prefix_space": False}),
    "llama with symbols": (LlamaTokenizer, LLAMA | {"user_defined_symbols": ["ZZ", "<tool>"]}, {}),
    "gemma": (
        GemmaTokenizer,
        LLAMA | {"add_dummy_prefix": False, "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3,
                 "bos_piece": "<bos>", "eos_piece": "<eos>", "control_symbols": ["<mask>"],
                 "user_defined_symbols": ["<start_of_turn>", "<end_of_turn>", "\n\n"]}, {}),
    "t5": (T5Tokenizer, {
        "model_type": "unigram", "pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}, {}),
}  # fmt: skip


@pytest.fixture(scope="module", params=CLASSES)
def class_folder(request, tmp_path_factory):
    kind, options, settings = CLASSES[request.param]
    folder = tmp_path_factory.mktemp("class")
    name = "spiece.model" if kind is T5Tokenizer else "tokenizer.model"
    size = sentencepiece_model(folder, name, **options).get_piece_size()
    added = {"<|im_start|>": size, "<tool_call>": size + 1}
    flags = {"add_bos_token": True, "add_eos_token": False} if kind is not T5Tokenizer else {}
    if kind is not T5Tokenizer:
        settings = settings | {"added_tokens_decoder": {
            # Where a token takes the white space after it, and white space is a token of Gemma, the
            # library uses the same characters twice.
            str(place): {"content": content, "special": content.startswith("<|"), "lstrip": False,
                         "rstrip": content == "<tool_call>" and kind is LlamaTokenizer,
                         "single_word": False, "normalized": False}
            for content, place in added.items()}}
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": kind.__name__} | flags | settings))
    return kind.from_pretrained(folder), folder


def test_ids_equal_those_of_the_class(class_folder, engine, corpus, tmp_path):
    judge, folder = class_folder
    special = ["<|im_start|>", "<tool_call>", "<tool>", "<s>", "<end_of_turn>", "</s>", "<extra_id_7>"]
    texts = random_texts(corpus, SOME, seed=11, special=special + ["ZZ"])

    found = engine.lines(tmp_path, texts, "tokenize", "--model", folder)

    assert_same(texts, found, judge(texts)["input_ids"])


def test_texts_equal_those_of_the_class(class_folder, engine, corpus, tmp_path):
    judge, folder = class_folder
    source = random.Random(3)
    rows = [[source.randrange(len(judge)) for _ in range(source.randrange(30))] for _ in range(1000)]

    found = engine.lines(tmp_path, rows, "tokenize", "--decode", "--model", folder)

    assert_same(rows, found, [judge.decode(row, clean_up_tokenization_spaces=False) for row in rows])


# MARK: - Byte-level vocabularies


def byte_level_files(folder):
    """Writes vocab.json and merges.txt of a small vocabulary trained here."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        [repository_corpus().prose[:100_000]], trainers.BpeTrainer(
            vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    folder.mkdir(exist_ok=True)
    vocabulary = tokenizer.get_vocab()
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges))
    return len(vocabulary)


def added(content, special=True, **others):
    return {"content": content, "special": special, "lstrip": False, "rstrip": False,
            "single_word": False, "normalized": False} | others


PLACES = {
    "added_tokens_decoder": lambda size: {"tokenizer_config.json": {
        "added_tokens_decoder": {
            str(size): added("<|endoftext|>"), str(size + 1): added("<|im_start|>"),
            str(size + 2): added("<tool_call>", special=False, lstrip=True)},
        "additional_special_tokens": ["<|im_start|>"], "eos_token": "<|endoftext|>"}},
    "added_tokens.json": lambda size: {
        "added_tokens.json": {"<|endoftext|>": size, "<|im_start|>": size + 1, "<tool_call>": size + 2},
        "special_tokens_map.json": {
            "eos_token": added("<|endoftext|>"), "additional_special_tokens": ["<|im_start|>"]},
        "tokenizer_config.json": {}},
    "special_tokens_map.json": lambda size: {
        "special_tokens_map.json": {"eos_token": "<|endoftext|>", "pad_token": "<|im_start|>"},
        "tokenizer_config.json": {}},
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [Qwen2Tokenizer, GPT2Tokenizer], ids=lambda kind: kind.__name__)
def test_byte_level_files_are_read_as_by_their_class(kind, place, engine, corpus, tmp_path):
    folder = tmp_path / "model"
    for name, content in PLACES[place](byte_level_files(folder)).items():
        if name == "tokenizer_config.json":
            content |= {"tokenizer_class": kind.__name__}
        (folder / name).write_text(json.dumps(content))
    judge = kind.from_pretrained(folder)
    texts = random_texts(corpus, SOME, seed=12, special=["<|endoftext|>", "<|im_start|>", "<tool_call>"])

    found = engine.lines(tmp_path, texts, "tokenize", "--model", folder)

    assert_same(texts, found, judge(texts)["input_ids"])


def test_an_unknown_class_is_refused(engine, tmp_path):
    byte_level_files(tmp_path / "model")
    (tmp_path / "model/tokenizer_config.json").write_text('{"tokenizer_class": "CohereTokenizer"}')

    failed = engine.run("tokenize", "--model", tmp_path / "model", check=False)

    assert failed.returncode == 65
    assert "how CohereTokenizer splits words is unknown" in failed.stderr
    assert "save_pretrained" in failed.stderr


# MARK: - Rank files


def ranks(count):
    """All single bytes, all pairs, and as many triples as fit, those of words first."""
    source = random.Random(8)
    singles = [bytes([byte]) for byte in range(256)]
    pairs = [bytes([first, second]) for first in range(256) for second in range(256)]
    source.shuffle(pairs)
    prose = repository_corpus().prose[:100_000].encode()
    triples = dict.fromkeys(prose[place : place + 3] for place in range(len(prose) - 2))
    while len(singles) + len(pairs) + len(triples) < count:
        triples[bytes(source.randrange(256) for _ in range(3))] = None
    return {token: rank for rank, token in enumerate([*singles, *pairs, *triples][:count])}


def rank_file(path, found):
    path.parent.mkdir()
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in found.items()))


WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def test_the_rank_file_of_llama_3_is_read(engine, corpus, tmp_path):
    found = ranks(128_000)
    rank_file(tmp_path / "m/tokenizer.model", found)
    named = [
        "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
        "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
        "<|eot_id|>", "<|python_tag|>", "<|image|>"]
    named += [f"<|reserved_special_token_{number}|>" for number in range(2, 246)]
    judge = tiktoken.Encoding(
        "llama", pat_str=WORDS.replace("DIGITS", "{1,3}"), mergeable_ranks=found,
        special_tokens={name: 128_000 + place for place, name in enumerate(named)})
    assert judge.max_token_value == 128_255
    texts = random_texts(corpus, SOME // 2, seed=14, special=["<|eot_id|>", named[-1]])

    ours = engine.lines(tmp_path, texts, "tokenize", "--model", tmp_path / "m")

    assert_same(texts, ours, [[128_000, *ids] for ids in judge.encode_batch(texts, allowed_special="all")])


def test_the_rank_file_of_qwen_composes_characters(engine, corpus, tmp_path):
    found = ranks(151_643)
    rank_file(tmp_path / "m/qwen.tiktoken", found)
    named = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|extra_{number}|>" for number in range(205)]
    judge = tiktoken.Encoding(
        "qwen", pat_str=WORDS.replace("DIGITS", ""), mergeable_ranks=found,
        special_tokens={name: 151_643 + place for place, name in enumerate(named)})
    assert judge.max_token_value == 151_850
    texts = random_texts(corpus, SOME // 2, seed=15, special=["<|im_end|>", named[-1], "e\u0301"])

    ours = engine.lines(tmp_path, texts, "tokenize", "--model", tmp_path / "m")

    composed = [unicodedata.normalize("NFC", text) for text in texts]
    assert_same(texts, ours, judge.encode_batch(composed, allowed_special="all"))


def test_ranks_of_an_unknown_number_are_refused(engine, tmp_path):
    rank_file(tmp_path / "m/tokenizer.model", ranks(1000))

    failed = engine.run("tokenize", "--model", tmp_path / "m", check=False)

    assert failed.returncode == 65
    assert "has 1000 ranks, which matches no known encoding" in failed.stderr
