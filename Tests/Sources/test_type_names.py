"""No two modules declare a type of the same name, so that a search for a name finds one type.

A type nested in another is always written with its owner and is not checked.

`python Tests/Sources/test_type_names.py` prints the findings per module.
"""

import re
from collections import defaultdict

from source_tree import Finding, files, read, report

DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))? +)*"
    r"(?:(?:public|package|internal|private|fileprivate|final|indirect|nonisolated) +)*"
    r"(?:struct|class|enum|actor|protocol|typealias) +(?P<name>[A-Z]\w*)", re.MULTILINE)

# The two programs are never in one process and share a vocabulary of commands, so their commands
# and what surrounds them have the same names. Only types at the top level of these two.
PROGRAMS = {"plumbline", "plumbline-engine"}


def declarations():
    """Yields (module, name, path, line) for every type at the top level of a file in Sources."""
    for path in files(".swift", under=["Sources/"]):
        text = read(path)
        for match in DECLARATION.finditer(text):
            line = text.count("\n", 0, match.start("name")) + 1
            yield path.split("/")[1], match.group("name"), path, line


def all_findings():
    top = defaultdict(list)
    for module, name, path, line in declarations():
        top[name].append((module, path, line))
    found = []
    for name, places in sorted(top.items()):
        modules = {module for module, _, _ in places}
        if len(modules) > 1 and not modules <= PROGRAMS:
            found += [Finding(path, line, f"{name} is declared in {', '.join(sorted(modules))}")
                      for _, path, line in places]
    return found


def test_no_two_modules_declare_a_type_of_the_same_name():
    found = all_findings()
    assert not found, "\n".join(map(str, found))


def test_the_check_reads_every_kind_of_declaration():
    text = "public struct A {\n  package final class B {}\n}\nenum C {}\n@available(macOS 1, *) actor D {}\n"
    assert [match.group("name") for match in DECLARATION.finditer(text)] == ["A", "C", "D"]
    assert len(list(declarations())) > 300


if __name__ == "__main__":
    report(all_findings())
