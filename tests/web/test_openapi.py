"""The OpenAPI document says what the server does: schemathesis tries it, with all checks, on a real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.alerting.rules import Policy, Rule, Target
from shared.store.claims import finish
from shared.store.results import StoredResult

MAX_EXAMPLES = 25
SECONDS = 150


@pytest.mark.timeout(SECONDS + 30)
def test_schemathesis_finds_no_violation(guarded_server, token, done_result, tmp_path):
    fill(guarded_server.store, done_result)
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{guarded_server.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {token}", "--checks", "all", "--seed", "1", "--generation-deterministic"),
        *("--max-examples", str(MAX_EXAMPLES), "--no-color", "--warnings", "off"),
        *("--suppress-health-check", "all"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=tmp_path)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


def fill(store, done_result):
    """Rows with small ids, so that guessed ids meet something: an open batch, a closed one with a result, an alert."""
    store.new_batch()
    closed = store.new_batch()
    store.finish(store.add_scan(closed.id, "a.png"), done_result())
    store.add_scan(closed.id, "b.png")
    store.close(closed.id)
    urgent = Policy((Rule(name="urgent", send=(Target("folder", "default"),)),))
    taken = store.claim(store.add_scan(store.new_batch().id, "c.png"))
    result = done_result().model_dump_json(exclude={"path"})
    with store.database.write() as session:
        assert finish(session, taken, StoredResult(taken.sha256, "test-1", result, {}), urgent).channels


def test_the_document_is_openapi_3_1_and_names_every_route(http, app):
    document = http.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    served = {
        (rule.rule.replace("<row_id:", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/health/", "/metrics"))
    }
    served = {
        (path.replace("<any(original,overlay,heatmap,mask,thumbnail,steps,slices):image}", "{image}"), method)
        for path, method in served
    }
    assert described == served


def test_where_a_login_is_needed_the_document_names_the_scopes(http, guarded_server, token):
    assert "securitySchemes" not in http.get("/api/v1/openapi.json").json["components"]
    headers = {"Authorization": f"Bearer {token}"}
    guarded = httpx.get(f"{guarded_server.url}/api/v1/openapi.json", headers=headers).json()
    assert set(guarded["components"]["securitySchemes"]) == {"token", "login"}
    paths = guarded["paths"]
    assert paths["/api/v1/batches"]["get"]["security"] == [{"token": ["read"]}, {"login": ["read"]}]
    assert {"token": ["submit"]} in paths["/api/v1/batches"]["post"]["security"]
    assert {"token": ["manage"]} in paths["/api/v1/scans/{scan_id}/retry"]["post"]["security"]
    assert {"token": ["metrics"]} in paths["/metrics"]["get"]["security"]
    assert {"401", "403", "429"} <= set(paths["/metrics"]["get"]["responses"])
    assert "security" not in paths["/health/live"]["get"]
