"""A party's own console, on its own machine, beside its agent: here results are opened."""

from __future__ import annotations

import secrets
import time
from collections.abc import Set
from functools import partial
from pathlib import Path
from typing import Any, Final

from flask import Flask

from api.console import (
    audit,
    party_amend,
    party_ask,
    party_data,
    party_delegations,
    party_erase,
    party_export,
    party_jobs,
    party_join,
    party_models,
    party_plan,
    party_proposal,
    party_rooms,
    party_serving,
    party_standing,
)
from api.console.desk import Desk, desk
from api.console.entrance import Door
from api.console.files import Files
from api.console.frame import create_frame
from api.console.links import Ticket, read_ticket, write_ticket
from api.console.logs import ClientLog, Log
from api.console.people import People
from api.console.provider import Provider
from api.console.sessions import Sessions
from cleanroom.agent import acts
from cleanroom.agent.home import FILES, Home
from cleanroom.agent.http import Client, Transport
from cleanroom.errors import InvalidInput, Unauthenticated
from cleanroom.files import write_file
from protocols.signing import VerifyingKey

RUN_FILE = "console-run"
"""Holds the name of the console's present run: a link made for an earlier one is good no more."""
PAGES = (
    party_rooms, party_amend, party_join, party_delegations, party_proposal, party_data,
    party_ask, party_jobs, party_models, party_plan, party_export, party_serving,
    party_standing, party_erase,
    audit,
)  # fmt: skip


REPLACED: Final = (
    "this console still has the old keys, which were replaced after it started; stop it and run:"
    " cleanroom console run"
)


def audience(key: VerifyingKey, run: str) -> str:
    """Return whom a ticket for one run of this party's console is for."""
    return f"party:{key.fingerprint()}:{run}"


def check_ticket(text: str, home: Home, run: str) -> Ticket:
    """Return a fresh ticket of the console's own key.

    Raises ``Unauthenticated``, which tells of keys that were replaced whoever has the new ones.
    """
    now, key = int(time.time()), home.signing.verifying_key
    try:
        return read_ticket(text, audience(key, run), {key.fingerprint(): key}.get, now)
    except Unauthenticated:
        present = VerifyingKey(bytes.fromhex(Home(home.path, home.vault).card.signing_key))
        if present != key:
            keys = {present.fingerprint(): present}
            read_ticket(text, audience(present, run), keys.get, now)
            raise Unauthenticated(REPLACED) from None
        raise


def make_ticket(home: Home) -> str:
    """Return a signed one-time ticket for this party's own console as it runs."""
    try:
        run = (home.path / RUN_FILE).read_text()
    except FileNotFoundError:
        sentence = "The console of this home has not been started."
        raise InvalidInput(sentence, remedy="Run: cleanroom console run") from None
    own = audience(home.signing.verifying_key, run)
    return write_ticket(home.signing, own, int(time.time()), secrets.token_bytes)


def create_party_console(
    home: Home,
    transport: Transport,
    hosts: Set[str] = frozenset(),
    files: Path | None = None,
    people: People | None = None,
    secret: str | None = None,
) -> Flask:
    """Return the console of one party.

    Args:
        home: the party's open home; results are decrypted from it.
        transport: the connection to the mediator, signing as the party.
        hosts: the only ``Host`` values that are answered, empty for any (in tests).
        files: the folder of room files and data; ``files`` of the home if left out.
        people: who may come by an account elsewhere, and for what; None for nobody.
        secret: the console's secret at that provider, if it has one.
    """
    sessions = Sessions(time.monotonic)
    own = home.signing.verifying_key.fingerprint()
    run = secrets.token_hex(16)
    write_file(home.path / RUN_FILE, run.encode())

    def check(text: str) -> Ticket:
        ticket = check_ticket(text, home, run)
        sessions.use_up(ticket.nonce)
        return ticket

    door = Door(
        check,
        lambda _ticket: home.card.name,
        "cleanroom console login",
        hosts,
        public=people.public if people else "",
        provider=Provider(people, secret) if people else None,
        known=partial(people.at_party, own) if people else None,
        note=partial(acts.note, home.path),
    )
    app = create_frame("party", door, sessions)
    app.extensions["desk"] = Desk(
        home, transport, Client(transport), Files(files or home.path / FILES)
    )
    app.extensions["log"] = _log
    app.context_processor(_party)
    for module in PAGES:
        app.register_blueprint(module.blueprint)
    return app


def _log(room: str) -> Log:
    found = desk().room(room)
    return ClientLog(found.client, found.first, found)


def _party() -> dict[str, Any]:
    return {"card": desk().home.card, "away": desk().away()}
