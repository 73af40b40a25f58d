"""The summary of the test reports, and the skips that it lets pass."""

import pytest
from plumbline_testing import summary

PYTEST = """<testsuites><testsuite>
<testcase classname="Tests.Interop.test_a" name="test_good" time="1.5"/>
<testcase classname="Tests.Browser.test_b" name="test_bad"><failure message="no"/></testcase>
<testcase classname="Tests.Interop.test_a" name="test_later">
  <skipped type="pytest.xfail" message="known"/></testcase>
<testcase classname="Tests.Interop.test_a" name="test_data">
  <skipped type="pytest.skip" message="no test data: set PLUMBLINE_TEST_DATA">where</skipped></testcase>
</testsuite></testsuites>"""
SWIFT = """<testsuites><testsuite name="TestResults">
<testcase classname="TorchTests.Fused" name="bf16()"><skipped>no reason</skipped></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def found(tmp_path):
    (tmp_path / "python.xml").write_text(PYTEST)
    (tmp_path / "swift.xml").write_text(SWIFT)
    return [case for name in ("python", "swift")
            for case in summary.cases(tmp_path / f"{name}.xml")]


def test_both_kinds_of_report_are_read(found):
    assert [(case.part, case.result) for case in found] == [
        ("interop", "passed"), ("browser", "failed"), ("interop", "passed"),
        ("interop", "skipped"), ("swift", "skipped")]


def test_skips_are_counted_by_reason_and_failures_named(found):
    lines, _ = summary.summed_up(found, {"no test data"}, strict=False)
    assert "Skipped tests: 2" in lines
    assert "      1  no test data: set PLUMBLINE_TEST_DATA" in lines
    assert "  Tests.Browser.test_b::test_bad" in lines


@pytest.mark.parametrize("allowed, strict, acceptable", [
    ({"no test data"}, True, False), ({"no test data", "no reason"}, True, True),
    (set(), False, True)])
def test_a_skip_that_is_not_listed_is_a_failure_in_ci(found, allowed, strict, acceptable):
    lines, accepted = summary.summed_up(found, allowed, strict)
    assert accepted == acceptable
    assert ("  TorchTests.Fused::bf16(): no reason" in lines) == (not acceptable)


def test_every_listed_reason_says_why(tmp_path):
    for line in summary.ALLOWED.read_text().splitlines():
        if line and not line.startswith("#"):
            reason, _, why = line.partition(": ")
            assert reason and why, line
    assert "no test data" in summary.allowed_reasons()
