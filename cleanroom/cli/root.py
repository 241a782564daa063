"""Put the nouns together; each is imported when it is used, so that a short command is short."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: Final = {
    "party": "Make a party and show its public card.",
    "room": "Agree on what may be asked.",
    "policy": "Ask what a room allows.",
    "ids": "Look at how identifiers are normalised.",
    "dataset": "Check, send and withdraw data.",
    "person": "Erase people who asked for it from all data.",
    "delegation": "Let an agency ask in a brand's place.",
    "job": "Ask questions and read answers.",
    "standing": "Questions that are asked on a schedule.",
    "agent": "Run this party's worker.",
    "audit": "Verify and search a room's log.",
    "stages": "Derive stages of AIPL from events.",
    "console": "See, approve and audit in a browser.",
    "example": "Make up example data.",
    "ask": "Ask a question in SQL, wait for the answer and show it.",
    "mcp": "Let an assistant read rooms, templates, prices and answers, over MCP on stdin.",
    "align": "Have both agents align datasets, and wait until they are done.",
    "doctor": "Check versions, disk, keys, passphrase, rooms, clock and the mediator's address.",
    "plan": "Plan what to spend on campaigns, from an answer.",
    "segment": "Write the people of a segment: activated, excluded, or found by a lookalike.",
    "segments": "Save conditions under a name, for use in questions.",
    "serving": "Publish and manage what is served about single people.",
    "serve": "Answer a platform's questions about single people, until Ctrl-C or SIGTERM.",
    "simulate": "Run both parties and the mediator here, ask every question and verify the log.",
    "demo": "Make up a brand and a platform, ask three questions and verify the log.",
}
"""Every command with its line of help, which is the one that its module has."""

EXAMPLE: Final = "Example: "
DISTRIBUTION: Final = "cleanroom-two-party"


class _Loaded(MutableMapping[str, Any]):
    """Import a command when it is looked up."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = _load(name)
        return self._known[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


def _load(name: str) -> Any:
    if name not in COMMANDS:
        raise KeyError(name)
    module = import_module(f"cleanroom.cli.{'simulate' if name == 'demo' else name}")
    if hasattr(module, "app"):
        # Completion is the whole program's: listed under every group, it reads as the group's own.
        module.app._add_completion = False
        return _told(typer.main.get_command(module.app))
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(module, name))
    return _told(typer.main.get_command(alone))


def _told(command: Any) -> Any:
    """Return a command whose help is one line a paragraph, for the terminal breaks them."""
    command.help = "\n\n".join(paragraphs(command.help or ""))
    for one in getattr(command, "commands", {}).values():
        _told(one)
    return command


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text in a line each; an example is one of its own."""
    found = (" ".join(one.split()).partition(EXAMPLE) for one in text.split("\n\n"))
    return [part for words, mark, rest in found for part in (words.strip(), mark + rest) if part]


class _Root(TyperGroup):
    """Know every command by name and line; import none to list them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loaded()
        self._listing = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return a command; while help is written, one that has its name and line alone."""
        if self._listing and cmd_name in COMMANDS:
            return TyperCommand(cmd_name, callback=None, help=COMMANDS[cmd_name])
        return self.commands.get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


app = typer.Typer(
    name="cleanroom",
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        # Here and not above: both take longer to import than all the rest.
        from importlib.metadata import version  # noqa: PLC0415

        from cleanroom.report.screen import print_line  # noqa: PLC0415

        print_line(version(DISTRIBUTION))
        raise typer.Exit


@app.callback()
def cleanroom(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Answer questions about two parties' people without showing a person."""
