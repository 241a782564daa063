"""Read answers: ``cleanroom job result | models | trend``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.cli.about import JobArgument, identifier_of, job_session
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    OverwriteOption,
    RoomOption,
    emit,
)
from cleanroom.cli.later import report
from cleanroom.errors import NotFound

PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw it to FILE.svg or FILE.png.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write its table to FILE.csv.")]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        help="Write its table: FILE.parquet, FILE.csv, s3://..., duckdb:FILE, postgresql://...",
    ),
]
TableOption = Annotated[
    str | None, typer.Option("--table", help="The table's name, in a database.")
]


def result(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    plot: PlotOption = None,
    csv: CsvOption = None,
    to: ToOption = None,
    table: TableOption = None,
    overwrite: OverwriteOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show an answer that this party received, draw it, or write its table to a file.

    Example: cleanroom job result JOB --to duckdb:answers.db --table spring
    """
    from cleanroom.agent import asking
    from cleanroom.report import save, sinks
    from cleanroom.report.terminal import print_result

    spoken = report.language(language)
    save.check_file(plot, save.PICTURE_ENDINGS, overwrite)
    save.check_file(csv, save.TABLE_ENDINGS, overwrite)
    if to is not None:
        sinks.check_target(to, table, overwrite)
    with job_session(home, room, job) as (found, identity):
        document = asking.read_result(found, identity)
    emit(document, as_json, lambda: print_result(document, spoken))
    if plot is not None:
        save.save_picture(document, plot, spoken)
    if csv is not None:
        save.save_table(document, csv)
    if to is not None:
        sinks.save_to(document, to, table, overwrite)


def models(
    job: JobArgument,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    plot: PlotOption = None,
    csv: CsvOption = None,
    overwrite: OverwriteOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare an attribution under all models that were asked.

    Same datasets, period, resolution, windows, conditions and grouping; of each model the newest.

    Example: cleanroom job models JOB --plot models.svg
    """
    from cleanroom.agent.compared import compared
    from cleanroom.report import save
    from cleanroom.report.models import model_name, models_spreadsheet
    from cleanroom.report.terminal import print_models
    from cleanroom.spreadsheets import write_csv

    spoken = report.language(language)
    save.check_file(plot, save.PICTURE_ENDINGS, overwrite)
    save.check_file(csv, save.TABLE_ENDINGS, overwrite)
    with job_session(home, room, job) as (signed, identity):
        found = compared(signed, signed.client.jobs(signed.identity), identity)
    if len(found) < 2:
        raise NotFound("This party has no two answers that differ only in their model.")
    names = [model_name(one.model, spoken) for one in found]
    results = [one.result for one in found]
    document = [{"job": one.job, "model": one.model, "result": one.result} for one in found]
    emit(document, as_json, lambda: print_models(names, results, spoken))
    if plot is not None:
        save.save_models(names, results, plot, spoken)
    if csv is not None:
        write_csv(csv, *models_spreadsheet(names, results))


def trend(
    job: Annotated[
        list[str], typer.Argument(help="Two or more jobs, oldest first, by identifier or name.")
    ],
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    csv: CsvOption = None,
    overwrite: OverwriteOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare answers to one question on several versions of the data.

    It compares answers that this party received; nothing is asked, so it costs no privacy.

    Example: cleanroom job trend assets-june assets-july assets-august
    """
    from cleanroom.agent import asking, earlier
    from cleanroom.report import save
    from cleanroom.report.terminal import print_trend
    from cleanroom.report.trend import trend as beside

    spoken = report.language(language)
    save.check_file(csv, save.TABLE_ENDINGS, overwrite)
    with job_session(home, room, job[0]) as (signed, first):
        found = [first, *(identifier_of(signed, one) for one in job[1:])]
        results = [asking.read_result(signed, one) for one in found]
        earlier.check_one_question(signed, found)
    names = [str(one["name"]) for one in results]
    called = [
        name if names.count(name) == 1 else f"{name} {identity[:8]}"
        for name, identity in zip(names, found, strict=True)
    ]
    document = beside(list(zip(called, results, strict=True)))
    emit(document, as_json, lambda: print_trend(document, spoken))
    if csv is not None:
        save.save_table(document, csv)
