"""Words that Plumbline's text does not use, and names that were replaced.

docs/style.md gives the reasons. `python Tests/Sources/test_words.py` prints the number of findings
per folder; with a folder as argument, such as `Sources/LabelStore`, it lists them.
"""

import re

from source_tree import Finding, files, prose, read, report

# Word or phrase (a regular expression, matched at word boundaries) and what to write instead.
PHRASES = {
    r"anew|afresh": "again",
    r"upon": "on",
    r"besides": "except, beside, also",
    r"for ever": "permanently, without limit",
    r"gladdest": "most wanted",
    r"seldom": "rarely",
    r"(un)?likeliest": "most (un)likely",
    r"whom": "rewrite with who, or name the person",
    r"so man(y|ieth)": "a number, or the name of the setting",
    r"(it|they|this|that|and|which|who|what) stands?": "is, are",
    r"stands": "is",
    r"tells": "reports, shows",
    r"tell(s|ing)? of": "report",
    r"holds(?! out)": "contains, is true, keeps",
    r"gives": "returns, produces",
    r"(of|on) (its|their) own(?! [a-z])": "its own, separate",
    r"by (itself|themselves)": "automatically, alone",
    r"goes? on": "continues",
    r"(is|are|was|were) nobody's": "does not belong to anybody",
    r"(is|are) none of": "is not one of",
    r"(?<!there )is no (?!longer|more|less|such|lower|higher)\w+": "is not",
    r"takes? the place of": "replaces",
    r"on the way": "during, meanwhile",
    r"slip of the pen": "typo",
    r"dice": "answers at random",
    r"garbled": "invalid",
    r"daring": "sampling temperature",
    r"has trouble": "is having problems",
    r"looked through": "searched",
    r"make it gold|no longer gold|gold met": "Mark as gold, Unmark, Gold accuracy",
    r"let (policies|them) answer": "Generate answers",
    r"first ancestor": "original base model",
    r"how far prompts are": "Progress",
    r"how it was understood": "How Plumbline reads this file",
    r"what was changed": "Change history",
}

# Words that a doc comment does not begin with: a function's begins with a verb in the third
# person, a type's or a property's with a noun phrase.
OPENINGS = ("Says", "Holds", "Takes", "Tells", "Gives", "Stands", "What", "Who", "Whose", "Whom",
            "Of", "Where")

# Names that were replaced, in code and text, and their replacements.
NAMES = {
    r"ReportDesk": "ReportCache",
    r"SamplingDesk": "SamplingJobs",
    r"ImportDesk": "ImportJobs",
    r"Patience": "RetryPolicy",
    r"SampleIntake": "ResponseBuffer",
    r"Belt": "BoundedQueue",
    r"WriterMemory": "WriterCache",
    r"SignInMemory": "SessionCache",
    r"LogSyncer": "WALSyncer",
    r"HalfDone": "PartialWriteError",
    r"Specialty": "PromptFilter",
    r"routeId": "segmentId",
    r"FrameChoice": "LayoutOptions",
    r"LabellingItem": "AssignmentContent",
    r"JudgementSheet": "ReviewTable",
    r"(Lean|Brief)Schema": "a name by subject",
    r"engineGarbled": "invalidEngineOutput",
    r"engineSilent": "missingEngineSummary",
    r"ProximalMethod": "PPOMethod",
    r"ProximalOptions": "PPOOptions",
    r"appraise\w*": "evaluate",
    r"withAdvantages": "addingAdvantages",
    r"takeAverages": "useAveragedWeights",
    r"takenBack|takeBack": "retracted, restoreBest",
    r"Duel": "ScoredPair",
    r"(bench|deeds|rail|sheet|voice|passage|trail|fold|enrich|missing)\.js":
        "labelling-page, actions, ranking-panel, judgement-form, status-line, navigator, visited, "
        "collapse, highlight, validation",
    r"deeds?": "resource routes; actions",
}

# Places where a word or a name is right: path prefix, text on the line, and the reason.
ALLOWED = [
    ("docs/style.md", r".", "lists the words that are not used"),
    ("CHANGELOG.md", r".", "names what was replaced"),
    ("Sources/LabelStore/Schema/Migrations/", r".", "a migration keeps the names of its time"),
    ("tasks/", r"He gives 5", "an example text"),
    ("docs/experiments/rlhf.md", r"“Once upon a time”", "a quotation"),
    ("Sources", r"holds? (the|a|its|that) (training |advisory )?lock", "usual for locks"),
    ("docs", r"holds? (the|a|its|that) (training |advisory )?lock", "usual for locks"),
    ("ARCHITECTURE.md", r"holds? (the|a|its|that) (training |advisory )?lock", "usual for locks"),
]

TEXTS = (".swift", ".md", ".cpp", ".hpp", ".h", ".js", ".css", ".sql", ".mustache", ".yaml", ".sh")
UNDER = ("Sources/", "docs/", "scripts/", "tasks/", "README.md", "ARCHITECTURE.md", "SECURITY.md",
         "CONTRIBUTING.md", "CHANGELOG.md", "Package.swift")
PROSE = re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in PHRASES), re.IGNORECASE)
REPLACED = re.compile("|".join(rf"\b(?:{name})\b" for name in NAMES))
OPENING = re.compile(rf"\s*///\s*({'|'.join(OPENINGS)})\b")


def checked_files():
    scripts = [name for name in files("", under=["scripts/"]) if "." not in name]
    catalogue = files("/en.json", under=["Sources/"])
    return files(*TEXTS, under=UNDER) + catalogue + scripts



def is_allowed(name, line):
    return any(name.startswith(path) and re.search(text, line) for path, text, _ in ALLOWED)


def word_findings(name):
    for number, line, is_comment in prose(name):
        if is_allowed(name, line):
            continue
        for match in PROSE.finditer(line):
            instead = next(text for pattern, text in PHRASES.items()
                           if re.fullmatch(rf"(?:{pattern})", match.group(0), re.IGNORECASE))
            yield Finding(name, number, f"“{match.group(0)}”: write {instead}")


def opening_findings(name):
    lines = read(name).split("\n")
    for number, line in enumerate(lines, 1):
        begins = number == 1 or not lines[number - 2].strip().startswith("///")
        if begins and (match := OPENING.match(line)):
            yield Finding(name, number, f"a doc comment begins with “{match.group(1)}”")


def name_findings(name):
    for number, line in enumerate(read(name).split("\n"), 1):
        if is_allowed(name, line):
            continue
        for match in REPLACED.finditer(line):
            instead = next(text for pattern, text in NAMES.items()
                           if re.fullmatch(pattern, match.group(0)))
            yield Finding(name, number, f"“{match.group(0)}”: now {instead}")


def all_findings():
    found = []
    for name in checked_files():
        found += word_findings(name)
        found += name_findings(name)
        if name.endswith(".swift"):
            found += opening_findings(name)
    return found


def listed(findings):
    return "\n".join(str(finding) for finding in findings[:40])


def test_no_text_uses_a_word_that_we_avoid():
    found = [finding for name in checked_files() for finding in word_findings(name)]
    assert not found, f"{len(found)} findings\n{listed(found)}"


def test_doc_comments_begin_with_a_verb_or_a_noun():
    found = [one for name in files(".swift", under=UNDER) for one in opening_findings(name)]
    assert not found, f"{len(found)} findings\n{listed(found)}"


def test_no_name_that_was_replaced_is_left():
    found = [finding for name in checked_files() for finding in name_findings(name)]
    assert not found, f"{len(found)} findings\n{listed(found)}"


def test_the_check_finds_words_in_comments_strings_and_text(tmp_path):
    swift = 'let a = 1  // It stands here.\nfail("The server has trouble.")\nlet gives = 2\n'
    found = [line for line, text, _ in prose_of(tmp_path, "a.swift", swift) if PROSE.search(text)]
    assert found == [1, 2]
    page = "A line.\n\n```\nupon\n```\n`anew` and seldom\n"
    found = [line for line, text, _ in prose_of(tmp_path, "a.md", page) if PROSE.search(text)]
    assert found == [6]


def prose_of(folder, name, text):
    path = folder / name
    path.write_text(text)
    return prose(str(path))


if __name__ == "__main__":
    report(all_findings())
