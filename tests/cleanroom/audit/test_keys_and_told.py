"""Whoever verifies a log holds keys against their proof, and what is told against the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cleanroom.audit import verify_bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.history import jobs as jobs_of_a_log
from cleanroom.documents.agreement import PaillierKey
from cleanroom.queries.overlap.template import Overlap
from tests.cleanroom.audit.scene import RoomLog, modulus


def opened(platform: Any = None, auditor: Any = None) -> RoomLog:
    """Write the signatures under a room; the platform's and the auditor's keys as given."""
    log = RoomLog()
    document = {"agreement": log.agreement.to_json()}
    named = {"agreement": log.agreement.digest()}
    log.say("acme", "room.propose", {**document, "paillier": log.paillier("acme")})
    log.say("telco", "room.sign", {**named, "paillier": (platform or log.paillier)("telco")})
    log.say("eve", "room.sign", {**named, "paillier": auditor("eve") if auditor else None})
    return log


def check(log: RoomLog) -> None:
    verify_bundle(log.bundle(), room=log.room)


def test_a_room_whose_keys_are_proved_is_accepted():
    check(opened())


@pytest.mark.parametrize("spoilt", ["none", "of another room", "of another member", "too short"])
def test_a_key_without_its_proof_is_found(spoilt):
    other = {
        "none": lambda log: "",
        "of another room": lambda log: PaillierKey.of(modulus("telco"), "0" * 32, "telco").roots,
        "of another member": lambda log: PaillierKey.of(modulus("telco"), log.room, "acme").roots,
        "too short": lambda log: log.paillier("telco")["roots"][2:],
    }[spoilt]
    log = RoomLog()
    with pytest.raises(BadEntry, match=r"Entry 1: .*telco: the proof of roots"):
        check(opened(platform=lambda name: log.paillier(name, roots=other(log))))


def test_a_weak_key_another_length_and_another_members_key_are_found():
    log = RoomLog()
    n = modulus("telco").public.n
    even = (n - 1).to_bytes(256, "big").hex()
    for change, reason in (
        ({"n": even}, "even"),
        ({"n": even[2:]}, "2048 bits"),
        ({"bits": 3072}, "agreed length"),
    ):
        with pytest.raises(BadEntry, match=f"Entry 1: .*{reason}"):
            check(opened(platform=lambda name, change=change: log.paillier(name) | change))
    lent = PaillierKey.of(modulus("acme"), log.room, "telco").to_json()
    with pytest.raises(BadEntry, match="Entry 1: telco has another member's key"):
        check(opened(platform=lambda name: lent))


def test_a_party_without_a_key_and_an_auditor_with_one_are_found():
    log = RoomLog()
    with pytest.raises(BadEntry, match="Entry 1: telco gives no Paillier key"):
        check(opened(platform=lambda name: None))
    with pytest.raises(BadEntry, match="Entry 2: eve gives a Paillier key"):
        check(opened(auditor=lambda name: PaillierKey.of(modulus(name), log.room, name).to_json()))


def test_a_log_that_tells_how_many_groups_of_made_rows_passed_is_refused(monkeypatch):
    """The plan of another template is let be of made rows: a log of the scene has such a job."""
    honest = Overlap.plan
    monkeypatch.setattr(
        Overlap, "plan", lambda self, asked: replace(honest(self, asked), source="job")
    )
    monkeypatch.setattr(jobs_of_a_log, "_has_rows", lambda job: True)

    def log_of(**told: int | None) -> RoomLog:
        log = RoomLog()
        log.open()
        log.upload()
        log.align()
        job = log.document("credit")
        log.submit(job)
        log.approve(job, "acme")
        log.approve(job, "telco")
        log.release(job, **told)
        return log

    check(log_of(released=None, suppressed=None))
    for told in ({"released": 2, "suppressed": 0}, {"released": 0, "suppressed": None}):
        with pytest.raises(BadEntry, match="how many groups passed"):
            check(log_of(**told))
