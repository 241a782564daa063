"""Look at a file, send it as opaque rows, withdraw it: ``cleanroom dataset ...``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    YesOption,
    confirm,
    emit,
    progress,
    say,
    session,
)
from cleanroom.cli.later import listings, print_line, report, screen
from cleanroom.errors import InvalidInput
from cleanroom.identifier import is_identifier
from cleanroom.system import workers

if TYPE_CHECKING:
    from cleanroom.agent.rooms import Room
    from cleanroom.ingest import Report
    from cleanroom.ingest.spec import DatasetSpec

app = typer.Typer(name="dataset", help="Check, send and withdraw data.", no_args_is_help=True)
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine", envvar="CLEANROOM_ENGINE", help="What reads the data: local or spark."
    ),
]
MasterOption = Annotated[
    str | None,
    typer.Option(
        "--master",
        envvar="CLEANROOM_SPARK_MASTER",
        help="Spark's cluster, such as yarn; by default Spark's own setting.",
    ),
]
FileArgument = Annotated[Path, typer.Argument(help=r"room.toml with the \[datasets] sections")]


@app.callback()
def dataset() -> None:
    """Check a file, send it as opaque encrypted rows, withdraw it."""


@app.command("validate")
def validate(
    file: FileArgument,
    party: Annotated[
        str, typer.Option(help="Whose sections of the file to check: brand or platform.")
    ],
    name: Annotated[list[str] | None, typer.Argument(help="Datasets; by default all.")] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    engine_name: EngineOption = "local",
    master: MasterOption = None,
) -> None:
    """Check files and report what is usable; nothing is sent and no key is needed.

    Example: cleanroom dataset validate room.toml --party brand
    """
    from cleanroom.agent.datasets import check_declared
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.agent.validation import priced
    from cleanroom.ingest.engines import engine
    from cleanroom.report.dataset import shown

    described = RoomFile.read(file, datasets_alone=True, only=(party, name or ()))
    chosen = _chosen(described.datasets.get(party, {}), name)
    reports: dict[str, Report] = {}
    refused: dict[str, InvalidInput] = {}
    # Of a table that is looked at only the values of labels are needed further.
    domains: dict[str, dict[str, tuple[str, ...]]] = {}
    with engine(engine_name, master) as read:
        for dataset_name, spec in chosen.items():
            try:
                table = read(spec, described.folder, None)
            except InvalidInput as refusal:
                refused[dataset_name] = refusal
                continue
            reports[dataset_name] = priced(spec, table.report, described.rows)
            domains[dataset_name] = {one: label.domain for one, label in table.labels.items()}
    spoken = report.language(language)
    if as_json:
        emit({one: _found(reports.get(one), refused.get(one)) for one in chosen}, as_json)
    for found in () if as_json else reports.values():
        screen.out.print(shown(found, spoken))
    for other in list(refused.values())[1:]:
        say(report.plain(str(other)))
    if refused:
        raise next(iter(refused.values()))
    for found in reports.values():
        found.check()
    if not described.room.rehearsal:
        for dataset_name, spec in chosen.items():
            check_declared(dataset_name, spec, domains[dataset_name])


def _found(report: Report | None, refusal: InvalidInput | None) -> dict[str, Any]:
    """Return a report as plain values, or why the file cannot be read to its end."""
    if refusal is None:
        return report.to_json() if report else {}
    place = {name: getattr(refusal, name) for name in ("file", "row", "column", "remedy")}
    problem = {"type": refusal.type, "title": refusal.title, "detail": refusal.sentence}
    return {"problem": problem | place}


@app.command("upload")
def upload(
    file: FileArgument,
    name: Annotated[list[str] | None, typer.Argument(help="Datasets; by default all.")] = None,
    room: RoomOption = None,
    home: HomeOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
    engine_name: EngineOption = "local",
    master: MasterOption = None,
) -> None:
    """Hash and encrypt datasets on this machine, and send the opaque rows.

    Example: cleanroom dataset upload room.toml crm --room spring-launch

    Read on a cluster: cleanroom dataset upload room.toml crm --engine spark --master yarn
    """
    from cleanroom.agent import datasets, lines
    from cleanroom.agent.room_file import RoomFile
    from cleanroom.ingest.engines import engine
    from cleanroom.report.dataset import remarks

    described, spoken = RoomFile.read(file), report.language(language)
    done = {}
    with (
        session(home, room) as found,
        workers() as executor,
        progress(spoken=spoken) as tell,
        engine(engine_name, master) as read,
    ):
        for dataset_name, spec in _chosen(described.specs(found.own), name).items():
            table = read(spec, described.folder, executor)
            table.report.check()
            usable = f"usable rows {table.rows:,}, people {table.people_count:,}"
            say(f"{dataset_name}: {usable}", spoken)
            for line in remarks(table.report, spoken):
                say(f"{dataset_name}: {report.plain(line)}")
            done[dataset_name] = datasets.upload(found, dataset_name, spec, table, executor, tell)
            lines.remember(found, dataset_name, file)
    emit(done, as_json, lambda: _print_pairs(done))


@app.command("refresh")
def refresh(
    name: Annotated[list[str], typer.Argument(help="Datasets that were uploaded from here.")],
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    engine_name: EngineOption = "local",
    master: MasterOption = None,
) -> None:
    """Read a dataset's file again and send it as the next version, changed or not.

    Where the agreement says so (realign), the agents align it by themselves. Questions are asked
    about the newest versions that both sides have aligned.

    Example: cleanroom dataset refresh crm --room spring-launch
    """
    from cleanroom.agent import lines
    from cleanroom.ingest.engines import engine

    done = {}
    with (
        session(home, room) as found,
        workers() as executor,
        progress() as tell,
        engine(engine_name, master) as read,
    ):
        for line in name:
            made = lines.refresh(found, line, executor, tell, read)
            say(f"{line}: version {made.manifest.version}")
            done[line] = made.manifest.identity()
    emit(done, as_json, lambda: _print_pairs(done))


@app.command("list")
def list_datasets(
    room: RoomOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List the datasets of a room, of both parties."""
    with session(home, room) as found:
        items = [_line(item) for item in found.client.datasets(found.identity)]
    emit(items, as_json, lambda: _print_lines(items))


@app.command("withdraw")
def withdraw(
    dataset: Annotated[
        str, typer.Argument(help="The dataset's identifier, or its name if it has one version.")
    ],
    room: RoomOption = None,
    yes: YesOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a dataset: the mediator deletes its rows, and running jobs on it end."""
    from cleanroom.agent import datasets

    with session(home, room) as found:
        identity = _version(found, dataset)
        confirm(f"Withdraw dataset {dataset}? Its rows are deleted at the mediator.", yes)
        datasets.withdraw(found, identity)
    document = {"dataset": identity, "state": "WITHDRAWN"}
    emit(document, as_json, lambda: print_line("Withdrawn. Answers that were released stay."))


def _version(room: Room, text: str) -> str:
    """Return the identifier of an own dataset; a name stands for its only version.

    Raises ``InvalidInput`` that lists the versions there are: to take one of several back would
    leave rows that the name was meant to name.
    """
    from cleanroom.agent import datasets

    if is_identifier(text):
        return text
    there = [
        item
        for item in room.client.datasets(room.identity)
        if item["manifest"]["party"] == room.own.name and item["state"] != "WITHDRAWN"
    ]
    own = [datasets.local(room, item["id"]).manifest for item in there]
    named = [manifest for manifest in own if manifest.name == text]
    if len(named) == 1:
        return named[0].identity()
    listed = ", ".join(
        f"{one.name} version {one.version}: {one.identity()}" for one in named or own
    )
    raise InvalidInput(
        f"{len(named)} of your datasets in this room are called {text}.",
        remedy=f"There is {listed}." if listed else "See: cleanroom dataset list",
    )


def _chosen(specs: dict[str, DatasetSpec], names: list[str] | None) -> dict[str, DatasetSpec]:
    if not specs:
        raise InvalidInput(
            "The file describes no dataset of this party.",
            remedy="Its sections start with [datasets.brand. or [datasets.platform.",
        )
    missing = sorted(set(names or ()) - set(specs))
    if missing:
        known = ", ".join(specs)
        raise InvalidInput(f"The file describes no dataset {', '.join(missing)} (has: {known}).")
    return {name: spec for name, spec in specs.items() if not names or name in names}


def _line(item: dict[str, Any]) -> dict[str, Any]:
    manifest = item["manifest"]
    fields = ("party", "name", "version", "kind", "rows")
    return {"id": item["id"], "state": item["state"], **{key: manifest[key] for key in fields}}


def _print_lines(items: list[dict[str, Any]]) -> None:
    table = listings.listing("party", "name", "version", "kind", "rows", "state")
    for item in items:
        keys = ("party", "name", "version", "kind", "rows", "state", "id")
        table.add_row(*(str(item[key]) for key in keys))
    screen.out.print(table)


def _print_pairs(pairs: dict[str, str]) -> None:
    for name, value in pairs.items():
        print_line(f"{name}  {value}")
