"""Join the people of two parties once: ``cleanroom align``."""

from __future__ import annotations

from typing import Annotated

import typer

from cleanroom.agent import asking
from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, say, session
from cleanroom.report.screen import print_line


def align(
    brand_datasets: Annotated[str, typer.Argument(help="Names, separated by commas.")],
    platform_datasets: Annotated[str, typer.Argument(help="Names, separated by commas.")],
    profile: Annotated[
        str | None, typer.Option(help="dh or ot; by default the room's first.")
    ] = None,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have both agents align datasets, and wait until they are done.

    Both agents have to be running. Example: cleanroom align crm,orders users,touches
    """
    with session(home, room) as found:
        identity = asking.align(
            found, brand_datasets.split(","), platform_datasets.split(","), profile, say
        )
    emit({"alignment": identity}, as_json, lambda: print_line(identity))
