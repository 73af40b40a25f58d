"""A tiny language model that tells stories, made from nothing but a grammar and a seed.

It has the size and the file format of stories260K (llama2.c), so that the tests can convert, tune
and compare a trained model in a clone that has no test data.
"""

import fcntl
import hashlib
import io
import random
import struct
from pathlib import Path

from plumbline_testing.programs import ROOT

NAMES = {"She": ["Lily", "Mia", "Sue", "Anna", "Lucy"], "He": ["Tom", "Ben", "Max", "Tim", "Sam"]}
DOINGS = [
    "went to the park", "found a red ball", "wanted to bake a cake", "saw a big dog",
    "lost a toy", "played in the rain", "met a new friend", "climbed a tree",
    "heard a loud noise", "had a small boat", "was very sad", "liked to sing",
]
STARTS = ["One day, {} {}.", "{} {}.", "Once upon a time, {} {}."]
THINGS = ["ball", "dog", "cat", "tree", "boat", "bird", "car", "book", "hat", "box"]
QUALITIES = ["big", "small", "red", "blue", "happy", "sad", "nice", "shiny", "old", "soft"]
VOCABULARY = 512
SIZES = {"hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5,
         "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 512}
STEPS, ROWS, LENGTH = 250, 16, 64


def openings():
    """Returns all beginnings of stories, in a fixed order."""
    names = [name for pair in zip(*NAMES.values()) for name in pair]
    return [start.format(name, doing) for start in STARTS for name in names for doing in DOINGS]


def story(source):
    """Returns one story of a few sentences, drawn from the grammar."""
    pronoun = source.choice(["She", "He"])
    name = source.choice(NAMES[pronoun])
    own = {"She": "her", "He": "his"}[pronoun]
    friend = source.choice(NAMES[source.choice(["She", "He"])])

    def sentence():
        thing, quality = source.choice(THINGS), source.choice(QUALITIES)
        return source.choice([
            f"{pronoun} {source.choice(DOINGS)}.",
            f"{pronoun} was very {quality}.",
            f"{pronoun} saw a {quality} {thing}.",
            f"The {thing} was very {quality}.",
            f"{name} liked the {quality} {thing}.",
            f"Then {friend} came to play with the {thing}.",
            f"{friend} said, \"What a {quality} {thing}!\"",
            f"{own.capitalize()} mom said, \"Look at the {thing}, {name}!\"",
            f"{name} and {friend} played with the {thing} and had fun.",
            f"They were happy and went home.",
        ])

    first = source.choice(STARTS).format(name, source.choice(DOINGS))
    return " ".join([first, *(sentence() for _ in range(source.randrange(3, 8)))])


def stories_text(characters, seed=1):
    """Returns exactly that many characters of stories, one story per line."""
    source, text = random.Random(seed), io.StringIO()
    while text.tell() < characters:
        text.write(story(source) + "\n")
    return text.getvalue()[:characters]


def storyteller():
    """Returns the folder with `stories.bin` and `tokenizer.bin`; the first call trains the model.

    The files are kept in `.build/test-models` under the hash of this source, so that they are
    trained once, and again only when the recipe changes.
    """
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    folder = ROOT / ".build/test-models" / recipe
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "stories.bin").exists():
            pieces = train_tokenizer(folder / "tokenizer.bin")
            write_llama2c(train_model(pieces), folder / ".part")
            (folder / ".part").rename(folder / "stories.bin")
    return folder


def train_tokenizer(path):
    """Trains a SentencePiece BPE with bytes as fallback and writes it as llama2.c does."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(stories_text(200_000, seed=2).splitlines()), model_writer=model,
        model_type="bpe", vocab_size=VOCABULARY, byte_fallback=True, character_coverage=1.0,
        hard_vocab_limit=True, num_threads=1, minloglevel=2, bos_id=1, eos_id=2, pad_id=-1,
        normalization_rule_name="identity", remove_extra_whitespaces=False)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    spelled = [
        {1: "\n<s>\n", 2: "\n</s>\n"}.get(i, pieces.id_to_piece(i)).replace("▁", " ").encode()
        for i in range(VOCABULARY)]
    with path.open("wb") as file:
        file.write(struct.pack("<I", max(map(len, spelled))))
        for i, text in enumerate(spelled):
            file.write(struct.pack("<fi", pieces.get_score(i), len(text)) + text)
    return pieces


def train_model(pieces):
    """Trains a small Llama on stories, each between its begin and end tokens."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(
        **SIZES, vocab_size=VOCABULARY, rms_norm_eps=1e-5, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2))
    ids = torch.tensor([
        token for text in stories_text(600_000, seed=3).splitlines()
        for token in [1, *pieces.encode(text), 2]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    for _ in range(STEPS):
        starts = torch.randint(len(ids) - LENGTH, (ROWS,))
        batch = torch.stack([ids[start : start + LENGTH] for start in starts])
        model(batch, labels=batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return model.eval()


def write_llama2c(model, path):
    """Writes a Llama in the legacy float32 format of llama2.c."""
    import torch

    config, weights = model.config, model.state_dict()
    width = config.hidden_size // config.num_attention_heads

    def interleaved(weight):
        """From halves of the rotary pairs, as Transformers has them, to neighbours."""
        return weight.view(-1, 2, width // 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)

    def of_layers(name, change=lambda weight: weight):
        return [change(weights[f"model.layers.{layer}.{name}.weight"])
                for layer in range(config.num_hidden_layers)]

    angles = torch.outer(
        torch.arange(config.max_position_embeddings).float(),
        1 / 10000 ** (torch.arange(0, width, 2).float() / width))
    tensors = [
        weights["model.embed_tokens.weight"], *of_layers("input_layernorm"),
        *of_layers("self_attn.q_proj", interleaved), *of_layers("self_attn.k_proj", interleaved),
        *of_layers("self_attn.v_proj"), *of_layers("self_attn.o_proj"),
        *of_layers("post_attention_layernorm"), *of_layers("mlp.gate_proj"),
        *of_layers("mlp.down_proj"), *of_layers("mlp.up_proj"), weights["model.norm.weight"],
        angles.cos(), angles.sin()]
    header = [
        config.hidden_size, config.intermediate_size, config.num_hidden_layers,
        config.num_attention_heads, config.num_key_value_heads, config.vocab_size,
        config.max_position_embeddings]
    with Path(path).open("wb") as file:
        file.write(struct.pack("<7i", *header))
        for tensor in tensors:
            file.write(tensor.detach().float().contiguous().numpy().tobytes())
