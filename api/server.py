"""``cleanroom-server``: the mediator as a program."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Annotated, Any, NoReturn

import structlog
import typer
from rich.table import Table

from api import said
from api.app import create_app
from api.backup import INVENTORY, backup, restore
from api.check import check
from api.console.mediator import with_console
from api.console.people import read_people
from api.console.provider import SECRET
from api.doctor import look
from api.move import move
from api.program import main_of
from api.wsgi import serve
from cleanroom import report, traces
from cleanroom.cli.common import JsonOption, LanguageOption, YesOption, confirm, emit, progress
from cleanroom.documents.agreement import Card
from cleanroom.errors import InvalidInput, NotFound
from cleanroom.files import write_file
from cleanroom.mediator import Mediator
from cleanroom.mediator.bootstrap import initialise, open_mediator, read_home, serving
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.store.finding import Finding
from cleanroom.mediator.trouble import cause_of
from cleanroom.report import Language, word
from cleanroom.report.doctor_words import found_in_words
from cleanroom.report.screen import out, print_line
from cleanroom.system import ThreadBell, in_background

HOUSEKEEPING_SECONDS = 5.0
SHUTDOWN_SECONDS = 3.0
SWITCH_SECONDS = 0.0005
"""Time that a thread computes while another one waits; Python's 5 ms would be most of a request."""

Home = Annotated[Path, typer.Option(envvar="CLEANROOM_HOME", help="The mediator's folder.")]

program = typer.Typer(
    name="cleanroom-server",
    help="The mediator of clean rooms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.server")


@program.command()
def init(
    home: Home,
    origin: Annotated[str, typer.Option(help="What the name of every log starts with.")] = (
        "cleanroom.invalid"
    ),
    store: Annotated[
        str,
        typer.Option(
            envvar="CLEANROOM_STORE",
            help="Keep the state in a database instead of the home: postgresql://...",
        ),
    ] = "",
    blobs: Annotated[
        str,
        typer.Option(
            envvar="CLEANROOM_BLOBS",
            help="Keep uploads in an object store instead of the home: s3://BUCKET/PREFIX",
        ),
    ] = "",
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Make a mediator's home with a fresh signing key."""
    spoken = report.language(language)
    initialise(home, origin, store, blobs)
    _print_key(home, as_json, spoken, word("server.made", spoken, home=home))


@program.command()
def key(home: Home, as_json: JsonOption = False, language: LanguageOption = "en") -> None:
    """Print the mediator's public key and origin, for agreements."""
    _print_key(home, as_json, report.language(language))


def _print_key(home: Path, as_json: bool, spoken: Language, *before: str) -> None:
    context = open_mediator(home).context
    public = context.key.verifying_key
    shown = {
        "origin": context.settings.origin,
        "mediator_key": public.raw.hex(),
        "fingerprint": public.fingerprint(),
    }
    _print(shown, as_json, [*before, *said.key_lines(shown, spoken)])


@program.command()
def admit(
    card: Annotated[list[Path], typer.Argument(help="The parties' cards.")], home: Home
) -> None:
    """Admit parties by their cards, all or none; print the fingerprint of each key."""
    cards, access = [Card.read(path) for path in card], open_mediator(home).access
    for one in cards:
        print_line(f"{access.admit(one)} {one.name}")


@program.command()
def revoke(
    fingerprint: Annotated[str, typer.Argument(help="The fingerprint that admit printed.")],
    home: Home,
    yes: YesOption = False,
    language: LanguageOption = "en",
) -> None:
    """Refuse all further requests under a key; its party's rooms continue without it.

    Asks first on a terminal. Example: cleanroom-server revoke FINGERPRINT --home ./mediator
    """
    spoken, access = report.language(language), open_mediator(home).access
    cards = (card for card, _ in access.parties() if card.fingerprints()[0] == fingerprint)
    card = next(cards, None)
    if card is None:
        raise NotFound("no party of that fingerprint was admitted")
    named = {"name": card.name, "fingerprint": fingerprint}
    confirm(word("server.revoke", spoken, **named), yes)
    access.revoke(fingerprint)
    print_line(word("server.revoke.done", spoken, **named))


@program.command()
def parties(home: Home, as_json: JsonOption = False, language: LanguageOption = "en") -> None:
    """List the admitted parties with their fingerprints."""
    spoken, found = report.language(language), open_mediator(home).access.parties()
    _print(said.parties_json(found), as_json, said.party_lines(found, spoken))


@program.command("backup")
def back_up(
    target: Annotated[Path, typer.Argument(help="An empty folder.")],
    home: Home,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Copy a home, running or not, check the copy, and print the size of every log."""
    spoken = report.language(language)
    _print_sizes("copied", backup(home, target), as_json, spoken)


@program.command("restore")
def put_back(
    source: Annotated[Path, typer.Argument(help="A backup.")],
    home: Home,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Check a backup, restore it into an empty home, and print the size of every log."""
    spoken = report.language(language)
    _print_sizes("restored", restore(source, home), as_json, spoken)


@program.command("check")
def check_home(home: Home, as_json: JsonOption = False, language: LanguageOption = "en") -> None:
    """Hash every log and chunk of a home again, and print the size of every log."""
    spoken = report.language(language)
    _print_sizes("checked", check(home), as_json, spoken)


@program.command("move")
def move_home(
    home: Home,
    store: Annotated[
        str, typer.Option(help="Move the state to this empty database: postgresql://...")
    ] = "",
    blobs: Annotated[
        str, typer.Option(help="Move the uploads to this object store: s3://BUCKET/PREFIX")
    ] = "",
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Move the state, the uploads or both of a stopped mediator, and check every log.

    An interrupted move has changed nothing; the same command continues it. Example:
    cleanroom-server move --home ./mediator --store postgresql://cleanroom@db.example/cleanroom
    --blobs s3://cleanroom/rooms
    """
    spoken = report.language(language)
    with progress(not as_json) as tell:
        sizes = move(home, store, blobs, tell)
    _print_sizes("moved", sizes, as_json, spoken)


@program.command()
def doctor(
    home: Home,
    url: Annotated[str, typer.Option(help="Also check this address, as an agent would.")] = "",
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Check each part of a mediator and say how to repair it; exit with 1 if one is faulty.

    Home, database, uploads, several servers, clocks, waiting questions, and the address. Nothing
    is changed but a probe among the uploads. Example: cleanroom-server doctor --home ./mediator
    --url https://rooms.example
    """
    spoken, found = report.language(language), list(look(home, url))
    shown = [{**one._asdict(), "remedy": "" if one.ok else one.remedy} for one in found]
    emit(shown, as_json, lambda: _print_findings(found, spoken))
    if not all(one.ok for one in found):
        raise typer.Exit(1)


def _print_findings(found: Sequence[Finding], spoken: Language) -> None:
    def say(text: str) -> str:
        return found_in_words(text, spoken)

    table = Table(say("check"), "", say("detail"))
    for one in found:
        way_out = "" if one.ok else f"\n{say(one.remedy)}"
        state = say("ok" if one.ok else "FAILED")
        table.add_row(say(one.check), state, say(one.detail) + way_out)
    out.print(table)


def _print_sizes(heading: str, sizes: Mapping[str, int], as_json: bool, spoken: Language) -> None:
    _print(sizes, as_json, said.size_lines(heading, sizes, spoken))


def _print(value: Any, as_json: bool, lines: Sequence[str]) -> None:
    emit(value, as_json, lambda: print_line("\n".join(lines)))


@program.command()
def run(
    home: Home,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once the server listens: its url.")
    ] = None,
) -> None:
    """Serve until SIGTERM."""
    bell = ThreadBell()
    read_home(home)
    if (home / INVENTORY).exists():
        raise InvalidInput(f"{home} is a backup.", remedy="Restore it into a home of its own.")
    with serving(home):
        # Not before: opening it changes the database of an earlier version, whose server may run.
        mediator = open_mediator(home, bell=bell, serves=True)
        _serve(home, mediator, bell, host, port, ready_file)


def _serve(
    home: Path,
    mediator: Mediator,
    bell: ThreadBell,
    host: str,
    port: int,
    ready_file: Path | None,
) -> None:
    mediator.start()
    sys.setswitchinterval(SWITCH_SECONDS)
    traces.export("cleanroom-mediator")
    people, secret = read_people(home), os.environ.get(SECRET)
    app = with_console(create_app(mediator), mediator, people, secret)
    try:
        server = serve(app, mediator.context.settings, host, port)
    except (OSError, ValueError) as error:
        # Waitress says ValueError for a host that has no address.
        reason = getattr(error, "strerror", None) or "there is no such address"
        raise InvalidInput(
            f"{host}, port {port}: {reason}.", remedy="Choose another --host or --port."
        ) from None

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        bell.silence()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    url = f"http://{server.effective_host}:{server.effective_port}"
    with _worker(home, bell), _housekeeping(mediator):
        _announce(ready_file, url)
        _log.info("listening", url=url)
        server.run()
    _log.info("stopped")


def main() -> None:
    """Run the program."""
    main_of(program)


def _announce(ready_file: Path | None, url: str) -> None:
    if ready_file is not None:
        write_file(ready_file, f"{url}\n".encode(), 0o644)


@contextmanager
def _worker(home: Path, bell: ThreadBell) -> Iterator[None]:
    """Keep one worker process alive, each hearing the other's bell; it ends when this one does."""
    command = [sys.executable, "-m", "api.worker", str(home)]

    def begin() -> subprocess.Popen[bytes]:
        # Its input ends with this process.  A session of its own: its children end with it.
        ours, theirs = socket.socketpair()
        with theirs:
            started = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)
        bell.link(ours)
        Thread(target=bell.follow, args=(ours,), daemon=True).start()
        return started

    process = begin()

    def watch(over: Event) -> None:
        nonlocal process
        while not over.wait(1.0):
            if process.poll() is not None:
                _log.error("worker ended", status=process.returncode)
                process = begin()

    try:
        with in_background(watch):
            yield
    finally:
        _end_group(process, signal.SIGTERM)
        try:
            process.wait(SHUTDOWN_SECONDS)
        except subprocess.TimeoutExpired:
            _end_group(process, signal.SIGKILL)


def _end_group(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Signal a process and its children; a lease makes it safe to end them at any moment."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)


@contextmanager
def _housekeeping(mediator: Mediator) -> Iterator[None]:
    """Move the write-ahead log on and forget what is over, in the only thread that does."""
    over, store = Event(), mediator.context.store

    def keep() -> None:
        while not over.wait(HOUSEKEEPING_SECONDS):
            try:
                store.checkpoint()
                mediator.access.forget()
            except StorageFault as fault:
                _log.error("storage", cause=cause_of(fault))

    thread = Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


if __name__ == "__main__":
    main()
