"""What the auditor's commands share: a bundle from a file or the mediator, and where to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.cli.common import Folder, say, session
from cleanroom.cli.later import bundles, print_line
from cleanroom.files import write_file

if TYPE_CHECKING:
    from cleanroom.audit.bundle import Bundle

BundleArgument = Annotated[
    Path | None, typer.Argument(help="audit.json or a .jsonl; by default the mediator is asked.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write here instead of printing.")]


@contextmanager
def opened(
    bundle: Path | None, room: str | None, home: Folder | None
) -> Iterator[tuple[Bundle, str | None]]:
    """Give a bundle and the room's identifier as the user knows it from elsewhere."""
    if bundle is not None:
        yield bundles.load(bundle), room
        return
    from cleanroom.agent import logs, memory, vouch

    with session(home, room) as found:
        vouch.look(found)  # what this party remembers is taken before the log
        remembered = memory.memory_of(found.home, found.identity)
        live = logs.collect(found.client, found.identity, found.first, [remembered])
        yield live, found.identity


def write(text: str, path: Path | None) -> None:
    """Write a document to a file, or print it."""
    if path is None:
        print_line(text)
    else:
        write_file(path, text.encode() + b"\n", 0o644)
        say(f"{path} is written.")
