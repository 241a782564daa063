"""Join the people of two parties once: ``cleanroom align``."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from cleanroom.agent import alignments
from cleanroom.agent.datasets import by_name
from cleanroom.agent.rooms import Room
from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, say, session
from cleanroom.errors import PeerFault
from cleanroom.report.screen import print_line

POLL = 0.05
LONGEST_POLL = 1.0


def align(
    brand_datasets: Annotated[str, typer.Argument(help="Names, separated by commas.")],
    platform_datasets: Annotated[str, typer.Argument(help="Names, separated by commas.")],
    profile: Annotated[
        str | None, typer.Option(help="dh or ot; the room's first if left out.")
    ] = None,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask both agents to align datasets, and wait until they have.

    Both agents have to run. Example: cleanroom align crm,orders users,touches
    """
    with session(home, room) as found:
        identity = align_by_name(
            found, brand_datasets.split(","), platform_datasets.split(","), profile
        )
    emit({"alignment": identity}, as_json, lambda: print_line(identity))


def align_by_name(
    room: Room, brand: list[str], platform: list[str], profile: str | None = None
) -> str:
    """Propose an alignment of the newest versions and wait for it."""
    own, peer = room.own, room.the_peer()
    parties = (own.name, peer.name) if own.role == "brand" else (peer.name, own.name)
    made = alignments.propose(
        room,
        tuple(str(by_name(room, parties[0], name)["id"]) for name in brand),
        tuple(str(by_name(room, parties[1], name)["id"]) for name in platform),
        profile or room.agreement.policy.alignment[0],
    )
    say(f"Aligning {made.identity} by {made.document.profile} ...")
    wait(room, made.identity)
    return made.identity


def wait(room: Room, identity: str) -> dict[str, Any]:
    """Wait until an alignment is ready; raise ``PeerFault`` if it failed."""
    pause = POLL
    while True:
        item = room.client.alignment(identity)
        if item["state"] == "READY":
            return item
        if item["state"] == "FAILED":
            raise PeerFault(f"The alignment failed: {item.get('reason') or 'no reason given'}.")
        time.sleep(pause)
        # A twentieth of the time waited so far: a second's work and an hour's are asked for alike.
        pause = min(1.05 * pause, LONGEST_POLL)
