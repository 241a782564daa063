"""A mediator lies about the step that opens lattice sums: each lie is named by its entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cleanroom.audit.failures import BadEntry
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from tests.cleanroom.audit.scene import RoomLog, digest, upload
from tests.cleanroom.audit.test_lies import check


class LatticeLog(RoomLog):
    """Write the log of a room whose brand has lattice rows."""

    def __post_init__(self) -> None:
        super().__post_init__()
        policy = self.agreement.policy.model_copy(update={"rows": ("paillier", "lattice")})
        self.agreement = self.agreement.model_copy(update={"policy": policy})
        self.room = self.agreement.identity()

    def say(self, party: str, kind: str, body: dict[str, Any], **facts: Any) -> Any:
        if kind == "dataset.create" and party == "acme":
            body = {**body, "manifest": {**body["manifest"], "encryption": "lattice"}}
            self.brand = Manifest.from_json(body["manifest"])
        if kind == "dataset.seal" and party == "acme":
            body = {**body, "dataset": self.brand.identity()}
        return super().say(party, kind, body, **facts)

    def sums(self, job: JobDocument, **changes: Any) -> None:
        facts = {"job": job.identity(), "sums": 3, "masked": digest("masked")}
        self.add("job.sums", facts={**facts, **changes})

    def opened(self, job: JobDocument, party: str = "acme", masked: str = "masked") -> None:
        body = {"job": job.identity(), "step": "opened", "messages": {"opened": upload(1, 3)}}
        self.say(party, "job.step", {**body, "masked": digest(masked)})


def started() -> tuple[LatticeLog, JobDocument]:
    log = LatticeLog()
    log.open()
    log.upload()
    log.align()
    job = log.document("question")
    assert log.submit(job)["rows"] == "lattice"
    log.approve(job, "acme")
    log.approve(job, "telco")
    return log, job


def test_the_honest_log_verifies():
    log, job = started()
    log.sums(job)
    log.opened(job)
    release = log.release(job)
    log.say("acme", "job.receipt", {"job": job.identity(), "release": release})
    check(log)


def released_unopened(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    log.release(job)


def released_without_sums(log: LatticeLog, job: JobDocument) -> None:
    log.release(job)


def opened_unasked(log: LatticeLog, job: JobDocument) -> None:
    log.opened(job)


def opened_by_the_peer(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    log.opened(job, "telco")


def opened_twice(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    log.opened(job)
    log.opened(job)


def handed_out_twice(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    log.sums(job)


def opened_other_than_logged(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    log.opened(job, masked="other sums")


def opened_and_not_said_what(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job)
    body = {"job": job.identity(), "step": "opened", "messages": {"opened": upload(1, 3)}}
    log.say("acme", "job.step", body)


def only_what_passed(log: LatticeLog, job: JobDocument) -> None:
    log.sums(job, sums=2)


def in_the_name_of_a_party(log: LatticeLog, job: JobDocument) -> None:
    log.add("job.sums", "acme", facts={"job": job.identity(), "sums": 3, "masked": digest("m")})


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (released_unopened, "before the sums were opened"),
        (released_without_sums, "before the sums were opened"),
        (opened_unasked, "no sums wait"),
        (opened_by_the_peer, "no sums wait"),
        (opened_twice, "the step is done twice"),
        (opened_other_than_logged, "not those that were handed out"),
        (opened_and_not_said_what, "not those that were handed out"),
        (handed_out_twice, "no sums to open now"),
        (only_what_passed, "a different number of sums"),
        (in_the_name_of_a_party, "not the mediator's own"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_lie_is_named_by_its_entry(lie: Callable[..., None], reason: str) -> None:
    log, job = started()
    lie(log, job)
    with pytest.raises(BadEntry, match=reason) as failure:
        check(log)
    assert failure.value.index == len(log.entries) - 1


def test_a_job_under_paillier_hands_out_no_sums():
    log = RoomLog()
    log.open()
    log.upload()
    log.align()
    job = log.document("question")
    log.submit(job)
    for party in ("acme", "telco"):
        log.approve(job, party)
    log.add("job.sums", facts={"job": job.identity(), "sums": 3, "masked": digest("masked")})
    with pytest.raises(BadEntry, match="no sums to open now"):
        check(log)


def test_a_lattice_dataset_in_a_room_without_them_is_named():
    log = RoomLog()
    log.open()
    log.upload()
    manifest = {**log.brand.to_json(), "encryption": "lattice", "version": 2}
    log.say("acme", "dataset.create", {"manifest": manifest, "dictionary": ""})
    with pytest.raises(BadEntry, match="does not allow it|allows no rows"):
        check(log)


def opened_with(messages: dict[str, Any]) -> Callable[[LatticeLog, JobDocument], None]:
    def lie(log: LatticeLog, job: JobDocument) -> None:
        log.sums(job)
        log.say("acme", "job.step", {"job": job.identity(), "step": "opened", "messages": messages})

    return lie


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (opened_with({}), "not have its own messages"),
        (opened_with({"masks": upload(1, 3)}), "not have its own messages"),
        (opened_with({"opened": upload(1, 1)}), "a different number of sums"),
        (lambda log, job: log.sums(job, masked="x"), "no digest"),
        (lambda log, job: log.sums(job, masked=None), "no digest"),
    ],
)
def test_what_the_owner_is_sent_and_returns_has_the_shape_of_the_job(
    lie: Callable[[LatticeLog, JobDocument], None], reason: str
) -> None:
    log, job = started()
    lie(log, job)
    with pytest.raises(BadEntry, match=reason):
        check(log)
