"""Standing questions: declare one, approve all of its runs at once, ask each at its time, stop it.

Both sides agree to one signed document.  The home keeps what it agreed to, and goes on from that
alone: a job is a run of it if it says so, asks what the document says, is due by this party's own
clock, and no other job is that run.  What a mediator shows decides none of these.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final

import rfc8785

from cleanroom.agent import agreed, amendments, approved, endings, jobs, lines, private
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import SIDES, Card, other_side
from cleanroom.documents.standing import StandingDocument
from cleanroom.errors import Conflict, InvalidInput, NotFound, PeerFault, refuse_unless
from cleanroom.room import standing as rules
from cleanroom.room.states import StandingState

ACTIVE: Final = str(StandingState.ACTIVE)
STOPPED: Final = str(StandingState.STOPPED)


@dataclass(frozen=True)
class Sample(LocalJob):
    """A run as it would be asked now: what the plan, the price and the words are taken from."""

    opened: Mapping[str, Any] = field(default_factory=dict)

    def private(self) -> Mapping[str, Any]:
        """Return what the standing question seals."""
        return self.opened


@dataclass(frozen=True)
class Standing:
    """A standing question as one party sees it, verified and opened."""

    room: Room
    document: StandingDocument
    opened: Mapping[str, Any]
    shown: Mapping[str, Any]
    """What the mediator shows of it."""

    @property
    def identity(self) -> str:
        """Return the identifier of the standing question."""
        return self.document.identity()

    @property
    def state(self) -> str:
        """Return where it stands: for this home it is over once this home stopped it."""
        stopped = endings.ended(
            self.room.home, self.room.identity, "standing", self.document.digest()
        )
        return STOPPED if stopped else str(self.shown["state"])

    @property
    def asks(self) -> bool:
        """Tell whether this party is the one that asks the runs."""
        return self.document.party(self.document.submitter) == self.room.own.name

    @property
    def asked(self) -> dict[int, str]:
        """Return the job of each run that was asked."""
        return {int(one["run"]): str(one["job"]) for one in self.shown["runs"]}

    def missed(self, now: float) -> list[int]:
        """Return the runs that were not asked in their time, while it stood."""
        problem = self.shown["problem"] or {"time": 0 if self.state == STOPPED else now}
        return rules.missed(self.document, self.asked, min(now, problem["time"]))

    def due(self) -> int | None:
        """Return the run that this party is to ask now; None if there is none.

        The mediator says which is due, and no run is asked before its time by the own clock.
        """
        run = self.shown["due"]
        if run is None or not self.asks or self.state != ACTIVE:
            return None
        given_up = run in agreed.skipped(self.room, self.document.digest())
        early = rules.opens(self.document, run) > time.time()
        return None if given_up or early or run in self.asked else int(run)

    @cached_property
    def sample(self) -> Sample:
        """Return the present or first run over the newest versions; raise ``Unaligned``."""
        run = self.document.present(time.time()) or 0
        joined = lines.newest_aligned(self.room, *self.document.lines())
        job = jobs.plan(self.room, rules.sample(self.document, run, joined))
        return Sample(job.room, job.document, job.question, job.plan, job.charge, self.opened)


# --- declare, approve, stop


def declare(
    room: Room, fields: Mapping[str, Any], parameters: Mapping[str, Any], times: Mapping[str, int]
) -> Standing:
    """Declare a standing question; this agrees to all of its runs.

    Takes and raises what ``draft`` does.
    """
    found = draft(room, fields, parameters, times)
    room, document = found.room, found.document
    if found.opened:
        text = rfc8785.dumps(dict(found.opened))
        room.home.vault.write(agreed.folder(room, document.digest()) / private.FILE, text)
    body = {"standing": document.to_json()}
    with agreed.agreeing(room, document):
        answer = room.chain.say("/v1/standing", "standing.propose", body)
    return Standing(room, document, found.opened, answer["resource"])


def draft(
    room: Room, fields: Mapping[str, Any], parameters: Mapping[str, Any], times: Mapping[str, int]
) -> Standing:
    """Write a standing question that could be declared now; nothing is signed, sent or kept.

    ``fields`` are ``name``, ``template``, ``brand`` and ``platform`` as party and name,
    ``receiver`` and ``rho``; ``times`` are ``first``, ``every`` and ``until``.

    Raises what the agreement refuses, ``Unaligned`` if nothing of both lines is aligned, and
    ``BudgetExhausted`` if the budget would not hold the runs.
    """
    room = amendments.settle(room)
    made: dict[str, Any] = {side: fields[side] for side in SIDES}
    if made[room.role]["party"] != room.own.name:
        raise InvalidInput("A standing question is asked by the party whose data it is about.")
    joined = lines.newest_aligned(room, *((one["party"], one["name"]) for one in made.values()))
    rest = {name: fields[name] for name in ("name", "template", "receiver", "rho")}
    purpose = {"purpose": fields.get("purpose")}
    versions = {"brand": joined.brand, "platform": joined.platform, "alignment": joined.alignment}
    complete, text = jobs.draft(room, {**rest, **purpose, **versions}, parameters)
    hidden = json.loads(text)
    peer = room.member(made[other_side(room.role)]["party"])
    bound = _bound(str(fields["template"]), made)
    sealed: dict[str, Any] = {"private": None, "sealed": ""}
    if hidden:
        sealed = private.sealed_fields(room, peer, bound, text, None)
    document = StandingDocument.from_json(
        {
            **rest,
            **made,
            **times,
            **sealed,
            "room": room.identity,
            "submitter": room.role,
            "parameters": complete.parameters,
            "purpose": complete.purpose,
            "agreement": room.agreement.named(),
            "nonce": secrets.token_hex(16),
        }
    )
    rules.check_begins(document, time.time())
    found = Standing(room, document, hidden, {})
    _check(found)
    return found


def approve(standing: Standing) -> None:
    """Agree to all runs of a standing question that the other side declared."""
    refuse_unless(not standing.asks, "the other side approves it", "standing-approved")
    _check(standing)
    path = f"/v1/standing/{standing.identity}/approvals"
    body = {"standing": standing.document.digest()}
    with agreed.agreeing(standing.room, standing.document):
        standing.room.chain.say(path, "standing.approve", body, check=partial(check_open, standing))


def stop(standing: Standing, reason: str) -> None:
    """End a standing question, approved or not: this home takes part in none of its runs again."""
    body = {"standing": standing.document.digest(), "reason": reason or "no reason was given"}
    standing.room.chain.say(f"/v1/standing/{standing.identity}/stop", "standing.stop", body)


def check_open(standing: Standing) -> None:
    """Raise ``PolicyRefusal`` if this party stopped a standing question, or ended its room."""
    room, document = standing.room, standing.document
    endings.check(room.home, room.identity, (), standing=document.digest())


def _check(standing: Standing) -> None:
    """Hold a standing question against the agreement, this party's data and its own ledger."""
    room, document = standing.room, standing.document
    check_open(standing)
    rules.check_standing(amendments.settle(room).agreement, document)
    sample = standing.sample
    sample.check_own()
    open_now = {item["id"] for item in room.client.standings(room.identity) if _stands(item)}
    parties = (document.brand.party, document.platform.party)
    with agreed.locked(room) as file:
        others = [
            (kept.document, kept.jobs.keys())
            for digest, kept in agreed.read(file).items()
            if kept.document.identity() in open_now and digest != document.digest()
            if (kept.document.brand.party, kept.document.platform.party) == parties
        ]
    rules.check_open(len(others))
    ledger, policy = approved.ledger(sample), sample.room.agreement.policy
    rules.check_budget(policy, ledger, [*others, (document, ())], time.time())


def _stands(item: Mapping[str, Any]) -> bool:
    return str(item["state"]) != STOPPED


def digest_of(standing: Standing) -> str:
    """Return the SHA-256 of what an approval binds: the whole series, opened, and its price."""
    sample = standing.sample
    facts = {
        "document": standing.document.to_json(),
        "private": dict(standing.opened),
        **rules.facts(standing.document, sample.room.agreement.policy),
        "k": sample.charge.k,
    }
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def check_digest(standing: Standing, wanted: str | None) -> None:
    """Raise ``Conflict`` unless this is the standing question that a person was shown."""
    if wanted is not None and not hmac.compare_digest(
        wanted.encode(), digest_of(standing).encode()
    ):
        raise Conflict("This is not the question that was shown.", rule="question-changed")


# --- find


def find(room: Room, identity: str) -> Standing:
    """Fetch a standing question; ``PeerFault`` for one that its submitter did not sign."""
    return _of(room, room.client.standing(identity), identity)


def listed(room: Room) -> list[Standing]:
    """Return this party's standing questions of a room, the oldest first."""
    return [_of(room, item, item["id"]) for item in room.client.standings(room.identity)]


def named(room: Room, wanted: str) -> Standing:
    """Return the standing question of an identifier, of its beginning, or of a name.

    Of several with one name it is the newest.  Raises ``NotFound``.
    """
    found = listed(room)
    fits = [one for one in found if wanted == one.document.name]
    fits = fits or [one for one in found if len(wanted) >= 8 and one.identity.startswith(wanted)]
    if not fits:
        raise NotFound(f"The room has no standing question {wanted}.")
    return fits[-1]


def _of(room: Room, shown: Mapping[str, Any], identity: str) -> Standing:
    document = StandingDocument.from_json(shown["standing"])
    if document.identity() != identity or document.room != room.identity:
        raise PeerFault("The mediator shows a different standing question under this identifier.")
    submitter = document.party(document.submitter)
    room.check_said(shown["statement"], "standing.propose", "standing", document, (submitter,))
    under = amendments.under(room, document.agreement)
    return Standing(under, document, opened_of(room, document), shown)


def opened_of(room: Room, document: StandingDocument) -> dict[str, Any]:
    """Return what a standing question seals; ``PeerFault`` if it is not what the document names."""
    if not document.sealed and document.private is None:
        return {}
    if document.party(document.submitter) == room.own.name:
        text = room.home.vault.read(agreed.folder(room, document.digest()) / private.FILE)
    else:
        bound, peer = _bound(document.template, document.to_json()), _peer(room, document)
        text = private.unsealed(room, peer, bound, document.sealed, document.private)
    found: dict[str, Any] = json.loads(text)
    return found


def _peer(room: Room, document: StandingDocument) -> Card:
    parties = (document.brand.party, document.platform.party)
    if room.own.name not in parties:
        raise NotFound("The standing question is between other members of the room.")
    return room.member(next(one for one in parties if one != room.own.name))


def _bound(template: str, made: Mapping[str, Any]) -> dict[str, str]:
    """Return what private parameters of a standing question are bound to."""
    lines: dict[str, str] = {side: f"{made[side]['party']}/{made[side]['name']}" for side in SIDES}
    return {"template": template, **lines}
