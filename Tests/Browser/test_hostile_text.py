"""Whatever text comes in as prompt, answer, title, guideline, help or rationale stays text."""

import itertools
import json

import pytest
from playwright.sync_api import expect

from plumbline_testing.browser import site_pages
from plumbline_testing.texts import hostile_strings

ANSWERS, PER_ANSWER = 9, 45
# The tasks that share the payloads in their guidelines, which hold at most 200,000 bytes each.
ENDINGS, GUIDELINES_LIMIT = ["", "-2", "-3"], 175_000
# A rationale holds at most 20,000 bytes.
TEXT_LIMIT, CORRECTIONS = 19_000, 5
ELEMENTS = {
    "A", "BLOCKQUOTE", "BR", "CODE", "DEL", "DETAILS", "DIV", "EM", "H1", "H2", "H3", "H4", "H5",
    "H6", "HR", "LI", "OL", "P", "PRE", "SPAN", "STRONG", "SUB", "SUMMARY", "SUP", "TABLE", "TBODY",
    "TD", "TH", "THEAD", "TR", "UL"}
ATTRIBUTES = {
    "align", "class", "dir", "href", "lang", "rel", "start", "target", "title", "value"}
# What the markup of imported text is made of, and whether anything of it could act.
LOOK = """() => {
  const found = { ran: window.ran ?? [], elements: [], attributes: [], addresses: [], scripts: [] };
  for (const one of document.querySelectorAll("*")) {
    for (const { name } of one.attributes) if (/^on/i.test(name)) found.scripts.push(one.outerHTML);
  }
  for (const script of document.scripts) {
    if (new URL(script.src, location).origin !== location.origin) found.scripts.push(script.outerHTML);
  }
  for (const one of document.querySelectorAll(".prose *:not(.katex *)")) {
    found.elements.push(one.tagName);
    for (const { name } of one.attributes) found.attributes.push(name);
    if (one.href && URL.canParse(one.href)) found.addresses.push(new URL(one.href).protocol);
  }
  for (const key of Object.keys(found)) found[key] = [...new Set(found[key])];
  return found;
}"""


def listed(payloads):
    """Each in an item of a list, so that code that one opens ends with it."""
    return "\n".join("- " + payload.replace("\n", "\n  ") for payload in payloads)


def parts(lines, limit):
    """The lines in texts of at most `limit` bytes each."""
    texts, size = [[]], 0
    for line in lines:
        size += len(line.encode()) + 1
        if size > limit and texts[-1]:
            texts.append([])
            size = len(line.encode()) + 1
        texts[-1].append(line)
    return texts


def rows(payloads):
    size = ANSWERS * PER_ANSWER
    for start in range(0, len(payloads), size):
        page = payloads[start:start + size]
        answers = [listed(page[at:at + PER_ANSWER]) for at in range(0, len(page), PER_ANSWER)]
        yield {"prompt": "\n\n".join(page), "responses": [*answers, "filler"][:ANSWERS]}


@pytest.fixture(params=["repository", "third-party"])
def hostile(workspace, request):
    payloads = hostile_strings(request.param)
    first, *others = parts(payloads, GUIDELINES_LIMIT)
    assert len(others) < len(ENDINGS)
    workspace.add_task(
        "hostile",
        "questions:\n  ranking: {required: false, help: " + json.dumps("<img src=x onerror=alert(1)>")
        + "}\n  rationale: {}\n  demonstration: {}\n"
        f"title: {json.dumps('<script>alert(1)</script> {{constructor}} ${7*7}')}",
        rows(payloads), guidelines=listed(first))
    # All payloads are more than the guidelines of one task may hold.
    for ending, part in itertools.zip_longest(ENDINGS[1:], others, fillvalue=["Best first."]):
        workspace.add_task(
            f"hostile{ending}", "questions: {ranking: {}}\ntitle: More",
            [{"prompt": "Why?", "responses": ["a", "b"]}], guidelines=listed(part))
    return payloads


def write(page, area, text):
    """As pasting does; typing so much takes Chromium half a minute."""
    page.eval_on_selector(area, """(area, text) => {
      area.value = text;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }""", text)


class Watch:
    """Sees dialogs, foreign requests and what the page would have run."""

    def __init__(self, visitor):
        self.page, self.origin, self.wrong = visitor.page, visitor.workspace.address, []
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.add_init_script("""window.ran = [];
          for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
            window[name] = (...words) => { window.ran.push([name, ...words].join(" ")); };
          }""")

    def _dialog(self, dialog):
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith((self.origin, "data:image/", "blob:")):
            self.wrong.append(f"request: {request.url[:200]}")

    def check(self):
        found = self.page.evaluate(LOOK)
        where = self.page.url
        assert found["ran"] == [] and found["scripts"] == [], where
        assert set(found["elements"]) <= ELEMENTS, where
        assert set(found["attributes"]) <= ATTRIBUTES, where
        assert set(found["addresses"]) <= {"http:", "https:", "mailto:"}, where
        assert self.wrong == [], where


def test_no_script_of_a_labeller_s_prompts_runs(visit, hostile):
    ada = visit()
    watch = Watch(ada)
    page = ada.start_labelling("hostile")
    seen = ""

    for _ in range(0, len(hostile), ANSWERS * PER_ANSWER):
        page.wait_for_load_state("networkidle")
        watch.check()
        seen += page.inner_text(".conversation")
        page.fill("#rationale", "read")
        before = page.url
        page.click("#submit")
        page.wait_for_function("(before) => location.href !== before", arg=before)
        page.wait_for_selector("#judgement, .empty")

    assert page.locator(".empty").count() == 1
    # Raw HTML is shown as it was written.
    assert "<svg onload=alert(1)>" in seen or "<svg/onload=alert(1)>" in seen
    guidelines = [f"/tasks/hostile{end}/guidelines" for end in ENDINGS]
    for path in ["/judgements", "/", *guidelines]:
        page.goto(path)
        watch.check()


def test_what_is_written_comes_back_to_the_letter(visit, hostile):
    ada = visit()
    watch = Watch(ada)
    page = ada.start_labelling("hostile")
    address = page.url
    texts = ["\n".join(part).replace("\r", "\n") for part in parts(hostile, TEXT_LIMIT)]

    for rationale, demonstration in list(zip(texts[::2], texts[1::2]))[:CORRECTIONS]:
        write(page, "#rationale", rationale)
        write(page, "#demonstration", demonstration)
        before = page.url
        page.click("#submit")
        page.wait_for_function("(before) => location.href !== before", arg=before)
        page.goto(address)

        assert page.input_value("#rationale") == rationale
        assert page.input_value("#demonstration") == demonstration
        watch.check()
        answer = ada.context.request.get(f"/api/v1{address[len(ada.workspace.address):]}").json()
        assert answer["judgement"]["rationale"] == rationale


def test_no_script_of_the_admin_s_pages_runs(visit, hostile):
    ada = visit()
    page = ada.start_labelling("hostile")
    texts = ["\n".join(part) for part in parts(hostile, TEXT_LIMIT)]
    for rationale, demonstration in zip(texts[:2], texts[2:4]):
        write(page, "#rationale", rationale)
        write(page, "#demonstration", demonstration)
        before = page.url
        page.click("#submit")
        page.wait_for_function("(before) => location.href !== before", arg=before)
    grace = visit("Grace", "admin")
    watch = Watch(grace)

    paths = site_pages(grace.page, "/tasks/hostile/prompts/13", "/tasks/hostile/prompts/20")
    for path in paths + [f"/tasks/hostile/prompts?query={word}" for word in ("alert", "%22%3E%3Cb", "%27%3B--")]:
        grace.page.goto(path)
        watch.check()

    assert len(paths) > 12
    expect(grace.page.locator("h1")).to_contain_text("<script>alert(1)</script>")
