"""What a command imports while its home is being opened, and not before its options are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import Deferred

if TYPE_CHECKING:
    from cleanroom import report
    from cleanroom.agent import amendments, contacts, joining, keys, rooms, versions
    from cleanroom.agent import home as homes
    from cleanroom.cli import listing as listings
    from cleanroom.documents import agreement as agreements
    from cleanroom.report import screen
else:
    agreements = Deferred("cleanroom.documents.agreement")
    amendments = Deferred("cleanroom.agent.amendments")
    contacts = Deferred("cleanroom.agent.contacts")
    homes = Deferred("cleanroom.agent.home")
    joining = Deferred("cleanroom.agent.joining")
    keys = Deferred("cleanroom.agent.keys")
    listings = Deferred("cleanroom.cli.listing")
    report = Deferred("cleanroom.report")
    rooms = Deferred("cleanroom.agent.rooms")
    screen = Deferred("cleanroom.report.screen")
    versions = Deferred("cleanroom.agent.versions")

__all__ = [
    "agreements",
    "amendments",
    "contacts",
    "homes",
    "joining",
    "keys",
    "listings",
    "print_line",
    "report",
    "rooms",
    "screen",
    "versions",
]


def print_line(text: object) -> None:
    """Print a line of words on standard output, as ``screen.print_line`` does."""
    screen.print_line(text)
