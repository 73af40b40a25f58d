"""Runs of several processes: the same numbers as one, one writer, and an end when one is lost."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = ["precision=fp32", "learningRate=1e-3", "rank=4", "checkpointEvery=1"]
MANY_BUCKETS = ["bucketMegabytes=0.01"]
ONLINE = ["iterations=3", "episodes=8", "maxNewTokens=12", "evaluationResponses=1", "maxLength=96"]


def command(engine, name, tiny, classifier, rankings, run, words, *options):
    extra = ["--reward-model", classifier] if name in ("ppo", "grpo", "rloo") else []
    if "ptxCoefficient=0.5" in words:
        text = run.parent / "text.txt"
        text.write_text("One day a cat sat on the mat and saw a dog.\n" * 200)
        words = [*words, f"ptxDataset={text}"]
    return [str(part) for part in [
        engine.path, name, "--model", tiny, "--dataset", rankings, "--output", run, "--json",
        *extra, *options, *PLAIN, *words]]


def torchrun(arguments):
    launcher = [str(Path(sys.executable).parent / "torchrun"), "--no-python", "--standalone",
                "--nproc-per-node=2"]
    return subprocess.run(launcher + arguments, check=True, capture_output=True, text=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(rank, port, host="127.0.0.1"):
    return {**os.environ, "RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": host,
            "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}


def steps(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def assert_same(one, two, tolerance=1e-3):
    assert len(one) == len(two) > 0
    for a, b in zip(one, two):
        assert a.keys() - {"earlyBuckets"} == b.keys() - {"earlyBuckets"}
        for key in ("loss", "gradientNorm", "reward", "kl", "length", "margin", "policyLoss"):
            if key in a:
                assert b[key] == pytest.approx(a[key], rel=tolerance, abs=tolerance), (key, a, b)


@pytest.mark.parametrize("name, words", [
    ("sft", ["epochs=1", "batch=8"]),
    ("sft", ["epochs=1", "batch=8", "rank=0", "microBatchTokens=64"]),
    ("reward", ["epochs=1", "batch=8", "loss=davidson"]),
    ("dpo", ["epochs=1", "batch=8"]),
    ("dpo", ["epochs=1", "batch=8", "loss=aot", "microBatchTokens=64"]),
    ("kto", ["epochs=1", "batch=8"]),
    # How a round is dealt into several minibatches depends on who sampled what, so here is one.
    ("ppo", [*ONLINE, "ppoEpochs=2", "minibatches=1"]),
    ("ppo", [*ONLINE, *MANY_BUCKETS, "minibatches=1", "criticWarmup=1", "valueTrunk=reward",
             "valueHead=reward", "ptxCoefficient=0.5", "ptxTokens=64"]),
    ("sft", ["epochs=1", "batch=8", "rank=0", *MANY_BUCKETS]),
    ("grpo", [*ONLINE, "responses=4", "minibatches=1"]),
])
def test_two_processes_learn_what_one_learns(
    engine, tiny, classifier, rankings, tmp_path, name, words
):
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run(command(engine, name, tiny, classifier, rankings, one, words), check=True,
                   capture_output=True)
    told = torchrun(command(engine, name, tiny, classifier, rankings, two, words))

    assert_same(steps(one), steps(two))
    # The pretraining mix adds nothing to a critic of its own, whose buckets then wait for the end,
    # and with them all that are behind.
    if "ptxCoefficient=0.5" not in words:
        least = 4 if MANY_BUCKETS[0] in words else 1
        assert all(step["earlyBuckets"] >= least for step in steps(two))
    summaries = [line for line in told.stdout.splitlines() if '"model"' in line]
    assert len(summaries) == 1, "only the first process tells the result"
    assert (two / "model/model.safetensors").exists()


def test_ratio_is_one_on_every_process(engine, tiny, classifier, rankings, tmp_path):
    run = tmp_path / "run"
    torchrun(command(engine, "ppo", tiny, classifier, rankings, run, [*ONLINE, "minibatches=2"]))
    assert all(step["firstRatio"] == 1 for step in steps(run))
    assert steps(run)[0]["kl"] == 0


def test_a_killed_process_ends_the_run_and_it_goes_on(
    engine, tiny, classifier, rankings, tmp_path
):
    words = ["epochs=4", "batch=8"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"

    def start(run, *options):
        port = free_port()
        return [subprocess.Popen(
            command(engine, "dpo", tiny, classifier, rankings, run, words, *options),
            env=environment(rank, port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for rank in (0, 1)]

    def finish(processes):
        for process in processes:
            _, message = process.communicate(timeout=120)
            assert process.returncode == 0, message

    finish(start(whole))
    first, second = start(parts)
    for step in (1, 2):  # the second line comes after the first step's checkpoint
        assert f'"step":{step},' in first.stdout.readline()
    second.send_signal(signal.SIGKILL)
    second.communicate()
    _, message = first.communicate(timeout=60)
    assert first.returncode == 1
    assert "Another process of this run has ended" in message and "--resume" in message
    assert not (parts / "report.json").exists()
    assert list((parts / "checkpoints").glob("step-*.safetensors"))

    finish(start(parts, "--resume"))

    assert_same(steps(whole), steps(parts))
    assert (parts / "report.json").exists()


@pytest.fixture
def two_hosts():
    """Two network namespaces with a wire between them."""
    names = [f"plumbline-{os.getpid()}-{i}" for i in (0, 1)]
    wires = ["plumb0", "plumb1"]
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("no network namespaces: they need root and the program ip")

    def ip(*words, check=True):
        return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)

    made = ip("netns", "add", names[0], check=False)
    if made.returncode != 0:
        pytest.skip(f"no network namespaces: {made.stderr.strip()}")
    try:
        ip("netns", "add", names[1])
        wire = ip("link", "add", wires[0], "netns", names[0], "type", "veth", "peer", "name",
                  wires[1], "netns", names[1], check=False)
        if wire.returncode != 0:
            pytest.skip(f"no network namespaces: {wire.stderr.strip()}")
        for i, (name, end) in enumerate(zip(names, wires)):
            ip("-n", name, "addr", "add", f"10.77.0.{i + 1}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield list(zip(names, wires))
    finally:
        for name in names:
            ip("netns", "delete", name, check=False)


def test_two_hosts_learn_what_one_learns(
    engine, tiny, classifier, rankings, tmp_path, two_hosts
):
    words = ["epochs=1", "batch=8"]
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run(command(engine, "dpo", tiny, classifier, rankings, one, words), check=True,
                   capture_output=True)
    processes = [
        subprocess.Popen(
            ["ip", "netns", "exec", name,
             *command(engine, "dpo", tiny, classifier, rankings, two, words)],
            env={**environment(rank, 29500, "10.77.0.1"), "GLOO_SOCKET_IFNAME": wire},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for rank, (name, wire) in enumerate(two_hosts)
    ]
    for process in processes:
        _, message = process.communicate(timeout=120)
        assert process.returncode == 0, message
    assert_same(steps(one), steps(two))
