"""The auditor's pages over a bundle alone: no mediator runs, no key is needed."""

from __future__ import annotations

import re

import pytest

from api.console.bundle import create_bundle_console
from api.console.links import TICKET_SECONDS
from tests.cleanroom.audit.scene import whole_log

SECRET = "a-secret-of-the-printed-link"


@pytest.fixture(scope="module")
def bundle():
    return whole_log().bundle("acme", "telco")


def test_a_log_is_read_offline(bundle):
    room = bundle.agreement.identity()
    client = create_bundle_console(bundle, SECRET).test_client()
    assert client.get(f"/rooms/{room}/log").status_code == 401
    assert "Your key" not in client.get(f"/sign-in?ticket={SECRET}").text, "there is none"
    assert client.post("/sign-in", data={"ticket": "guessed"}).status_code == 401
    assert client.post("/sign-in", data={"ticket": SECRET}).status_code == 302
    assert client.post("/sign-in", data={"ticket": SECRET}).status_code == 401, "good once"
    page = client.get("/", follow_redirects=True).text
    assert bundle.agreement.name in page
    job = re.search(r"/log/jobs/([0-9a-f]{32})", page)[1]
    assert "acme/crm@1 telco/users@1" in page and "refused-by-person" in page
    entries = client.get(f"/rooms/{room}/log?view=entries").text
    assert entries.count("<tr>") > page.count('class="card group"') > 1
    assert "groups released: 2, held back: 0" in page and "template-not-allowed" in page
    assert "Asked" in client.get(f"/rooms/{room}/log/jobs/{job}").text
    assert client.get(f"/rooms/{room}/log/0").status_code == 200
    assert "--bundle audit.json" in client.get(f"/rooms/{room}/checkpoint?from=2").text
    proof = client.get(f"/rooms/{room}/consistency.json?first=1&second=3")
    assert proof.status_code == 200 and proof.json["proof"]
    assert client.get(f"/rooms/{room}/log/999999").status_code == 404
    assert client.get(f"/rooms/{'0' * 32}/log").status_code == 404
    assert "verified" in client.get(f"/rooms/{room}/report.html").text
    asked = client.get(f"/rooms/{room}/questions").text
    assert "Refused (refused-by-person) acme" in asked and "acme/crm@1 telco/users@1" in asked
    assert "groups released: 2, held back: 0" in asked and "template-not-allowed" in asked


def test_a_link_ends_after_two_minutes_unless_it_signed_somebody_in(bundle, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("api.console.bundle.time.monotonic", lambda: now[0])
    client = create_bundle_console(bundle, SECRET).test_client()
    now[0] += TICKET_SECONDS + 1
    assert client.post("/sign-in", data={"ticket": SECRET}).status_code == 401


def test_another_host_name_is_refused(bundle):
    app = create_bundle_console(bundle, SECRET, frozenset({"127.0.0.1:8091"}))
    assert app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 403
