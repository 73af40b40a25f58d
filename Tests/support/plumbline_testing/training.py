"""What the tests of training share: settings that make a run comparable, and random sentences."""

import torch
from transformers import AutoModelForCausalLM

STEPS = 20
BATCH = 4
TOLERANCE = 1e-4
RATE = 1e-3
WORDS = "Lily and Tom went to the park with a red ball and saw a big dog who was very happy".split()
SETTINGS = [
    "rank=0", "precision=fp32", f"learningRate={RATE}", "schedule=constant", "warmup=0",
    "shuffle=false", "microBatchTokens=100000", "gradientClip=1",
]


def sentence(source):
    return " " + " ".join(source.choices(WORDS, k=source.randint(3, 12))) + "."


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
