"""Every document, section and file that a comment or a document cites is in the repository.

`python Tests/Sources/test_citations.py` prints the findings per folder.
"""

import re
from functools import cache
from urllib.parse import unquote

from source_tree import ROOT, Finding, files, folder_of, read, report, tracked_files

TEXTS = (".swift", ".md", ".cpp", ".hpp", ".h", ".js", ".css", ".sql", ".mustache", ".yaml", ".yml",
         ".py", ".json", ".html", ".toml")
SELF = "Tests/Sources/"

# Ways to cite something that only its writer could open.
UNREACHABLE = re.compile(
    r"\b(engine[ -]notes|labelling[ -]notes|field-formats\.md|design\.md|"
    r"[Ii]nvariants? \d+|[Ii]ssues? #?\d+)\b|(?<![\w.~-])/(?:home|Users|root)/\w+")
DOCUMENT = re.compile(r"(?<![\w/.-])((?:docs|Sources|Tests|scripts|tasks|Benchmarks)/"
                      r"[\w./+-]*\.(?:md|swift|py|mustache|yaml|json|sql|js|css|hpp|cpp|png))(?!\w)")
RECIPE = re.compile(r"docs/recipe\.md[`,]{0,2} ((?:[A-Z]\d+)(?:(?:, | and )[A-Z]\d+)*)")
LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(<?([^)\s>]+)>?\)")
CODE = re.compile(r"(^|\n)(~~~|```)[\s\S]*?\n(~~~|```)")
# A path that begins with a module: LabelStore/Writing/WALSyncer, Labelling/Statistics.
PLACE = re.compile(r"`([\w-]+(?:/[\w+.-]+)+)/?`")

# Paths that are not files of this repository, and why.
ELSEWHERE = {
    "docs/source/": "documentation of TRL",
    "Benchmarks/NAME": "a placeholder",
    "tasks/big/": "made by a benchmark in its workspace",
}


def text_files():
    scripts = [name for name in files("", under=["scripts/"]) if "." not in name]
    return [name for name in files(*TEXTS) + scripts if not name.startswith((SELF, "vendor/"))]


@cache
def modules():
    return {name.split("/")[1] for name in tracked_files() if name.startswith("Sources/")}


@cache
def anchors(name):
    """The anchors that GitHub makes of a page's headings, and those written as HTML."""
    made = set(re.findall(r'<a (?:id|name)="([^"]+)"', read(name)))
    for heading in re.findall(r"^#+ (.+)$", CODE.sub("\n", read(name)), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().strip()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (candidate := slug if not number else f"{slug}-{number}") in made:
            number += 1
        made.add(candidate)
    return made


def exists(name):
    return (ROOT / name).exists()


def is_place(path):
    """Whether a path below Sources names a file or a folder, with or without its suffix."""
    if exists(f"Sources/{path}"):
        return True
    base = f"Sources/{path}"
    return any(name.startswith((f"{base}.", f"{base}+")) for name in tracked_files())


def link_problem(name, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = unquote(target).partition("#")
    page = (ROOT / name).parent.joinpath(path).resolve() if path else ROOT / name
    if not page.exists():
        return f"links to {target}, which does not exist"
    if anchor and page.suffix == ".md" and anchor not in anchors(str(page.relative_to(ROOT))):
        return f"links to {target}, and that page has no such section"
    return None


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def findings(name):
    text = read(name)
    for match in UNREACHABLE.finditer(text):
        yield Finding(name, line_of(text, match), f"cites “{match.group(0)}”, which is not here")
    for match in DOCUMENT.finditer(text):
        cited = match.group(1)
        if not exists(cited) and not cited.startswith(tuple(ELSEWHERE)):
            yield Finding(name, line_of(text, match), f"cites {cited}, which does not exist")
    for match in RECIPE.finditer(text):
        for anchor in re.findall(r"[A-Z]\d+", match.group(1)):
            if not exists("docs/recipe.md") or anchor.lower() not in anchors("docs/recipe.md"):
                yield Finding(name, line_of(text, match), f"docs/recipe.md has no {anchor}")
    if name.endswith(".md"):
        yield from page_findings(name)


def page_findings(name):
    text = CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), read(name))
    for match in LINK.finditer(text):
        if problem := link_problem(name, match.group(1)):
            yield Finding(name, line_of(text, match), problem)
    for match in PLACE.finditer(text):
        path = match.group(1)
        if path.split("/")[0] in modules() and not is_place(path):
            yield Finding(name, line_of(text, match), f"names {path}, which is not below Sources")


def all_findings():
    return [finding for name in text_files() for finding in findings(name)]


def test_everything_that_is_cited_is_in_the_repository():
    found = all_findings()
    assert not found, f"{len(found)} findings\n" + "\n".join(map(str, found[:40]))


def test_the_check_sees_links_paths_and_sections():
    assert link_problem("README.md", "docs/none.md")
    assert link_problem("README.md", "docs/glossary.md#none")
    assert not link_problem("README.md", "docs/glossary.md")
    assert not link_problem("README.md", "https://example.com/none.md")
    assert UNREACHABLE.search("as the engine notes say") and UNREACHABLE.search("Invariant 4")
    assert RECIPE.search("docs/recipe.md P8 and R3").group(1) == "P8 and R3"
    assert folder_of("Sources/Torch/Device.swift") == "Sources/Torch"
    assert not is_place("Torch/None") and is_place("Torch")


if __name__ == "__main__":
    report(all_findings())
