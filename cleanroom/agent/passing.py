"""Hand an answer on to the agency that asked in this brand's place, and read it there.

The brand's key opens the answer and the brand's agent seals what came of it to the agency, so that
the brand can always stop it: by taking its delegation back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from cleanroom.agent import amendments, delegations, endings, kept
from cleanroom.agent.earlier import UNREADABLE, check_in_time, kept_result, result_file
from cleanroom.agent.jobs import LocalJob, shown_document
from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.documents.job import JobDocument
from cleanroom.errors import Conflict, NotFound, PeerFault
from cleanroom.room.jobs import PASSED
from protocols.sealing import open_sealed, seal

ITS_OWNERS: Final = ("quality", "receipt")
"""What a result says of the brand's own file, and of the brand's own statement."""

LEAST_BYTES: Final = 8192
BYTES_A_NUMBER: Final = 512


def hand_on(job: LocalJob, result: Mapping[str, Any]) -> None:
    """Seal a result to the agency that asked, unless it left or the delegation was taken back.

    It is as long as the question makes it, whatever the numbers are, and comes for an answer that
    cannot be read as for one that can.
    """
    behalf = job.document.behalf
    if behalf is None or endings.ended(
        job.room.home, job.room.identity, "delegation", behalf.delegation
    ):
        return
    if amendments.newest(job.room).agreement.member(behalf.agency) is None:
        return
    rows = job.kept(PASSED)
    if rows is None:
        readable = result["status"] != UNREADABLE
        told = {name: value for name, value in result.items() if name not in ITS_OWNERS}
        text = json.dumps(told if readable else {"status": UNREADABLE}).encode()
        agency = sealing_key(job.room.member(behalf.agency))
        info, own = job.info(PASSED), job.room.home.signing
        blob = seal(text.ljust(_length(job, len(text))), agency, info, own)
        rows = np.frombuffer(blob, dtype=np.uint8).reshape(-1, 1)
        job.keep(PASSED, rows)
    try:
        upload = job.send_message(PASSED, rows).to_json()
        body = {"job": job.identity, "step": PASSED, "messages": {PASSED: upload}}
        job.room.chain.say(f"{job.path}/steps", "job.step", body)
    except Conflict as refusal:
        # Done before a crash, or over: taken back in another process of this home.
        if refusal.rule not in ("step-done", "sealed", "job-state", "ended-here"):
            raise


def _length(job: LocalJob, least: int) -> int:
    """Return how long a result is made: by what was asked, doubled until it fits."""
    numbers = 1 + len(job.plan.slots) + len(job.plan.columns)
    length = LEAST_BYTES + BYTES_A_NUMBER * job.plan.outputs * numbers
    while length < least:
        length *= 2
    return length


def read(room: Room, identity: str) -> dict[str, Any]:
    """Return the answer that a brand handed on to this agency; it is kept at home.

    Raises:
        NotFound: if none was handed on.
        Conflict: if the brand took its delegation back before this agency read it.
        PeerFault: for an answer that the brand could not read, or that it did not seal.
    """
    check_in_time(room, identity)
    found = kept_result(room, identity)
    if found is None:
        document = shown_document(room.client.job(identity), identity)
        kept.keep(room, document)
        found = _opened(room, document)
        room.home.vault.write(result_file(room, identity), json.dumps(found).encode())
    if found["status"] == UNREADABLE:
        raise PeerFault("The answer was opened by the brand and cannot be read.")
    return found


def _opened(room: Room, document: JobDocument) -> dict[str, Any]:
    behalf = document.behalf
    if behalf is None or behalf.agency != room.own.name:
        raise NotFound("You did not ask this question.")
    brands = [
        one.document.brand for one in delegations.listed(room) if one.identity == behalf.delegation
    ]
    if not brands:
        raise PeerFault("The mediator shows no delegation of this question.")
    blob = room.client.result_bytes(document.identity(), PASSED)
    info = f"cleanroom/job/1/{PASSED}/".encode() + bytes.fromhex(document.identity())
    text = open_sealed(blob, room.home.sealing, info, verifying_key(room.member(brands[0])))
    found: dict[str, Any] = json.loads(text)
    if not isinstance(found, dict) or "status" not in found:
        raise PeerFault("The brand handed on something that is not an answer.")
    return found
