"""Make a party: ``cleanroom party init``."""

from __future__ import annotations

from typing import Annotated

import typer

from cleanroom.agent.home import Home
from cleanroom.cli.common import HomeOption, JsonOption, emit, need_home, open_home, passphrase, say
from cleanroom.errors import InvalidInput
from cleanroom.model.agreement import Card, Role
from protocols.signing import VerifyingKey

app = typer.Typer(name="party", help="Make a party and show its public card.", no_args_is_help=True)
ROLES: tuple[Role, ...] = ("brand", "platform", "auditor")


@app.callback()
def party() -> None:
    """Make a party: its keys stay in its home, its card is what the others need."""


@app.command("init")
def init(
    name: Annotated[str, typer.Option(help="How the others will call this party.")],
    role: Annotated[str, typer.Option(help="brand, platform or auditor.")],
    mediator: Annotated[
        str, typer.Option(envvar="CLEANROOM_MEDIATOR", help="The mediator's address.")
    ] = "http://127.0.0.1:8080",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make keys and a card; the passphrase comes from CLEANROOM_PASSPHRASE or the terminal.

    Example: cleanroom party init --name acme --role brand --home ./acme
    """
    found = next((known for known in ROLES if known == role), None)
    if found is None:
        raise InvalidInput(f"There is no role {role}.", remedy=f"Choose of {', '.join(ROLES)}.")
    folder = need_home(home)
    made = Home.create(folder, passphrase(), name, found, mediator)
    _show(made.card, as_json)
    say(f"Send {folder / 'card.json'} to the other members and to the mediator's operator.")


@app.command("show")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print the public card and the fingerprint that people compare by telephone."""
    _show(open_home(home).card, as_json)


def _show(card: Card, as_json: bool) -> None:
    fingerprint = VerifyingKey(bytes.fromhex(card.signing_key)).fingerprint()
    document = {**card.to_json(), "fingerprint": fingerprint}
    emit(document, as_json, lambda: typer.echo(f"{card.name} ({card.role})  {fingerprint}"))
