"""Turn a SELECT into a question of a room: find its datasets, and say what is missing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.agent import asking, segments
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.rooms import Room
from cleanroom.agent.sql import compiled
from cleanroom.agent.sql_templates import Compiled
from cleanroom.documents.agreement import SIDES, MeasureTerms, PartyRole
from cleanroom.documents.dataset import LabelColumn, Manifest
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.plan import Column
from cleanroom.queries.registry import template
from cleanroom.queries.where import parse

Given = Mapping[PartyRole, str | None]
"""The dataset that a person named for a side, if any."""


def section(
    room: Room,
    text: str,
    given: Given,
    name: str | None,
    receiver: PartyRole | None = None,
    **fields: Any,
) -> JobSection:
    """Return the question that a SELECT asks in a room, as a section of a room file.

    Without ``name`` it gets a random one: one that followed from the question could be guessed.
    Without ``receiver`` whoever asks receives, where the template lets that side.
    Raises ``InvalidInput`` for what cannot be asked, ``PolicyRefusal`` for what is not granted.
    """
    asked = compiled(text)
    named: dict[PartyRole, str | None] = dict(given)
    if asked.datasets:
        if any(named.values()):
            raise InvalidInput("The datasets are named twice: in FROM and by an option.")
        named = dict(zip(SIDES, asked.datasets, strict=True))
    known = _manifests(room)
    chosen = {side: _dataset(room, side, asked, known[side], named[side]) for side in SIDES}
    _check_sums(asked, chosen)
    made = asked.section(
        name or f"ask-{secrets.token_hex(4)}",
        chosen["brand"].name,
        chosen["platform"].name,
        receiver=receiver or template(asked.template).receiver(room.role),
        **fields,
    )
    lacking = asking.missing(room, made)
    if lacking:
        sentences = (
            f"{one.sentence}{one.remedy and f' (needed: {one.remedy})'}" for one in lacking
        )
        raise PolicyRefusal(
            f"The room does not allow this: {'; '.join(sentences)}.", lacking[0].rule
        )
    return made


def _manifests(room: Room) -> dict[PartyRole, dict[str, Manifest]]:
    """Return the newest ready version of every dataset, by side and name."""
    found: dict[PartyRole, dict[str, Manifest]] = {side: {} for side in SIDES}
    for item in room.client.datasets(room.identity):
        manifest = Manifest.from_json(item["manifest"])
        owner = room.agreement.member(manifest.party)
        if item["state"] != "READY" or owner is None or owner.role not in ("brand", "platform"):
            continue
        known = found[owner.role].get(manifest.name)
        if known is None or known.version < manifest.version:
            found[owner.role][manifest.name] = manifest
    return found


def _dataset(
    room: Room, side: PartyRole, asked: Compiled, known: Mapping[str, Manifest], named: str | None
) -> Manifest:
    """Return the one dataset of a side that has what is asked of it."""
    labels = _labels(room, asked, side)
    sums = [column.name for column in asked.sums if column.side == side]
    if named is not None and named not in known:
        raise InvalidInput(f"The {side} has no dataset {named} ready (has: {_listed(known)}).")
    fitting = [
        manifest
        for manifest in (known.values() if named is None else [known[named]])
        if asked.kind(side) in (None, manifest.kind)
        and all(manifest.label(name) for name in labels)
        and all(manifest.measure(name) for name in sums)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InvalidInput(
            f"Several datasets of the {side} fit: {_listed(known)}.",
            remedy=f"Name both, as in FROM {asked.template}(BRAND, PLATFORM).",
        )
    wanted = [f"the label {name}" for name in labels] + [f"the measure {name}" for name in sums]
    kind = asked.kind(side)
    what = {"audience": "audience", "events": "dataset of events"}.get(kind or "", "dataset")
    raise InvalidInput(
        f"No {what} of the {side} has {' and '.join(wanted) or 'people'}. {_have(known, kind)}"
    )


def _labels(room: Room, asked: Compiled, side: PartyRole) -> list[str]:
    conditions = parse(asked.where, lambda name: segments.find(room, name))
    columns = [*asked.columns, *(Column.parse(condition.column) for condition in conditions)]
    return list(dict.fromkeys(column.name for column in columns if column.side == side))


def _listed(known: Mapping[str, Manifest]) -> str:
    return ", ".join(sorted(known)) or "none"


def _have(known: Mapping[str, Manifest], kind: str | None) -> str:
    """Say what every dataset of a side has."""
    return " ".join(
        f"{manifest.name} has the labels {_names(manifest.labels)}"
        f" and the measures {_names(manifest.measures)}."
        for manifest in known.values()
        if kind in (None, manifest.kind)
    )


def _names(columns: Sequence[LabelColumn | MeasureTerms]) -> str:
    return ", ".join(column.name for column in columns) or "(none)"


def _check_sums(asked: Compiled, chosen: Mapping[PartyRole, Manifest]) -> None:
    """Refuse sums of two sides, and one whose name both sides have: it would be the brand's."""
    sides = {column.side for column in asked.sums}
    if len(sides) > 1:
        raise InvalidInput("The sums of one question belong to one side.", remedy="Ask twice.")
    for column in asked.sums:
        if column.side == "platform" and chosen["brand"].measure(column.name):
            raise InvalidInput(
                f"Both sides have a measure {column.name}; a question would sum the brand's.",
                remedy="Have one of them uploaded under another name.",
            )
