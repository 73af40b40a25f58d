"""Tokenizers of every kind, judged by the tokenizers library and by tiktoken."""

import base64
import io
import json
import os
import random
import unicodedata

import pytest
from texts import offset_differences, random_texts
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoTokenizer

# Strings of each tokenizer; PLUMBLINE_FUZZ=100000 is a thorough run.
FUZZ = int(os.environ.get("PLUMBLINE_FUZZ", 20_000))


def trained(data, tokenizer, trainer):
    """Learns from prose in two scripts, so that there are pieces of both."""
    prose = (data / "tinyshakespeare/input.txt").read_text()[:200_000]
    other = (data / "utf8_stress/UTF-8-test.txt").read_bytes().decode("utf-8", "replace")
    tokenizer.train_from_iterator(prose.splitlines() + other.splitlines(), trainer)
    return tokenizer


def bert(data):
    """The vocabulary of bert-base-uncased."""
    vocabulary = data / "tokenizer_tests/bert-vocab.txt"
    words = vocabulary.read_text().splitlines()
    model = models.WordPiece({word: place for place, word in enumerate(words)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


def cased_word_pieces(data):
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>", max_input_chars_per_word=12))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Strip(), normalizers.NFD(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="@@", cleanup=False)
    return trained(data, tokenizer, trainers.WordPieceTrainer(
        vocab_size=700, special_tokens=["<unk>", "<s>"], continuing_subword_prefix="@@"))


def unigram(data):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    return trained(data, tokenizer, trainers.UnigramTrainer(
        vocab_size=900, special_tokens=["<unk>", "</s>", "<extra>"], unk_token="<unk>"))


def unigram_with_bytes(data):
    source = json.loads(unigram(data).to_str())
    pieces = source["model"]["vocab"]
    pieces += [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
    source["model"]["byte_fallback"] = True
    source["normalizer"] = None
    source["decoder"] = {"type": "Sequence", "decoders": [
        {"type": "ByteFallback"},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}]}
    return Tokenizer.from_str(json.dumps(source))


def unigram_of_sentencepiece(data):
    """As T5 and XLM-R: with the character map that SentencePiece compiles into its models."""
    sentencepiece = pytest.importorskip("sentencepiece")
    model = io.BytesIO()
    prose = (data / "tinyshakespeare/input.txt").read_text()[:100_000]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(prose.splitlines()), model_writer=model, vocab_size=400,
        model_type="unigram", normalization_rule_name="nmt_nfkc_cf", minloglevel=2)
    normalizer_spec = protobuf_field(model.getvalue(), 3)
    source = json.loads(unigram(data).to_str())
    source["normalizer"] = {"type": "Sequence", "normalizers": [
        {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(
            protobuf_field(normalizer_spec, 2)).decode()},
        {"type": "Strip", "strip_left": False, "strip_right": True}]}
    return Tokenizer.from_str(json.dumps(source))


def protobuf_field(message, wanted):
    """The bytes of a length-delimited field."""
    place = 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key = number()
        kind = key & 7
        if kind == 0:
            number()
        elif kind == 2:
            size = number()
            if key >> 3 == wanted:
                return message[place : place + size]
            place += size
        else:
            place += 8 if kind == 1 else 4
    raise AssertionError(f"no field {wanted}")


def bytes_as_in_llama_3(data):
    """ignore_merges with words that no merge makes."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer = trained(data, tokenizer, trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|begin|>", "<|end|>"]))
    source = json.loads(tokenizer.to_str())
    source["model"]["vocab"] |= {"Ġspeaketh": 900, "Yea": 901, "ðŁĺĢ": 902}
    tokenizer = Tokenizer.from_str(json.dumps(source))
    tokenizer.add_tokens([
        AddedToken("King", single_word=True), AddedToken("<tool>", lstrip=True, rstrip=True)])
    return tokenizer


def bytes_as_fallback(data):
    """Characters with byte fallback, as Llama 2 and Gemma."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return trained(data, tokenizer, trainers.BpeTrainer(
        vocab_size=900, limit_alphabet=60,
        special_tokens=["<unk>", "<s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))


def bytes_as_in_roberta(data):
    """A space is put before the text, and offsets leave white space out."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer = trained(data, tokenizer, trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "</s>", "<mask>"]))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return tokenizer


def bytes_by_normalizer(data):
    """The bytes are spelled out before the text is cut."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.Split("Ġ", "merged_with_next")
    tokenizer.decoder = decoders.ByteLevel()
    return trained(data, tokenizer, trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def marked_word_ends(data):
    """As the first GPT and CLIP: symbols at the end of a word have a suffix."""
    tokenizer = Tokenizer(models.BPE(
        unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="~"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"),
        pre_tokenizers.CharDelimiterSplit("q"), pre_tokenizers.Digits(True)])
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    return trained(data, tokenizer, trainers.BpeTrainer(
        vocab_size=800, special_tokens=["<unk>"], end_of_word_suffix="</w>",
        continuing_subword_prefix="~"))


def whole_words(data):
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return trained(data, tokenizer, trainers.WordLevelTrainer(
        vocab_size=1000, special_tokens=["<unk>"]))


KINDS = [
    bert, cased_word_pieces, unigram, unigram_with_bytes, unigram_of_sentencepiece,
    bytes_as_in_llama_3, bytes_as_in_roberta, bytes_by_normalizer, bytes_as_fallback, marked_word_ends, whole_words,
]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def judge(request, data, tmp_path_factory):
    tokenizer = request.param(data)
    folder = tmp_path_factory.mktemp(request.param.__name__)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer, folder


# Marks that decompose into two behind one that settles after both; a Hangul syllable and the consonant
# that closes it; marks that are composed over others.
NORMALISED = [
    "a\u0301\u0f73b", "x\u20d0\u0301\u0f73\u0f76y", "\u1fee\u0f7cz", "\ud558\u11a8",
    "x\u1112\u1161\u11a8y", "\u1112\u1161", "\xe9\u0323\u0301", "\u014c\u0301", "e\u0323\u0301",
]


def test_ids_equal_those_of_the_library(judge, engine, data, tmp_path):
    tokenizer, folder = judge
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    texts = random_texts(data, FUZZ, seed=5, special=special[:40] + ["King", " King's"])

    found = engine.lines(tmp_path, texts, "tokenize", "--model", folder)

    differences = [
        (text, ids.tokens, [tokenizer.id_to_token(place) for place in ours])
        for text, ids, ours in zip(texts, tokenizer.encode_batch(texts), found)
        if ids.ids != ours
    ]
    assert len(differences) == 0, differences[:3]


def test_offsets_equal_those_of_the_library(judge, engine, data, tmp_path):
    tokenizer, folder = judge
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    texts = random_texts(data, FUZZ // 4, seed=8, special=special[:40] + ["King", " King's"])
    texts += NORMALISED
    # Where SentencePiece's map leaves out the first character, the library's offsets are one short.
    if '"Precompiled"' in tokenizer.to_str():
        texts = [text for text in texts if not any(unicodedata.category(c) == "Cc" for c in text)]

    found = engine.lines(tmp_path, texts, "tokenize", "--offsets", "--model", folder)

    differences = offset_differences(tokenizer, texts, found)
    assert len(differences) == 0, differences[:3]


def test_texts_equal_those_of_the_library(judge, engine, tmp_path):
    tokenizer, folder = judge
    source = random.Random(3)
    size = tokenizer.get_vocab_size()
    rows = [[source.randrange(size) for _ in range(source.randrange(30))] for _ in range(3000)]

    found = engine.lines(tmp_path, rows, "tokenize", "--decode", "--model", folder)

    assert found == [tokenizer.decode(row, skip_special_tokens=False) for row in rows]


def test_the_vocabulary_files_of_gpt2_and_bert_are_read(engine, data, tmp_path):
    gpt2, uncased = tmp_path / "gpt2", tmp_path / "bert"
    for folder in (gpt2, uncased):
        folder.mkdir()
    for name in ("encoder.json", "vocab.bpe"):
        (gpt2 / name).write_bytes((data / "gpt2_tokenizer" / name).read_bytes())
    vocabulary = (data / "tokenizer_tests/bert-vocab.txt").read_bytes()
    (uncased / "vocab.txt").write_bytes(vocabulary)
    byte_level = Tokenizer(models.BPE.from_file(
        str(gpt2 / "encoder.json"), str(gpt2 / "vocab.bpe")))
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.add_special_tokens(["<|endoftext|>"])
    texts = random_texts(data, 3000, seed=6, special=["<|endoftext|>", "[MASK]"])

    for folder, judge in [(gpt2, byte_level), (uncased, bert(data))]:
        found = engine.lines(tmp_path, texts, "tokenize", "--model", folder)
        assert found == [ids.ids for ids in judge.encode_batch(texts)]


def test_rank_files_of_tiktoken_are_read(engine, data, tmp_path):
    tiktoken = pytest.importorskip("tiktoken")
    encoder = json.loads((data / "gpt2_tokenizer/encoder.json").read_text())
    letters = {place: byte for byte, place in bytes_to_unicode().items()}
    ranks = {
        bytes(letters[letter] for letter in token): place
        for token, place in encoder.items() if place < 50256
    }
    lines = [f"{base64.b64encode(token).decode()} {rank}" for token, rank in ranks.items()]
    (tmp_path / "r50k_base.tiktoken").write_text("\n".join(lines) + "\n")
    pattern = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
    judge = tiktoken.Encoding(
        "r50k_base", pat_str=pattern, mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": 50256})
    texts = random_texts(data, 3000, seed=7, special=["<|endoftext|>"])

    found = engine.lines(tmp_path, texts, "tokenize", "--model", tmp_path)

    assert found == judge.encode_batch(texts, allowed_special="all")


def bytes_to_unicode():
    """GPT-2's stand-ins of bytes, by way of the library."""
    alphabet = Tokenizer(models.BPE())
    alphabet.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = [letter for letter in letters if ord(letter) < 256]
    others = iter(letter for letter in letters if ord(letter) >= 256)
    return {
        byte: chr(byte) if chr(byte) in plain else next(others) for byte in range(256)
    }


def test_a_trained_tokenizer_has_the_merges_of_the_library(engine, data, tmp_path):
    prose = tmp_path / "prose.txt"
    prose.write_text((data / "tinyshakespeare/input.txt").read_text()[:300_000])
    engine.run(
        "train-tokenizer", "--input", prose, "--output", tmp_path / "ours", "--vocabulary", 1000,
        "--special", "<|endoftext|>", "--special", "<|pad|>", "--minimum-frequency", 0,
        "--quiet")
    judge = Tokenizer(models.BPE())
    judge.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    judge.train_from_iterator([prose.read_text()], trainers.BpeTrainer(
        vocab_size=1000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>", "<|pad|>"], show_progress=False))

    ours = Tokenizer.from_file(str(tmp_path / "ours/tokenizer.json"))

    model = json.loads(ours.to_str())["model"]
    assert model["merges"] == json.loads(judge.to_str())["model"]["merges"]
    assert ours.get_vocab() == judge.get_vocab()
    loaded = AutoTokenizer.from_pretrained(tmp_path / "ours")
    assert loaded.decode(loaded("Yea, my lord! 日本語")["input_ids"]) == "Yea, my lord! 日本語"
