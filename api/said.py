"""Say to an operator what ``cleanroom-server`` did, in words of either language or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.documents.agreement import Card
from cleanroom.mediator.context import LOBBY
from cleanroom.report import Language, word


def key_lines(shown: Mapping[str, str], language: Language) -> list[str]:
    """Say what agreements need to know of a mediator."""
    names = {"origin": "origin", "key": "mediator_key", "fingerprint": "fingerprint"}
    return [word(f"server.{key}", language, value=shown[name]) for key, name in names.items()]


def party_lines(parties: list[tuple[Card, bool]], language: Language) -> list[str]:
    """Say who was admitted, with the fingerprints that people compare."""
    lines = []
    for card, revoked in parties:
        signing, sealing = card.fingerprints()
        party = f"{card.name} ({card.role})"
        lines += [
            word("server.revoked" if revoked else "server.admitted", language, party=party),
            f"  {word('server.signing', language)}  {signing}",
            f"  {word('server.sealing', language)}  {sealing}",
        ]
    return lines or [word("server.none", language)]


def size_lines(heading: str, sizes: Mapping[str, int], language: Language) -> list[str]:
    """Say how long every log is, to be compared with what the parties hold."""
    lines = [word(f"server.{heading}", language)]
    for room, count in sizes.items():
        where = "lobby" if room == LOBBY else "room"
        lines.append(f"  {word(f'server.{where}', language, room=room, count=count)}")
    return lines if sizes else [*lines, f"  {word('server.logs.none', language)}"]


def parties_json(parties: list[tuple[Card, bool]]) -> list[dict[str, Any]]:
    """Return who was admitted, as one document."""
    shown = []
    for card, revoked in parties:
        signing, sealing = card.fingerprints()
        fingerprints = {"fingerprint": signing, "sealing_fingerprint": sealing}
        shown.append({**card.to_json(), **fingerprints, "revoked": revoked})
    return shown
