"""Rehearse on one machine: ``cleanroom simulate`` and ``cleanroom demo``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.cli.common import JsonOption, LanguageOption, emit, say
from cleanroom.report.screen import out
from cleanroom.report.terminal import print_result

if TYPE_CHECKING:
    from cleanroom.report import Language
    from cleanroom.workbench.rehearse import Side

LookOption = Annotated[
    bool, typer.Option("--look", help="Afterwards, open both parties' consoles until Ctrl-C.")
]
FAILED, REFUSED = 1, 3
"""Exit codes of a rehearsal of which a question failed, or was refused by policy or budget."""


def simulate(
    file: Annotated[Path, typer.Argument(help="room.toml")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    keep: Annotated[bool, typer.Option("--keep", help="Keep the homes of all programs.")] = False,
    look: LookOption = False,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Run both parties and the mediator here, ask every question and verify the log.

    Example: cleanroom simulate room.toml --out rehearsal
    """
    from cleanroom.audit import verify_audit_bundle  # noqa: PLC0415
    from cleanroom.report import language as read_language  # noqa: PLC0415
    from cleanroom.workbench.live_problems import sentences  # noqa: PLC0415
    from cleanroom.workbench.look import look as stay  # noqa: PLC0415
    from cleanroom.workbench.program import forks  # noqa: PLC0415
    from cleanroom.workbench.rehearse import simulate as run  # noqa: PLC0415

    def show(results: dict[str, Any], sides: Mapping[str, Side]) -> None:
        verify_audit_bundle(out_folder / "audit.json")
        tell(f"The log verifies. Results and log: {out_folder}")
        emit(results, as_json, lambda: _print(results, spoken))
        for line in sentences(results, spoken):
            say(line)
        if look:
            stay(sides, file, tell, sys.stdin)

    spoken = read_language(language)
    tell = partial(say, spoken=spoken)
    with forks() as begin:
        _end(run(file, out_folder, tell, keep, show, begin, spoken), spoken)


def _end(results: dict[str, Any], spoken: Language = "en") -> None:
    """End as a command does that was refused, or that failed, and say which questions were."""
    named = {"FAILED": list[str](), "REFUSED": list[str]()}
    for name, result in results["jobs"].items():
        if result["status"] in named:
            named[result["status"]].append(name)
    for status, names in named.items():
        if names:
            say(f"{status.capitalize()}: {', '.join(names)}.", spoken)
    if named["FAILED"] or named["REFUSED"]:
        raise typer.Exit(FAILED if named["FAILED"] else REFUSED)


def _print(results: dict[str, Any], language: Language) -> None:
    jobs = results["jobs"]
    if not isinstance(jobs, dict):
        return
    for name, result in jobs.items():
        if result["status"] == "SUCCESS":
            print_result(result, language)
        else:
            from cleanroom.report import in_words, word  # noqa: PLC0415

            colon, detail = word("colon", language), in_words(result["problem"]["detail"], language)
            state = word(f"state.{result['status']}", language)
            out.print(f"{name}{colon}{state}{colon}{detail}")
        out.print()


def demo(
    folder: Annotated[Path, typer.Option("--out", help="Folder for everything.")] = Path("demo"),
    people: Annotated[int, typer.Option(help="Customers of the made-up brand.")] = 20_000,
    users: Annotated[int, typer.Option(help="Users of the made-up platform.")] = 60_000,
    look: LookOption = False,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Make up a brand and a platform, ask three questions and verify the log."""
    from cleanroom.agent.prepared import compiling  # noqa: PLC0415
    from cleanroom.demo import claim, make_example  # noqa: PLC0415
    from cleanroom.report import language as read_language  # noqa: PLC0415

    tell = partial(say, spoken=read_language(language))
    claim(folder)
    for name in ("data", "run"):
        shutil.rmtree(folder / name, ignore_errors=True)
    tell(f"Making up {people:,} customers of a brand and {users:,} users of a platform ...")
    tell("The first time on a machine the arithmetic is compiled meanwhile.")
    with compiling():
        made = make_example(folder / "data", people=people, users=users)
        home = folder / "run"
        simulate(made.room, home, keep=True, look=look, language=language, as_json=as_json)
    tell(f"The made-up data: {folder / 'data'}. Homes, results.json, audit.json: {folder / 'run'}.")
