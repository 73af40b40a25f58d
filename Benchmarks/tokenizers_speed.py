"""Megabytes a second of `plumbline-engine tokenize` and of the tokenizers wheel, one thread each.

Ten megabytes of prose, in pieces of about 2,000 characters. Counted is the time in the tokenizer,
without JSON; the ids must be the same.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / ".build/release/plumbline-engine"


def pieces(data):
    text = (data / "tinyshakespeare/input.txt").read_text()
    text += (data / "tinystories/tinystories_sample.txt").read_text()
    text = (text * (1 + 10_000_000 // len(text)))[:10_000_000]
    return [text[start : start + 2000] for start in range(0, len(text), 2000)]


def main():
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=[ROOT / ".build/benchmarks/smollm2-bf16"])
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    texts = pieces(arguments.data.resolve())
    size = sum(len(text.encode()) for text in texts) / 1e6
    for model in arguments.models:
        judge = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
            source.write_text("".join(json.dumps(text) + "\n" for text in texts))
            for _ in range(arguments.runs):
                result = subprocess.run(
                    [ENGINE, "tokenize", "--model", model, "--input", source, "--output", output,
                     "--json"], check=True, capture_output=True, text=True)
                ours.append(json.loads(result.stdout.splitlines()[-1])["tokenizerSeconds"])
                start = time.perf_counter()
                expected = [judge.encode(text).ids for text in texts]
                theirs.append(time.perf_counter() - start)
            found = [json.loads(line) for line in output.read_text().splitlines()]
        assert found == expected, "the ids differ"
        ratio = statistics.median(b / a for a, b in zip(ours, theirs))
        print(f"{Path(model).name}: plumbline {size / statistics.median(ours):.1f} MB/s, tokenizers "
              f"{size / statistics.median(theirs):.1f} MB/s, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
