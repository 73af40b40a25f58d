"""What the engine says of itself."""

import re


def test_help_lists_every_command(engine):
    text = engine.run("--help").stdout

    assert text.startswith("OVERVIEW: ")
    for command in ["convert", "tokenize", "train-tokenizer", "sample", "logprobs", "score",
                    "inspect", "selfcheck", "serve", "sft", "reward", "ppo"]:  # fmt: skip
        assert re.search(rf"^  {command} ", text, re.M), command
        assert engine.run(command, "--help").stdout.startswith("OVERVIEW: ")


def test_usage_errors_say_what_is_wrong(engine):
    for arguments, words in [(["inspect"], "--model"), (["nothing"], "nothing"),
                             (["sample", "--batch", "x"], "--batch")]:
        result = engine.run(*arguments, check=False)
        assert result.returncode == 64 and words in result.stderr and "Usage" in result.stderr
