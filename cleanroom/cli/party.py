"""Make a party: ``cleanroom party init``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    YesOption,
    confirm,
    connect,
    emit,
    need_home,
    open_home,
    passphrase,
    say,
)
from cleanroom.cli.later import agreements, contacts, homes, keys, print_line, rooms
from cleanroom.errors import InvalidInput
from cleanroom.files import write_file

if TYPE_CHECKING:
    from cleanroom.documents.agreement import Card, Role

app = typer.Typer(name="party", help="Make a party and show its public card.", no_args_is_help=True)
REPLACE: Final = "Replace the keys? The others have to accept the new card."
UNUSED: Final = "The current keys are new and no room depends on them: their card becomes void. "
ROLES: tuple[Role, ...] = ("brand", "platform", "auditor", "agency")


@app.callback()
def party() -> None:
    """Make a party: its keys stay in its home, its card is what the others need."""


@app.command("init")
def init(
    name: Annotated[str, typer.Option(help="The name that others will know this party by.")],
    role: Annotated[str, typer.Option(help="brand, platform, auditor or agency.")],
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
        raise InvalidInput(f"There is no role {role}.", remedy=f"Choose one of {', '.join(ROLES)}.")
    homes.check_address(mediator)
    folder = need_home(home).path
    made = homes.Home.create(folder, new_passphrase(), name, found, mediator)
    _show(made.card, as_json)
    say(f"Send {folder / 'card.json'} to the other members and to the mediator's operator.")


@app.command("show")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print the public card and the fingerprint that people compare by telephone."""
    _show(open_home(home, speaks=False).card, as_json)


@app.command("trust")
def trust(
    file: Annotated[Path, typer.Argument(help="A card.json that its owner gave you.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Accept new keys: the owner says that they were replaced."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep another party's card, once you have compared its fingerprints by telephone.

    Rooms are signed only with kept cards. Example: cleanroom party trust telco-card.json
    """
    card = agreements.Card.read(file)
    contacts.trust(open_home(home, speaks=False), card, replace)
    _show(card, as_json)


@app.command("known")
def known(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the cards of other parties that this home keeps, with their fingerprints."""
    cards = contacts.known_cards(open_home(home, speaks=False))
    emit([_with_fingerprints(card) for card in cards], as_json, lambda: _print_cards(cards))


@app.command("mediator")
def mediator_address(
    url: Annotated[str, typer.Argument(help="The mediator's address.")],
    home: HomeOption = None,
) -> None:
    """Record the mediator's new address; agent and console use it from their next start.

    Example: cleanroom party mediator https://rooms.example
    """
    homes.check_address(url)
    own = open_home(home, speaks=False)
    homes.write_address(own.path, url)
    print_line(f"{own.card.name} calls the mediator at {url}.")


@app.command("backup-key")
def backup_key(
    out: Annotated[Path, typer.Option(help="An empty folder for the three shares.")],
    home: HomeOption = None,
) -> None:
    """Split the master key into three shares; any two of them open the home again.

    Give each share to a different person. Example: cleanroom party backup-key --out shares
    """
    own = open_home(home, speaks=False)
    if out.exists() and any(out.iterdir()):
        raise InvalidInput(f"{out} is not empty.")
    for share in keys.split(own):
        file = out / f"{own.card.name}-share-{share.index}.json"
        write_file(file, share.canonical())
        say(str(file))


@app.command("recover")
def recover(
    shares: Annotated[list[Path], typer.Argument(help="Two of the three shares.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a home whose passphrase is lost; CLEANROOM_PASSPHRASE becomes the new one.

    Example: cleanroom party recover acme-share-1.json acme-share-3.json --home ./acme
    """
    read = [keys.Share.read(file) for file in shares]
    _show(keys.recover(need_home(home).path, read, new_passphrase()).card, as_json)


@app.command("rotate")
def rotate(
    yes: YesOption = False,
    ended: Annotated[
        bool,
        typer.Option(
            "--ended", help="The others say that the rooms this command cannot see have ended."
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace signing, sealing and label keys, once every active room of this party has ended.

    Rooms signed with the old keys stay readable. Example: cleanroom party rotate --home ./acme
    """
    own = open_home(home)
    client = connect(own)
    listed = rooms.listed(own, client)
    client.close()
    active = [room["name"] for room in listed if room["state"] == "ACTIVE"]
    if not ended and (untold := keys.resting(own, listed)):
        raise InvalidInput(
            f"The mediator does not say whether these rooms have ended: {', '.join(untold)}.",
            remedy="Have another party close them, or wait until they expire;"
            " then: cleanroom party rotate --ended",
        )
    if not active:
        question = UNUSED + REPLACE if keys.unused(own) else REPLACE
        confirm(question, yes, decided=False)  # keys cannot be put back
    _show(keys.rotate(own, active), as_json)
    say(f"Send {own.path / 'card.json'} to the mediator's operator: admit it, revoke the old key.")


def new_passphrase() -> str:
    """Return the passphrase that a home is to have, if it is long enough."""
    given = passphrase()
    keys.check_passphrase(given)
    return given


def _show(card: Card, as_json: bool) -> None:
    emit(_with_fingerprints(card), as_json, lambda: _print_cards([card]))


def _with_fingerprints(card: Card) -> dict[str, str]:
    signing, sealing = card.fingerprints()
    return {**card.to_json(), "fingerprint": signing, "sealing_fingerprint": sealing}


def _print_cards(cards: Sequence[Card]) -> None:
    for card in cards:
        signing, sealing = card.fingerprints()
        print_line(f"{card.name} ({card.role})")
        print_line(f"  signing key  {signing}")
        print_line(f"  sealing key  {sealing}")
