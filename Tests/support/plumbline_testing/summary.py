"""Sums up test reports in JUnit's XML, and decides whether the skipped tests may be skipped.

    python -m plumbline_testing.summary REPORT.xml...

With CI=true the exit status is 1 when a test was skipped for a reason that
Tests/allowed-skips.txt does not list.
"""

import os
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ALLOWED = Path(__file__).resolve().parents[2] / "allowed-skips.txt"


@dataclass(frozen=True)
class Case:
    """One test of a report. `result` is passed, failed or skipped; `reason` is why it was skipped."""

    part: str
    name: str
    result: str
    reason: str
    seconds: float


def cases(path):
    """Reads the report of pytest or of Swift Testing."""
    for case in ElementTree.parse(path).iter("testcase"):
        place = case.get("classname", "").split(".")
        part = place[1].lower() if place[0] == "Tests" and len(place) > 1 else "swift"
        result, reason = "passed", ""
        if case.find("failure") is not None or case.find("error") is not None:
            result = "failed"
        elif (skipped := case.find("skipped")) is not None and skipped.get("type") != "pytest.xfail":
            result, reason = "skipped", (skipped.get("message") or skipped.text or "").strip()
        name = "::".join(filter(None, [".".join(place), case.get("name")]))
        yield Case(part, name, result, reason, float(case.get("time") or 0))


def allowed_reasons(path=ALLOWED):
    """The words before the colon of each line that is neither blank nor a comment."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return {line.split(":")[0] for line in lines if line and not line.startswith("#")}


def is_allowed(reason, allowed):
    return reason.split(":")[0].strip() in allowed


def summed_up(found, allowed, strict):
    """Returns the lines of the summary and whether the skips are acceptable."""
    lines = []
    for part in dict.fromkeys(case.part for case in found):
        counts = Counter(case.result for case in found if case.part == part)
        seconds = sum(case.seconds for case in found if case.part == part)
        shown = ", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped") if counts[key])
        lines.append(f"  {part:10} {seconds:6.0f} s of tests  {shown}")
    failed = [case.name for case in found if case.result == "failed"]
    if failed:
        lines += ["", "Failed tests:", *(f"  {name}" for name in failed)]
    reasons = Counter(case.reason for case in found if case.result == "skipped")
    if reasons:
        lines += ["", f"Skipped tests: {sum(reasons.values())}"]
        lines += [f"  {count:5}  {reason}" for reason, count in reasons.most_common()]
    unlisted = [
        case for case in found if case.result == "skipped" and not is_allowed(case.reason, allowed)]
    if strict and unlisted:
        lines += ["", "With CI=true these may not be skipped (Tests/allowed-skips.txt):"]
        lines += [f"  {case.name}: {case.reason}" for case in unlisted]
    return lines, not (strict and unlisted)


def main(paths):
    found = [case for path in paths for case in cases(path)]
    lines, acceptable = summed_up(
        found, allowed_reasons(), strict=os.environ.get("CI") == "true")
    print("\n".join(lines))
    return 0 if acceptable else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
