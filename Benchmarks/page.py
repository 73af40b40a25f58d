"""Measures the labelling page in Chromium on loopback: time to interactive, bytes on the wire.

    .venv/bin/python Benchmarks/page.py [--rounds 20]

The prompt has four answers of some length, without code and mathematics, which load a library each.
Interactive means that the ranking panel is drawn and the keyboard listens. A cold visit has an empty cache; a
warm one is the next prompt's page opened anew. Submitting is the time from the key to the next
prompt standing there. Goals: under 300 ms, under 100 KB.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/Browser"))
from conftest import Visitor, Workspace, chromium  # noqa: E402

class Wire:
    """Counts what travels, headers and compression as they are."""

    def __init__(self, page):
        self.sizes, self.names = {}, {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._loaded)

    def _asked(self, event):
        self.names[event["requestId"]] = event["request"]["url"]

    def _loaded(self, event):
        self.sizes[event["requestId"]] = event["encodedDataLength"]

    def total(self, *besides):
        return sum(
            size for request, size in self.sizes.items()
            if not any(word in self.names.get(request, "") for word in besides))


def interactive(page, address):
    """Milliseconds from the navigation's start until the chips of the ranking panel are drawn.

    The page notes the moment itself. To look for an element meanwhile would have Playwright load
    330 KB of its own script into the page, just when that starts: some 30 ms of what is measured.
    """
    page.goto(address)
    page.wait_for_load_state("networkidle")
    ready, chips = page.evaluate("""() => [
        performance.getEntriesByName('plumbline.ready')[0]?.startTime,
        document.querySelectorAll('#ranking-panel .chip').length]""")
    assert chips > 0, "the page is ready without its ranking panel"
    return ready


def measure(browser, workspace, rounds):
    ada = Visitor(browser, workspace, "Ada", "labeller")
    workspace.add_task("plain", "questions: {ranking: {}, rating: {}, flags: , rationale: {}}", [
        {"prompt": "Why?", "responses": ["Because. " * (20 * n) for n in range(1, 5)]}])
    address = ada.start_labelling("plain").url
    cold, warm = [], []
    for _ in range(rounds):
        page = fresh_page(browser, workspace, ada)
        cold.append(interactive(page, address))
        warm.append(interactive(page, address))
        page.context.close()
    # Apart from the timing: watching the network slows what is watched.
    page = fresh_page(browser, workspace, ada)
    wire = Wire(page)
    interactive(page, address)
    page.context.close()
    return cold, warm, wire.total("besides=")


def fresh_page(browser, workspace, visitor):
    """A page with an empty cache, signed in as the visitor is."""
    return browser.new_context(
        base_url=workspace.address, storage_state=visitor.context.storage_state()).new_page()


def submitting(browser, workspace, rounds):
    page = Visitor(browser, workspace, "Linus", "labeller").start_labelling()
    times = []
    for _ in range(min(rounds, 11)):
        page.wait_for_load_state("networkidle")
        for place, letter in enumerate("abcd", start=1):
            page.keyboard.press(letter)
            page.keyboard.press(str(place))
        times.append(page.evaluate("""() => new Promise((done) => {
          const [start, before] = [performance.now(), location.href];
          document.querySelector("#submit").click();
          const look = () => location.href !== before
            ? done(performance.now() - start) : setTimeout(look, 1);
          look();
        })"""))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        workspace = Workspace(Path(folder))
        try:
            cold, warm, size = measure(browser, workspace, rounds)
            submit = submitting(browser, workspace, rounds)
        finally:
            workspace.close()
    for name, values in (("cold", cold), ("warm", warm), ("submit", submit)):
        values.sort()
        print(f"{name:7} median {statistics.median(values):6.0f} ms   "
              f"worst {values[-1]:6.0f} ms   n {len(values)}")
    print(f"bytes   {size:,.0f}")
    print(json.dumps({
        "coldMedian": statistics.median(cold), "warmMedian": statistics.median(warm),
        "submitMedian": statistics.median(submit), "bytes": size}))


if __name__ == "__main__":
    main()
