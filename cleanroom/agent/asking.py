"""Ask from a room file and wait for the answer: what every front end of a party does alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cleanroom.agent import alignments, delegations, endings, jobs, lines, passing
from cleanroom.agent.alignments import LocalAlignment
from cleanroom.agent.datasets import by_name, peer_manifest
from cleanroom.agent.earlier import PAST, check_in_time, check_readable, kept_result, result_file
from cleanroom.agent.http.client import LONG_POLL
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.agent.to_align import to_align
from cleanroom.documents.agreement import SIDES, other_side
from cleanroom.errors import Conflict, InvalidInput, NotFound, PeerFault, PolicyRefusal, Unaligned
from cleanroom.queries.registry import template
from cleanroom.report import refused
from cleanroom.room.grants import Missing, missing_grants
from cleanroom.room.members import find_dataset, side_named
from cleanroom.room.standing import Joined
from cleanroom.room.states import ENDED, AlignmentState, DatasetState, JobState

if TYPE_CHECKING:
    from cleanroom.agent.job_section import JobSection
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.documents.agreement import Agreement, PartyRole

Tell = Callable[[str], None]
"""Take a line about how far things are."""

POLL: Final = 0.3
"""Seconds before a mediator is asked again that had nothing new."""

RECEIPT_POLL, RECEIPT_LOOKS = 0.05, 180
"""Seconds between two looks at the own home for a receipt, and how many of them there are."""

MOST_TIMES, LONGEST_NAME = 20, 60


def silent(_text: str) -> None:
    """Tell nobody."""


# --- alignments


def align(
    room: Room,
    brand: list[str],
    platform: list[str],
    profile: str | None = None,
    tell: Tell = silent,
) -> str:
    """Propose an alignment of the newest versions of datasets, wait for it, return its identifier.

    Raises ``PeerFault`` if it failed.
    """
    made = propose_alignment(room, brand, platform, profile)
    tell(f"Aligning {made.identity} by {made.document.profile} ...")
    over = (AlignmentState.READY, AlignmentState.FAILED)
    item = _follow(partial(room.client.alignment, made.identity), over)
    if item["state"] == AlignmentState.FAILED:
        raise PeerFault(
            f"The alignment failed ({item.get('reason') or 'unexplained'}); the agents' logs"
            " say why. Agents of two versions may be unable to align: run one on both sides."
        )
    return made.identity


def propose_alignment(
    room: Room, brand: list[str], platform: list[str], profile: str | None = None
) -> LocalAlignment:
    """Propose an alignment of the newest versions of datasets; both agents then go on with it.

    Raises ``InvalidInput`` for a dataset that is not ready, or datasets of several parties on one
    side, ``PolicyRefusal`` for a profile that the room does not allow.
    """
    lines_of = {
        "brand": _lines(room, "brand", brand),
        "platform": _lines(room, "platform", platform),
    }
    found = {
        side: tuple(str(by_name(room, *one)["id"]) for one in named)
        for side, named in lines_of.items()
    }
    kind = profile or room.agreement.policy.alignment[0]
    return alignments.propose(room, found["brand"], found["platform"], kind)


def _lines(room: Room, side: PartyRole, names: list[str]) -> list[lines.Line]:
    """Return the datasets that are named on one side, which one party has."""
    found = [find_dataset(room.agreement, side, name, room.own.name) for name in names]
    owners = sorted({party for party, _ in found})
    if len(owners) > 1:
        raise InvalidInput(
            f"An alignment joins datasets of one {side}, not of {' and '.join(owners)}.",
            remedy="Align with them one at a time.",
        )
    return found


def align_once(room: Room, described: RoomFile, name: str, tell: Tell = silent) -> None:
    """Align all that both sides sent of a file, unless a question's datasets are joined already.

    Raises as ``align`` does, and ``InvalidInput`` if a dataset of the question is not ready.
    """
    for section in find_section(described, name).pairs():
        _align_pair(room, described, section, tell)


def _align_pair(room: Room, described: RoomFile, section: JobSection, tell: Tell) -> None:
    try:
        _joined(room, section)
    except Unaligned:
        if not room.own.has_data:
            raise
        _newest(room, section)
        there = {
            (item["manifest"]["party"], item["manifest"]["name"])
            for item in room.client.datasets(room.identity)
            if item["state"] == DatasetState.READY
        }
        asked = [_lines_of(room, section)]
        for sides in to_align(described, room.agreement, asked, there.__contains__):
            align(room, *sides, tell=tell)


def _follow(
    show: Callable[[str | None, int | None], dict[str, Any]],
    over: Collection[str],
    seen: Callable[[dict[str, Any]], None] = lambda _item: None,
) -> dict[str, Any]:
    """Show something again whenever its state changes, until it is one of the last; return it.

    The mediator holds its answer back.  One whose threads all wait for others answers at once, and
    is not asked without pause.
    """
    item = show(None, None)
    seen(item)
    while item["state"] not in over:
        before = item["state"]
        item = show(before, LONG_POLL)
        if item["state"] == before:
            time.sleep(POLL)
        else:
            seen(item)
    return item


# --- questions


def from_file(room: Room, described: RoomFile, name: str) -> LocalJob:
    """Make the job document of a file's section."""
    return from_section(room, find_section(described, name))


def find_section(described: RoomFile, name: str) -> JobSection:
    """Return a job of a file; raise ``InvalidInput`` that lists those there are."""
    section = next((job for job in described.jobs if job.name == name), None)
    if section is None:
        known = ", ".join(job.name for job in described.jobs) or "none"
        raise InvalidInput(f"The file has no job {name} (has: {known}).")
    return section


def from_section(room: Room, section: JobSection) -> LocalJob:
    """Make a job document about the newest versions of its datasets."""
    return jobs.write_job(room, fields_of(room, section), section.parameters())


def fields_of(room: Room, section: JobSection) -> dict[str, Any]:
    """Return a question's fields, about the newest versions of its datasets that are aligned."""
    found = [_joined(room, pair) for pair in section.pairs()]
    if section.others and len({one[SIDES.index(section.hub_side)] for one in found}) > 1:
        raise InvalidInput(
            f"No single version of {section.sides()[section.hub_side]} is aligned with all the"
            " others.",
            remedy="Align it with each of them: cleanroom align BRAND_DATASET PLATFORM_DATASET",
        )
    return _fields(room, section, found)


def _joined(room: Room, section: JobSection) -> Joined:
    """Return the newest versions of a question's datasets, and the alignment that joins them.

    Where agents align versions by themselves, these are the newest that both sides have aligned.
    """
    if room.agreement.policy.realign:
        return lines.newest_aligned(room, *_lines_of(room, section))
    newest = _newest(room, section)
    try:
        return Joined(*newest, jobs.find_alignment(room, *newest))
    except Unaligned:
        raise Unaligned(section.brand, section.platform) from None


def submitter(agreement: Agreement, section: JobSection, own: str = "") -> PartyRole:
    """Return the side that has to ask a question."""
    side = receiver(agreement, section, own)
    return template(section.template).submitter(section.parameters(), side)


def _newest(room: Room, section: JobSection) -> tuple[str, str]:
    first, second = (str(by_name(room, *one)["id"]) for one in _lines_of(room, section))
    return first, second


def _lines_of(room: Room, section: JobSection) -> tuple[lines.Line, lines.Line]:
    found = named(room.agreement, section, room.own.name)
    return found["brand"], found["platform"]


def named(
    agreement: Agreement, section: JobSection, own: str = ""
) -> dict[PartyRole, tuple[str, str]]:
    """Return the two datasets that a section names, by side, each with its owner."""
    return {
        side: find_dataset(agreement, side, text, own) for side, text in section.sides().items()
    }


def receiver(agreement: Agreement, section: JobSection, own: str = "") -> PartyRole:
    """Return the side that receives, which a section names by its role or by its party."""
    parties = {side: party for side, (party, _) in named(agreement, section, own).items()}
    return side_named(parties, section.receiver)


def _fields(room: Room, section: JobSection, found: Sequence[Joined]) -> dict[str, Any]:
    brand, platform, alignment = found[0]
    others: dict[str, Any] = {}
    if section.others or template(section.template).of_hub:
        side = other_side(section.hub_side)
        lines_of = (named(room.agreement, pair, room.own.name)[side] for pair in section.pairs())
        parties = (party for party, _ in lines_of)
        others["others"] = others_of(section.hub_side, zip(parties, found, strict=True))
    return {
        "name": section.name,
        "template": section.template,
        "brand": brand,
        "platform": platform,
        "alignment": alignment,
        "receiver": receiver(room.agreement, section, room.own.name),
        "rho": section.rho,
        **_purpose(section),
        **others,
        **_behalf(room, section),
    }


def others_of(hub: PartyRole, joined: Iterable[tuple[str, Joined]]) -> list[dict[str, str]]:
    """Return the field that names what a hub is joined with, of pairs of a party and what joins it.

    ``hub`` is the side of the hub; the first of the others is told apart where a template does.
    """
    side = other_side(hub)
    return [
        {"party": party, side: one[SIDES.index(side)], "alignment": one.alignment}
        for party, one in joined
    ]


def _purpose(section: JobSection) -> dict[str, str]:
    """Return the field that says what a question is for; a template's own is a parameter."""
    named = section.purpose
    return {"purpose": named} if named and "purpose" not in section.parameters() else {}


def _behalf(room: Room, section: JobSection) -> dict[str, Any]:
    """Return the field that says for which brand an agency asks; nobody else has it."""
    if room.own.role != "agency":
        return {}
    brand, _ = _lines_of(room, section)[0]
    return {"behalf": delegations.find(room, brand).to_json()}


def missing(room: Room, section: JobSection, agreement: Agreement | None = None) -> list[Missing]:
    """Return all that the room, or another agreement, does not grant and a question needs."""
    held = agreement or room.agreement
    # What a room allows does not depend on alignments: any names stand for them.
    found = [Joined(*_newest(room, pair), f"{at:032x}") for at, pair in enumerate(section.pairs())]
    # Never as in a rehearsal, where times may be taken from data, unless it is held against one.
    fields = _fields(room, section, found)
    document, _ = jobs.draft(room, fields, section.parameters(), held.rehearsal)
    pairs, now = map(document.pair_with, document.datasets[1:]), time.time()
    lacking = [
        one
        for brand, platform in pairs
        for one in missing_grants(
            held, document, peer_manifest(room, brand), peer_manifest(room, platform), now
        )
    ]
    return list(dict.fromkeys(lacking))


def submit(room: Room, described: RoomFile, name: str, tell: Tell = silent) -> str:
    """Ask a question of a file; return the job's identifier.

    A question that ended without an answer is asked again under its name with a number.
    """
    section = find_section(described, name)
    for number in range(1, MOST_TIMES + 1):
        again = f"{name[:LONGEST_NAME]}.{number}" if number > 1 else name
        job = from_section(room, section.model_copy(update={"name": again}))
        try:
            answer = jobs.submit(job)
        except Conflict as refusal:
            if refusal.rule != "job-exists":
                raise
        else:
            manifests = (peer_manifest(room, one) for one in job.document.datasets)
            versions = [f"{one.party}/{one.name} version {one.version}" for one in manifests]
            tell(f"{again}: about {', '.join(versions[:-1])} and {versions[-1]}.")
            if number > 1:
                tell(f"{name} ended without an answer before; it is now asked again as {again}.")
            return str(answer["resource"]["id"])
    raise InvalidInput(f"{name} ended without an answer {MOST_TIMES} times.", remedy="Rename it.")


# --- answers


def wait(room: Room, job: str, tell: Tell = silent) -> dict[str, Any]:
    """Wait until a job has ended and return it as the mediator shows it."""
    return _follow(
        partial(room.client.job, job),
        ENDED,
        lambda item: tell(f"{item['job']['name']}: {item['state']}"),
    )


def read_result(room: Room, job: str) -> dict[str, Any]:
    """Return a result that this party received; raise what ended the job otherwise.

    An answer that was received whole lies at home; the mediator is not asked for it.
    """
    check_in_time(room, job)
    if room.own.role == "agency":
        check_answered(room.client.job(job))
        return passing.read(room, job)
    whole = kept_result(room, job)
    if whole is not None and "receipt" in whole:
        return whole
    item = room.client.job(job)
    found = kept_result(room, job)
    for _ in range(RECEIPT_LOOKS):
        # The agent keeps the result before it signs the receipt, and again with it.
        if found is None or "receipt" in found or item["state"] != JobState.SUCCESS:
            break
        time.sleep(RECEIPT_POLL)
        found = kept_result(room, job)
    if found is not None:
        # An agent that was killed in between never keeps the receipt; the answer is whole.
        return found
    check_answered(item)
    check_readable(room, job)
    if (result_file(room, job).parent / endings.OVER).exists():
        raise NotFound(PAST)
    raise NotFound(f"The job is {item['state']}; this party has no result from it.")


def check_answered(item: Mapping[str, Any]) -> None:
    """Raise why a job ended without an answer, if it did."""
    problem = item.get("problem") or {}
    reason = str(problem.get("detail", "no reason was given"))
    if item["state"] == JobState.REFUSED:
        rule = problem.get("rule", "")
        raise PolicyRefusal(refused(rule, reason, problem.get("party", "")), rule)
    if item["state"] in ENDED - {JobState.SUCCESS}:
        raise PeerFault(f"The job ended as {item['state']}: {reason}")
