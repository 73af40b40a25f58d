"""schemathesis against the served OpenAPI document: no server error, no status that it lacks."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from plumbline_testing.workspace import Workspace

# What ends the token that the test itself uses, waits for a run to go on, or makes one file a call.
LEFT_OUT = ["/api/v1/me/tokens/{id}", "/api/v1/runs/{id}/events", "/api/v1/backups"]
SERVER_IS_MISSING_SOMETHING = 503


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workspace.with_prompts(tmp_path_factory.mktemp("schema") / "space", prompts=4, answers=3)
    bench.serve()
    bench.tokens = {role: bench.token("the " + role, role) for role in ("admin", "labeller")}
    yield bench
    bench.close()


@pytest.mark.parametrize("role", ["admin", "labeller"])
def test_no_server_error_and_no_undocumented_status(bench, role):
    headers = {"Authorization": f"Bearer {bench.tokens[role]}"}
    schema = schemathesis.openapi.from_url(bench.address + "/api/openapi.json", headers=headers)
    problems, calls = [], 0

    def run(operation):
        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def one(case):
            call(case)
        one()

    def call(case):
        nonlocal calls
        calls += 1
        response = case.call(headers=headers, timeout=60)
        assert bench.server.poll() is None, f"the server ended: {case.as_curl_command()}"
        checks = [status_code_conformance]
        if response.status_code != SERVER_IS_MISSING_SOMETHING:
            checks.append(not_a_server_error)
        try:
            case.validate_response(response, checks=checks)
        except Exception as error:
            problems.append(f"{case.method} {case.path}: {str(error)[:500]}")

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path not in LEFT_OUT:
            run(operation)
    assert calls > 300
    assert not problems, json.dumps(sorted(set(problems))[:20], indent=1)
