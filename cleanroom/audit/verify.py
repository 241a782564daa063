"""Verify a room's log offline, from a bundle alone.

Every claim is held against a signature or computed again.  The steps say what was checked and
what could not be; the first bad entry is named.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from cleanroom.audit import bundle as bundles
from cleanroom.audit.amended import everybody
from cleanroom.audit.bundle import Bundle, Leaves
from cleanroom.audit.entries import (
    Batch,
    EntryReader,
    Signatures,
    SignedBytes,
    check_signature,
    leaf_hashes,
)
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.history import History
from cleanroom.audit.history.heads import Heads
from cleanroom.audit.memory import PartyMemory, asked_of
from cleanroom.audit.witness import verified
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import AuditFailure
from cleanroom.privacy.accounting import Ledger
from cleanroom.room.agreements import check_agreement
from cleanroom.room.retention import WHY
from cleanroom.room.states import DatasetState
from protocols import checkpoint as notes
from protocols import merkle
from protocols.checkpoint import Checkpoint
from protocols.errors import InvalidKeyError, InvalidMessageError, InvalidProofError
from protocols.signing import VerifyingKey

BATCH = 1000
"""Entries that are read and hashed at once."""

AHEAD = 4
"""Batches that may be under way in other processes: this bounds the memory."""


@dataclass(frozen=True)
class Step:
    """One numbered step: what was asked, what was found."""

    number: int
    title: str
    found: str


@dataclass
class Report:
    """What a verification checked, and what it could not."""

    room: str
    name: str
    size: int = 0
    root: str = ""
    steps: list[Step] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        steps = [vars(step) for step in self.steps]
        return {**vars(self), "verified": True, "steps": steps}


@dataclass
class _Run:
    """One verification under way."""

    bundle: Bundle
    report: Report
    tell: Callable[[Step], None]
    cards: dict[str, Card]
    """Of everybody who is, was or was invited to be a member."""

    def step(self, title: str, found: str) -> None:
        step = Step(len(self.report.steps) + 1, title, found)
        self.report.steps.append(step)
        self.tell(step)


def verify_audit_bundle(source: Path | str | dict[str, Any], **options: Any) -> Report:
    """Verify a bundle: a file, or its JSON values; see ``verify_bundle`` for the options."""
    found = bundles.parse(source) if isinstance(source, dict) else bundles.load(Path(source))
    return verify_bundle(found, **options)


def verify_bundle(
    bundle: Bundle,
    *,
    room: str | None = None,
    demand: Sequence[str] = (),
    memories: Sequence[PartyMemory] = (),
    signatures: Signatures = "all",
    executor: Executor | None = None,
    tell: Callable[[Step], None] = lambda _step: None,
) -> Report:
    """Return a report of numbered steps, each told to ``tell`` as it is done.

    Args:
        bundle: what to verify.
        room: the room's identifier from elsewhere, such as the verifier's own home; without it
            the agreement vouches only for itself.
        demand: parties whose memory must be in the bundle or in ``memories``.
        memories: memories that came another way than in the bundle.
        signatures: "all" verifies each of them, "chains" one for each party's chain.
        executor: processes that read entries side by side, such as ``ProcessPoolExecutor``.

    Raises:
        AuditFailure: for the first thing that does not hold; ``BadEntry`` if it is an entry.
    """
    bundle = bundle.with_memories(memories)
    agreement = bundle.agreement
    run = _Run(bundle, Report(bundle.room, agreement.name), tell, everybody(bundle))
    _check_room(run, room)
    head = _check_checkpoint(run)
    seen = _check_memories(run, demand)
    if bundle.hashes is not None:
        _check_hashes(bundle.leaves, bundle.hashes, head)
    history = _check_entries(run, head, seen, signatures, executor)
    # The entries have the signed root now, so a list with another one is not theirs.
    if bundle.hashes is not None and merkle.root(bundle.hashes) != head.root:
        raise AuditFailure("The bundle's list of hashes is not that of its entries.")
    _compare(run, history, head, seen)
    _say_limits(run, room)
    return run.report


def _check_room(run: _Run, room: str | None) -> None:
    agreement = run.bundle.agreement
    identity = agreement.identity()
    if run.bundle.room != identity:
        raise AuditFailure("The room is not named by the agreement's digest.")
    if room not in (None, identity):
        raise AuditFailure(f"The bundle is of room {identity}, not of {room}.")
    try:
        check_agreement(agreement, 0)
        for card in (*agreement.members, *run.cards.values()):
            _key(card)
    except Exception as error:
        raise AuditFailure(f"The agreement: {error}") from error
    members = ", ".join(f"{card.name} ({card.role})" for card in agreement.members)
    run.step("The agreement names the room and its members", f"{identity}: {members}")


def _key(card: Card) -> VerifyingKey:
    return VerifyingKey(bytes.fromhex(card.signing_key))


def _check_checkpoint(run: _Run) -> Checkpoint:
    head = verified(run.bundle.agreement, run.bundle.checkpoint)
    run.report.size, run.report.root = head.size, head.root.hex()
    run.step(
        "The newest checkpoint is signed by the agreement's mediator",
        f"{head.size} entries, root {head.root.hex()[:16]}",
    )
    _check_cosigners(run)
    return head


def _check_cosigners(run: _Run) -> None:
    """Verify the cosignatures that the newest checkpoint itself carries."""
    keys = {name: _key(card) for name, card in run.cards.items()}
    note = run.bundle.checkpoint
    named = {line.name for line in notes.parse(note)[1]} & keys.keys()
    try:
        for name in sorted(named):
            notes.verify_cosignature(note, name, keys[name])
    except InvalidProofError as error:
        raise AuditFailure(f"The cosignature of {name}: {error}.") from None
    if named:
        run.step("Members cosigned the newest checkpoint", ", ".join(sorted(named)))


def _check_memories(run: _Run, demand: Sequence[str]) -> dict[str, Checkpoint]:
    """Verify the memories' own signatures; return the head that each party saw last."""
    agreement, seen = run.bundle.agreement, {}
    for one in run.bundle.memories:
        memory = one.memory
        card = run.cards.get(memory.party)
        if card is None or memory.room != run.bundle.room:
            raise AuditFailure(f"The memory of {memory.party} belongs to another room.")
        try:
            one.verify(_key(card))
        except (InvalidMessageError, InvalidKeyError):
            raise AuditFailure(f"The memory of {memory.party} is not signed by it.") from None
        if memory.checkpoint is not None:
            seen[memory.party] = verified(agreement, memory.checkpoint)
    have = {one.memory.party for one in run.bundle.memories}
    for name in demand:
        if name not in have:
            raise AuditFailure(f"The bundle does not carry what {name} remembers. {asked_of(name)}")
    run.step("The parties' own memories are signed by them", ", ".join(sorted(have)) or "none")
    return seen


def _check_hashes(leaves: Leaves, hashes: Sequence[bytes], head: Checkpoint) -> None:
    """Name the entry that was changed, where the bundle's hashes lead to the signed root."""
    if len(hashes) != head.size or merkle.root(hashes) != head.root:
        return
    count = 0
    for index, leaf in enumerate(leaves()):
        if index < len(hashes) and merkle.leaf_hash(leaf) != hashes[index]:
            raise BadEntry("it is not the entry that the mediator signed", index)
        count += 1
    if count < len(hashes):
        raise BadEntry(f"of {head.size} entries, it and all after it are missing", count)


def _check_entries(
    run: _Run,
    head: Checkpoint,
    seen: dict[str, Checkpoint],
    signatures: Signatures,
    executor: Executor | None,
) -> History:
    agreement, leaves = run.bundle.agreement, run.bundle.leaves
    heads = Heads((head.size, *(one.size for one in seen.values())))
    history = History(agreement, heads)
    for one in run.bundle.memories:
        history.chains.watch(one.memory.party, one.memory.sequence)
    reader = EntryReader.of(agreement, signatures, run.cards.values())
    last: dict[str, tuple[int, SignedBytes]] = {}
    for batch in _batches(reader, leaves(), executor):
        heads.grow(batch.hashes, [one.head.size for one in batch.seen if one.head])
        for entry in batch.seen:
            history.take(entry)
        if batch.fault is not None:
            raise batch.fault
        last |= batch.heads
    for party, (index, signed) in last.items():
        check_signature(index, reader.keys[party], party, *signed)
    if heads.frontier.size != head.size:
        found = heads.frontier.size
        raise BadEntry(_wrong_length(found, head.size), min(found, head.size))
    heads.compare_late(leaf_hashes(chunk) for chunk in _chunks(leaves()))
    _tell_entries(run, agreement, history, signatures)
    return history


def _wrong_length(found: int, signed: int) -> str:
    if found < signed:
        return f"it is missing: the mediator signed {signed} entries, there are {found}"
    return f"the checkpoint covers {signed} entries and not this one"


def _chunks(leaves: Iterable[bytes]) -> Iterator[list[bytes]]:
    source = iter(leaves)
    while chunk := list(islice(source, BATCH)):
        yield chunk


def _batches(
    reader: EntryReader, leaves: Iterable[bytes], executor: Executor | None
) -> Iterator[Batch]:
    """Read the entries batch by batch, some batches ahead of the one that is asked for."""
    first, waiting = 0, deque[Future[Batch]]()
    for chunk in _chunks(leaves):
        if executor is None:
            yield reader.read_batch(first, chunk)
        else:
            waiting.append(executor.submit(reader.read_batch, first, chunk))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        first += len(chunk)
    while waiting:
        yield waiting.popleft().result()


def _tell_entries(
    run: _Run, agreement: Agreement, history: History, signatures: Signatures
) -> None:
    tally, jobs = history.tally, history.jobs
    ends = ", ".join(f"{count} {state}" for state, count in sorted(jobs.ends.items())) or "none"
    run.step(
        "Every entry is canonical, numbered without a hole and of this room", str(tally.entries)
    )
    every = "each by its own signature" if signatures == "all" else "by the last of each chain"
    run.step("Every statement is a member's", f"{tally.statements} statements, {every}")
    chains = ", ".join(f"{name} {end.sequence}" for name, end in history.chains.ends.items())
    run.step("Each party's statements follow one another; refusals change nothing", chains)
    signed = f"{len(history.room.signed)} of {len(agreement.members)} signed"
    if history.amendments.in_force:
        count, last = len(history.amendments.in_force), history.room.agreement
        run.step(
            "The agreement was amended by all its members together",
            f"amendments in force so far: {count}; now: number {last.number}, {last.digest()[:32]}",
        )
    run.step("Room, datasets and alignments went through their prescribed states", signed)
    run.step(
        "Each job was allowed, approved by both before its release, confirmed by its receiver",
        f"ended: {ends}; running: {len(list(jobs.running()))}",
    )
    budget = ", ".join(
        f"{brand}/{platform}: {_spent(ledger)}"
        for (brand, platform), ledger in jobs.ledgers.items()
    )
    run.step("The privacy budget adds up and was never exceeded", budget or "nothing spent")
    if told := "; ".join(history.standing.told(history.time // 1000)):
        run.step("Every run asks what its standing question declares, at its time", told)
    _tell_deletions(run, history)
    _tell_serving(run, history)


def _tell_deletions(run: _Run, history: History) -> None:
    """Say of what was taken back whether the mediator signed that it is deleted."""
    if told := history.retained.told():
        run.step("What was kept as long as agreed is signed as deleted", told)
    run.report.unchecked += history.retained.unsigned()
    over = [one for one in history.datasets.all() if one.state == DatasetState.WITHDRAWN]
    back = [one for one in over if one.why != WHY]
    if not back:
        return
    gone = sum(one.deleted for one in back)
    people = sum(int(entry.body["people"]) for entry in history.datasets.erasures)
    told = f"{gone} of {len(back)} dataset versions"
    if people:
        erased = sum(one.why == "erased" for one in back)
        told += f"; {erased} of them because up to {people} people asked to be erased"
    run.step("The mediator signed as deleted what was taken back", told)
    if gone < len(back):
        run.report.unchecked.append(
            f"{len(back) - gone} dataset versions taken back are not yet signed as deleted."
        )


def _spent(ledger: Ledger) -> str:
    text = f"{ledger.spent:g} of {ledger.budget:g} rho spent"
    if ledger.lifetime is None:
        return text
    return f"{text} in period {ledger.period}, {ledger.spent_ever:g} of {ledger.lifetime:g} in all"


def _tell_serving(run: _Run, history: History) -> None:
    """Say how many people were asked about under each grant; silent where nothing was served."""
    served = {place: one for place, one in history.serving.grants.items() if one.served.number}
    told = [
        f"grant {place}: {one.agreed:,} people asked about, as both sides counted"
        + (f"; {sum(one.waiting.values()):,} counted by one side alone" if one.waiting else "")
        + ("; withdrawn" if one.served.stopped else "")
        for place, one in sorted(served.items())
    ]
    if told:
        run.step("Questions about single people kept within their quota", "; ".join(told))


def _compare(run: _Run, history: History, head: Checkpoint, seen: dict[str, Checkpoint]) -> None:
    """Hold the tree against every signed head, and the chains against the parties' memories."""
    heads = history.heads
    for party, one in sorted(seen.items(), key=lambda item: item[1].size):
        if one.size > head.size:
            raise AuditFailure(
                f"The log was cut: {party} saw {one.size} entries, the bundle ends at {head.size}."
            )
        heads.compare(one, f"{party} holds a signed head")
    heads.compare(head, "The mediator signed")
    run.step("The entries are the ones under the newest checkpoint", head.root.hex())
    vouched = ", ".join(f"{name} {size}" for name, size in heads.latest.items())
    run.step("The heads that members vouched for belong to this log", vouched or "none")
    for signed in run.bundle.memories:
        memory = signed.memory
        found = history.chains.watched[memory.party, memory.sequence]
        if found is None:
            said = history.chains.ends[memory.party].sequence
            raise AuditFailure(
                f"Statements are missing: {memory.party} remembers {memory.sequence} of its own, "
                f"the log has {said}."
            )
        if found != memory.previous:
            raise AuditFailure(f"{memory.party} remembers a last statement that is not the log's.")
    kept = ", ".join(f"{m.memory.party} {m.memory.sequence}" for m in run.bundle.memories)
    run.step("The log holds what each party remembers having signed and seen", kept or "none")


def _say_limits(run: _Run, room: str | None) -> None:
    """Say what no offline check can know."""
    agreement, unchecked = run.bundle.agreement, run.report.unchecked
    have = {one.memory.party for one in run.bundle.memories}
    for card in agreement.members:
        if card.name not in have and card.role != "auditor":
            unchecked.append(
                f"What {card.name} remembers is not in the bundle. {asked_of(card.name)}"
            )
    if room is None:
        unchecked.append("Whether this is the room you mean: compare its identifier.")
    unchecked.append("Times are the mediator's word; only their order is checked.")
    unchecked.append("Numbers that were released are not in the log, only their digests.")
    unchecked.append("Whether the parties' own data is true.")
