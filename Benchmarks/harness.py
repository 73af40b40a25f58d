"""lm-evaluation-harness over plumbline-engine serve (local-completions) and over Transformers (hf).

The same weights in fp32, a task of choices and one of perplexity, both defined in local YAML over
local data. Says how far the two are apart, document by document; ends with 1 when they disagree.
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / ".build/release/plumbline-engine"

CHOICES = """
task: local_choices
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: 0
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
"""

PERPLEXITY = """
task: local_perplexity
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{{{text}}}}"
metric_list:
  - metric: word_perplexity
  - metric: byte_perplexity
  - metric: bits_per_byte
"""


def tasks(folder, data, documents):
    questions = []
    with open(data / "truthfulqa_sample/TruthfulQA.first50.csv", newline="") as file:
        for row in csv.DictReader(file):
            wrong = [text.strip() for text in row["Incorrect Answers"].split(";")]
            questions.append({
                "question": row["Question"],
                "choices": [row["Best Answer"], *[text for text in wrong if text][:3]]})
    text = (data / "tinyshakespeare/input.txt").read_text()
    texts = [{"text": text[start : start + 3000]} for start in range(0, 3000 * documents, 3000)]
    for name, rows, yaml in [("choices", questions, CHOICES), ("perplexity", texts, PERPLEXITY)]:
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / f"{name}.yaml").write_text(yaml.format(data=path))


def evaluate(folder, model, arguments):
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    result = simple_evaluate(
        model=model, model_args=arguments, tasks=["local_choices", "local_perplexity"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        batch_size=1, device="cpu", bootstrap_iters=0, log_samples=True)
    return result


def numbers(sample):
    """The log-likelihoods of one document, and its scores."""
    flat = [float(value[0] if isinstance(value, (list, tuple)) else value)
            for value in sample["filtered_resps"]]
    return flat


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=ROOT / ".build/benchmarks/smollm2-bf16")
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--documents", type=int, default=10, help="of 3,000 characters")
    parser.add_argument("--output", help="a JSON file for the numbers")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tasks(folder, arguments.data.resolve(), arguments.documents)
        server = subprocess.Popen(
            [ENGINE, "serve", "--model", arguments.model, "--port", "0", "--name", "policy",
             "--precision", "fp32", "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
        try:
            address = json.loads(server.stdout.readline())["listening"]
            # Both see windows of 1,024 tokens; the server keeps one for the token after them.
            ours = evaluate(folder, "local-completions", {
                "model": "policy", "base_url": address + "/v1/completions",
                "tokenizer": str(arguments.model), "tokenized_requests": True,
                "max_length": 1024, "num_concurrent": 1})
        finally:
            server.terminate()
            server.wait()
        theirs = evaluate(folder, "hf", {
            "pretrained": str(arguments.model), "dtype": "float32", "max_length": 1024})

    report, agrees = {}, True
    for task in ("local_choices", "local_perplexity"):
        pairs = [
            (a, b) for first, second in zip(ours["samples"][task], theirs["samples"][task])
            for a, b in zip(numbers(first), numbers(second), strict=True)]
        furthest = max(abs(a - b) / max(1, abs(b)) for a, b in pairs)
        scores = {
            key: (ours["results"][task][key], theirs["results"][task][key])
            for key in theirs["results"][task]
            if key.endswith(",none") and "stderr" not in key}
        documents = [
            (first[key], second[key])
            for first, second in zip(ours["samples"][task], theirs["samples"][task])
            for key in ("acc", "acc_norm") if key in first]
        agrees &= furthest < 1e-3 and all(a == b for a, b in documents)
        agrees &= all(math.isclose(a, b, rel_tol=1e-3) for a, b in scores.values())
        report[task] = {
            "logLikelihoods": len(pairs), "furthestRelative": furthest,
            "scores": {key.split(",")[0]: value for key, value in scores.items()},
            "documentsThatDiffer": sum(a != b for a, b in documents)}
        print(f"{task}: {len(pairs)} log-likelihoods, at most {furthest:.1e} apart; "
              f"{report[task]['documentsThatDiffer']} documents scored otherwise; "
              + ", ".join(f"{key.split(',')[0]} {a:.6g} and {b:.6g}"
                          for key, (a, b) in scores.items()))
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(report, indent=2) + "\n")
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
