"""A room's log verifies, and says what was checked."""

from __future__ import annotations

import json

from cleanroom.audit import verify_audit_bundle, verify_bundle
from tests.cleanroom.audit.scene import whole_log


def test_a_whole_log_verifies_with_numbered_steps():
    log = whole_log()
    report = verify_bundle(log.bundle("acme", "telco", "eve"), room=log.room, demand=("acme",))
    assert [step.number for step in report.steps] == list(range(1, 13))
    assert report.size == len(log.entries)
    found = {step.title.split()[0]: step.found for step in report.steps}
    assert "acme/telco: 0.025 of 1 rho spent" in found["The"] or any(
        "0.025 of 1 rho" in step.found for step in report.steps
    )


def test_the_document_survives_its_file():
    document = json.loads(json.dumps(whole_log("none").bundle().to_json()))
    report = verify_audit_bundle(document, signatures="chains")
    assert any("compare its identifier" in line for line in report.unchecked)
