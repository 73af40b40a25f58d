"""People who use the pages in Chromium."""

import os
import re
import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

PASSWORD = "a long enough sentence"


@contextmanager
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "chromium is not installed. Run: scripts/setup --tests"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Someone with a browser window; every complaint of the console is kept."""

    def __init__(self, browser, workspace, name, role, **window):
        self.workspace = workspace
        self.context = browser.new_context(base_url=workspace.address, **window)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)
        self.page.goto(workspace.invitation(name, role))
        self.page.fill("#password", PASSWORD)
        self.page.click("button.primary")
        self.page.wait_for_url(workspace.address + "/")

    def _listen(self, message):
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)

    def start_labelling(self, task="helpfulness"):
        self.page.goto(f"/tasks/{task}/guidelines")
        self.page.click(".sticky-foot button")
        self.page.wait_for_selector("#judgement")
        # Someone can begin once the script has drawn the ranking panel or the scale.
        self.page.wait_for_selector("#ranking-panel .chip, .strength")
        # A test that sets the clock has a performance without entries.
        self.page.wait_for_function("""() => !/native code/.test(performance.getEntriesByName)
            || performance.getEntriesByName('plumbline.ready').length > 0""")
        return self.page

    def expect_complaints(self, *words):
        """Forgets what the console said of failures that the test brought about."""
        self.complaints = [
            one for one in self.complaints if not any(word in one for word in words)]

    def judge(self, count, task="helpfulness", flags=True):
        """Judges some prompts over the API, each with the first answer best."""
        request = self.context.request
        for number in range(count):
            item = request.post(f"/api/v1/tasks/{task}/assignments").json()
            keys = [answer["key"] for answer in item["responses"]]
            sent = request.put(f"/api/v1/assignments/{item['id']}/judgement", data={
                "ranking": [[keys[0]], keys[1:]], "rationale": f"{number}",
                **({"flags": {keys[1]: ["fabricated"]}} if flags else {})})
            assert sent.status == 201, sent.text()

    def places(self):
        """What the page shows: letter → place, as the badges say it."""
        return self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.place select')]"
            ".map((select) => [select.name.split('.')[1], select.value]))")

    def judged(self):
        answer = self.context.request.get("/api/v1/judgements")
        return answer.json()["judgements"]


def site_pages(page, *more):
    """Every page that links lead to, one of each kind: numbers in addresses stand for each other."""
    found, waiting = {}, ["/", *more]
    while waiting and len(found) < 80:
        path = waiting.pop(0)
        kind = re.sub(r"=[^&]*", "=", re.sub(r"\d+", "N", path))
        if kind in found or re.search(r"^/(api|assets|assignments)/|/exports/.|#", path):
            continue
        found[kind] = path
        if page.goto(path).ok:
            waiting += page.evaluate(
                "() => [...document.querySelectorAll('a[href]')]"
                ".filter((link) => link.origin === location.origin && !link.download)"
                ".map((link) => link.pathname + link.search)")
    return list(found.values())
