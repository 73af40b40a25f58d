"""PPO, RLOO, GRPO and DPO on stories260K against a true preference that they never see.

The true score of a story of 64 tokens is how often it says she, her or Lily. Four samples of each
opening are ranked by it, ties and all; a reward model learns the rankings (PPO, RLOO and GRPO learn
from it; DPO from the rankings). Each policy is then measured by the true score on openings that
were held out. All are measured at the same distance from the base: the online methods stop when
the answers they learn from are 8 nats away, and of three rates DPO takes the one that comes
nearest to that on the openings it has learnt from.

`--tax` shows what PPO costs in perplexity on stories, with and without the pretraining mix (ptx);
`--guard` what becomes of PPO without a KL penalty, with the guard and without it. Its true score can
be over-optimised: it counts the different whole sentences that name her, which the samples of the
base hardly tell from counting the word.
"""

import argparse
import json
import math
import os
import random
import re
import statistics
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import training_runs as runs

TOKENS = 64
NAMES = "Lily Tom Ben Anna Tim Sue Max Mia Sam Amy".split()
SCENES = ["went to the park", "saw a big dog", "found a red ball", "was very sad", "had a toy car",
          "wanted to play", "liked to run", "met a cat", "made a cake", "lost a shoe"]
STARTS = ["One day, {} {}.", "Once upon a time, {} {}."]
COMMON = ["rank=0", "precision=fp32"]
KL = 8
ONLINE = ["episodes=64", f"maxNewTokens={TOKENS}", "missingEndPenalty=0", "temperature=1",
          "minibatches=2", "ppoEpochs=2", "evaluationResponses=1"]
TO_KL = [*ONLINE, "iterations=60", f"klLimit={KL}", "guardAction=stop"]
METHODS = {
    "ppo": [*TO_KL, "learningRate=3e-4", "klCoefficient=0.02", "klTarget=0"],
    "rloo": [*TO_KL, "learningRate=2e-4", "klCoefficient=0.02"],
    "grpo": [*TO_KL, "learningRate=2e-4", "klCoefficient=0.02"],
    "dpo": ["batch=16", "epochs=2", "beta=0.1"],
}
DPO_RATES = (1e-4, 1.7e-4, 3e-4)


HER = re.compile(r"\b(she|her|lily)\b")


def words(story):
    return len(HER.findall(story.lower()))


def sentences(story):
    whole = re.findall(r"[^.!?]+(?=[.!?])", story.lower())
    return len({text.strip() for text in whole if HER.search(text)})


def openings(seed):
    every = [start.format(name, scene) for start in STARTS for name in NAMES for scene in SCENES]
    random.Random(seed).shuffle(every)
    return every[:64], every[64:80]


def engine(*arguments):
    result = subprocess.run([runs.ENGINE, *map(str, arguments)], check=True, capture_output=True,
                            text=True)
    return result.stdout


def sample(model, prompts, responses, folder, seed):
    rows = [{"messages": [{"role": "user", "content": prompt}]} for prompt in prompts]
    source, target = runs.write_lines(folder / "prompts.jsonl", rows), folder / "answers.jsonl"
    engine("sample", "--model", model, "--input", source, "--output", target, "--responses",
           responses, "--max-new-tokens", TOKENS, "--temperature", 1, "--seed", seed, "--quiet")
    return [[answer["text"] for answer in json.loads(line)["responses"]]
            for line in target.read_text().splitlines()]


def sums(model, prompts, answers, folder):
    rows = [{"messages": [{"role": "user", "content": prompt}], "completion": text}
            for prompt, texts in zip(prompts, answers) for text in texts]
    source, target = runs.write_lines(folder / "texts.jsonl", rows), folder / "logprobs.jsonl"
    engine("logprobs", "--model", model, "--input", source, "--output", target, "--quiet")
    return [json.loads(line)["sum"] for line in target.read_text().splitlines()]


def measured(model, base, prompts, folder, seed, true_score=words):
    """The true score, and the KL from the base in nats a story."""
    answers = sample(model, prompts, 16, folder, seed)
    score = statistics.mean(true_score(text) for texts in answers for text in texts)
    mine, theirs = sums(model, prompts, answers, folder), sums(base, prompts, answers, folder)
    return score, statistics.mean(a - b for a, b in zip(mine, theirs))


def rankings(base, folder, seed, true_score):
    train, held = openings(seed)
    path = folder / "rankings.jsonl"
    rows = []
    # Two calls: with one seed, both would draw the same numbers.
    for split, prompts, drawn in (("train", train, seed), ("validation", held, 3000 + seed)):
        for prompt, texts in zip(prompts, sample(base, prompts, 4, folder, drawn)):
            scores = [true_score(text) for text in texts]
            groups = [[i for i, s in enumerate(scores) if s == level]
                      for level in sorted(set(scores), reverse=True)]
            rows.append(runs.ranking(
                len(rows), [{"role": "user", "content": prompt}], texts, groups, split))
    return runs.write_lines(path, rows), held


def reward_model(base, folder, seed, true_score=words):
    """The rankings, the openings held out, and what training and measuring share."""
    folder.mkdir()
    dataset, held = rankings(base, folder, seed, true_score)
    arguments = ["--model", base, "--dataset", dataset]
    _, reward = runs.train("reward", *arguments, "--output", folder / "reward", *COMMON,
                           "learningRate=3e-3", "epochs=3", f"seed={seed}")
    return held, arguments, reward["metrics"]["accuracy"]


def tuned(method, base, arguments, folder, seed):
    """The policy's folder, and how long it took."""
    if method != "dpo":
        _, summary = runs.train(
            method, *arguments, "--reward-model", folder / "reward/model", "--output",
            folder / method, *COMMON, *METHODS[method], f"seed={seed}")
        return folder / method / "model", summary["seconds"]
    found = []
    train, _ = openings(seed)
    for rate in DPO_RATES:
        out = folder / f"dpo-{rate}"
        _, summary = runs.train("dpo", *arguments, "--output", out, *COMMON, *METHODS["dpo"],
                                f"learningRate={rate}", f"seed={seed}")
        _, kl = measured(out / "model", base, train[:16], folder, 2000 + seed)
        found.append((abs(kl - KL), out / "model", summary["seconds"]))
    return min(found)[1:]


def one_seed(base, methods, folder, seed):
    held, arguments, accuracy = reward_model(base, folder, seed)
    before, _ = measured(base, base, held, folder, 1000 + seed)
    row = {"seed": seed, "accuracy": accuracy, "before": before}
    for method in methods:
        model, seconds = tuned(method, base, arguments, folder, seed)
        score, kl = measured(model, base, held, folder, 1000 + seed)
        row[method] = {"score": score, "kl": kl, "seconds": seconds}
        print(f"seed {seed} · reward model {accuracy:.2f} · {method} · true score {before:.2f} → "
              f"{score:.2f} at {kl:.1f} nats", flush=True)
    return row


def over_seeds(work, folder, count):
    """One process a core: a model of this size uses one thread."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda seed: work(folder / f"seed-{seed}", seed),
                             range(1, count + 1)))


def interval(values):
    """The mean and half the width of its 95 % interval (Student's t)."""
    t = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}.get(len(values), 2.0)
    spread = statistics.stdev(values) if len(values) > 1 else math.nan
    return statistics.mean(values), t * spread / math.sqrt(len(values))


def compare(base, folder, arguments):
    methods = arguments.methods.split(",")
    rows = over_seeds(
        lambda folder, seed: one_seed(base, methods, folder, seed), folder, arguments.seeds)
    print("method · gain in true score (95 % over seeds) · KL, nats a story (range)")
    for method in methods:
        gain, half = interval([row[method]["score"] - row["before"] for row in rows])
        kls = [row[method]["kl"] for row in rows]
        print(f"{method:5s} {gain:+.2f} (±{half:.2f}) · {statistics.mean(kls):.1f} "
              f"({min(kls):.1f} to {max(kls):.1f})")
    return rows


def guard(base, folder, arguments):
    """PPO for 100 rounds at a high rate without a KL penalty: stopped by the guard, or not."""
    def work(folder, seed):
        held, common, accuracy = reward_model(base, folder, seed, sentences)
        before, _ = measured(base, base, held, folder, 1000 + seed, sentences)
        row = {"seed": seed, "accuracy": accuracy, "before": before}
        for name, extra in (("stopped", []), ("unguarded", ["guardAction=watch"])):
            _, summary = runs.train(
                "ppo", *common, "--reward-model", folder / "reward/model", "--output",
                folder / name, *COMMON, *ONLINE, "iterations=100", "learningRate=1e-3",
                "klCoefficient=0", "klTarget=0", f"seed={seed}", *extra)
            score, kl = measured(
                folder / name / "model", base, held, folder, 1000 + seed, sentences)
            rounds = summary["metrics"]["rounds"]
            row[name] = {"score": score, "kl": kl, "rounds": rounds}
            print(f"seed {seed} · {name} · {rounds} rounds · true score {before:.2f} → "
                  f"{score:.2f} at {kl:.1f} nats", flush=True)
        return row

    return over_seeds(work, folder, arguments.seeds)


def tax(base, folder, arguments):
    """PPO with and without the pretraining mix: true score against perplexity on stories."""
    stories = (runs.DATA / "tinystories/tinystories_sample.txt").read_text()
    half = len(stories) // 2
    mix, held_text = folder / "mix.txt", folder / "held.txt"
    mix.write_text(stories[:half])
    held_text.write_text(stories[half:][:60_000])

    def perplexity(model):
        suites = json.loads(engine("evaluate", "--model", model, "--suite",
                                   f"text:{held_text}", "--json").splitlines()[-1])["suites"]
        return suites[0]["perplexity"]["value"]

    def work(folder, seed):
        rows = []
        held, common, _ = reward_model(base, folder, seed)
        for name, extra in (("without", []), ("with", [
                "ptxCoefficient=1", f"ptxDataset={mix}", "ptxTokens=2048"])):
            for iterations in (5, 10, 20):
                out = folder / f"ppo-{name}-{iterations}"
                runs.train("ppo", *common, "--reward-model", folder / "reward/model", "--output",
                           out, *COMMON, *ONLINE, "learningRate=3e-4", "klCoefficient=0.01",
                           "klTarget=0", f"iterations={iterations}", f"seed={seed}", *extra)
                score, kl = measured(out / "model", base, held, folder, 1000 + seed)
                rows.append({"seed": seed, "mix": name, "iterations": iterations, "score": score,
                             "kl": kl, "perplexity": perplexity(out / "model")})
                print("seed {seed} · {mix:7s} ptx · {iterations:2d} rounds · true score {score:.2f} "
                      "· KL {kl:.1f} · perplexity {perplexity:.3f}".format(**rows[-1]), flush=True)
        return rows

    rows = [row for rows in over_seeds(work, folder, arguments.seeds) for row in rows]
    print(f"base: perplexity {perplexity(base):.3f}")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", default="ppo,rloo,grpo,dpo")
    parser.add_argument("--tax", action="store_true", help="the tax curve instead")
    parser.add_argument("--guard", action="store_true", help="PPO without a KL penalty instead")
    parser.add_argument("--output", help="a JSON file for all numbers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base = runs.convert(runs.DATA / "stories260K/stories260K.bin", folder / "base")
        work = tax if arguments.tax else guard if arguments.guard else compare
        rows = work(base, folder, arguments)
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
