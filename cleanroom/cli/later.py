"""What a command imports while its home is being opened, and not before its options are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import Deferred

if TYPE_CHECKING:
    from cleanroom import report
    from cleanroom.agent import (
        amendments,
        contacts,
        joining,
        keys,
        rooms,
        segments,
        versions,
    )
    from cleanroom.agent import home as homes
    from cleanroom.audit import bundle as bundles
    from cleanroom.audit import certificate, fork, page, proofs, questions
    from cleanroom.audit import verify as verification
    from cleanroom.cli import listing as listings
    from cleanroom.documents import agreement as agreements
    from cleanroom.report import conditions, screen
else:
    agreements = Deferred("cleanroom.documents.agreement")
    amendments = Deferred("cleanroom.agent.amendments")
    bundles = Deferred("cleanroom.audit.bundle")
    certificate = Deferred("cleanroom.audit.certificate")
    conditions = Deferred("cleanroom.report.conditions")
    contacts = Deferred("cleanroom.agent.contacts")
    fork = Deferred("cleanroom.audit.fork")
    homes = Deferred("cleanroom.agent.home")
    joining = Deferred("cleanroom.agent.joining")
    keys = Deferred("cleanroom.agent.keys")
    listings = Deferred("cleanroom.cli.listing")
    page = Deferred("cleanroom.audit.page")
    proofs = Deferred("cleanroom.audit.proofs")
    questions = Deferred("cleanroom.audit.questions")
    report = Deferred("cleanroom.report")
    rooms = Deferred("cleanroom.agent.rooms")
    screen = Deferred("cleanroom.report.screen")
    segments = Deferred("cleanroom.agent.segments")
    verification = Deferred("cleanroom.audit.verify")
    versions = Deferred("cleanroom.agent.versions")

__all__ = [
    "agreements",
    "amendments",
    "bundles",
    "certificate",
    "conditions",
    "contacts",
    "fork",
    "homes",
    "joining",
    "keys",
    "listings",
    "page",
    "print_line",
    "proofs",
    "questions",
    "report",
    "rooms",
    "screen",
    "segments",
    "verification",
    "versions",
]


def print_line(text: object) -> None:
    """Print a line of words on standard output, as ``screen.print_line`` does."""
    screen.print_line(text)
