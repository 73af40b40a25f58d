"""One PPO iteration of plumbline-engine and one RLOO iteration of TRL, same model and sizes.

64 answers of at most 64 tokens, rank-16 adapters on all linear layers, bf16, a reward model of the
same size as the policy: sampling, scoring, reference and update. TRL has no PPO any more; its RLOO
needs two answers to a prompt, so it gets every prompt twice and does without the value head.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import training_runs as runs

EPISODES = 64
NEW_TOKENS = 64
QUESTION = "Explain in a few sentences how {} work and why they matter in daily life."
THINGS = ("volcanoes rivers bridges clocks magnets batteries engines mirrors lenses maps tides seeds "
          "bees clouds glaciers deserts forests vaccines muscles lungs dreams languages alphabets "
          "libraries markets banks taxes laws courts elections newspapers radios").split()
COMMON = ["rank=16", "alpha=32", "precision=bf16", "temperature=1"]


def messages(thing):
    return [{"role": "user", "content": QUESTION.format(thing)}]


def ours(command, model, reward, folder, iterations, micro_batch):
    prompts = [{"prompt_id": thing, "messages": messages(thing), "split": "train"}
               for thing in THINGS]
    prompts.append({"prompt_id": "held", "messages": messages("wheels"), "split": "validation"})
    source = runs.write_lines(folder / "prompts.jsonl", prompts)
    words = [*COMMON, f"iterations={iterations}", f"episodes={EPISODES}",
             f"maxNewTokens={NEW_TOKENS}", "ppoEpochs=1", "minibatches=1", "evaluationResponses=1",
             f"microBatchTokens={micro_batch}"]
    steps, summary = runs.train(
        command, "--model", model, "--reward-model", reward, "--prompts", source, "--dataset",
        source, "--output", folder / "run", *words)
    moments = [step["moment"] for step in steps]
    return {
        "seconds": [b - a for a, b in zip(moments, moments[1:])],
        "peakBytes": summary["peakBytes"],
        "length": statistics.mean(step["length"] for step in steps),
    }


def classifier(model, folder):
    """A reward model of the policy's size, for both; random, since only its cost counts here."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(0)
    scorer = AutoModelForSequenceClassification.from_pretrained(
        model, num_labels=1, dtype=torch.bfloat16)
    tokenizer = AutoTokenizer.from_pretrained(model)
    scorer.config.pad_token_id = tokenizer.pad_token_id
    scorer.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def trl(model, reward, folder, iterations, batch):
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, TrainerCallback
    from trl import RLOOConfig, RLOOTrainer

    class Clock(TrainerCallback):
        moments = []
        lengths = []

        def on_train_begin(self, *_, **__):
            self.moments.append(time.perf_counter())

        def on_step_end(self, *_, **__):
            self.moments.append(time.perf_counter())

        def on_log(self, *_, logs=None, **__):
            self.lengths += [v for k, v in logs.items() if k == "completions/mean_length"]

    rows = [{"prompt": messages(thing)} for thing in THINGS]
    settings = RLOOConfig(
        output_dir=str(folder / "trl"), per_device_train_batch_size=batch,
        gradient_accumulation_steps=EPISODES // batch, num_generations=2,
        max_completion_length=NEW_TOKENS, max_steps=iterations, bf16=True, use_cpu=True,
        temperature=1.0, logging_steps=1, report_to=[], save_strategy="no", disable_tqdm=True,
        model_init_kwargs={"dtype": torch.bfloat16}, learning_rate=3e-4)
    adapters = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = RLOOTrainer(
        model=str(model), reward_funcs=str(reward), args=settings,
        train_dataset=Dataset.from_list(rows), peft_config=adapters,
        processing_class=AutoTokenizer.from_pretrained(model, padding_side="left"),
        callbacks=[Clock()])
    trainer.train()
    moments = Clock.moments
    return {
        # The first step is told, too: nothing of it is loading.
        "seconds": [b - a for a, b in zip(moments, moments[1:])],
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "length": statistics.mean(Clock.lengths),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2, help="of each, turn by turn")
    parser.add_argument("--iterations", type=int, default=2, help="of TRL a run; ours does one more, the first not timed")
    parser.add_argument("--trl-batch", type=int, default=8, help="sequences in one pass of TRL")
    parser.add_argument("--micro-batch", type=int, default=512, help="tokens in one pass of ours")
    parser.add_argument("--methods", default="ppo,rloo")
    parser.add_argument("--without-trl", action="store_true")
    parser.add_argument("--output", help="a JSON file for all numbers")
    parser.add_argument("--half", choices=["classifier", "trl"], help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.half == "classifier":
        classifier(arguments.model, arguments.folder)
        return print("{}")
    if arguments.half == "trl":
        return print(json.dumps(trl(
            arguments.model, arguments.folder / "reward", arguments.folder, arguments.iterations,
            arguments.trl_batch)))

    names = arguments.methods.split(",")
    results = {name: [] for name in names + ([] if arguments.without_trl else ["trl rloo"])}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = runs.smollm2(folder)
        runs.peer(__file__, "--half", "classifier", "--model", model, "--folder", folder / "reward")
        for _ in range(arguments.runs):
            for name in names:
                results[name].append(ours(
                    name, model, folder / "reward", folder, arguments.iterations + 1,
                    arguments.micro_batch))
                print(name, results[name][-1], flush=True)
            if not arguments.without_trl:
                results["trl rloo"].append(runs.peer(
                    __file__, "--half", "trl", "--model", model, "--folder", folder, "--iterations",
                    arguments.iterations, "--trl-batch", arguments.trl_batch))
                print("trl rloo", results["trl rloo"][-1], flush=True)
    rows = {name: summary(all_runs) for name, all_runs in results.items()}
    base = rows.get("trl rloo")
    for name, row in rows.items():
        against = "" if not base else " · {:.2f} × as fast · {:.0f} % of the memory".format(
            base["seconds"] / row["seconds"], 100 * row["peakBytes"] / base["peakBytes"])
        print(f"{name:9s} {row['seconds']:6.2f} s an iteration · {row['peakBytes'] / 1e9:.2f} GB at "
              f"most · {row['length']:.1f} tokens an answer{against}", flush=True)
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(
            {"cores": os.cpu_count(), "rows": rows, "runs": results}, indent=2) + "\n")


def summary(all_runs):
    return {
        "seconds": statistics.median(s for run in all_runs for s in run["seconds"]),
        "peakBytes": max(run["peakBytes"] for run in all_runs),
        "length": statistics.mean(run["length"] for run in all_runs),
    }


if __name__ == "__main__":
    main()
