"""What waits for a party: rooms to sign, alignments to run, jobs to go on with."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.documents.agreement import SIDES
from cleanroom.mediator import alignment_rows, job_rows, log, standing
from cleanroom.mediator.context import MEMBER, Caller, Context, parties, policy_of
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.results import decrypted, waits_for_activation
from cleanroom.room.states import AlignmentState, DatasetState, JobState, RoomState

Work = dict[str, list[Any]]


class Waiting:
    """Serve the list that drives an agent."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def listing(self, caller: Caller, wait: float) -> Work:
        """Return what waits; hold the answer while nothing does."""
        found = self._context.poll(lambda: self._look(caller), wait, caller)
        return found if found is not None else _nothing()

    def _look(self, caller: Caller) -> Work | None:
        work = _nothing()
        with self._context.store.read() as transaction:
            for member in transaction.find("members", fingerprint=caller.fingerprint, place=MEMBER):
                room = transaction.get("rooms", id=member["room"])
                if room is None or room["state"] == RoomState.CLOSED:
                    continue
                if room["expires"] <= log.now(transaction, self._context, room["id"]):
                    continue
                if room["state"] == RoomState.PROPOSED:
                    work["rooms"] += [] if member["signature"] else [room["id"]]
                    continue
                work["alignments"] += _alignments(transaction, member)
                work["alignments"] += _renewals(transaction, self._context, member, room)
                work["jobs"] += _jobs(transaction, member)
                work["standing"] += standing.waiting(transaction, self._context, member)
        return work if any(work.values()) else None


def _nothing() -> Work:
    return {"rooms": [], "alignments": [], "jobs": [], "standing": []}


def _alignments(transaction: Transaction, member: Row) -> list[dict[str, Any]]:
    waiting = []
    for side in SIDES:
        for state in (AlignmentState.PROPOSED, AlignmentState.RUNNING):
            key = {"room": member["room"], side: member["name"], "state": state}
            for row in transaction.find("alignments", **key):
                mine = transaction.get(
                    "participations",
                    alignment=row["id"],
                    attempt=row["attempt"],
                    party=member["name"],
                )
                what = _alignment_step(state, mine)
                if what:
                    waiting.append({"id": row["id"], "room": row["room"], "what": what})
    return waiting


def _renewals(
    transaction: Transaction, context: Context, member: Row, room: Row
) -> list[dict[str, Any]]:
    """Return the brand's alignments of which newer versions are ready, where agents align them."""
    policy = policy_of(room)
    if not policy.realign or member["role"] != "brand":
        return []
    now = log.now(transaction, context, room["id"])
    known: dict[str, tuple[str, str]] = {}
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for row in transaction.find("datasets", room=room["id"]):
        line, version = (row["party"], row["name"]), (row["version"], row["id"])
        known[row["id"]] = line
        if row["state"] == DatasetState.READY:
            newest[line] = max(version, newest.get(line, version))
    waiting, lines_seen = [], set()
    rows = transaction.find("alignments", order="-number", room=room["id"], brand=member["name"])
    joined = {alignment_rows.named(row) for row in rows}
    for row in rows:
        named = alignment_rows.named(row)
        lines = tuple(known[one] for one in named)
        if row["state"] != AlignmentState.READY or lines in lines_seen:
            continue
        lines_seen.add(lines)
        if all(line in newest for line in lines):
            target = tuple(newest[line][1] for line in lines)
            pair = (row["brand"], row["platform"])
            many = alignment_rows.proposed(transaction, room["id"], pair, policy, now)
            if target not in joined and many < policy.alignments_max:
                waiting.append({"id": row["id"], "room": room["id"], "what": "renew"})
    return waiting


def _alignment_step(state: AlignmentState, mine: Row | None) -> str | None:
    if state == AlignmentState.PROPOSED:
        return None if mine else "join"
    return "run" if mine and mine["transcript"] is None else None


def _jobs(transaction: Transaction, member: Row) -> list[dict[str, Any]]:
    waiting = []
    for state in job_rows.RUNNING:
        for row in transaction.find("jobs", room=member["room"], state=state):
            sides = [side for side, name in parties(row).items() if name == member["name"]]
            for side in sides:
                what = _job_step(transaction, row, side)
                if what:
                    waiting.append({"id": row["id"], "room": row["room"], "what": what})
    return waiting


def _job_step(transaction: Transaction, row: Row, side: str) -> str | None:
    mine = transaction.get("sides", job=row["id"], side=side) or {}
    if row["state"] == JobState.AWAITING_APPROVAL:
        return None if mine["approved"] else "approve"
    if row["state"] == JobState.STARTED:
        computed = transaction.get("compute", job=row["id"])
        if computed is not None:
            return _between_phases(row, side) if computed["state"] == "waiting" else None
        return "rows" if mine["rows"] is None else None
    if waits_for_activation(transaction, row):
        return "activate" if side == "platform" else None
    done = not job_rows.waits_for_decryption(row) or decrypted(transaction, row["id"])
    if side == row["receiver"]:
        return "open" if done else None
    return None if done else "decrypt"


def _between_phases(row: Row, side: str) -> str | None:
    """Return what a job that is half computed waits for: labels added up, or sums opened."""
    combines = json.loads(row["facts"])["combine"]
    if side != ("platform" if combines else row["value_owner"]):
        return None
    return "combine" if combines else "sums"
