"""Say in plain words what an amendment changes: the very lines of consent that differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cleanroom.documents.agreement import Agreement
from cleanroom.report import inert, word
from cleanroom.report.consent import Line, Part, Reader, consent
from cleanroom.room.amendments import joining, leaving


def changes(before: Agreement, after: Agreement, reader: Reader) -> tuple[Part, ...]:
    """Return what a signer of an amendment has to know, the gravest first.

    Every line of consent that is new, gone or different is told with what it was.  Last stand the
    fields of the document that differ, so that nothing changes unseen for want of a line.
    """
    parts = zip(consent(before, "ACTIVE", reader), consent(after, "ACTIVE", reader), strict=True)
    found = tuple(
        Part(new.title, lines) for old, new in parts if (lines := tuple(_lines(old, new, reader)))
    )
    raw = tuple(differing_fields(before, after))
    come_and_go = tuple(_members(before, after, reader))
    return (
        *((Part(reader.say("amendment.members"), come_and_go),) if come_and_go else ()),
        *found,
        Part(reader.say("amendment"), tuple(_effects(before, after, reader))),
        Part(reader.say("amendment.document"), raw),
    )


def _flat(agreement: Agreement) -> dict[str, Counter[str]]:
    """Return the document by field, each a bag of values as they stand in it."""
    document = agreement.to_json()
    for field in ("amends", "nonce"):
        document.pop(field, None)
    fields: dict[str, Any] = {f"policy.{name}": one for name, one in document.pop("policy").items()}
    fields |= {f"members.{card['name']}": card for card in document.pop("members")}
    for terms in document.pop("datasets"):
        name = f"{terms.pop('party')}/{terms.pop('name')}"
        fields |= {f"{name}.{field}": one for field, one in terms.items()}
    return {
        field: Counter(map(_text, one if isinstance(one, list) else [one]))
        for field, one in (fields | document).items()
    }


def _text(value: Any) -> str:
    return inert(json.dumps(value, ensure_ascii=False, sort_keys=True))


def differing_fields(before: Agreement, after: Agreement) -> Iterator[Line]:
    """Yield the fields in which two versions differ, with what left them and what came."""
    old, new = _flat(before), _flat(after)
    for field in sorted(old.keys() | new.keys()):
        gone = old.get(field, Counter()) - new.get(field, Counter())
        fresh = new.get(field, Counter()) - old.get(field, Counter())
        told = [f"- {one}" for one in gone.elements()] + [f"+ {one}" for one in fresh.elements()]
        if told:
            yield Line(field, "  ".join(told))


def _lines(old: Part, new: Part, reader: Reader) -> Iterator[Line]:
    gone = list((Counter(old.lines) - Counter(new.lines)).elements())
    fresh = list((Counter(new.lines) - Counter(old.lines)).elements())
    names = Counter(line.name for line in gone), Counter(line.name for line in fresh)
    for line in fresh:
        was = [one for one in gone if one.name == line.name]
        if names[0][line.name] == names[1][line.name] == 1:
            gone.remove(was[0])
            text = reader.say("amendment.changed", now=line.text, was=was[0].text)
        else:
            text = reader.say("amendment.new", now=line.text)
        yield Line(line.name, text, line.alarm)
    for line in gone:
        yield Line(line.name, reader.say("amendment.gone", was=line.text))


def _members(before: Agreement, after: Agreement, reader: Reader) -> Iterator[Line]:
    for card in joining(after, before):
        signing, sealing = card.fingerprints()
        role = word(card.role, reader.language)
        text = reader.say("amendment.joins", role=role, signing=signing, sealing=sealing)
        kept = reader.cards.get(card.name)
        yield Line(card.name, text, alarm=kept not in (None, card))
    gone = leaving(after, before)
    if gone is not None:
        yield Line(gone.name, reader.say("amendment.leaves"), alarm=gone.name == reader.name)


def _effects(before: Agreement, after: Agreement, reader: Reader) -> Iterator[Line]:
    number = str(after.number)
    yield Line(reader.say("amendment.number"), reader.say("amendment.force", number=number))
    yield Line(reader.say("amendment.questions"), reader.say("amendment.waiting"))
    if before.datasets != after.datasets:
        yield Line(reader.say("data"), reader.say("amendment.data"))
    if before.policy != after.policy:
        yield Line(reader.say("budget"), reader.say("amendment.spent"))
    yield Line(reader.say("amendment.identifier"), after.digest()[:32])
