"""In a language where every word of the catalogue is marked, nothing may be left unmarked."""

from playwright.sync_api import expect

from plumbline_testing.browser import site_pages
from test_labelling import rank_by_keys
from test_pages import choose

# What people wrote, names of things, and dates, which each language's calendar writes: no catalogue
# holds them.
OWN = [r"https?://", r"\d{1,2} [A-Z][a-z]{2}( \d{4} at \d\d:\d\d)?", r"Helpful answers", r"Question \d+", r"Plumbline|Grace|helpfulness|silent|\badmin\b",
       r"labeller-\d+", r"Chrome, Linux", r"\b[A-Z]{2,}\b"]

# All words that can be seen or are read out, but for code and keys, outside the catalogue's marks.
LOOSE = """(own) => {
  const loose = new Set();
  const names = own.map((name) => new RegExp(name, "g"));
  const look = (text, where) => {
    let rest = text ?? "";
    for (let depth = 0; depth < 4; depth++) rest = rest.replace(/⟦[^⟦⟧]*⟧/g, " ");
    // What a chart cuts off ends in dots.
    rest = rest.replace(/⟦[^⟦⟧]*…/g, " ");
    for (const name of names) rest = rest.replace(name, " ");
    if (/\\p{L}{2,}/u.test(rest)) loose.add(`${rest.trim().slice(0, 80)} (${where})`);
  };
  const isData = (node) => node.closest?.(
    "code, pre, kbd, script, style, textarea, option[lang], .prose, [data-own], time");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement } = walker.currentNode;
    if (!isData(parentElement)) look(walker.currentNode.data, parentElement.outerHTML.slice(0, 60));
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    if (isData(one)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      look(one.getAttribute(name), `${name} of ${one.tagName}`);
    }
  }
  look(document.title, "title");
  return [...loose];
}"""


# A task without a letter of its own, so that every letter on the page is the product's.
SILENT = """title: {en: "1"}
questions:
  ranking: {}
  rating: {}
  flags: instructgpt
  promptFlags: instructgpt
  confidence: {}
  rationale: {}
  demonstration: {}
"""


def open_silently(visit, workspace):
    workspace.add_task("silent", SILENT, [
        {"prompt": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"},
                    {"role": "user", "content": f"3{n}"}],
         "responses": ["4\n\n" * 60, "5", "6", "7"]} for n in range(3)], guidelines="8")
    grace = visit("Grace", "admin")
    choose(grace.context, workspace, "en-XA")
    return grace


def loose(page):
    return page.evaluate(LOOSE, OWN)


def test_everything_the_labelling_page_says_is_in_the_catalogue(visit, workspace):
    grace = open_silently(visit, workspace)
    page = grace.start_labelling("silent")
    said = []

    def see(*keys):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(50)
        said.extend(loose(page))

    see()
    see("1")
    see("a", "2", "Shift+Digit1")
    see("b", "1", "Shift+Digit7")
    see("f")
    see("x")
    see("f", "h")
    see("Enter")
    see("Backspace")
    see("u")
    page.click(".chip[data-key=A]")
    see()
    see("Escape")
    page.click(".expand")
    see()
    rank_by_keys(page, {"a": 1, "b": 2, "c": 3, "d": 4})
    grace.context.set_offline(True)
    page.keyboard.press("Shift+Digit2")
    expect(page.locator("#saved")).to_have_attribute("data-state", "offline")
    see("s")
    page.keyboard.press("2")
    see("Enter")
    grace.context.set_offline(False)
    expect(page.locator(".conversation")).to_contain_text("31", timeout=15000)
    see("u")
    page.wait_for_selector(".notice")
    see()

    assert said == []


def test_every_page_says_only_what_the_catalogue_holds(visit, workspace):
    grace = open_silently(visit, workspace)
    page = grace.page
    grace.judge(1, "silent", flags=False)

    paths = site_pages(page, "/tasks/silent", "/tasks/silent/import", "/tasks/new")
    said = {}
    for path in paths:
        page.goto(path)
        if found := [one for one in loose(page)]:
            said[path] = found

    assert len(paths) > 14
    assert said == {}


def test_a_word_outside_the_catalogue_would_be_found(visit, workspace):
    grace = open_silently(visit, workspace)
    choose(grace.context, workspace, "en")
    page = grace.start_labelling("silent")

    assert len(loose(page)) > 20
