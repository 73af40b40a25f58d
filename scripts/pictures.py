"""Draws docs/images from a new workspace. Look at each picture before you commit it.

    .venv/bin/python scripts/pictures.py

`run.png` needs a trained run and is left alone.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/support"))
from plumbline_testing.browser import Visitor, chromium  # noqa: E402
from plumbline_testing.workspace import Workspace  # noqa: E402

IMAGES = ROOT / "docs/images"
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
POLICIES = ("base", "tuned 1", "tuned 2", "tuned 3")
TOPICS = {
    "Why is the sky blue? Explain it to a curious ten-year-old in a few sentences.": [
        "That is a great question, and there are many reasons! In short: it has to do with light, "
        "with the air, and with how our eyes work.",
        "Imagine sunlight as a box of crayons. When it meets the air, the blue crayons bounce "
        "around the most, so wherever you look up, some blue comes back to you.",
        "The sky is blue because of **Rayleigh scattering**. Sunlight looks white but holds every "
        "colour; air scatters short wavelengths far more than long ones, so blue light reaches "
        "your eye from all sides.\n\nAt sunset its path through the air is longer, most of the "
        "blue is gone before it arrives, and red is what remains.",
        "The sky is blue because it mirrors the sea."],
    "How do I keep basil alive on a windowsill?": [
        "Water it.",
        "Give it six hours of light, water when the top of the soil is dry, and pinch off the tips "
        "so that it grows bushy.",
        "1. A sunny sill\n2. A pot with holes\n3. Water from below\n4. Harvest from the top",
        "Basil is a herb of the mint family, first described in 1753."],
    "What does `git rebase` do?": [
        "It rebases your commits.",
        "It replays your commits on top of another branch:\n\n```sh\ngit rebase main\n```\n\nEach "
        "gets a new id, so do not rebase what others have pulled.",
        "It moves a branch to a new base and makes the history one line.",
        "It deletes old commits to save space."],
    "Give me three ideas for a rainy Sunday with two children.": [
        "Watch television, watch a film, watch another film.",
        "Build a den from blankets, bake bread in the shape of animals, and draw a map of your "
        "street from memory.",
        "A treasure hunt through the flat; paper boats in the bath; a puppet theatre.",
        "It depends on many factors, such as age and interests."],
    "Is it safe to mix bleach and vinegar?": [
        "Yes, together they clean better.",
        "No. They release chlorine, which harms your lungs even in small amounts. Air the room and "
        "leave it if you smell it.",
        "No, never.", "Bleach is sodium hypochlorite; vinegar is acetic acid."],
    "What is 17 % of 240?": ["40.8", "It is $0.17 \\cdot 240 = 40.8$.", "About forty.", "38.4"],
}


def rows(answers=4):
    for text, responses in TOPICS.items():
        yield {"prompt": text, "responses": [
            {"text": response, "source": policy}
            for policy, response in list(zip(POLICIES, responses))[-answers:]]}


def rank(page, order):
    for letter, place in order:
        page.keyboard.press(letter)
        page.keyboard.press(str(place))
    page.wait_for_selector("#saved[data-state=saved]")
    page.evaluate("scrollTo(0, 0)")


def judge(visitor, reasons, flag=None):
    """Judges all prompts over the API: the first answer shown is best, the rest tie."""
    request = visitor.context.request
    for number in range(len(TOPICS)):
        item = request.post("/api/v1/tasks/answers/assignments").json()
        keys = [answer["key"] for answer in item["responses"]]
        sent = request.put(f"/api/v1/assignments/{item['id']}/judgement", data={
            "ranking": [[keys[0]], keys[1:]], "rationale": reasons[number % len(reasons)],
            "activeSeconds": 31 + 7 * number, "flags": {keys[1]: [flag]} if flag else {}})
        assert sent.status == 201, sent.text()


def shoot(page, name, **options):
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png", **options)


def labelling(browser, workspace):
    for name, person, window, words in (
            ("labelling", "Ida", DESK, {}), ("labelling-dark", "Noor", DESK, {"color_scheme": "dark"}),
            ("labelling-zh", "Mei", DESK, {"locale": "zh-CN"}), ("labelling-phone", "Bo", PHONE, {})):
        visitor = Visitor(browser, workspace, person, "labeller", **window, **words)
        page = visitor.start_labelling("look")
        rank(page, [("a", 1), ("b", 1), ("d", 3)])
        shoot(page, name)
        visitor.context.close()
    visitor = Visitor(browser, workspace, "Per", "labeller", **DESK)
    page = visitor.start_labelling("pair")
    page.keyboard.press("2")
    shoot(page, "labelling-pair")
    visitor.context.close()


def admin(browser, workspace):
    for name, flag, reasons in (
            ("Ada", "fabricated", ["It says what to do.", "The others are too short."]),
            ("Ben", None, ["Easiest to follow."])):
        visitor = Visitor(browser, workspace, name, "labeller")
        judge(visitor, reasons, flag)
        visitor.context.close()
    workspace.run("simulate", "answers", "--labellers", "2", "--noise", "0.6")
    page = Visitor(browser, workspace, "Grace", "admin", **DESK).page
    page.goto("/tasks/answers")
    shoot(page, "task", full_page=True)
    page.goto("/tasks/answers/review")
    page.click("tbody a")
    shoot(page, "review", full_page=True)


def main():
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        workspace = Workspace(Path(folder) / "workspace")
        try:
            title = "title: {en: Helpful answers}\n"
            questions = "questions: {ranking: {ties: true}, flags: , rating: {}, rationale: {}}"
            workspace.add_task("look", f"{title}overlap: 9\n{questions}", rows())
            workspace.add_task(
                "pair", f"{title}questions: {{strength: , flags: , confidence: , rationale: {{}}}}",
                rows(answers=2))
            workspace.add_task("answers", f"{title}overlap: 4\n{questions}", rows())
            workspace.serve()
            labelling(browser, workspace)
            admin(browser, workspace)
        finally:
            workspace.close()


if __name__ == "__main__":
    main()
