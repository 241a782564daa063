"""Agree on a room: ``cleanroom room propose | amend | sign | decline | show | list | close``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    ReasonOption,
    RoomOption,
    YesOption,
    confirm,
    connect,
    emit,
    kept_if_away,
    open_home,
    say,
    session,
)
from cleanroom.cli.consent import print_changes, print_consent, reader
from cleanroom.cli.later import (
    agreements,
    amendments,
    contacts,
    joining,
    listings,
    print_line,
    report,
    rooms,
    screen,
    versions,
)
from cleanroom.errors import InvalidInput
from cleanroom.identifier import is_identifier
from cleanroom.spoken import SPOKEN

if TYPE_CHECKING:
    from cleanroom.agent.home import Home
    from cleanroom.agent.http import Client
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.documents.agreement import Agreement


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
    """Write the agreement that the file describes, sign it and propose it.

    Refused if the agreement would forbid a question of the file, or if the party's own files of
    data are here and cannot be used.

    Example: cleanroom room propose room.toml --card platform-card.json
    """
    from cleanroom.agent.proposal import draft, undeclared
    from cleanroom.agent.room_file import RoomFile

    described, cards = RoomFile.read(file), [agreements.Card.read(path) for path in card]
    described.check_segments()
    own = open_home(home)
    for line in undeclared(described, (own.card, *cards)):
        say(line)
    client = connect(own)
    agreement = draft(described, client, own.card, cards)
    _check_data(described, agreement, own)
    made = rooms.propose(own, client, agreement, cards)
    client.close()
    emit({"room": made.identity}, as_json, lambda: print_line(made.identity))


@app.command("amend")
def amend(
    file: Annotated[
        Path, typer.Argument(help="room.toml, describing the room as it should be from now on.")
    ],
    card: Annotated[
        list[Path] | None, typer.Option(help="The card.json of a member that joins.")
    ] = None,
    without: Annotated[
        str, typer.Option(help="A member that the others take out of the room.")
    ] = "",
    room: RoomOption = None,
    language: LanguageOption = "en",
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a file changes in a room's agreement, and propose it as the next version.

    It is in force once every member has signed it, those who join too. The room's name and what is
    not in the file's words, such as a first period, stay as they are.

    Example: cleanroom room amend room.toml

    A platform joins: cleanroom room amend room.toml --card video-card.json

    A member is taken out, all others sign: cleanroom room amend room.toml --without telco
    """
    from cleanroom.agent.proposal import amended
    from cleanroom.agent.room_file import RoomFile

    described, spoken = RoomFile.read(file), report.language(language)
    cards = [agreements.Card.read(path) for path in card or ()]
    with session(home, room) as found:
        before = found.agreement
        agreement = amended(described, found, cards, without)
        _check_data(described, agreement, found.home)
        if not as_json:
            print_changes(before, agreement, reader(found.home, spoken, cards), screen.errors)
        confirm("Propose this amendment, and sign it?", yes)
        amendments.propose(found, agreement, cards)
    identity = agreement.digest()[:32]
    document = {"room": found.identity, "amendment": identity, "number": agreement.number}
    emit(document, as_json, lambda: print_line(identity))


@app.command("show")
def show(
    name: Annotated[
        str, typer.Argument(help="The room's identifier, or its name if that is unique.")
    ],
    language: LanguageOption = "en",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show in plain words what a room's agreement allows, before or after signing."""
    spoken = report.language(language)
    own = open_home(home)
    client = connect(own)
    identity = _identifier(own, client, name)
    waits: Agreement | None = None
    joining.settle(own, client, identity)
    if (own.room(identity) / "agreement.json").exists():
        with kept_if_away(amendments.settle(rooms.open_room(own, client, identity))) as found:
            joining.notice(found)
            agreement, waits = found.agreement, amendments.waiting(found)
            state = rooms.state_of(found.client, agreement)
    else:
        agreement, state = _look(client, identity)
        if state == "INVITED":
            invitation = joining.look(own, client, identity)
            agreement, waits = invitation.room.agreement, invitation.agreement
    client.close()
    document: dict[str, Any] = {
        "id": identity,
        "state": state,
        "agreement": agreement.to_json(),
    }
    document["fingerprints"] = {card.name: card.fingerprints() for card in agreement.members}
    document["amendment"] = waits and {"id": waits.digest()[:32], "agreement": waits.to_json()}

    def tell() -> None:
        whole = waits if waits and state == "INVITED" else agreement
        signed = versions.signed_members(own.room(identity))
        print_consent(whole, state, replace(reader(own, spoken), signed=signed))
        if waits is not None:
            print_changes(agreement, waits, reader(own, spoken))

    emit(document, as_json, tell)


@app.command("sign")
def sign(
    identity: Annotated[str, typer.Argument(help="The room's or the amendment's identifier.")],
    card: Annotated[
        list[Path] | None,
        typer.Option(help="A member's card.json, as it gave it to you; kept for later rooms."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="room.toml: check that your data fits before you sign.")
    ] = None,
    language: LanguageOption = "en",
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a room or an amendment that another member proposed, and sign it.

    Compare the fingerprints of the others' cards by telephone before you sign a room.

    Example: cleanroom room sign ROOM --card acme-card.json
    """
    from cleanroom.agent.room_file import RoomFile

    _check_identifier(identity)
    cards, own = [agreements.Card.read(path) for path in card or ()], open_home(home)
    spoken, client = report.language(language), connect(own)
    amendment = amendments.find(own, client, identity)
    if amendment is not None:
        found, agreement = amendment
        if not as_json:
            print_changes(found.agreement, agreement, reader(own, spoken, cards), screen.errors)
        if data is not None:
            _check_data(RoomFile.read(data), agreement, own)
        confirm("Sign this amendment?", yes)
        signed = amendments.sign(found, agreement, cards).agreement == agreement
        client.close()
        _tell_signed(found.identity, identity, signed, as_json)
        return
    invitation = joining.find(own, client, identity)
    if invitation is not None:
        agreement = invitation.agreement
        if not as_json:
            reading = reader(own, spoken, cards)
            print_consent(agreement, "INVITED", reading, screen.errors)
            print_changes(invitation.room.agreement, agreement, reading, screen.errors)
        joining.check(invitation, cards)
        if data is not None:
            _check_data(RoomFile.read(data), agreement, own)
        confirm("Join this room by signing its amendment?", yes)
        joined = joining.join(invitation, cards) is not None
        client.close()
        _tell_signed(invitation.room.identity, identity, joined, as_json)
        return
    agreement, state = _look(client, identity)
    if state == "INVITED":
        amendment_id = joining.look(own, client, identity).agreement.digest()[:32]
        raise InvalidInput(
            "You may join this room by an amendment.",
            remedy=f"Read it with: cleanroom room show {identity}; sign it with: cleanroom room"
            f" sign {amendment_id}",
        )
    if not as_json:
        print_consent(agreement, state, reader(own, spoken, cards), screen.errors)
    contacts.check_members(own, agreement, cards)
    if data is not None:
        _check_data(RoomFile.read(data), agreement, own)
    confirm("Sign this agreement? Only an amendment that all members sign changes it.", yes)
    made = rooms.sign(own, client, identity, cards)
    state = client.room(identity)["state"]
    client.close()
    emit({"room": made.identity, "state": state}, as_json, lambda: print_line(state))


def _tell_signed(room: str, amendment: str, in_force: bool, as_json: bool) -> None:
    state = "IN_FORCE" if in_force else "PROPOSED"
    document = {"room": room, "amendment": amendment, "state": state}
    emit(document, as_json, lambda: print_line(state))


@app.command("decline")
def decline(
    identity: Annotated[str, typer.Argument(help="The room's or the amendment's identifier.")],
    reason: ReasonOption,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline a proposed room or amendment; this home will never sign it.

    The room ends; of an amendment, the agreement before it stays in force. A proposer takes its own
    amendment back so, and who is invited by one turns it down or takes its signature back.

    Example: cleanroom room decline ROOM --reason "the grant goes too far"
    """
    _check_identifier(identity)
    own = open_home(home)
    client = connect(own)
    amendment = amendments.find(own, client, identity)
    joins = None if amendment else joining.find_to_decline(own, client, identity)
    if amendment is not None or joins is not None:
        confirm("Decline this amendment for good?", yes)
        if amendment is not None:
            amendments.decline(*amendment, reason)
        elif joins is not None:
            joining.decline(*joins, reason)
        client.close()
        ended = {"amendment": identity, "state": "DECLINED"}
        told = "Declined. The agreement before it stays in force."
        emit(ended, as_json, lambda: print_line(told))
        return
    confirm("Decline this room for good?", yes)
    rooms.decline(own, client, identity, reason)
    client.close()
    document = {"room": identity, "state": "CLOSED"}
    emit(document, as_json, lambda: print_line("Declined. The room has ended."))


@app.command("list")
def list_rooms(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the rooms that name this party, and those that its home keeps."""
    own = open_home(home)
    client = connect(own)
    items = rooms.listed(own, client)
    client.close()
    emit(items, as_json, lambda: _print_rooms(items))
    if any(item["state"] == "KEPT" for item in items):
        say(report.word("kept.rooms"))


@app.command("close")
def close(
    reason: ReasonOption,
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a room for everybody; whatever is running stops, the log and the answers stay."""
    with session(home, room) as found:
        name = found.agreement.name
        confirm(f"Close {name} for every member? It cannot be opened again.", yes)
        body = {"reason": reason}
        found.chain.say(f"/v1/rooms/{found.identity}/close", "room.close", body)
        document = {"room": found.identity, "state": "CLOSED"}
    emit(document, as_json, lambda: print_line(f"{name} is closed."))


def _check_data(described: RoomFile, agreement: Agreement, home: Home) -> None:
    """Refuse data that does not fit what is about to be signed; say what could not be looked at."""
    from cleanroom.agent.proposal import check_data

    if home.card.has_data:
        for file in check_data(described, agreement, home.card):
            say(f"{file} is not here, so it was not validated.")


def _look(client: Client, identity: str) -> tuple[Agreement, str]:
    """Return a room's agreement, checked against its identifier, and how it stands."""
    agreement = rooms.fetch(client, identity)
    return agreement, rooms.state_of(client, agreement)


def _check_identifier(text: str) -> None:
    """Refuse a name: names are the mediator's to give, the identifier is a digest of the terms."""
    if not is_identifier(text):
        raise InvalidInput(
            f"{text} is not a room's identifier.",
            remedy="Take it from: cleanroom room list; read it with: cleanroom room show ROOM",
        )


def _identifier(home: Home, client: Client, name: str) -> str:
    """Return the identifier of a room by itself or by its name."""
    if is_identifier(name):
        return name
    found = [str(item["id"]) for item in rooms.listed(home, client) if item["name"] == name]
    if len(found) != 1:
        raise InvalidInput(
            f"{len(found)} rooms have the name {name}.", remedy="List them: cleanroom room list"
        )
    return found[0]


def _print_rooms(items: list[dict[str, Any]]) -> None:
    if not items:
        from cleanroom.report import word

        print_line(word("room.none", SPOKEN.get()))
        return
    table = listings.listing("room", "state")
    for item in items:
        table.add_row(*(str(item[key]) for key in ("name", "state", "id")))
    screen.out.print(table)
