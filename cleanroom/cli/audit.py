"""Hold a room's log against everybody: ``cleanroom audit verify | show | export | prove ...``."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from cleanroom.agent import logs, vouch
from cleanroom.agent.memory import memory_of
from cleanroom.agent.rooms import Room
from cleanroom.audit import bundle as bundles
from cleanroom.audit import certificate, fork, page, proofs, questions, show
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.memory import PartyMemory
from cleanroom.audit.verify import Report, Step, verify_bundle
from cleanroom.cli.common import (
    Folder,
    HomeOption,
    JsonOption,
    LanguageOption,
    RoomOption,
    emit,
    say,
    session,
)
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.files import write_file
from cleanroom.report import language as spoken_language
from cleanroom.report.screen import out, print_line
from cleanroom.system import workers

app = typer.Typer(name="audit", help="Verify and search a room's log.", no_args_is_help=True)

KEY_DIGITS: Final = 64
"""Hexadecimal digits of a mediator's key; its fingerprint has half of them."""

BundleArgument = Annotated[
    Path | None, typer.Argument(help="audit.json or a .jsonl; by default the mediator is asked.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write here instead of printing.")]

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
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a log in numbered steps; exit code 5 if a check fails.

    Example: cleanroom audit verify audit.json --room 0f3c…
    """
    memories = [PartyMemory.parse(path.read_bytes()) for path in memory or []]
    with _opened(bundle, room, home) as (found, identity), _workers(bundle) as executor:
        report = verify_bundle(
            found,
            room=identity,
            demand=demand or (),
            memories=memories,
            signatures="chains" if chains else "all",
            executor=executor,
            tell=_tell,
        )
    emit(report.to_json(), as_json, lambda: _print_report(report))


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
    memories = [PartyMemory.parse(one.read_bytes()) for one in memory or []]
    with session(home, room) as found:
        bundle = _live(found).with_memories(memories)
    bundles.save(bundle, path)
    say(f"{path} holds the log; check it with: cleanroom audit verify {path}")


@app.command("memory")
def memory_command(
    room: RoomOption = None, path: OutOption = None, home: HomeOption = None
) -> None:
    """Print this party's signed memory of a room, for an auditor's bundle."""
    with session(home, room) as found:
        vouch.look(found)
        document = memory_of(found.home, found.identity).to_json()
    _write(json.dumps(document, indent=1), path)


@app.command("cosign")
def cosign(room: RoomOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check that the log continues the one seen last, and sign its newest head."""
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
    chosen = show.Filter(
        party,
        dataset,
        template,
        show.moment(since) if since else None,
        show.moment(until) if until else None,
        outcome,
        kind,
    )
    with _opened(bundle, room, home) as (found, _):
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
    with _opened(bundle, room, home) as (found, identity):
        verify_bundle(found, room=identity)
        asked = questions.questions(found.leaves())
    emit([asdict(one) for one in asked], as_json, lambda: _print_asked(asked, language))


def _print_asked(asked: list[questions.Asked], language: str) -> None:
    """Print a block for each question: ten columns are too many for a terminal."""
    spoken = spoken_language(language)
    header = questions.HEADER[spoken]
    for one in asked:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for name, cell in zip(header, questions.row(one, spoken), strict=True):
            if cell:
                table.add_row(name, Text(cell))
        out.print(table)
        out.print()


@app.command("prove")
def prove(
    entry: Annotated[int | None, typer.Argument(help="The entry's number, from 0.")] = None,
    first: Annotated[int | None, typer.Option("--from", help="A size of the log.")] = None,
    second: Annotated[int | None, typer.Option("--to", help="A later size.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="By default the mediator is asked.")] = None,
    room: RoomOption = None,
    path: OutOption = None,
    home: HomeOption = None,
) -> None:
    """Prove that an entry is in the log, or that a later log continues an earlier one.

    Example: cleanroom audit prove 17 --bundle audit.json
    """
    if (entry is None) == (first is None or second is None):
        raise InvalidInput("Name an entry, or two sizes with --from and --to.")
    if bundle is None and entry is not None:
        with session(home, room) as found:
            document = logs.ask_entry(found.client, found.first, entry)
    else:
        with _opened(bundle, room, home) as (log, _):
            if entry is not None:
                document = proofs.prove_entry(log, entry)
            else:
                document = proofs.prove_growth(log, int(first or 0), int(second or 0))
    _write(json.dumps(document, ensure_ascii=False, indent=1), path)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A proof written by prove or fork-proof.")],
    key: Annotated[str | None, typer.Option(help="The mediator's key, in hex.")] = None,
) -> None:
    """Check a proof of an entry, of growth or of a fork; exit code 5 if it proves nothing."""
    if key is not None and len(key) != KEY_DIGITS:
        raise InvalidInput(
            "--key takes the whole key, 64 digits, and no fingerprint: it is mediator_key of"
            " cleanroom room show ROOM --json."
        )
    document = bundles.strict_json(file.read_bytes())
    given = document.get("mediator_key") if isinstance(document, dict) else None
    if key is not None and given != key:
        raise AuditFailure("The proof is under another mediator's key.")
    kind = document.get("format") if isinstance(document, dict) else None
    if kind == proofs.INCLUSION:
        head = proofs.check_entry(document)
        print_line(f"Entry {document['index']} is in the log of {head.size} of {head.origin}.")
    elif kind == proofs.CONSISTENCY:
        growth = proofs.check_growth(document)
        print_line(
            f"The log of {growth.second} entries begins with that of {growth.first}: both are the"
            f" beginning of the log of {growth.head.size} entries that the mediator signed, of"
            f" {growth.head.origin}."
        )
    elif kind == certificate.FORMAT:
        heads = certificate.check(document)
        print_line(
            f"The mediator of {heads[0].origin} signed that it deleted"
            f" {len(document['datasets'])} dataset versions. {certificate.STAYS}"
        )
    else:
        print_line(fork.check_fork(document))
    if given is not None and key is None:
        say(f"Compare the mediator's key with your agreement: {given}")


@app.command("fork-proof")
def fork_proof(
    first: Annotated[Path, typer.Argument(help="A bundle, or a checkpoint as text.")],
    second: Annotated[Path, typer.Argument(help="Another of the same room.")],
    key: Annotated[
        str | None, typer.Option(help="The mediator's key in hex, where no bundle names it.")
    ] = None,
    path: OutOption = None,
) -> None:
    """Make the evidence that the mediator signed two logs of one room.

    Example: cleanroom audit fork-proof mine.json theirs.json --out fork.json
    """
    sides = [_shown(one) for one in (first, second)]
    keys = {given for _, given in sides if given} | ({key} if key else set())
    if len(keys) != 1:
        raise InvalidInput("One mediator's key is needed.", remedy="Give --key, or a bundle.")
    document = fork.fork_proof(keys.pop(), sides[0][0], sides[1][0])
    _write(json.dumps(document, indent=1), path)
    say(fork.check_fork(document))


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
    spoken = spoken_language(language)
    with _opened(bundle, room, home) as (found, identity):
        report = verify_bundle(found, room=identity)
    as_page = page.as_html if as_html or (path and path.suffix == ".html") else page.markdown
    _write(as_page(found, report, spoken), path)


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
    verify_bundle(log)
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
def _opened(
    bundle: Path | None, room: str | None, home: Folder | None
) -> Iterator[tuple[Bundle, str | None]]:
    """Give a bundle and the room's identifier as the user knows it from elsewhere."""
    if bundle is not None:
        yield bundles.load(bundle), room
        return
    with session(home, room) as found:
        yield _live(found), found.identity


def _live(room: Room) -> Bundle:
    """Fetch a room's log; what this party remembers is taken first."""
    vouch.look(room)
    memory = memory_of(room.home, room.identity)
    return logs.collect(room.client, room.identity, room.first, [memory])


@contextmanager
def _workers(bundle: Path | None) -> Iterator[ProcessPoolExecutor | None]:
    if bundle is None or bundle.stat().st_size < PARALLEL_FROM:
        yield None
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("forkserver")) as executor:
        yield executor


def _shown(path: Path) -> tuple[fork.Shown, str | None]:
    text = path.read_bytes()
    if path.suffix in (".json", ".jsonl"):
        bundle = bundles.load(path)
        return fork.Shown.of(bundle), bundle.agreement.mediator_key
    return fork.Shown(text.decode(errors="replace")), None


def _tell(step: Step) -> None:
    say(f"{step.number:>2}. {step.title}: {step.found}")


def _print_report(report: Report) -> None:
    for sentence in report.unchecked:
        out.print(Text(f"Not checked: {sentence}", style="dim"))
    out.print(
        Text(f"The log of {report.name} verifies: {report.size} entries.", style="bold green")
    )


def _print_lines(shown: list[show.Line]) -> None:
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
    out.print(table)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print_line(text)
    else:
        write_file(path, text.encode() + b"\n", 0o644)
        say(f"{path} is written.")
