"""Hold a room's log against everybody: ``cleanroom audit verify | show | export | prove ...``."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.cli import proofs
from cleanroom.cli.bundle import BundleArgument, OutOption, opened, write
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    emit,
    say,
    session,
)
from cleanroom.cli.later import (
    bundles,
    page,
    print_line,
    questions,
    report,
    screen,
    verification,
)
from cleanroom.system import workers

if TYPE_CHECKING:
    from cleanroom.audit.memory import PartyMemory
    from cleanroom.audit.questions import Asked
    from cleanroom.audit.show import Line
    from cleanroom.audit.verify import Report, Step

app = typer.Typer(name="audit", help="Verify and search a room's log.", no_args_is_help=True)

PARALLEL_FROM = 20_000_000
"""Bytes of a bundle from which reading it in several processes is worth starting them."""


@app.callback()
def audit() -> None:
    """Verify and search a room's log and prove things about it, offline, from a bundle alone."""


@app.command("verify")
def verify(
    bundle: BundleArgument = None,
    room: RoomOption = None,
    demand: Annotated[
        list[str] | None, typer.Option(help="A party whose memory must be included.")
    ] = None,
    memory: Annotated[
        list[Path] | None, typer.Option(help="A party's memory, from audit memory.")
    ] = None,
    chains: Annotated[
        bool, typer.Option("--chains", help="One signature per party's chain: three times faster.")
    ] = False,
    language: LanguageOption = "en",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a log in numbered steps; exit code 5 if a check fails.

    Example: cleanroom audit verify audit.json --room 0f3c…
    """
    given, spoken = _memories(memory), report.language(language)
    with opened(bundle, room, home) as (found, identity), _workers(bundle) as executor:
        checked = verification.verify_bundle(
            found,
            room=identity,
            demand=demand or (),
            memories=given,
            signatures="chains" if chains else "all",
            executor=executor,
            tell=lambda step: _tell(step, spoken),
        )
    emit(checked.to_json(), as_json, lambda: _print_report(checked, spoken))


@app.command("export")
def export(
    path: Annotated[Path, typer.Option("--out", help="audit.json, or .jsonl for a long log.")],
    room: RoomOption = None,
    memory: Annotated[
        list[Path] | None, typer.Option(help="Another party's memory to include.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Fetch a room's log and write it to a bundle along with this party's memory of it."""
    given = _memories(memory)
    with opened(None, room, home) as (found, _):
        bundle = found.with_memories(given)
    bundles.save(bundle, path)
    say(f"{path} holds the log; check it with: cleanroom audit verify {path}")


@app.command("memory")
def memory_command(
    room: RoomOption = None, path: OutOption = None, home: HomeOption = None
) -> None:
    """Print this party's signed memory of a room, for an auditor's bundle."""
    from cleanroom.agent import memory, vouch

    with session(home, room) as found:
        vouch.look(found)
        document = memory.memory_of(found.home, found.identity).to_json()
    write(json.dumps(document, indent=1), path)


@app.command("cosign")
def cosign(room: RoomOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check that the log continues the one seen last, and sign its newest head."""
    from cleanroom.agent import vouch

    with session(home, room) as found:
        answer = vouch.cosign(found)
    emit(answer, as_json, lambda: print_line(f"Vouched for {answer['size']} entries."))


@app.command("show")
def show_command(
    bundle: BundleArgument = None,
    room: RoomOption = None,
    party: Annotated[str | None, typer.Option(help="Entries by this member.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Name, party/name or identifier.")] = None,
    template: Annotated[str | None, typer.Option(help="Entries about jobs of this kind.")] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601; UTC without an offset.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601, exclusive.")] = None,
    outcome: Annotated[str | None, typer.Option(help="accepted or refused.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as job.release or job.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List the entries of a log, filtered by member, dataset, time, kind and outcome.

    Example: cleanroom audit show audit.json --kind job --outcome refused
    """
    from cleanroom.audit import show

    chosen = show.Filter(
        party,
        dataset,
        template,
        show.moment(since) if since else None,
        show.moment(until) if until else None,
        outcome,
        kind,
    )
    with opened(bundle, room, home) as (found, _):
        shown = list(show.lines(found.leaves(), chosen))
    if as_csv:
        typer.echo(show.as_csv(shown), nl=False)
    else:
        emit([asdict(line) for line in shown], as_json, lambda: _print_lines(shown))


@app.command("questions")
def questions_command(
    bundle: BundleArgument = None,
    room: RoomOption = None,
    language: LanguageOption = "en",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every question: who asked what about which data, who agreed or why not, and the outcome.

    The log is verified first. Example: cleanroom audit questions audit.json
    """
    with opened(bundle, room, home) as (found, identity):
        verification.verify_bundle(found, room=identity)
        asked = questions.questions(found.leaves())
    emit([asdict(one) for one in asked], as_json, lambda: _print_asked(asked, language))


def _print_asked(asked: list[Asked], language: str) -> None:
    """Print a block for each question: ten columns are too many for a terminal."""
    from rich.table import Table
    from rich.text import Text

    spoken = report.language(language)
    header = questions.HEADER[spoken]
    for one in asked:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for name, cell in zip(header, questions.row(one, spoken), strict=True):
            if cell:
                table.add_row(name, Text(cell))
        screen.out.print(table)
        screen.out.print()


app.command("prove")(proofs.prove)
app.command("check")(proofs.check)
app.command("fork-proof")(proofs.fork_proof)


@app.command("report")
def report_command(
    bundle: BundleArgument = None,
    room: RoomOption = None,
    path: OutOption = None,
    as_html: Annotated[bool, typer.Option("--html", help="HTML instead of Markdown.")] = False,
    language: LanguageOption = "en",
    home: HomeOption = None,
) -> None:
    """Write a one-page report on a room for a compliance file; the log is verified first."""
    spoken = report.language(language)
    with opened(bundle, room, home) as (found, identity):
        checked = verification.verify_bundle(found, room=identity)
    as_page = page.as_html if as_html or (path and path.suffix == ".html") else page.markdown
    write(as_page(found, checked, spoken), path)


@app.command("replay")
def replay_command(
    job: Annotated[str, typer.Argument(help="The job's identifier, its beginning, or its name.")],
    bundle: Annotated[Path, typer.Argument(help="A bundle of the room.")],
    mediator: Annotated[Path, typer.Option(help="The mediator's home.")],
    as_json: JsonOption = False,
) -> None:
    """Recompute a job from the mediator's stored rows and compare it with the log.

    Example: cleanroom audit replay overlap audit.json --mediator /srv/cleanroom
    """
    from cleanroom.mediator import replay
    from cleanroom.mediator.bootstrap import open_mediator

    log = bundles.load(bundle)
    verification.verify_bundle(log)
    with workers() as executor:
        found = replay.replay(open_mediator(mediator).context, log.leaves(), job, executor)
    emit(
        found,
        as_json,
        lambda: print_line(
            f"{found['commitments']} commitments hold; the same {found['groups']} groups pass."
        ),
    )


@contextmanager
def _workers(bundle: Path | None) -> Iterator[ProcessPoolExecutor | None]:
    if bundle is None or bundle.stat().st_size < PARALLEL_FROM:
        yield None
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("forkserver")) as executor:
        yield executor


def _memories(paths: list[Path] | None) -> list[PartyMemory]:
    from cleanroom.audit.memory import PartyMemory

    return [PartyMemory.parse(path.read_bytes()) for path in paths or []]


def _tell(step: Step, spoken: report.Language) -> None:
    from cleanroom.audit.chinese import in_words

    title, found = (in_words(text, spoken) for text in (step.title, step.found))
    say(f"{step.number:>2}. {title}{report.word('colon', spoken)}{found}")


def _print_report(checked: Report, spoken: report.Language) -> None:
    from rich.text import Text

    from cleanroom.audit.chinese import in_words

    for sentence in checked.unchecked:
        told = report.word("audit.unchecked", spoken, what=in_words(sentence, spoken))
        screen.out.print(Text(told, style="dim"))
    told = report.word("audit.verifies", spoken, name=checked.name, size=checked.size)
    screen.out.print(Text(told, style="bold green"))


def _print_lines(shown: list[Line]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None)
    for name in ("#", "time (UTC)", "kind", "who"):
        table.add_column(name, no_wrap=True)
    for name in ("template", "datasets", "about"):
        table.add_column(name)
    for line in shown:
        refused = f"refused: {line.rule}. " if line.outcome == "refused" else ""
        cells = [str(line.number), line.time, line.kind, line.actor]
        cells += [line.template, line.datasets, refused + line.about]
        table.add_row(*(Text(cell, style="red" if refused else "") for cell in cells))
    screen.out.print(table)
