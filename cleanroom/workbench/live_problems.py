"""Say what a live room would refuse of what was asked in a rehearsal, and what it lacks."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cleanroom.agent import asking
from cleanroom.errors import CleanroomError
from cleanroom.report import Language, in_words, step, word
from cleanroom.room.grants import Missing, as_live

if TYPE_CHECKING:
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.agent.rooms import Room
    from cleanroom.documents.agreement import Agreement


def refusals(described: RoomFile, rooms: Mapping[str, Room]) -> list[dict[str, str]]:
    """Return what the same file could not have in a live room: the policy, datasets, questions.

    ``rooms`` are those of all parties, whose datasets have been sent.  Each entry says what
    it is ``about``, by which ``rule`` and ``why`` it is refused, and what is ``needed``, which is
    empty where the question itself has to be another.
    """
    parties = {room.own.name: room for room in rooms.values()}
    rehearsed = next(iter(parties.values())).agreement
    found, agreement = as_live(rehearsed, time.time())
    lines = [("room", one) for one in found]
    lines += _undeclared(described, agreement)
    for section in described.jobs:
        try:
            side = asking.submitter(rehearsed, section)
            asker = parties[asking.named(rehearsed, section)[side][0]]
            lines += [(section.name, one) for one in asking.missing(asker, section, agreement)]
        except CleanroomError as refusal:
            lines.append((section.name, Missing("question", str(refusal), "")))
    if rehearsed.policy.noise == "none":
        lines += _budget(described, agreement)
    return [
        {"about": about, "rule": one.rule, "why": one.sentence, "needed": one.remedy}
        for about, one in lines
    ]


def sentences(document: Mapping[str, Any], language: Language = "en") -> list[str]:
    """Say the refusals of a rehearsal's document, one line each."""
    found = document["live"]
    if not found:
        return [step("A live room with this file would allow every question.", language)]
    lines = [step("A live room with this file would refuse:", language)]
    for one in found:
        about = step("room", language) if one["about"] == "room" else one["about"]
        why, needed = (in_words(one["why"], language), step(one["needed"], language))
        told = step(f"{why}; needed: {needed}", language) if needed else why
        lines.append(f"  {about}{word('colon', language)}{told}")
    return lines


def _undeclared(described: RoomFile, agreement: Agreement) -> Iterator[tuple[str, Missing]]:
    for card in agreement.members:
        for name, spec in described.specs(card).items():
            if spec.undeclared:
                sentence = f"no list of the values that {', '.join(spec.undeclared)} may ever have"
                line = spec.domains_line({})
                yield f"{card.name}/{name}", Missing("undeclared-labels", sentence, line)


def _budget(described: RoomFile, agreement: Agreement) -> Iterator[tuple[str, Missing]]:
    """Yield the questions that a budget would not cover which a room without noise never spends."""
    policy, spent = agreement.policy, defaultdict[tuple[str, str], float](float)
    for section in described.jobs:
        named = asking.named(agreement, section)
        pair = named["brand"][0], named["platform"][0]
        rho, before = section.rho or policy.rho_per_release, spent[pair]
        if before + rho > policy.rho_budget * (1 + 1e-9):
            why = f"it costs rho {rho:g}, and {policy.rho_budget - before:.6g} would be left"
            yield section.name, Missing("rho-budget", why, f"rho_budget = {before + rho:.6g}")
        spent[pair] += rho
