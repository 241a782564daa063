"""Let people leave: ``cleanroom person erase | lift``."""

from __future__ import annotations

import secrets
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    YesOption,
    confirm,
    connect,
    emit,
    open_home,
    progress,
    say,
)
from cleanroom.documents.payloads import erased_step
from cleanroom.errors import InvalidInput
from cleanroom.report.screen import print_line
from cleanroom.system import workers

app = typer.Typer(
    name="person", help="Erase people who asked for it from all data.", no_args_is_help=True
)

FileArgument = Annotated[
    Path, typer.Argument(help="One identifier per line; - for standard input.")
]
ProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile", help="The profile of the lines; by default any profile of your datasets."
    ),
]
RegionOption = Annotated[
    str | None, typer.Option(help="Two letters, such as CN, for numbers without +.")
]
LARGEST = 64 << 20


@app.callback()
def person() -> None:
    """Erase people who asked for it from all data of this party, in all its rooms."""


@app.command("erase")
def erase(
    file: FileArgument,
    profile: ProfileOption = None,
    region: RegionOption = None,
    request: Annotated[
        str | None,
        typer.Option(help="A name for this request; the same request is carried out once."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be erased; change nothing and tell nobody."
        ),
    ] = False,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase people: withdraw all versions of all datasets and send new ones without them.

    Whoever is in the list is kept out of every later upload, until: cleanroom person lift. Cut off
    in the middle, it goes on when it is run again.

    Example: cleanroom person erase requests.txt --request 2026-11-30
    """
    from cleanroom.agent import erasure

    own = open_home(home)
    client = connect(own)
    try:
        people = _read(file, region, profile or sorted(erasure.profiles(own, client)))
        asked = erasure.Request(request or secrets.token_hex(8), people)
        if dry_run:
            hits = erasure.found(own, client, asked)
            emit(hits, as_json, lambda: _print_found(hits, len(people)))
            return
        most = erased_step(len(people))
        confirm(
            f"Erase {len(people)} people? Every version of your datasets is taken back,"
            f" questions that run on them end, and the log tells the others: up to {most}"
            " people.",
            yes,
        )
        with workers() as executor, progress() as tell:
            done = erasure.erase(own, client, asked, executor, tell, say)
    finally:
        client.close()
    emit(done, as_json, lambda: _print_done(done))


@app.command("lift")
def lift(
    file: FileArgument,
    region: RegionOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop keeping people out: the next upload includes them if the file has them.

    Example: cleanroom person lift consented-again.txt
    """
    from cleanroom.agent import erased

    own = open_home(home)
    people = _read(file, region, None)
    confirm(f"Let {len(people)} people in again?", yes)
    with erased.alone(own):
        erased.lift(own, {form for forms in people for form in forms})
    document = {"lifted": len(people)}
    emit(document, as_json, lambda: print_line("They are no longer kept out."))


def _read(
    file: Path, region: str | None, profiles: list[str] | None
) -> tuple[frozenset[bytes], ...]:
    from cleanroom.agent import erased

    return erased.read(_lines(file), str(file), region, profiles)


def _lines(file: Path) -> list[str]:
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from None
    if len(data) > LARGEST:
        raise InvalidInput(f"{file} is larger than {LARGEST >> 20} MiB.")
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InvalidInput("This is not UTF-8.", file=str(file)) from None


def _print_found(hits: list[dict[str, Any]], people: int) -> None:
    for hit in hits:
        print_line(f"{hit['name']}/{hit['dataset']}: {hit['people']} of {people}")
    print_line("Nothing was changed.")


def _print_done(done: dict[str, Any]) -> None:
    for room in done["rooms"]:
        print_line(f"{room['name']}: {len(room['withdrawn'])} versions taken back.")
        for name, made in room["made"].items():
            print_line(f"  {name}: {made or 'nobody is left'}")
        if room["certificate"]:
            print_line(f"  Certificate: {room['certificate']}")
        if room["made"] and not room["aligned_by_agents"]:
            print_line("  Align again: cleanroom align BRAND_DATASETS PLATFORM_DATASETS")
    print_line(done["stays"])
    print_line("Files outside this home are yours to clean: sources, exports, backups.")
