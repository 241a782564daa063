"""Derive stages of AIPL from a party's own events: ``cleanroom stages ...``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cleanroom.cli.common import HomeOption, JsonOption, RoomOption, emit, say, session
from cleanroom.documents.typed import read_typed
from cleanroom.errors import InvalidInput
from cleanroom.queries.stages.derive import Columns, Derived, write
from cleanroom.queries.stages.derive import derive as derive_stages
from cleanroom.queries.stages.rules import DEFAULT, Rules
from cleanroom.report.screen import out

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

app = typer.Typer(name="stages", help="Derive stages of AIPL from events.", no_args_is_help=True)
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="TOML or JSON; by default the built-in rules.")
]


@app.callback()
def stages() -> None:
    """Derive each person's stage from own events, on this machine, by the rules both signed."""


@app.command("rules")
def show_rules(rules: RulesOption = None, as_json: JsonOption = False) -> None:
    """Print a rule file and, with --json, its digest, which an agreement names.

    Example: cleanroom stages rules > rules.toml
    """
    path = rules or DEFAULT
    found = Rules.read(path)
    document = {"digest": found.digest(), "rules": found.to_json()}
    emit(document, as_json, lambda: typer.echo(read_typed(path), nl=False))


@app.command("derive")
def derive(
    events: Annotated[Path, typer.Option(help="CSV or Parquet: identifier, time, action.")],
    at: Annotated[
        list[str],
        typer.Option(help="Snapshot: 2026-06-01, or NAME=2026-06-01 for more than one."),
    ],
    to: Annotated[Path, typer.Option("--out", help="CSV to write.")],
    rules: RulesOption = None,
    id_column: Annotated[str, typer.Option("--id", help="Column of the identifier.")] = "id",
    time_column: Annotated[str, typer.Option("--time", help="Column of the time.")] = "time",
    action: Annotated[str, typer.Option(help="Column of the interaction.")] = "action",
    time_format: Annotated[
        str | None, typer.Option("--format", help="How times are written, as in a room file.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Time zone of local times, such as Asia/Shanghai.")
    ] = None,
    profile: Annotated[str, typer.Option(help="How identifiers are normalised.")] = "raw:v1",
    region: Annotated[str | None, typer.Option(help="Such as CN, for phone profiles.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one row per person: the identifier and the highest stage at each snapshot.

    With --room the rules must be those that the room's agreement names.

    Example: cleanroom stages derive --rules rules.toml --events events.csv --at 2026-06-01
    --out crm.csv
    """
    if to.exists() and not force:
        raise InvalidInput(f"{to} exists.", remedy="Choose another name, or give --force.")
    found = Rules.read(rules or DEFAULT)
    if room is not None:
        with session(home, room) as agreed:
            found.check(agreed.agreement)
    columns = Columns(id_column, time_column, action, time_format, zone)
    done = derive_stages(found, events, snapshots(at), columns, profile, region)
    write(done.people, to)
    for fault in done.unusable:
        say(f"{fault.rows:,} rows left out: {fault.reason} (first at {fault.examples[0]})")
    document = _document(done, found)
    emit(document, as_json, lambda: _print(document))


def snapshots(given: list[str]) -> dict[str, int]:
    """Return each snapshot's column and microseconds since 1970; a date is its first second, UTC.

    One snapshot without a name is the column ``stage``.
    """
    found = {}
    for text in given:
        name, named, moment = text.partition("=")
        name, moment = (name, moment) if named else ("stage", text)
        if not name or name in found:
            raise InvalidInput("Every snapshot needs a name of its own.", remedy="--at NAME=DATE")
        found[name] = _microseconds(moment)
    return found


def _microseconds(text: str) -> int:
    remedy = "Write 2026-06-01, or 2026-06-01T00:00:00Z."
    try:
        # A week or a date without hyphens, which Python reads, is more likely a slip.
        moment = datetime.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise InvalidInput(f"'{text}' is not a date.", remedy=remedy)
    if moment.tzinfo is None:
        if len(text) > len("2026-06-01"):
            raise InvalidInput(f"{text} has no offset.", remedy=remedy)
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _document(done: Derived, rules: Rules) -> dict[str, Any]:
    return {
        "rules": rules.digest(),
        "events": done.events,
        "people": done.people.num_rows,
        "unusable": sum(fault.rows for fault in done.unusable),
        "stages": done.counts(),
    }


def _print(document: dict[str, Any]) -> None:
    stages = next(iter(document["stages"].values()))
    table = Table("snapshot", *stages, title=f"rules {document['rules'][:16]}…")
    for name, counts in document["stages"].items():
        table.add_row(name, *(f"{counts[stage]:,}" for stage in stages))
    out.print(table)
