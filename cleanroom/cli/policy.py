"""Ask what a room allows: ``cleanroom policy explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, session
from cleanroom.cli.job import FileArgument, NameArgument
from cleanroom.cli.later import print_line, report
from cleanroom.errors import PolicyRefusal

if TYPE_CHECKING:
    from cleanroom.room.grants import Missing

app = typer.Typer(name="policy", help="Ask what a room allows.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Ask what a room allows, and what a question would still need."""


@app.command("explain")
def explain(
    file: FileArgument,
    name: NameArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the grants that a question of the file still needs in this room.

    Example: cleanroom policy explain room.toml overlap-by-age
    """
    from cleanroom.agent import asking
    from cleanroom.agent.room_file import RoomFile

    with session(home, room) as found:
        section = asking.find_section(RoomFile.read(file), name)
        missing = asking.missing(found, section)
    policy = found.agreement.policy
    encryption = report.word(f"paillier.{policy.paillier_profile}")
    if "lattice" in policy.rows:
        encryption += report.word("consent.encryption.lattice")
    emit([vars(item) for item in missing], as_json, lambda: _print(missing, encryption))
    if missing:
        raise PolicyRefusal(f"{name} lacks {len(missing)} grants.", missing[0].rule)


def _print(missing: list[Missing], encryption: str) -> None:
    print_line(f"Encryption of measures is {encryption}.")
    if not missing:
        print_line("The room allows this question.")
    for item in missing:
        remedy = item.remedy or "nothing: no agreement would allow it"
        print_line(f"{item.rule}: {item.sentence}. Needed: {remedy}.")
