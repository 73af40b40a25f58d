"""What weighing labellers by their reliability is worth to a reward model, on stories260K.

Five simulated labellers of known, different skill rank four samples of each of 120 openings over
the workbench's own HTTP API. In the settings `shortest` and `longest` three read (noise 0.3 of the
preference's units), and two rank by length whatever it says: their errors go one way, and do not
average out. (The longest answer is often the best one here, the shortest seldom.) In the setting
`dice` two read, and three nearly roll dice (20). `plumbline agreement --weights` finds their weights
from the rankings alone. For each seed a few of the prompts are drawn, and two reward models learn
from all five judgements of each in as many steps: one weighs the labellers, one takes all alike. Both
are held against the truth on answers to openings that nobody ranked.

    .venv/bin/python Benchmarks/labeller_weights.py --setting shortest --prompts 48 96 --seeds 8
"""

import argparse
import itertools
import json
import math
import os
import random
import statistics
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rlhf
import training_runs as runs

PLUMBLINE = Path(os.environ.get("PLUMBLINE", runs.ROOT / ".build/release/plumbline"))
SETTINGS = {
    "shortest": ["--noise", "0.3", "--length-bias=0,0,0,-20,-20"],
    "longest": ["--noise", "0.3", "--length-bias=0,0,0,20,20"],
    "dice": ["--noise", "0.3,0.3,20,20,20"],
}
BATCH = 8
# As in rlhf.py: at a third of it some seeds are still at chance after 400 steps.
RATE = 3e-3
TASK = """slug: skills
title: {en: Skills}
overlap: 5
responses: 4
questions:
  ranking: {required: true, ties: true}
"""


def workbench(space, *arguments):
    subprocess.run([PLUMBLINE, *map(str, arguments), "--workspace", space, "--quiet"], check=True)


def ranked(space, setting):
    """The judgements that are trained on by prompt, those of the rest, and the openings unseen."""
    subprocess.run([PLUMBLINE, "init", space, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    stories = runs.DATA / "stories260K"
    base = runs.convert(stories / "stories260K.bin", space / "models/stories260k", "--tokenizer",
                        stories / "tok512.bin")
    prompts = [prompt for part in rlhf.openings(7) for prompt in part] + extra_openings()
    task = space / "tasks/skills"
    task.mkdir(parents=True)
    (task / "task.yaml").write_text(TASK)
    (task / "guidelines.md").write_text("# Skills\n")
    runs.write_lines(task / "prompts.jsonl", [{"prompt": prompt} for prompt in prompts[:120]])
    workbench(space, "task", "add", task)
    workbench(space, "sample", "skills", "--model", "stories260k", "--seed", 5, "--responses", 4,
              "--max-new-tokens", rlhf.TOKENS, "--temperature", 1, "--top-p", 1)
    workbench(space, "simulate", "skills", "--labellers", 5, *SETTINGS[setting], "--seed", 3,
              "--preference", "count:she")
    workbench(space, "agreement", "skills", "--weights", space / "weights.jsonl")
    workbench(space, "export", "skills", "--output", space / "skills.jsonl")
    by_prompt, held = {}, []
    for row in map(json.loads, (space / "skills.jsonl").open()):
        if row["split"] == "validation":
            held.append(row)
        else:
            by_prompt.setdefault(row["prompt_id"], []).append(row)
    unseen = rlhf.sample(base, prompts[120:], 4, space, 6)
    return base, by_prompt, held, list(zip(prompts[120:], unseen))


def extra_openings():
    return [f"{name} {scene}." for name in rlhf.NAMES for scene in rlhf.SCENES]


def accuracy(base, model, unseen, folder):
    """How often the reward model orders two unseen answers as the truth does."""
    rows = [{"messages": [{"role": "user", "content": prompt}], "completion": text}
            for prompt, texts in unseen for text in texts]
    runs.write_lines(folder / "answers.jsonl", rows)
    rlhf.engine("score", "--model", model, "--input", folder / "answers.jsonl", "--output",
                folder / "scores.jsonl", "--quiet")
    scores = [json.loads(line)["score"] for line in (folder / "scores.jsonl").open()]
    right = of = 0
    for first in range(0, len(rows), 4):
        for a, b in itertools.combinations(range(first, first + 4), 2):
            truth = (rows[a]["completion"].lower().count("she")
                     - rows[b]["completion"].lower().count("she"))
            if truth:
                of += 1
                right += truth * (scores[a] - scores[b]) > 0
    return right / of


def one_seed(space, base, by_prompt, held, unseen, count, steps, seed):
    """The accuracies of the model that takes all alike, and of the one that weighs them."""
    drawn = random.Random(seed).sample(sorted(by_prompt), count)
    weights = [json.loads(line)["weight"] for line in (space / "weights.jsonl").open()]
    # Judgements of no weight are left out, so that an epoch has fewer steps.
    kept = sum(weight > 0 for weight in weights) / len(weights)
    folder = space / f"runs/{count}-{seed}"
    folder.mkdir(parents=True)
    dataset = runs.write_lines(
        folder / "dataset.jsonl", [row for name in drawn for row in by_prompt[name]] + held)
    found = []
    for name, share, extra in (
            ("alike", 1, []), ("weighed", kept,
                               [f"labellerWeights={space / 'weights.jsonl'}"])):
        epochs = round(steps * BATCH / (5 * count * share))
        runs.train("reward", "--model", base, "--dataset", dataset, "--output", folder / name,
                   "rank=0", "precision=fp32", f"learningRate={RATE}", f"batch={BATCH}",
                   f"epochs={epochs}", f"seed={seed}", *extra)
        found.append(accuracy(base, folder / name / "model", unseen, folder))
    print(f"{count} prompts · seed {seed} · all alike {found[0]:.1%} · weighed {found[1]:.1%}",
          flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setting", choices=SETTINGS, default="shortest")
    parser.add_argument("--prompts", type=int, nargs="+", default=[48, 96])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="plumbline-weights-") as folder:
        space = Path(folder) / "space"
        material = ranked(space, arguments.setting)
        print((space / "weights.jsonl").read_text(), flush=True)
        for count in arguments.prompts:
            # One process a core: a model of this size uses one thread.
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                found = list(pool.map(
                    lambda seed: one_seed(space, *material, count, arguments.steps, seed),
                    range(1, arguments.seeds + 1)))
            gains = [weighed - alike for alike, weighed in found]
            error = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.nan
            results.append({
                "setting": arguments.setting, "prompts": count, "steps": arguments.steps,
                "seeds": len(found),
                "alike": statistics.mean(alike for alike, _ in found),
                "weighed": statistics.mean(weighed for _, weighed in found),
                "gain": statistics.mean(gains), "standardError": error,
                "better": sum(gain > 0 for gain in gains), "each": found})
            print("{prompts} prompts: all alike {alike:.1%}, weighed {weighed:.1%}, gain {gain:+.1%} "
                  "(standard error {standardError:.1%}), {better} of {seeds} better".format(
                      **results[-1]), flush=True)
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
