"""Which part of the source tree may use which other part.

The two tables are the architecture, written down by hand. A new edge needs a line here, so that
nobody adds one by accident. Both are read from the sources: the first from `import`, the second
from the names of types. Members of extensions have no name of their own to search for, so the second
table does not see them.
"""

import re
from collections import defaultdict

from source_tree import C_LIKE, Finding, blank, files, read, report

# Target: the targets of this package that it may import.
TARGETS = {
    # Under both halves.
    "Foundations": "",
    "Hashing": "CCrypto",
    "Compression": "CZlib CZstd",
    "PreferenceData": "Foundations Hashing Compression",
    # The workbench.
    "HTTPClient": "CCurl",
    "Labelling": "Foundations Hashing PreferenceData",
    "LabelStore": "Foundations Hashing PreferenceData Labelling CSQLite",
    "Jobs": "Foundations PreferenceData Labelling LabelStore",
    "EngineJobs": "Foundations HTTPClient PreferenceData Labelling LabelStore Jobs",
    "Webhooks": "Foundations Hashing HTTPClient PreferenceData LabelStore",
    "Credentials": "Foundations Hashing PreferenceData",
    "Rendering": "Foundations PreferenceData CMarkGFM",
    "HTTPSupport": "Foundations CZlib",
    "WebServer": "Foundations Hashing PreferenceData Labelling LabelStore Rendering HTTPSupport",
    "LabelServer": "Foundations Hashing PreferenceData Labelling LabelStore Jobs Webhooks"
                   " Credentials Rendering HTTPSupport WebServer",
    "plumbline": "Foundations HTTPClient PreferenceData Labelling LabelStore Jobs EngineJobs Webhooks"
                 " Credentials HTTPSupport WebServer LabelServer",
    # The engine.
    "Torch": "Foundations CTorch",
    "Jinja": "",
    "LanguageModels": "Foundations PreferenceData Jinja Torch CPCRE2",
    "Alignment": "Foundations Jinja Hashing PreferenceData LanguageModels Torch",
    "ModelServer": "Foundations Jinja LanguageModels Torch",
    "plumbline-engine": "Foundations PreferenceData Jinja LanguageModels Torch Alignment ModelServer",
}

# Library: the targets that may import it.
LIBRARIES = {
    "GRDB": "LabelStore",
    "Hummingbird": "LabelServer WebServer HTTPSupport ModelServer",
    "HummingbirdCore": "LabelServer WebServer HTTPSupport ModelServer",
    "Mustache": "Rendering",
    "Subprocess": "EngineJobs",
    "ArgumentParser": "plumbline plumbline-engine",
}

# The only commands that need the server: those that serve.
SERVING = {
    "Sources/plumbline/Commands/Serve.swift",
    "Sources/plumbline/Simulation/LocalServer.swift",
}

# Folder of LabelServer: the folders whose types it may use. “.” is Application.swift, which puts
# the server together.
FOLDERS = {
    "Operations": "",
    "Sessions": "Operations",
    "API": "Operations",
    "Pages": "Operations Sessions",
    ".": "Operations Sessions API Pages",
}

IMPORT = re.compile(
    r"^(?:@\w+(?:\([^)]*\))? )*(?:(?:public|package|internal|private) )?import"
    r"(?: (?:struct|class|enum|protocol|func|var|let|typealias))? (\w+)", re.MULTILINE)
DECLARATION = re.compile(
    r"^(?:@\S+ )*(?:(?:public|package|final|indirect) )*"
    r"(?:struct|class|enum|actor|protocol|typealias) (\w+)", re.MULTILINE)
LABEL_SERVER = "Sources/LabelServer/"


def imports():
    """Yields (path, line, target, module) for each import of a source file."""
    for path in files(".swift", under=("Sources/",)):
        text = read(path)
        for match in IMPORT.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            yield path, line, path.split("/")[1], match.group(1)


def target_findings(found_imports):
    own = set(TARGETS) | set(" ".join(TARGETS.values()).split())
    for path, line, target, module in found_imports:
        if target not in TARGETS:
            yield Finding(path, line, f"{target} is not in the table of targets")
        elif module in own and module not in TARGETS[target].split():
            yield Finding(path, line, f"{target} must not import {module}")
        elif module in LIBRARIES and target not in LIBRARIES[module].split():
            yield Finding(path, line, f"only {LIBRARIES[module]} may import {module}")
        elif target == "plumbline" and module == "LabelServer" and path not in SERVING:
            yield Finding(path, line, "a command that does not serve must not import LabelServer")


def server_files():
    """The code of LabelServer by path, without comments and strings."""
    return {path: C_LIKE.sub(blank, read(path))
            for path in files(".swift", under=(LABEL_SERVER,))}


def folder(path):
    parts = path.removeprefix(LABEL_SERVER).split("/")
    return parts[0] if len(parts) > 1 else "."


def folder_findings(sources):
    home = defaultdict(set)
    for path, code in sources.items():
        for name in DECLARATION.findall(code):
            home[name].add(folder(path))
    for path, code in sources.items():
        here = folder(path)
        if here not in FOLDERS:
            yield Finding(path, 1, f"{here} is not in the table of folders")
            continue
        allowed = {here, *FOLDERS[here].split()}
        for match in re.finditer(r"\b[A-Z]\w+", code):
            folders = home.get(match.group())
            if folders and not folders & allowed:
                line = code.count("\n", 0, match.start()) + 1
                yield Finding(
                    path, line, f"{here} must not use {match.group()} of {', '.join(sorted(folders))}")


def test_every_import_between_targets_is_in_the_table():
    found = list(target_findings(imports()))
    assert not found, "\n".join(map(str, found))


def test_every_use_between_folders_of_the_server_is_in_the_table():
    found = list(folder_findings(server_files()))
    assert not found, "\n".join(map(str, found))


def test_the_tables_have_no_cycles():
    for table in (TARGETS, FOLDERS):
        placed = set()
        waiting = dict(table)
        while waiting:
            ready = [name for name, used in waiting.items()
                     if all(other in placed or other not in table for other in used.split())]
            assert ready, f"these use each other: {', '.join(sorted(waiting))}"
            placed.update(ready)
            for name in ready:
                del waiting[name]


def test_an_edge_that_is_not_in_the_table_is_found():
    edges = [("Sources/LabelServer/Pages/Home.swift", 3, "LabelServer", "EngineJobs"),
             ("Sources/Labelling/Name.swift", 1, "Labelling", "GRDB"),
             ("Sources/plumbline/Commands/Init.swift", 2, "plumbline", "LabelServer"),
             ("Sources/LabelServer/Pages/Home.swift", 4, "LabelServer", "LabelStore")]
    assert [finding.line for finding in target_findings(edges)] == [3, 1, 2]
    sources = {LABEL_SERVER + "Pages/Home.swift": "struct HomePage {}\n",
               LABEL_SERVER + "API/TasksAPI.swift": "struct TasksAPI {\n  let page: HomePage\n}\n",
               LABEL_SERVER + "Application.swift": "let home = HomePage()\n"}
    assert [(finding.path, finding.line) for finding in folder_findings(sources)] == [
        (LABEL_SERVER + "API/TasksAPI.swift", 2)]


def test_imports_of_every_form_are_read():
    text = "import A\n@testable import B\nimport struct C.D\n@preconcurrency public import E\n"
    assert IMPORT.findall(text) == ["A", "B", "C", "E"]
    assert len(list(imports())) > 500


if __name__ == "__main__":
    report([*target_findings(imports()), *folder_findings(server_files())])
