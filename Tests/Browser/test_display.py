"""What is judged is what was written: every visible character of a text is on the page."""

import json
import os

import pytest
from playwright.sync_api import expect

from plumbline_testing.display_texts import LITERAL, display_texts, missing, squeezed, visible
from plumbline_testing.effort import repetitions

# Random texts. PLUMBLINE_DISPLAY_TEXTS sets another number.
TEXTS = int(os.environ.get("PLUMBLINE_DISPLAY_TEXTS", repetitions(1000, in_ci=300)))
PER_PAGE = 100
DRESSED = "() => document.querySelector('[data-dressed]')"
# What each text shows once its folds are open. A formula that is typeset counts as its source, if
# something of it is in sight.
SHOWN = """() => [...document.querySelectorAll("[data-text]")].map((prose) => {
  for (const fold of prose.querySelectorAll("details")) fold.open = true;
  let shown = "";
  const read = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      shown += node.data;
    } else if (node.matches("summary")) {
      shown += " ";
    } else if (node.matches(".math.typeset")) {
      const box = node.querySelector(".katex-html").getBoundingClientRect();
      shown += box.width > 0 && box.height > 0 ? node.title : "";
    } else if (node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) {
      if (/^(P|LI|BR|PRE|H.|T[RDH]|BLOCKQUOTE|DETAILS)$/.test(node.tagName)) shown += "\\n";
      for (const child of node.childNodes) read(child);
      if (/^(P|LI|PRE|H.|T[RDH]|BLOCKQUOTE|DETAILS)$/.test(node.tagName)) shown += "\\n";
    }
  };
  read(prose);
  return { shown, empty: prose.querySelectorAll(".math:empty").length,
           rect: prose.getBoundingClientRect().height };
})"""


def add_conversations(workspace, texts):
    """Makes a task whose prompts are conversations of the texts, and answers of no interest."""
    rows = [
        {"messages": [
            {"role": "assistant" if number % 2 else "user", "content": text}
            for number, text in enumerate(texts[at:at + PER_PAGE])] + [{"role": "user", "content": "End"}],
         "responses": ["a", "b"]}
        for at in range(0, len(texts), PER_PAGE)]
    for number, row in enumerate(rows):
        # Turns alternate.
        if len(row["messages"]) % 2 == 0:
            row["messages"].insert(-1, {"role": "assistant", "content": f"Filler {number}"})
    workspace.add_task("display", "questions: {ranking: {}}", rows)
    return len(rows)


def open_prompts(page, task):
    """The addresses of a task's prompts in import order."""
    paths, path = [], f"/tasks/{task}/prompts"
    while path:
        page.goto(path)
        paths += page.locator("tbody td:first-child a").evaluate_all(
            "(all) => all.map((one) => one.pathname)")
        more = page.locator(".more a")
        path = more.get_attribute("href") if more.count() else None
    return sorted(paths, key=lambda one: int(one.rsplit("/", 1)[1]))


def test_every_visible_character_of_generated_texts_is_on_the_page(visit, workspace):
    texts = display_texts(TEXTS)
    add_conversations(workspace, [text for text, _ in texts])
    page = visit("Grace", "admin").page
    found, count = [], 0

    for path in open_prompts(page, "display"):
        page.goto(path)
        page.wait_for_function(DRESSED)
        shown = page.evaluate(SHOWN)
        for (text, literal), one in zip(texts[count:count + PER_PAGE], shown):
            lacks = missing(text, one["shown"])
            changed = [piece for piece in literal
                       if squeezed(piece) not in squeezed(one["shown"].replace("\u00a0", " "))]
            if lacks or changed or one["empty"] or not visible(one["shown"]) or one["rect"] < 5:
                found.append({"text": text, "lacks": lacks, "changed": changed, "shown": one})
        count += PER_PAGE

    assert count >= TEXTS
    assert not found, f"{len(found)} of {TEXTS}: " + json.dumps(found[:5], ensure_ascii=False, indent=1)


def add_answers(workspace, answers, slug="answers"):
    workspace.add_task(slug, "questions: {ranking: {required: false}, rationale: {}}", [
        {"prompt": "How?", "responses": answers[at:at + 8] + ["filler"]}
        for at in range(0, len(answers), 8)])


def submit(page):
    page.fill("#rationale", "read")
    before = page.url
    page.click("#submit")
    page.wait_for_function("(before) => location.href !== before", arg=before)
    page.wait_for_selector("#judgement, .empty")


def shown_answers(page):
    page.wait_for_function(DRESSED)
    return page.locator(".answer .prose").evaluate_all("(all) => all.map((one) => one.innerText)")


def test_labellers_see_what_was_written(visit, workspace):
    add_answers(workspace, LITERAL)
    page = visit().start_labelling("answers")
    seen = []
    for number in range(0, len(LITERAL), 8):
        seen += [squeezed(one.replace("\u00a0", " ")) for one in shown_answers(page)]
        submit(page)

    assert [one for one in LITERAL if not any(squeezed(one) in text for text in seen)] == []


@pytest.mark.parametrize("text", [
    "It is $\\frac{1}{3$ now.", "So \\(\\nosuchcommand{x}\\) holds.", "Then $$ \\begin{matrix} 1 $$ done.",
    "Here $y^2^3$ ends.", "A $\\phantom{secret}$ word.", "Or $\\color{white}{x=1}$ too.",
    "With $x+1 % hidden$ left.", "$\\def\\x{y}\\x$ defined", "$\\rlap{a}b$ covered"])
def test_a_formula_that_cannot_be_typeset_keeps_its_source(visit, workspace, text):
    workspace.add_task("tex", "questions: {ranking: {}}", [
        {"prompt": text, "responses": [text, "Right: $x^2$"]}])
    page = visit().start_labelling("tex")
    page.wait_for_selector(".math.typeset")
    page.wait_for_function(DRESSED)

    assert squeezed(page.locator(".conversation .prose").inner_text()) == squeezed(text)
    for formula in page.locator(".math").all():
        assert formula.inner_text().strip()
    assert page.locator(".math:empty").count() == 0


@pytest.mark.parametrize("text, words", [
    ("\u200b\u200b", "no visible text: U+200B U+200B"), ("![](https://example.org/cat.png)", "picture: https"),
    ("[1]: https://example.org/a", "[1]: https://example.org/a"), ("<!-- only a comment -->", "<!-- only"),
    ("---", "---"), ("&nbsp;", "&nbsp;"), ("<think>only this", "Unfinished reasoning")])
def test_no_answer_is_blank(visit, workspace, text, words):
    workspace.add_task("blank", "questions: {ranking: {}}", [{"prompt": "?", "responses": [text, "b"]}])
    page = visit().start_labelling("blank")
    assert any(words in one for one in shown_answers(page)), shown_answers(page)


def test_lists_tables_and_code_look_as_they_are_written(visit, workspace):
    workspace.add_task("looks", "questions: {ranking: {}}", [{"prompt": "?", "responses": [
        "1. a\n1. b\n7. c\n\n* d\n- e", "| l | r | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |\n\n```python\nprint(1)\n```"]}])
    page = visit().start_labelling("looks")
    page.wait_for_function(DRESSED)
    markers = page.locator(".marker")
    assert markers.all_inner_texts() == ["1.", "1.", "7.", "*", "-"]
    assert page.locator(".prose ol li").nth(2).get_attribute("value") == "7"
    bullet = page.locator(".marker.bullet").evaluate("(one) => getComputedStyle(one, '::before').content")
    assert bullet == '"•"'
    aligned = page.locator("td").evaluate_all("(all) => all.map((one) => getComputedStyle(one).textAlign)")
    assert aligned == ["left", "right", "center"]

    page = visit("Grace", "admin").page
    page.goto(open_prompts(page, "looks")[0])
    page.wait_for_function(DRESSED)
    colours = page.locator("code.hljs, code.hljs span").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).color)")
    assert len(set(colours)) > 1
    gap = page.evaluate("""() => {
      const letter = [...document.querySelectorAll(".ranking b")].at(-1).getBoundingClientRect();
      const text = [...document.querySelectorAll("article .prose")].at(-1).getBoundingClientRect();
      return text.top - letter.bottom; }""")
    assert gap >= 4


def test_reasoning_and_tool_calls_are_folded_and_named(visit, workspace):
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Rome\"}"}}
    workspace.add_task("tools", "questions: {ranking: {}}", [{"messages": [
        {"role": "user", "content": "Weather in Rome?"},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "I must look."},
        {"role": "tool", "tool_call_id": "c1", "name": "weather", "content": "{\"degrees\": 21}"},
        {"role": "assistant", "content": "21 degrees."}, {"role": "user", "content": "And Paris?"}],
        "responses": ["<think>\nLook it **up**.\n</think>\n\n19 degrees.", "No idea."]}])
    ada = visit()
    page = ada.start_labelling("tools")
    folds = page.locator(".conversation details")
    names = [one.split("{")[0].strip() for one in folds.locator("summary").all_inner_texts()]
    assert names[0].startswith("Reasoning") and names[1] == "Tool call: weather"
    assert names[2] == "Tool result: weather" and names[3].startswith("Other fields")
    expect(page.locator(".conversation .role")).to_have_text(
        ["User", "Assistant", "Tool", "Assistant", "User"])

    answer = page.locator(".answer .prose", has_text="19 degrees")
    expect(answer.locator("summary")).to_have_text("Reasoning Look it **up**.")
    for line in answer.locator("details p").all():
        expect(line).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.locator("details strong")).to_be_visible()


def test_texts_are_shown_as_written_on_request(visit, workspace):
    workspace.add_task("source", "questions: {ranking: {required: false}, rationale: {}}", [
        {"prompt": f"**Why** {number}?", "responses": ["**one**\n\n  two", "*three*"]} for number in range(3)])
    ada = visit()
    page = ada.start_labelling("source")
    switch = page.locator("#as-written")
    expect(switch).to_have_attribute("aria-pressed", "false")

    first = page.locator(".answer").first
    rendered = first.locator(".prose").inner_html()
    first.get_by_role("button", name="As written").click()
    expect(first.locator(".prose pre.as-written")).to_be_visible()
    assert first.locator("pre").evaluate("(one) => getComputedStyle(one).whiteSpace") == "pre-wrap"
    expect(page.locator("pre.as-written")).to_have_count(1)
    first.get_by_role("button", name="Rendered").click()
    assert first.locator(".prose").inner_html() == rendered

    page.keyboard.press("m")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(page.locator("pre.as-written")).to_have_count(3)
    assert sorted(page.locator(".answer pre").all_inner_texts()) == ["**one**\n\n  two", "*three*"]
    submit(page)
    expect(page.locator(".conversation")).to_contain_text("**Why**")
    expect(page.locator("pre.as-written")).to_have_count(3)
    page.keyboard.press("m")
    expect(page.locator("pre.as-written")).to_have_count(0)
    expect(page.locator(".answer strong")).to_have_count(1)


def test_admins_and_those_without_scripts_see_texts_as_written_too(visit, workspace):
    workspace.add_task("source", "questions: {ranking: {}}", [
        {"prompt": "**Why**?", "responses": ["**one**", "# two"]}])
    grace = visit("Grace", "admin")
    page = grace.page
    path = open_prompts(page, "source")[0]
    page.goto(path)
    page.click("#as-written")
    expect(page.locator("pre.as-written")).to_have_text(["**Why**?", "**one**", "# two"])
    page.goto(path.replace("/prompts/", "/review/"))

    plain = grace.context.browser.new_context(
        base_url=workspace.address, java_script_enabled=False, storage_state=grace.context.storage_state())
    still = plain.new_page()
    still.goto(path)
    still.click("#as-written")
    expect(still.locator("pre.as-written")).to_have_count(3)
    plain.close()


@pytest.mark.parametrize("width, height", [(1280, 800), (360, 760)])
def test_a_long_conversation_opens_at_the_turn_to_answer(visit, workspace, width, height):
    turns = [{"role": "assistant" if number % 2 else "user", "content": f"Turn {number}: " + "word " * 60}
             for number in range(16)]
    workspace.add_task("talk", "questions: {ranking: {}}", [
        {"messages": [*turns, {"role": "user", "content": "The question to answer, $x^2$?"}],
         "responses": ["a", "b"]}])
    page = visit(viewport={"width": width, "height": height}).start_labelling("talk")
    page.wait_for_function(DRESSED)
    last = page.locator(".message").last

    expect(last).to_be_in_viewport(ratio=0.9)
    # In its box, and not only where the box would be.
    assert last.evaluate("""(one) => {
      const [own, box] = [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()];
      return own.top >= box.top - 1 && own.bottom <= box.bottom + 1; }""")
    expect(page.locator(".message").first).not_to_be_in_viewport()


def test_no_browser_translates_what_is_judged(visit, workspace):
    ada = visit()
    page = ada.start_labelling()
    texts = page.locator(".answer .prose, .conversation .prose")
    assert set(texts.evaluate_all("(all) => all.map((one) => one.translate)")) == {False}
    page = visit("Grace", "admin").page
    for path in ["/tasks/helpfulness/prompts", "/tasks/helpfulness/prompts/1", "/tasks/helpfulness/review/1"]:
        page.goto(path)
        texts = page.locator(".prose, td.clip a")
        assert set(texts.evaluate_all("(all) => all.map((one) => one.translate)")) == {False}, path
