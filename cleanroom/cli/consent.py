"""Print what a signer has to know, and what an amendment changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cleanroom.cli.later import contacts, screen

if TYPE_CHECKING:
    from cleanroom.agent.home import Home
    from cleanroom.documents.agreement import Agreement, Card
    from cleanroom.report import Language
    from cleanroom.report.consent import Reader
    from cleanroom.report.screen import Screen


def print_consent(
    agreement: Agreement, state: str, reading: Reader, to: Screen | None = None
) -> None:
    """Print what a signer has to know, in plain words."""
    from rich.text import Text

    from cleanroom.report.consent import consent
    from cleanroom.report.terminal import print_parts

    to = to or screen.out
    to.print(Text(agreement.name, style="bold"))
    print_parts(consent(agreement, state, reading), to)


def print_changes(
    before: Agreement, after: Agreement, reading: Reader, to: Screen | None = None
) -> None:
    """Print what an amendment changes, in plain words."""
    from cleanroom.report.changes import changes
    from cleanroom.report.terminal import print_parts

    print_parts(changes(before, after, reading), to or screen.out)


def reader(home: Home, language: Language, given: Sequence[Card] = ()) -> Reader:
    """Return who reads at this home: it knows the cards that are kept here or given now."""
    from cleanroom.report.consent import Reader

    cards = {card.name: card for card in (*given, *contacts.known_cards(home))}
    return Reader(home.card.name, cards, language)
