"""The files of the repository and the prose in them, for the checks in this folder.

The checks need no build. They read the files that git lists, so build products are never checked.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


@cache
def tracked_files():
    """Every file that git tracks or would track, as a path relative to the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def files(*suffixes, under=()):
    return [name for name in tracked_files()
            if name.endswith(suffixes) and (not under or name.startswith(tuple(under)))]


@cache
def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


# Comments and string literals of Swift, C++, JavaScript and CSS. A string of more than one line
# comes first, because its quotes would otherwise read as an empty string and a new one.
C_LIKE = re.compile(
    r'(?P<text>"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)'
    r"|(?P<comment>//[^\n]*|/\*[\s\S]*?\*/)")
HASH = re.compile(r"""(?P<text>\"\"\"[\s\S]*?\"\"\"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
                  r"|(?:^|(?<=\s))(?P<comment>#[^\n]*)", re.MULTILINE)
SQL = re.compile(r"(?P<text>'(?:''|[^'])*')|(?P<comment>--[^\n]*)")
MUSTACHE = re.compile(r"(?P<comment>\{\{![\s\S]*?\}\})(?P<text>)")
MARKDOWN_CODE = re.compile(r"(^|\n)(~~~|```)[\s\S]*?\n(~~~|```)|`[^`\n]+`|\]\([^)\s]*\)")
C_SUFFIXES = (".swift", ".cpp", ".hpp", ".h", ".js", ".css", ".c")
INTERPOLATION = re.compile(r"\\\([^()]*(?:\([^()]*\)[^()]*)*\)|\$\{[^{}]*\}|`[^`\n]*`")


def blank(match):
    """Replaces code by spaces, so that line numbers stay right."""
    return re.sub(r"[^\n]", " ", match.group(0))


def prose(name):
    """Yields (line, text, is_comment) for each piece of a file that people read."""
    text = read(name)
    if name.endswith(".md"):
        for number, line in enumerate(MARKDOWN_CODE.sub(blank, text).split("\n"), 1):
            yield number, line, False
    elif name.endswith(".json"):
        for number, line in enumerate(text.split("\n"), 1):
            if match := re.match(r'\s*"[^"]+":\s*("(?:\\.|[^"\\])*")', line):
                yield number, json.loads(match.group(1)), False
    elif name.endswith((".yaml", ".yml")) and not name.startswith("Sources/Alignment"):
        for number, line in enumerate(text.split("\n"), 1):
            yield number, re.sub(r"`[^`]*`", blank, line), False
    else:
        yield from scanned(name, text)


def scanned(name, text):
    if name.endswith(C_SUFFIXES):
        pattern = C_LIKE
    elif name.endswith(".sql"):
        pattern = SQL
    elif name.endswith(".mustache"):
        pattern = MUSTACHE
    else:
        pattern = HASH
    for match in pattern.finditer(text):
        comment = match.group("comment")
        piece = INTERPOLATION.sub(blank, comment or match.group("text"))
        first = text.count("\n", 0, match.start()) + 1
        for offset, line in enumerate(piece.split("\n")):
            yield first + offset, line, comment is not None


def folder_of(name):
    """The part of the tree that a count is printed for: a module, or a folder at the top."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] in ("Sources", "Tests") and len(parts) > 2 else parts[0]


def report(findings):
    """Prints findings and their number per folder; arguments are the folders to list in full."""
    wanted = tuple(sys.argv[1:])
    counts = Counter(folder_of(finding.path) for finding in findings)
    for finding in findings:
        if wanted and finding.path.startswith(wanted):
            print(finding)
    for folder, count in sorted(counts.items()):
        print(f"{count:5d}  {folder}")
    print(f"{sum(counts.values()):5d}  in all. List those of a folder: give it as an argument.")
