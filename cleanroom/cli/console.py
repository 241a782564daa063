"""The web console: ``cleanroom console run | login | acts | audit``; the program is ``api``'s."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cleanroom import report
from cleanroom.cli.common import (
    Folder,
    HomeOption,
    JsonOption,
    LanguageOption,
    emit,
    need_home,
    passphrase,
)
from cleanroom.report.screen import print_line

app = typer.Typer(name="console", help="See, approve and audit in a browser.", no_args_is_help=True)
PortOption = Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")]
ReadyOption = Annotated[
    Path | None, typer.Option(help="Written once the console listens: its sign-in link.")
]
FilesOption = Annotated[
    Path | None,
    typer.Option(help="Folder of room files and data; by default files in the home."),
]


@app.callback()
def console() -> None:
    """See rooms, questions, answers and the log in a browser on this machine."""


@app.command("run")
def run(
    home: HomeOption = None,
    port: PortOption = 8090,
    ready_file: ReadyOption = None,
    files: FilesOption = None,
) -> None:
    """Serve this party's console on this machine until Ctrl-C; print a link to sign in.

    Example: cleanroom console run --home ./acme
    """
    ready = [] if ready_file is None else ["--ready-file", str(ready_file)]
    folder = [] if files is None else ["--files", str(files)]
    _start(["run", "--port", str(port), *ready, *folder], home)


@app.command("login")
def login(
    home: HomeOption = None,
    mediator: Annotated[
        bool, typer.Option("--mediator", help="Sign in to the mediator's console.")
    ] = (False),
) -> None:
    """Print a link that signs in once, within two minutes; this party's key signs it.

    Example: cleanroom console login --home ./acme
    """
    _start(["login", *(["--mediator"] if mediator else [])], home)


@app.command("acts")
def acts(
    home: HomeOption = None, as_json: JsonOption = False, language: LanguageOption = "en"
) -> None:
    """List who did what in this party's console, oldest first.

    The list exists in this home only. Example: cleanroom console acts --home ./acme
    """
    from cleanroom.agent import acts as kept

    found, spoken = list(kept.acts(need_home(home).path)), report.language(language)
    shown = [{**asdict(one), "by": "provider" if one.subject else "link"} for one in found]

    def show() -> None:
        print_line(report.word("acts.title" if found else "acts.none", spoken))
        for one in found:
            who = f"{one.who} ({one.subject or report.word('acts.link', spoken)})"
            what = report.said(f"act.{one.act}", spoken)
            about = " ".join(f"{name}={value}" for name, value in one.about.items())
            end = report.word(f"acts.outcome.{one.outcome}", spoken)
            print_line(f"{one.time}  {who}  {what}  {about}  {end}".replace("    ", "  "))

    emit(shown, as_json, show)


@app.command("audit")
def audit(
    bundle: Annotated[Path, typer.Argument(help="audit.json or a .jsonl.")],
    port: PortOption = 8091,
) -> None:
    """Look at a log offline, from a bundle; print a link to open it.

    Example: cleanroom console audit audit.json
    """
    _run(["audit", str(bundle), "--port", str(port)], dict(os.environ))


def _start(arguments: list[str], home: Folder | None) -> None:
    environment = {
        **os.environ,
        "CLEANROOM_HOME": str(need_home(home).path),
        "CLEANROOM_PASSPHRASE": passphrase(),
    }
    _run(arguments, environment)


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    """Become the program: this package knows no web framework, and signals reach it at once."""
    command = [sys.executable, "-m", "api.console", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - there is no shell
