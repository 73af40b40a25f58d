"""The OpenAPI document, held against a live server: as guest, labeller, reviewer and admin."""

import copy
import json
import re
import urllib.error
import urllib.request

import jsonschema
import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families
from plumbline_testing.receiver import Receiver
from plumbline_testing.workspace import Workspace

ROLES = ["guest", "labeller", "reviewer", "admin"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(Workspace.with_prompts(tmp_path_factory.mktemp("site") / "space", prompts=4, answers=3))
    yield site
    site.bench.close()
    site.model.close()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Site:
    """A served workspace, someone of each role, and the document they are held against."""

    def __init__(self, bench):
        self.bench = bench
        choice = {"message": {"role": "assistant", "content": "an answer"}}
        self.model = Receiver(lambda request, number: (200, {}, json.dumps(
            {"choices": [choice | {"message": {"content": f"{number}.{k}"}}
                         for k in range(request.json.get("n", 1))]}).encode()))
        (bench.folder / "plumbline.yaml").write_text(
            f"endpoints: {{near: {{url: '{self.model.address}/v1', model: big}}}}\n")
        bench.serve()
        self.tokens = {role: bench.token("the " + role, role) for role in ROLES[1:]}
        self.document = self.send("GET", "/api/openapi.json").json
        self.seen = set()

    def send(self, method, path, role="guest", body=None, type="application/json", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if role != "guest":
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = type
        request = urllib.request.Request(
            self.bench.address + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def check(self, method, template, role="admin", *, expect, body=None, query="", **values):
        """Sends a request and holds the answer against what the document promises."""
        type = values.pop("type", "application/json")
        path = template
        for name, value in values.items():
            path = path.replace("{%s}" % name, str(value))
        answer = self.send(method, path + query, role, body, type)
        name = f"{method} {template} as {role}"
        assert answer.status == expect, f"{name}: {answer.status} {answer.body[:300]}"
        operation = self.document["paths"][template][method.lower()]
        promised = operation["responses"].get(str(answer.status))
        assert promised, f"{name}: status {answer.status} is not described"
        promised = self.resolved(promised)
        content = promised.get("content")
        if not content:
            assert answer.body == b"", f"{name}: a body where none is described"
        else:
            kind = answer.headers["Content-Type"].split(";")[0]
            assert kind in content, f"{name}: {kind} is not described"
            if kind == "application/json":
                self.validator(content[kind]["schema"]).validate(answer.json)
        if answer.status < 400:
            self.seen.add((method.lower(), template))
        return answer

    def resolved(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def validator(self, schema):
        """Takes the schemas at their word: a field they do not name must not be there."""
        components = strict(copy.deepcopy(self.document["components"]["schemas"]))
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema",
                 "components": {"schemas": components}, **strict(copy.deepcopy(schema))}
        return jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def strict(schema):
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)
    return schema


V = "/api/v1"
T = V + "/tasks/{task}"


def test_the_document_is_valid_openapi(site):
    validate(site.document)
    assert site.document["openapi"].startswith("3.1")


def test_every_answer_is_as_described(site):
    h = {"task": "helpfulness"}
    check = site.check
    for role in ROLES[1:]:
        me = check("GET", V + "/me", role, expect=200).json
        assert me["role"] == role

    # Account
    token = check("POST", V + "/me/tokens", "labeller", body={"name": "x"}, expect=201).json
    check("GET", V + "/me/tokens", "labeller", expect=200)
    check("DELETE", V + "/me/tokens/{id}", "labeller", id=token["id"], expect=204)
    check("GET", V + "/me/sessions", "labeller", expect=200)
    check("DELETE", V + "/me/sessions/{id}", "labeller", id=999, expect=204)
    check("POST", V + "/me/tokens", "labeller", body={"name": ""}, expect=422)
    check("POST", V + "/me/tokens", "labeller", body=b"{", expect=400)
    check("POST", V + "/me/tokens", "labeller", body=b"x", type="text/plain", expect=415)

    # People
    person = check("POST", V + "/people", body={"name": "Eve", "role": "labeller"}, expect=201).json
    check("GET", V + "/people", expect=200)
    check("PATCH", V + "/people/{id}", id=person["id"], body={"role": "reviewer"}, expect=200)
    special = {"languages": ["zh-Hans"], "tags": ["law", "medicine"]}
    made = check("PATCH", V + "/people/{id}", id=person["id"], body=special, expect=200).json
    assert {key: made[key] for key in special} == special
    freed = check("PATCH", V + "/people/{id}", id=person["id"], body={"tags": None}, expect=200).json
    assert freed["languages"] == ["zh-Hans"] and "tags" not in freed
    check("POST", V + "/people/{id}/invitation", id=person["id"], expect=201)
    check("POST", V + "/people", body={"name": "eve"}, expect=409)
    check("PATCH", V + "/people/{id}", id=9999, body={}, expect=404)

    # Tasks
    check("GET", V + "/tasks", "labeller", expect=200)
    definition = {"slug": "made", "title": {"en": "Made"}, "questions": {"ranking": {}},
                  "guidelines": "# Look"}
    check("POST", V + "/tasks", body=definition, expect=201)
    check("POST", V + "/tasks", body=definition, expect=409)
    check("POST", V + "/tasks", body={"slug": "No Slug"}, expect=422)
    check("GET", T, "labeller", task="made", expect=200)
    changed = check("PATCH", T, task="made", body={"overlap": 5}, expect=200).json
    assert changed["overlap"] == 5
    check("GET", T + "/guidelines", "labeller", task="made", expect=200)
    check("GET", T + "/guidelines", "labeller", task="made", query="?language=fr", expect=200)
    check("GET", T, "labeller", task="unknown", expect=404)

    # Prompts
    lines = b'{"prompt": "One?", "responses": ["a", "b"]}\n{"prompt": "Two?"}\n'
    report = check("POST", T + "/prompts", task="made", body=lines, type="application/x-ndjson",
                   expect=200).json
    assert (report["accepted"], report["rejected"]) == (2, 0)
    bad = check("POST", T + "/prompts", task="made", body=b'{"prompt": " "}\n',
                type="application/x-ndjson", expect=422).json
    assert bad["errors"][0]["line"] == 1
    check("POST", T + "/prompts", task="made", body=lines, type="application/x-ndjson",
          query="?mode=some", expect=400)
    page = check("GET", T + "/prompts", "reviewer", query="?limit=1&query=Question", **h, expect=200)
    after = page.json["next"]
    check("GET", T + "/prompts", "reviewer", query=f"?limit=1&after={after}", **h, expect=200)

    check("GET", T + "/prompts", "reviewer", query="?state=odd", **h, expect=400)
    first = {"task": "helpfulness", "prompt": page.json["prompts"][0]["id"]}
    shown = check("GET", T + "/prompts/{prompt}", "reviewer", **first, expect=200).json
    unsure = T + "/uncertainty"
    check("PUT", unsure, body={"uncertainty": {shown["name"]: 0.5}}, **h, expect=204)
    check("PUT", unsure, body={"uncertainty": {"no such": 0.5}}, **h, expect=422)
    check("PUT", unsure, body={"uncertainty": {shown["name"]: -1}}, **h, expect=422)

    # Imports
    judged = b'{"prompt": "Which?", "chosen": "this", "rejected": "that"}\n'
    posted = check("POST", T + "/prompts", body=judged, type="application/x-ndjson",
                   query="?judgements=labeller", **h, expect=200).json
    assert posted["answers"] == 2
    assert posted["judgements"] == {"use": "labeller", "used": 1, "leftOut": {}, "skipped": 0}
    check("POST", T + "/prompts", body=judged, type="application/x-ndjson",
          query="?judgements=odd", **h, expect=400)
    listed = check("GET", T + "/imports", **h, expect=200).json["imports"][0]
    assert (listed["id"], listed["prompts"], listed["judgements"]) == (posted["import"], 1, 1)
    imported = {"task": "helpfulness", "import": posted["import"]}
    withdrawal = T + "/imports/{import}/withdrawal"
    assert check("POST", withdrawal, **imported, expect=200).json == {
        "withdrawn": 1, "closed": 0, "endedLeases": 0, "retractedJudgements": 1}
    check("POST", withdrawal, **(imported | {"import": "999"}), expect=404)
    single = {"task": "made", "prompt": check("GET", T + "/prompts", task="made", expect=200).json["prompts"][0]["id"]}
    assert check("POST", T + "/prompts/{prompt}/withdrawal", **single, expect=200).json["withdrawn"] == 1
    assert [one["id"] for one in check("GET", T + "/prompts", task="made", expect=200).json["prompts"]] \
        != [single["prompt"]]

    # Gold
    known = [[r["id"]] for r in shown["responses"]]
    gold = T + "/prompts/{prompt}/gold"
    check("PUT", gold, body={"ranking": [["no such"]]}, **first, expect=422)
    check("PUT", gold, body={"ranking": known}, **first, expect=204)
    listed = check("GET", T + "/gold", "reviewer", **h, expect=200).json["gold"]
    assert [g["ranking"] for g in listed] == [known]
    assert check("GET", T + "/prompts/{prompt}", **first, expect=200).json["gold"] == known
    check("DELETE", gold, **first, expect=204)

    # Labelling
    held = check("POST", T + "/assignments", "labeller", **h, expect=201).json
    assert set(held["responses"][0]) == {"key", "text"}
    a = {"id": held["id"]}
    check("GET", V + "/assignments/{id}", "labeller", **a, expect=200)
    check("GET", V + "/assignments/{id}", "admin", **a, expect=404)
    check("POST", V + "/assignments/{id}/renewal", "labeller", **a, expect=200)
    draft = {"ranking": [["A"]]}
    check("PUT", V + "/assignments/{id}/draft", "labeller", body=draft, **a, expect=204)
    check("GET", V + "/assignments/{id}", "labeller", **a, expect=200)
    check("PUT", V + "/assignments/{id}/draft", "labeller", body=b"x" * (3 << 20), **a, expect=413)
    judgement = {"ranking": [["B"], ["A", "C"]], "flags": {"A": ["fabricated"]},
                 "activeSeconds": 41.2}
    judge = V + "/assignments/{id}/judgement"
    check("PUT", judge, "labeller", body={"ranking": [["Z"]]}, **a, expect=422)
    check("PUT", judge, "labeller", body=judgement, **a, expect=201)
    check("PUT", judge, "labeller", body=judgement, **a, expect=200)
    revised = check("PUT", judge, "labeller", body=draft | {"ranking": [["A"], ["B"], ["C"]]},
                    **a, expect=200).json
    assert revised["revision"] == 2
    check("GET", V + "/assignments/{id}", "labeller", **a, expect=200)
    check("GET", V + "/judgements", "labeller", query="?mine", expect=200)
    other = check("POST", T + "/assignments", "labeller", **h, expect=201).json["id"]
    check("POST", V + "/assignments/{id}/skip", "labeller", id=other, body={"reason": "unsure"},
          expect=204)
    check("PUT", judge, "labeller", id=other, body=judgement, expect=409)
    third = check("POST", T + "/assignments", "labeller", **h, expect=201).json["id"]
    check("DELETE", V + "/assignments/{id}", "labeller", id=third, expect=204)
    check("POST", V + "/assignments/{id}/renewal", "labeller", id=other, expect=409)
    assert check("PATCH", T, body={"archived": True}, task="made", expect=200).json["archived"]
    check("PATCH", T, body={"archived": "no"}, task="made", expect=422)
    check("POST", T + "/assignments", "labeller", task="made", expect=409)
    everyone = check("GET", V + "/tasks", query="?archived=yes", expect=200).json["tasks"]
    assert {t["slug"]: t["archived"] for t in everyone} == {"made": True, "helpfulness": False}

    # A second judge, who says the opposite (whichever order she sees): something to review.
    place = {response["text"]: place for place, response in enumerate(held["responses"])}
    while (claimed := site.send("POST", V + "/tasks/helpfulness/assignments", "reviewer")).status == 201:
        seen = sorted(claimed.json["responses"], key=lambda r: -place.get(r["text"], 0))
        ranking = {"ranking": [[response["key"]] for response in seen]}
        check("PUT", judge, "reviewer", id=claimed.json["id"], body=ranking, expect=201)
    check("POST", T + "/assignments", "reviewer", **h, expect=204)

    # Numbers and datasets
    for part in ("progress", "agreement", "labellers"):
        check("GET", T + "/" + part, "reviewer", **h, expect=200)
    exported = check("GET", T + "/export", query="?format=rankings", **h, expect=200)
    assert json.loads(exported.body.splitlines()[0])["ranking"]
    check("GET", T + "/export", query="?format=unheard", **h, expect=400)
    check("GET", T + "/export", query="?split=middle", **h, expect=400)

    # Review
    review = check("GET", T + "/review", "reviewer", **h, expect=200).json["prompts"]
    check("GET", T + "/review", "reviewer", query="?queue=some", **h, expect=400)
    p = {"task": "helpfulness", "prompt": review[0]["id"]}
    check("GET", T + "/review/{prompt}", "reviewer", **p, expect=200)
    decision = {"ranking": [["A", "B"], ["C"]], "rationale": "Alike"}
    decide = T + "/review/{prompt}/adjudication"
    check("PUT", decide, "reviewer", body=decision, **p, expect=201)
    check("PUT", decide, "reviewer", body=decision, **p, expect=200)
    check("PUT", decide, "reviewer", body={"ranking": [["A"]]}, **p, expect=422)
    check("GET", T + "/export", query="?adjudications=prefer", **h, expect=200)
    check("DELETE", decide, "reviewer", **p, expect=204)
    said = check("GET", T + "/judgements", "reviewer", query="?limit=2", **h, expect=200).json
    j = {"task": "helpfulness", "judgement": said["judgements"][0]["id"]}
    take_back = T + "/judgements/{judgement}/retraction"
    check("POST", take_back, "reviewer", body={"reason": "test"}, **j, expect=204)
    check("POST", take_back, "reviewer", body={"reason": "boredom"}, **j, expect=422)
    check("GET", T + "/judgements", "reviewer", query="?retracted=yes", **h, expect=200)
    check("GET", T + "/review/{prompt}", "reviewer", **p, expect=200)
    labellers = check("GET", T + "/labellers", "reviewer", **h, expect=200).json["labellers"]
    check("POST", T + "/labellers/{labeller}/retraction", labeller=labellers[0]["id"],
          body={"reason": "spam", "note": "Dice"}, **h, expect=200)

    # The log and backups
    log = check("GET", V + "/events", query="?limit=3", expect=200).json
    check("GET", V + "/events", query=f"?kind=all&before={log['next']}", expect=200)
    check("POST", V + "/backups", expect=201)
    check("GET", V + "/backups", expect=200)

    # Policies and runs
    listing = check("GET", T + "/samplings", "reviewer", **h, expect=200).json
    assert {"name": "near", "kind": "endpoint"} in listing["policies"]
    check("POST", T + "/samplings", body={"policies": ["http://127.0.0.1/v1"]}, **h, expect=422)
    check("POST", T + "/samplings", body={"policies": []}, **h, expect=422)
    job = check("POST", T + "/samplings", body={"policies": ["near"], "again": True}, **h,
                expect=202).json
    check("DELETE", T + "/samplings/{id}", id=job["id"], **h, expect=202)
    check("GET", T + "/samplings", "reviewer", **h, expect=200)
    check("DELETE", T + "/samplings/{id}", id="none", **h, expect=404)
    check("GET", V + "/runs", "reviewer", expect=200)
    check("POST", V + "/runs", body={"task": "unknown"}, expect=404)
    check("GET", V + "/runs/{id}", "reviewer", id="none", expect=404)
    check("DELETE", V + "/runs/{id}", id="none", expect=404)
    check("GET", V + "/models", "reviewer", expect=200)

    # Webhooks
    hook = check("POST", T + "/webhooks", body={"url": "http://127.0.0.1:9/"}, **h, expect=201).json
    check("POST", T + "/webhooks", body={"url": "http://127.0.0.1:9/"}, **h, expect=409)
    check("POST", T + "/webhooks", body={"url": "nowhere"}, **h, expect=422)
    check("GET", T + "/webhooks", **h, expect=200)
    check("POST", T + "/webhooks/{id}/ping", id=hook["id"], **h, expect=200)
    check("PATCH", T, body={"overlap": 3}, **h, expect=200)
    sent = check("GET", T + "/deliveries", **h, expect=200).json["deliveries"]
    assert sent[0]["event"] == "task.changed"
    check("POST", T + "/deliveries/{id}/redelivery", id=999, **h, expect=404)
    check("DELETE", T + "/webhooks/{id}", id=hook["id"], **h, expect=204)

    # The server
    for path in ("/healthz", "/readyz", "/metrics", "/api/openapi.json"):
        check("GET", path, "guest", expect=200)

    everything = {(method, path) for path, methods in site.document["paths"].items()
                  for method in methods if method != "parameters"}
    # What needs a finished training or a message that was given up; other tests have them.
    elsewhere = {("post", V + "/runs"), ("get", V + "/runs/{id}"), ("delete", V + "/runs/{id}"),
                 ("get", V + "/runs/{id}/events"),
                 ("post", T + "/deliveries/{id}/redelivery")}
    assert everything - site.seen == elsewhere


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_it_names_and_nobody_else(site, role):
    for template, operations in site.document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            path = re.sub(r"\{\w+\}", "0", template.replace("{task}", "none"))
            answer = site.send(method.upper(), path, role)
            name = f"{method} {template} as {role}"
            if role in operation["x-roles"]:
                assert answer.status not in (401, 403), name
            else:
                assert answer.status == (401 if role == "guest" else 403), name
                problem = answer.json
                site.validator({"$ref": "#/components/schemas/Problem"}).validate(problem)
                assert problem["error"]["code"] == (
                    "notSignedIn" if role == "guest" else "notAllowed"), name
                assert problem["error"]["requestId"] == answer.headers["X-Request-Id"]


def test_errors_have_one_shape_whatever_went_wrong(site):
    problem = site.validator({"$ref": "#/components/schemas/Problem"})
    token = {"Authorization": f"Bearer {site.tokens['admin']}"}
    for answer, status, code in [
        (site.send("GET", V + "/nowhere", "admin"), 404, "notFound"),
        (site.send("GET", V + "/tasks/a%00b", "admin"), 404, None),
        (site.send("PUT", V + "/me", "admin"), 404, None),
        (site.send("GET", V + "/me", Authorization="Bearer made-up"), 401, "badToken"),
        (site.send("GET", V + "/me", Authorization="Basic eDp5"), 401, "notSignedIn"),
        (site.send("POST", V + "/tasks", "admin", b"\xff\xfe"), 400, "badRequest"),
        (site.send("POST", V + "/tasks", "admin", b"{}", "text/html"), 415, "unsupportedMediaType"),
        (site.send("POST", V + "/tasks", "admin", b"[" * 100_000), 400, None),
        (site.send("POST", V + "/tasks", "admin", {}, Sec_Fetch_Site="cross-site"), 403,
         "crossOrigin"),
        (site.send("POST", V + "/people", "admin", {"nam": "x"}), 400, "badRequest"),
    ]:
        assert answer.status == status, answer.body
        problem.validate(answer.json)
        assert code is None or answer.json["error"]["code"] == code
    assert token


def test_metrics_are_read_by_prometheus(site):
    assert b"helpfulness" not in site.send("GET", "/metrics", "guest").body, "a task, for everyone"
    text = site.send("GET", "/metrics", "admin").body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for name in ("plumbline_http_requests", "plumbline_http_request_duration_seconds",
                 "plumbline_prompts", "plumbline_judgements", "plumbline_active_leases",
                 "plumbline_queue_depth", "plumbline_webhook_deliveries_waiting",
                 "process_resident_memory_bytes"):
        assert name in families and families[name].samples, name
    histogram = families["plumbline_http_request_duration_seconds"]
    assert histogram.type == "histogram"
    buckets = [s.value for s in histogram.samples if s.name.endswith("_bucket")]
    count = next(s.value for s in histogram.samples if s.name.endswith("_count"))
    assert buckets == sorted(buckets) and buckets[-1] == count > 0


def test_leases_show_in_the_metrics(tmp_path):
    bench = Workspace.with_prompts(tmp_path / "space", prompts=3, answers=2)
    try:
        bench.serve()
        token = bench.token("Ada", "labeller")

        watcher = {"Authorization": f"Bearer {bench.token('Rosa', 'reviewer')}"}

        def gauge(name):
            text = urllib.request.urlopen(urllib.request.Request(
                bench.address + "/metrics", headers=watcher)).read().decode()
            return next(s.value for f in text_string_to_metric_families(text)
                        for s in f.samples if s.name == name)

        assert (gauge("plumbline_active_leases"), gauge("plumbline_queue_depth")) == (0, 3)
        urllib.request.urlopen(urllib.request.Request(
            bench.address + V + "/tasks/helpfulness/assignments", method="POST",
            headers={"Authorization": f"Bearer {token}"}))
        assert gauge("plumbline_active_leases") == 1
    finally:
        bench.close()
