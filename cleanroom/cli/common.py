"""What every command shares: the home, the mediator, JSON or words, workers, progress, errors."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cleanroom.agent.vault import Opening, not_text
from cleanroom.errors import CleanroomError, InvalidInput, Unauthenticated
from cleanroom.spoken import OPTION, SPOKEN, VARIABLE, told

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cleanroom.agent.home import Home
    from cleanroom.agent.http import Client
    from cleanroom.agent.rooms import Room
    from cleanroom.words.languages import Language

PASSPHRASE: Final = "CLEANROOM_PASSPHRASE"  # noqa: S105 - a name

SOON: Final = (
    "cleanroom.agent.kept", "httpx", "http_message_signatures", "cleanroom.report", "rich.table",
)  # fmt: skip
"""What a command that speaks to the mediator imports once its home is open."""


class Folder:
    """Hold the party's folder as it was given, and begin to open it if the passphrase is there.

    So what takes longest goes on beside the imports; whoever needs no keys never asks for it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        given = os.environ.get(PASSPHRASE)
        self._opening = None if given is None else Opening(self.path, given)

    def opening(self) -> Opening:
        """Return what opens the folder, once somebody was asked for the passphrase."""
        if self._opening is None:
            self._opening = Opening(self.path, passphrase())
        return self._opening


HomeOption = Annotated[
    Folder | None,
    typer.Option(
        "--home", envvar="CLEANROOM_HOME", help="The party's folder.", parser=Folder, metavar="PATH"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RoomOption = Annotated[
    str | None,
    typer.Option(
        "--room",
        envvar="CLEANROOM_ROOM",
        help="Identifier or name; may be left out if there is one room.",
    ),
]

LanguageOption = Annotated[str, typer.Option(OPTION, envvar=VARIABLE, help="en or zh.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is already there.")
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="The reason; it goes into the log, so name no person.")
]


def confirm(question: str, yes: bool, decided: bool = True) -> None:
    """Ask on a terminal before what cannot be undone; a script has ``decided`` already.

    Raises ``InvalidInput`` where nobody can answer and nobody has decided.
    """
    if yes:
        return
    if sys.stdin.isatty():
        from cleanroom.report import plain

        typer.confirm(plain(question), abort=True, err=True)
    elif not decided:
        raise InvalidInput(f"{question} There is no terminal to answer at.", remedy="Give --yes.")


def emit(value: Any, as_json: bool, show: Callable[[], None] | None = None) -> None:
    """Print one JSON document on standard output, or let ``show`` print for people."""
    if as_json or show is None:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    else:
        show()


def say(text: str, spoken: Language | None = None) -> None:
    """Tell something on standard error, so that standard output stays a document.

    It is said in the language of the command that runs unless another is ``spoken``.
    """
    from cleanroom.report.screen import errors

    errors.print(_step(text, spoken or SPOKEN.get()), soft_wrap=True)


def _step(text: str, spoken: Language) -> str:
    if spoken == "en":
        return text
    from cleanroom.report import step  # takes longer to import than to show help

    return step(text, spoken)


def passphrase() -> str:
    """Return the passphrase: the environment's, or asked for at the terminal."""
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput("There is no passphrase.", remedy="Set CLEANROOM_PASSPHRASE.")
    try:
        return getpass.getpass("Passphrase: ")
    except UnicodeDecodeError:
        raise not_text() from None


def need_home(folder: Folder | None) -> Folder:
    """Return the home's folder; raise ``InvalidInput`` if none is named."""
    if folder is None:
        raise InvalidInput(
            "There is no home.",
            remedy="Give --home DIR or set CLEANROOM_HOME; cleanroom party init makes one.",
        )
    return folder


def open_home(folder: Folder | None, speaks: bool = True) -> Home:
    """Open the party's home; import meanwhile what comes next where the command ``speaks``."""
    opening = need_home(folder).opening()
    from cleanroom.agent.home import Home

    for name in SOON if speaks else ():
        import_module(name)
    return Home.opened(opening)


def connect(home: Home) -> Client:
    """Return a client that signs as this party; it says at once if the mediator is away."""
    from cleanroom.agent.http import Client, Transport

    return Client(Transport(home.mediator, home.signing, partial(say, spoken=SPOKEN.get())))


@contextmanager
def session(folder: Folder | None, room: str | None) -> Iterator[Room]:
    """Open home, connection and room for one command."""
    home = open_home(folder)
    from cleanroom.agent.amendments import settle
    from cleanroom.agent.rooms import pick_room

    client = connect(home)
    try:
        with kept_if_away(settle(pick_room(home, client, room))) as found:
            yield found
    finally:
        client.close()


@contextmanager
def kept_if_away(room: Room) -> Iterator[Room]:
    """Let a command read what the home keeps once the mediator is away, and say that it did."""
    from cleanroom.agent import kept

    found = kept.reading(room)
    yield found
    if (line := kept.told(kept.away(found), SPOKEN.get())) is not None:
        say(line)


@contextmanager
def progress(
    enabled: bool = True, spoken: Language = "en"
) -> Iterator[Callable[[str, int, int], None]]:
    """Show bars on a terminal, a plain line per tenth elsewhere, nothing if not enabled."""
    from cleanroom.report.screen import errors

    if not enabled:
        yield lambda _name, _done, _total: None
    elif errors.is_terminal:
        from rich import progress as bar  # few commands show one

        with bar.Progress(
            bar.TextColumn("{task.description}"),
            bar.BarColumn(),
            bar.MofNCompleteColumn(),
            bar.TimeRemainingColumn(),
            console=errors,
        ) as bars:
            yield _Bars(bars, spoken)
    else:
        yield _Lines(spoken)


class _Bars:
    def __init__(self, bars: Progress, spoken: Language) -> None:
        self._bars, self._spoken = bars, spoken
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(_step(name, self._spoken), total=total or None)
        self._bars.update(self._tasks[name], completed=done)


class _Lines:
    def __init__(self, spoken: Language) -> None:
        self._spoken = spoken
        self._tenths: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        if total and self._tenths.get(name) != tenth:
            self._tenths[name] = tenth
            say(f"{_step(name, self._spoken)}: {done:,} of {total:,}", self._spoken)


def describe(error: CleanroomError, spoken: Language = "en") -> str:
    """Return an error as one sentence with its rule, or with a remedy that the mediator lacks."""
    text = told(error, spoken)
    if isinstance(error, Unauthenticated):
        from cleanroom.report import word  # said by few commands

        end = ". " if spoken == "en" else "。"
        return f"{text.rstrip('.。')}{end}{word('kept.unknown', spoken)}"
    rule = getattr(error, "rule", "")
    return f"{text} [rule {rule}]" if rule else text
