"""Open an answer: decrypt, take masks off, read labels, report, sign the receipt."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from cleanroom.agent import endings, kept, passing, selection
from cleanroom.agent.approval import base_counts
from cleanroom.agent.decryption import STEP
from cleanroom.agent.earlier import OPENED, UNREADABLE, kept_result, result_file
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.agent.labels import own_label, peer_label
from cleanroom.documents.agreement import SIDES, other_side
from cleanroom.documents.release import ReleasedLabel, ReleaseDocument
from cleanroom.errors import PeerFault
from cleanroom.privacy.accounting import epsilon_of
from cleanroom.queries.crediting import key_labels
from cleanroom.queries.plan import ANY, MET, UNMET, Column
from cleanroom.queries.template import Group, Opened
from cleanroom.queries.where import WHERE
from cleanroom.report.sentences import restricted
from cleanroom.room.jobs import BLOB_BYTES
from protocols.labels import parse_entry
from protocols.limits import VALUE_LIMIT
from protocols.paillier import unmask, unpack_released
from protocols.sealing import OVERHEAD_BYTES

Counts = list[tuple[list[str], Annotated[int, Field(gt=-VALUE_LIMIT, lt=VALUE_LIMIT)]]]
"""Labels and a count, for every combination of labels."""

_COUNTS = TypeAdapter(list[Counts], config={"strict": True})


@dataclass(frozen=True)
class Arrived:
    """What came of an answer, checked as far as it can be without opening it.

    ``people`` are ciphertexts; ``sums`` are ciphertexts of this party's own key, or numbers under
    its masks, or None where no measure was asked for.
    """

    people: list[int]
    sums: list[int] | None
    base: Mapping[str, Mapping[tuple[str, ...], float]]


@alone
def receive(job: LocalJob, executor: Executor | None = None) -> dict[str, Any] | None:
    """Open the answer once, keep it, sign the receipt; return the result, None if unreadable.

    What numbers and names turn out to be changes nothing that anybody else sees: the first release
    is the only one that is ever opened, and once it is, the receipt follows.  Else whoever chooses
    what is released could read a person's value off the refusals.

    Raises ``PeerFault`` or ``RemoteError`` for what is wrong before anything is decrypted.
    """
    endings.check_kept(job.folder)
    ended = kept_result(job.room, job.identity) or job.kept_json(UNREADABLE)
    if ended is not None and "receipt" in ended:
        return ended if ended["status"] == "SUCCESS" else None
    release = ReleaseDocument.from_json(job.room.client.result_release(job.identity))
    if release.job != job.identity:
        raise PeerFault("The mediator shows the release of another job.")
    arrived = fetch(job, release)
    kept.keep(job.room, job.document)
    _open_first(job, release)
    try:
        result = report(job, release, open_release(job, release, arrived, executor))
    except Exception as error:  # noqa: BLE001 (whatever the numbers did, nobody else may see it)
        result = {"status": UNREADABLE, "detail": f"{type(error).__name__}: {error}"}
    _keep(job, result)
    passing.hand_on(job, result)
    body = {"job": job.identity, "release": release.digest()}
    answer = job.room.chain.say(f"{job.path}/receipt", "job.receipt", body)
    result["receipt"] = {
        "job": job.identity,
        "log_index": answer["log_index"],
        "checkpoint": answer["checkpoint"],
    }
    _keep(job, result)
    return result if result["status"] == "SUCCESS" else None


def _open_first(job: LocalJob, release: ReleaseDocument) -> None:
    """Remember the release before it is opened; raise ``PeerFault`` if it is not the first."""
    digest = release.digest()
    if (job.kept_json(OPENED) or digest) != digest:
        raise PeerFault("The mediator shows a release other than the one that was opened.")
    job.keep_json(OPENED, digest)


def _keep(job: LocalJob, result: Mapping[str, Any]) -> None:
    if result["status"] == UNREADABLE:
        job.keep_json(UNREADABLE, result)
    else:
        file = result_file(job.room, job.identity)
        job.room.home.vault.write(file, json.dumps(result).encode())


def fetch(job: LocalJob, release: ReleaseDocument) -> Arrived:
    """Fetch all parts of an answer; raise ``PeerFault`` or ``RemoteError`` if one is off."""
    released = len(release.groups)
    if released > job.plan.outputs:
        raise PeerFault("The mediator released more groups than the question has.")
    people = _part(job, "people", job.plan.people_outputs(released), release.people)[:released]
    sums = None
    if job.plan.slots and job.owns_values:
        sums = _part(job, "measures", job.plan.outputs, release.measures)
    elif job.plan.slots:
        sums = _masked(job)
    return Arrived(people, sums, _base(job))


def open_release(
    job: LocalJob, release: ReleaseDocument, arrived: Arrived, executor: Executor | None
) -> Opened:
    """Decrypt every released group and read its name.

    Raises ``RemoteError`` for a number that no sum gives or a name that its owner sealed badly:
    which names are read hangs on which groups passed, so nobody else may see what came of it.
    """
    names = _Names(job, release)
    people = _people(job, arrived, executor)
    sums = _sums(job, release, arrived, executor)
    groups, other = [], None
    for position, group in enumerate(release.groups):
        values = sums[group.position] if sums else ()
        if group.cell < 0:
            other = Group(("other",), people[position], values, group.pooled)
        else:
            groups.append(Group(names.key(group.cell), people[position], values))
    return Opened(
        question=job.question,
        plan=job.plan,
        groups=tuple(groups),
        other=other,
        charge=job.charge,
        suppressed=release.suppressed,
        base=arrived.base,
        base_sigma=job.charge.people.sd,
        facts=job.kept_json("facts") or {},
        private=job.private(),
    )


def _part(job: LocalJob, part: str, count: int, digest: str | None) -> list[int]:
    """Fetch a part of the release, the very bytes that the receipt is about to confirm."""
    public = job.room.paillier().public
    width = public.ciphertext_bytes
    # Read also where nothing passed: the log shows the peer what is read.
    data = job.room.client.result_bytes(job.identity, part)
    if len(data) != count * width:
        raise PeerFault(f"The mediator sent a different number of {part} than it released.")
    if hashlib.sha256(data).hexdigest() != digest:
        raise PeerFault(f"The mediator sent {part} other than those it released.")
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    public.check_ciphertexts(rows)
    return [int.from_bytes(row.tobytes(), "big") for row in rows]


def _masked(job: LocalJob) -> list[int]:
    """Fetch what the owner of the values decrypted; this party's masks are still on it."""
    blinds = job.kept("blinds")
    if blinds is None:
        raise PeerFault("This party sent no masks for the job.")
    width = blinds.shape[1]
    blob = job.open(STEP, job.read_message(STEP, blinds.size + OVERHEAD_BYTES))
    if len(blob) != len(blinds) * width:
        raise PeerFault("The owner of the values decrypted a different number of sums.")
    return [int.from_bytes(blob[at : at + width], "big") for at in range(0, len(blob), width)]


def _people(job: LocalJob, arrived: Arrived, executor: Executor | None) -> list[int]:
    """Decrypt the counts; noise can make one negative."""
    return job.room.paillier().decrypt_small(arrived.people, executor)


def _sums(
    job: LocalJob, release: ReleaseDocument, arrived: Arrived, executor: Executor | None
) -> dict[int, tuple[int, ...]]:
    """Return the released slots by output place."""
    if arrived.sums is None:
        return {}
    released = [slot.slot for slot in job.plan.slots]
    if job.owns_values:
        plain = job.room.paillier().decrypt_many(arrived.sums, executor)
    else:
        owner, blinds = job.room.paillier_of(job.peer.name), job.kept("blinds")
        masks = [] if blinds is None else [int.from_bytes(one.tobytes(), "big") for one in blinds]
        plain = [unmask(owner, one, mask) for one, mask in zip(arrived.sums, masks, strict=True)]
    return {
        group.position: tuple(unpack_released(plain[group.position], released))
        for group in release.groups
    }


class _Names:
    """Turn a cell's number back into the labels of its columns."""

    def __init__(self, job: LocalJob, release: ReleaseDocument) -> None:
        self._job = job
        self._sealed = {(item.column, item.code): item for item in release.labels}
        self._merged = job.template.merged_keys(job.question) if job.plan.merged else None

    def key(self, cell: int) -> tuple[str, ...]:
        """Return the labels of a cell in the order of the plan's columns."""
        if self._merged is not None:
            return self._merged[cell]
        plan = self._job.plan
        if plan.hub is not None:
            key, code = plan.hub.key(cell)
            if plan.activates:
                return key
            if plan.veiled:
                return (*key, *self._label_of(key[0], code)) if plan.columns else key
            labels_of_hub = json.loads(self._job.kept_json("names")[code])
            return (*key, *labels_of_hub)
        codes = self._job.question.codes(plan, cell)
        labels = {column: self._label(column, code) for column, code in codes.items()}
        ends = ((UNMET, MET)[cell % 2],) if plan.margins else ()
        return tuple(labels.get(column, ANY) for column in plan.columns) + ends

    def _label_of(self, party: str, code: int) -> tuple[str, ...]:
        """Return the labels of what an other of a hub earned credit with."""
        job, others = self._job, self._job.document.others
        place = [other.party for other in others].index(party)
        sealed = self._entry(job.document.sides[1 + place], code)
        return key_labels(parse_entry(job.open(f"name/{code}", sealed, party))[1])

    def _label(self, column: Column, code: int) -> str:
        job = self._job
        own = column.side == job.side
        if job.plan.source == "job":
            if own:
                return str(job.kept_json("names")[code])
            blob = job.open(f"name/{code}", self._entry(column, code))
            return parse_entry(blob)[1]
        manifest = job.question.manifest(column.side)
        found = manifest.label(column.name)
        if found is None or code >= len(found.domain):
            raise PeerFault(f"The mediator names a label of {column} that does not exist.")
        pseudonym = found.domain[code]
        if own:
            return own_label(job.room, manifest, column.name, pseudonym)
        return peer_label(job.room, manifest, column.name, pseudonym, self._entry(column, code))

    def _entry(self, column: Column | str, code: int) -> bytes:
        item: ReleasedLabel | None = self._sealed.get((str(column), code))
        if item is None:
            raise PeerFault(f"The mediator sent no dictionary entry for a label of {column}.")
        return base64.b64decode(item.sealed)


def _base(job: LocalJob) -> Mapping[str, Mapping[tuple[str, ...], float]]:
    """Return the base counts by side: own ones exact, the peer's as it sent them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for base in job.plan.base:
        if base.side == job.side:
            counts = _read_counts(json.dumps([base_counts(job, base)]).encode(), 1)[0]
        else:
            asked = [item for item in job.plan.base if item.side == base.side]
            blob = job.open("base", job.read_message("base", BLOB_BYTES))
            counts = _read_counts(blob, len(asked))[asked.index(base)]
        name = ".".join((base.side, *base.columns))
        found[name] = {tuple(labels): float(count) for labels, count in counts}
    return found


def _read_counts(blob: bytes, bases: int) -> list[Counts]:
    """Read base counts that a peer sealed; raise ``PeerFault`` for anything else."""
    try:
        found = _COUNTS.validate_json(blob)
    except ValidationError:
        raise PeerFault("The peer's base is not a table of counts.") from None
    if len(found) != bases:
        raise PeerFault("The peer sent a different number of bases than was asked for.")
    return found


def report(job: LocalJob, release: ReleaseDocument, opened: Opened) -> dict[str, Any]:
    """Write the result the way ``results.json`` shows it."""
    result = job.template.result(opened)
    part = _restricted(job)
    sentence = f"{job.template.sentence(result)} {restricted(part, 'en')}".rstrip()
    policy, document = job.room.agreement.policy, job.document
    noisy = job.charge.people.scale > 0
    privacy: dict[str, Any] = {
        "k": job.charge.k,
        "tau": job.charge.tau,
        "noise": policy.noise,
        "rho": job.charge.rho,
    }
    if noisy:
        privacy |= {
            "rho_left": release.rho_left,
            "epsilon": epsilon_of(job.charge.rho, policy.delta),
            "delta": policy.delta,
        }
    return {
        "status": "SUCCESS",
        "name": document.name,
        "template": document.template,
        "receiver": document.receiver,
        "parties": {side: job.question.manifest(side).party for side in SIDES},
        **members(job),
        **part,
        **_declared(job),
        **result,
        "suppressed": {
            "groups": release.suppressed,
            "rules": [rule.to_json() for rule in release.rules],
        },
        "quality": quality(job),
        "privacy": privacy,
        "sentence": sentence,
    }


def members(job: LocalJob) -> dict[str, Any]:
    """Return who the sides are, where the room has more than two parties."""
    if job.room.has_one_pair:
        return {}
    others = job.plan.hub.others if job.plan.hub else (job.question.platform.party,)
    names = (job.question.hub.party, *others)
    return {"members": dict(zip(job.document.sides, names, strict=True))}


def _declared(job: LocalJob) -> dict[str, Any]:
    """Return whose measures were summed, and the bounds as which values beyond them count."""
    if not job.plan.slots or job.plan.value_side is None:
        return {}
    terms = {one.name: one for one in job.question.manifest(job.plan.value_side).measures}
    asked = [terms[slot.measure] for slot in job.plan.slots if slot.measure in terms]
    bounds = {
        one.name: [end / 10**one.decimals for end in (one.minimum, one.maximum)] for one in asked
    }
    return {"declared": {"side": job.plan.value_side, "bounds": bounds}} if bounds else {}


def _restricted(job: LocalJob) -> dict[str, Any]:
    """Return the conditions that the people of an answer fulfil, if there are any."""
    texts = [condition.text() for condition in selection.restricting(job)]
    return {WHERE: texts} if texts else {}


def quality(job: LocalJob) -> dict[str, Any]:
    """Return what this party may know of the quality of the data: its own file's figures."""
    own = job.dataset.columns().report
    facts = job.kept_json("facts") or {}
    peer = other_side(job.side)
    return {
        f"{job.side}_rows": own.usable,
        f"{peer}_rows_padded": job.question.manifest(peer).rows,
        "clamped": sum(own.clamped.values()) + int(facts.get("clamped", 0)),
        "cut": _cut(job, own.clamped),
        "dropped": int(facts.get("dropped", 0)),
        "unusable": own.unusable,
        "duplicates": own.duplicates.rows if own.duplicates else 0,
    }


def _cut(job: LocalJob, clamped: Mapping[str, int]) -> dict[str, int]:
    """Return how many values of each measure asked about count as its bound, if they are own."""
    asked = [slot.measure for slot in job.plan.slots] if job.owns_values else []
    return {name: clamped[name] for name in asked if clamped.get(name)}
