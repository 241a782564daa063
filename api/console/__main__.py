"""``cleanroom-console``: run a party's console, sign in, or look at a log offline."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import structlog
import typer
from flask import Flask

from api.console.bundle import create_bundle_console
from api.console.links import write_ticket
from api.console.mediator import MOUNT, audience
from api.console.party import create_party_console, make_ticket
from api.console.people import read_people
from api.console.provider import SECRET
from api.program import log_lines
from api.wsgi import serve
from cleanroom.agent.home import Address, Home, read_json, write_json
from cleanroom.agent.http import Transport
from cleanroom.audit.bundle import load
from cleanroom.cli.common import HomeOption, connect, open_home, say
from cleanroom.cli.run import run as run_program
from cleanroom.files import write_file
from cleanroom.mediator.settings import ServerSettings

LOOPBACK = "127.0.0.1"
THREADS = 8

program = typer.Typer(
    name="cleanroom-console", help="The console of a party.", no_args_is_help=True
)
PortOption = Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")]
ReadyOption = Annotated[
    Path | None, typer.Option(help="Written once the console listens: its sign-in link.")
]
FilesOption = Annotated[
    Path | None,
    typer.Option(help="Folder of room files and data; by default files in the home."),
]


@program.command()
def run(
    home: HomeOption = None,
    port: PortOption = 8090,
    ready_file: ReadyOption = None,
    files: FilesOption = None,
) -> None:
    """Serve this party's console on this machine until Ctrl-C; print a link to sign in."""
    own = open_home(home)
    people = read_people(own.path)
    public = people.public.rstrip("/") if people else ""
    hosts = {urlsplit(public).netloc} - {""}
    transport = Transport(own.mediator, own.signing)
    app = create_party_console(own, transport, hosts, files, people, os.environ.get(SECRET))
    Thread(target=app.extensions["desk"].pictures.warm_up, daemon=True).start()
    try:
        _serve(app, port, hosts, lambda url: f"{url}/sign-in?ticket={make_ticket(own)}",
               own.path / "console.json", ready_file, public)  # fmt: skip
    finally:
        app.extensions["desk"].close()


@program.command()
def login(
    home: HomeOption = None,
    mediator: Annotated[
        bool, typer.Option("--mediator", help="Sign in to the mediator's console.")
    ] = (False),
) -> None:
    """Print a link that signs in once, within two minutes; this party's key signs it."""
    own = open_home(home)
    typer.echo(_mediator_link(own) if mediator else _own_link(own))


def _own_link(own: Home) -> str:
    url = read_json(own.path / "console.json", Address).url
    return f"{url}/sign-in?ticket={make_ticket(own)}"


def _mediator_link(own: Home) -> str:
    client = connect(own)
    key = client.mediator()["key"]
    client.close()
    ticket = write_ticket(own.signing, audience(key), int(time.time()), secrets.token_bytes)
    return f"{own.mediator.rstrip('/')}{MOUNT}/sign-in?ticket={ticket}"


@program.command()
def audit(
    bundle: Annotated[Path, typer.Argument(help="audit.json or a .jsonl.")],
    port: PortOption = 8091,
    ready_file: ReadyOption = None,
) -> None:
    """Look at a log offline, from a bundle; print a link to open it."""
    secret = secrets.token_urlsafe(24)
    hosts: set[str] = set()
    app = create_bundle_console(load(bundle), secret, hosts)
    _serve(app, port, hosts, lambda url: f"{url}/sign-in?ticket={secret}", None, ready_file)


def _serve(
    app: Flask,
    port: int,
    hosts: set[str],
    link: Callable[[str], str],
    place: Path | None,
    ready_file: Path | None,
    public: str = "",
) -> None:
    """Listen on loopback alone, tell the link, serve until SIGTERM or Ctrl-C."""
    settings = ServerSettings(threads=THREADS, connections=100)
    server = serve(app, settings, LOOPBACK, port)
    hosts |= {f"{name}:{server.effective_port}" for name in (LOOPBACK, "localhost")}
    url = public or f"http://{LOOPBACK}:{server.effective_port}"
    if place is not None:
        write_json(place, {"url": url})
    if ready_file is not None:
        write_file(ready_file, f"{link(url)}\n".encode())
    say(f"The console listens on {url}. Sign in once, within two minutes:")
    typer.echo(link(url))
    signal.signal(signal.SIGTERM, _stop)
    server.run()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Run the program; a refusal is one sentence and an exit code."""
    log_lines(structlog.processors.format_exc_info)
    sys.exit(run_program(program, sys.argv[1:]))


if __name__ == "__main__":
    main()
