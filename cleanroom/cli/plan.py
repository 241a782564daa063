"""Plan what to spend: ``cleanroom plan JOB --cost NAME=MONEY``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cleanroom import report
from cleanroom.agent import asking
from cleanroom.cli.about import JobArgument, job_session
from cleanroom.cli.common import (
    HomeOption,
    JsonOption,
    LanguageOption,
    OverwriteOption,
    RoomOption,
    emit,
)
from cleanroom.errors import InvalidInput
from cleanroom.queries.spend.plan import ELASTICITY, plan_spending
from cleanroom.report.save import (
    PICTURE_ENDINGS,
    TABLE_ENDINGS,
    check_file,
    save_spend,
    save_table,
)
from cleanroom.report.terminal import print_spend

CostOption = Annotated[
    list[str] | None,
    typer.Option("--cost", help="What a campaign cost, as NAME=MONEY; once per campaign."),
]
BudgetOption = Annotated[
    float | None, typer.Option(help="Money to split; by default what was spent.")
]
ElasticityOption = Annotated[
    float, typer.Option(help="How conversions grow with spending, 0.01 to 1.")
]
PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw it to FILE.svg or FILE.png.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write its table to FILE.csv.")]


def plan(
    job: JobArgument,
    cost: CostOption = None,
    budget: BudgetOption = None,
    elasticity: ElasticityOption = ELASTICITY,
    plot: PlotOption = None,
    csv: CsvOption = None,
    overwrite: OverwriteOption = False,
    room: RoomOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Plan what to spend on campaigns, from an answer.

    The answer is one of reach_frequency or attribution that this party received. Nothing is
    asked, so it costs no privacy.

    Example: cleanroom plan reach --cost Feed=1200 --cost Search=800 --budget 2500
    """
    spoken = report.language(language)
    check_file(plot, PICTURE_ENDINGS, overwrite)
    check_file(csv, TABLE_ENDINGS, overwrite)
    costs = read_costs(cost or ())
    with job_session(home, room, job) as (found, identity):
        result = asking.read_result(found, identity)
    document = plan_spending(result, costs, budget, elasticity).document
    emit(document, as_json, lambda: print_spend(document, spoken))
    if plot is not None:
        save_spend(document, plot, spoken)
    if csv is not None:
        save_table(document, csv)


def read_costs(texts: Sequence[str]) -> dict[str, float]:
    """Return costs by campaign; raise ``InvalidInput`` for a text that is not NAME=MONEY."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, money = text.rpartition("=")
        try:
            amount = float(money)
        except ValueError:
            amount = math.nan
        if not (equals and name) or math.isnan(amount):
            raise InvalidInput(f"'{text}' is not a cost.", remedy="Write it like --cost Feed=1200.")
        if name in found:
            raise InvalidInput(f"--cost names {name} twice.")
        found[name] = amount
    return found
