"""Agree on a room: ``cleanroom room propose | sign | show | list | close``."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cleanroom.agent import rooms
from cleanroom.agent.http import Client
from cleanroom.agent.room_file import RoomFile
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    RoomOption,
    connect,
    emit,
    open_home,
    session,
)
from cleanroom.cli.listing import listing
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import InvalidInput
from cleanroom.report import inert, word
from cleanroom.report.screen import out, print_line

IDENTIFIER = re.compile(r"[0-9a-f]{32}")

app = typer.Typer(name="room", help="Agree on what may be asked.", no_args_is_help=True)


@app.callback()
def room() -> None:
    """Agree on what may be asked, of what, by whom, and how much of it."""


@app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="room.toml")],
    card: Annotated[list[Path], typer.Option(help="A member's card.json; once per other member.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the agreement that the file asks for, sign it and propose it.

    Example: cleanroom room propose room.toml --card platform-card.json
    """
    described, cards = RoomFile.read(file), [Card.read(path) for path in card]
    own = open_home(home)
    client = connect(own)
    mediator = client.mediator()
    agreement = described.agreement(
        (own.card, *cards), mediator["origin"], mediator["key"], secrets.token_hex(16), time.time()
    )
    made = rooms.propose(own, client, agreement, cards)
    client.close()
    emit({"room": made.identity}, as_json, lambda: print_line(made.identity))


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The room's identifier, or a name only it has.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an agreement before or after it is signed."""
    client = connect(open_home(home))
    identity = _identifier(client, name)
    answer = client.room(identity)
    agreement = rooms.fetch(client, identity)
    client.close()
    document = {"id": identity, "state": answer["state"], "agreement": agreement.to_json()}
    emit(document, as_json, lambda: print_agreement(agreement, answer["state"]))


@app.command("sign")
def sign(
    identity: Annotated[str, typer.Argument(help="The room's identifier.")],
    card: Annotated[
        list[Path] | None,
        typer.Option(help="A member's card.json, handed over by it; kept for later rooms."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a room that another member proposed; look at it first with ``room show``.

    Compare the fingerprints of the others' cards by telephone before this.

    Example: cleanroom room sign ROOM --card acme-card.json
    """
    if not IDENTIFIER.fullmatch(identity):
        # A name is the mediator's to give; the identifier is the digest of what was looked at.
        raise InvalidInput(
            f"{identity} is no room's identifier.", remedy="Take it from: cleanroom room show"
        )
    own = open_home(home)
    client = connect(own)
    made = rooms.sign(own, client, identity, [Card.read(path) for path in card or ()])
    state = client.room(identity)["state"]
    client.close()
    emit({"room": made.identity, "state": state}, as_json, lambda: print_line(state))


@app.command("list")
def list_rooms(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the rooms at the mediator that name this party."""
    client = connect(open_home(home))
    items = [{key: item[key] for key in ("id", "state", "name")} for item in client.rooms()]
    client.close()
    emit(items, as_json, lambda: _print_rooms(items))


@app.command("close")
def close(
    reason: Annotated[str, typer.Option(help="Why; it goes into the log.")],
    room: RoomOption = None,
    home: HomeOption = None,
) -> None:
    """End a room for everybody; its log stays."""
    with session(home, room) as found:
        body = {"reason": reason}
        found.chain.say(f"/v1/rooms/{found.identity}/close", "room.close", body)


def _identifier(client: Client, name: str) -> str:
    """Return the identifier of a room by itself or by its name."""
    if IDENTIFIER.fullmatch(name):
        return name
    found = [str(item["id"]) for item in client.rooms() if item["name"] == name]
    if len(found) != 1:
        raise InvalidInput(
            f"{len(found)} rooms have the name {name}.", remedy="List them: cleanroom room list"
        )
    return found[0]


def _print_rooms(items: list[dict[str, Any]]) -> None:
    table = listing("room", "state")
    for item in items:
        table.add_row(*(Text(inert(str(item[key]))) for key in ("name", "state", "id")))
    out.print(table)


def print_agreement(agreement: Agreement, state: str) -> None:
    """Print what a signer has to know."""
    table = Table(title=f"{agreement.name}: {state}", show_header=False)
    policy = agreement.policy
    rows = {
        "identifier": agreement.identity(),
        "rehearsal": "yes: for made-up data only" if agreement.rehearsal else "no",
        "members": ", ".join(f"{card.name} ({card.role})" for card in agreement.members),
        "templates": ", ".join(agreement.templates),
        "smallest group": str(policy.k_min),
        "noise": policy.noise,
        "privacy budget (rho)": f"{policy.rho_budget} in all, {policy.rho_per_release} a job",
        "approval": "by hand, job by job" if policy.approval == "manual" else "by the agents",
        "alignment": ", ".join(policy.alignment),
        "encryption": f"{policy.paillier_bits} bits, {word('paillier.' + policy.paillier_profile)}",
        "expires": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(policy.expires)),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    for terms in agreement.datasets:
        measures = ", ".join(measure.name for measure in terms.measures) or "none"
        labels = ", ".join(terms.labels) or "none"
        table.add_row(f"{terms.party}/{terms.name}", f"labels: {labels}; measures: {measures}")
    for grant in agreement.grants:
        purposes = f" for {', '.join(grant.purposes)}" if grant.purposes else ""
        least = f", {grant.minimum} people at least" if grant.kind == "activation" else ""
        table.add_row(f"{grant.party} grants", f"{grant.kind}{purposes}{least}")
    out.print(table)
