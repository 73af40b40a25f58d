"""A running `plumbline-engine serve`, and OpenAI's client that talks to it."""

import json
import re
import signal
import subprocess
import urllib.request

import openai


class ModelServer:
    """Serves one model on a free port."""

    def __init__(self, engine, model, *options):
        command = [str(engine.path), "serve", "--model", str(model), "--port", "0", "--json",
                   "--quiet", "--precision", "fp32", *map(str, options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["listening"]
        self.client = openai.OpenAI(base_url=self.address + "/v1", api_key="none", max_retries=0)

    def get(self, path):
        with urllib.request.urlopen(self.address + path) as reply:
            return reply.read().decode()

    def metric(self, name):
        return int(re.search(rf"^{name} (\d+)$", self.get("/metrics"), re.M)[1])

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
