"""Reward models on Anthropic's helpful-base: plumbline-engine and TRL's RewardTrainer, turn by turn.

SmolLM2-135M-Instruct, rank-16 adapters on all linear layers, bf16, the same pairs in the same order,
batch, rate and schedule; pairs of more than 256 tokens a side are left out; prompts of the test
pairs are none of the training pairs'. Accuracy counts a tie as wrong.
"""

import argparse
import gzip
import json
import os
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

import training_runs as runs

RATE = 2e-4
BATCH = 8


def conversation(text):
    """The turns of a transcript “\\n\\nHuman: … \\n\\nAssistant: …”."""
    turns = []
    for part in text.split("\n\nHuman: ")[1:]:
        question, *answers = part.split("\n\nAssistant:")
        turns.append({"role": "user", "content": question.strip()})
        turns += [{"role": "assistant", "content": answer.strip()} for answer in answers]
    return turns


def pairs(tokenizer, limit, train, test, seed):
    """(prompt, chosen, rejected) lists for training and testing, no prompt in both."""
    rows = {}
    with gzip.open(runs.DATA / "hh_rlhf/helpful-base.test.jsonl.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            chosen, rejected = conversation(row["chosen"]), conversation(row["rejected"])
            same = chosen[:-1] == rejected[:-1] and chosen[-1] != rejected[-1]
            if not same or chosen[-1]["role"] != "assistant":
                continue
            longest = max(len(tokenizer.apply_chat_template(side, return_dict=False))
                          for side in (chosen, rejected))
            if longest <= limit:
                # One pair a first question: near-duplicates are on one side of the split.
                rows.setdefault(chosen[0]["content"], (chosen[:-1], chosen[-1], rejected[-1]))
    rows = list(rows.values())
    random.Random(seed).shuffle(rows)
    if len(rows) < train + test:
        raise SystemExit(f"there are {len(rows)} pairs of at most {limit} tokens")
    return rows[:train], rows[train:train + test]


def ours(model, train, test, folder, seed):
    rows = [
        runs.ranking(number, prompt, [chosen["content"], rejected["content"]], [[0], [1]], split)
        for number, (prompt, chosen, rejected, split) in enumerate(
            [(*row, "train") for row in train] + [(*row, "validation") for row in test])
    ]
    source = runs.write_lines(folder / "rankings.jsonl", rows)
    start = time.perf_counter()
    _, summary = runs.train(
        "reward", "--model", model, "--dataset", source, "--output", folder / "ours",
        f"learningRate={RATE}", "schedule=linear", "warmup=0", f"batch={BATCH}", "epochs=1",
        "rank=16", "alpha=32", "precision=bf16", "normalization=none", "maxLength=512",
        "shuffle=false", f"seed={seed}")
    return {"seconds": time.perf_counter() - start, "accuracy": summary["metrics"]["accuracy"],
            "peakBytes": summary["peakBytes"]}


def trl(model, folder, seed, limit, count):
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import RewardConfig, RewardTrainer

    start = time.perf_counter()
    rows = json.loads((folder / "pairs.json").read_text())

    def dataset(part):
        return Dataset.from_list([
            {"chosen": [*prompt, chosen], "rejected": [*prompt, rejected]}
            for prompt, chosen, rejected in part])

    settings = RewardConfig(
        output_dir=str(folder / "trl"), per_device_train_batch_size=BATCH, learning_rate=RATE,
        lr_scheduler_type="linear", num_train_epochs=1, bf16=True, use_cpu=True, seed=seed,
        max_length=limit + 8, report_to=[], save_strategy="no", disable_tqdm=True, logging_steps=10,
        per_device_eval_batch_size=BATCH, model_init_kwargs={"dtype": torch.bfloat16},
        gradient_checkpointing=False)
    trainer = RewardTrainer(
        model=str(model), args=settings, train_dataset=dataset(rows["train"]),
        eval_dataset=dataset(rows["test"]), processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, target_modules="all-linear", task_type="SEQ_CLS"))
    trainer.train()
    accuracy = trainer.evaluate()["eval_accuracy"]
    return {"seconds": time.perf_counter() - start, "accuracy": accuracy,
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def prepare(model, folder, arguments):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    train, test = pairs(
        tokenizer, arguments.limit, arguments.pairs, arguments.test, arguments.seed)
    (folder / "pairs.json").write_text(json.dumps({"train": train, "test": test}))
    return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--limit", type=int, default=256, help="tokens of a side at most")
    parser.add_argument("--seeds", type=int, default=1, help="splits, each trained on by both")
    parser.add_argument("--output", help="a JSON file for all numbers")
    parser.add_argument("--half", choices=["prepare", "trl"], help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.half == "prepare":
        return print(json.dumps(prepare(arguments.model, arguments.folder, arguments)))
    if arguments.half == "trl":
        return print(json.dumps(trl(
            arguments.model, arguments.folder, arguments.seed, arguments.limit, arguments.pairs)))

    results = {"plumbline": [], "trl": []}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = runs.smollm2(folder)
        for seed in range(1, arguments.seeds + 1):
            words = ["--model", model, "--folder", folder, "--seed", seed, "--pairs",
                     arguments.pairs, "--test", arguments.test, "--limit", arguments.limit]
            runs.peer(__file__, "--half", "prepare", *words)
            rows = json.loads((folder / "pairs.json").read_text())
            results["plumbline"].append(ours(model, rows["train"], rows["test"], folder, seed))
            print("plumbline", results["plumbline"][-1], flush=True)
            results["trl"].append(runs.peer(__file__, "--half", "trl", *words))
            print("trl", results["trl"][-1], flush=True)
    rows = {name: {key: statistics.mean(run[key] for run in part) for key in part[0]}
            for name, part in results.items()}
    accuracy = rows["trl"]["accuracy"]
    error = (accuracy * (1 - accuracy) / arguments.test / arguments.seeds) ** 0.5
    for name, row in rows.items():
        print(f"{name:9s} accuracy {row['accuracy']:.3f} · {row['seconds']:.0f} s · "
              f"{row['peakBytes'] / 1e9:.2f} GB at most")
    print(f"standard error of an accuracy {error:.3f} · time "
          f"{rows['plumbline']['seconds'] / rows['trl']['seconds']:.2f} of TRL's")
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(
            {"cores": os.cpu_count(), "rows": rows, "runs": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
