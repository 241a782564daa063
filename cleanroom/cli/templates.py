"""Say what can be asked: ``cleanroom job templates [NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.cli.common import JsonOption, LanguageOption, emit
from cleanroom.cli.later import print_line, report, screen

if TYPE_CHECKING:
    from cleanroom.report import Language

NameArgument = Annotated[str | None, typer.Argument(help="A template; by default all are listed.")]


def templates(
    name: NameArgument = None, as_json: JsonOption = False, language: LanguageOption = "en"
) -> None:
    """List what can be asked; with a name, its parameters and who learns what.

    Example: cleanroom job templates funnel
    """
    from cleanroom.queries.registry import template
    from cleanroom.queries.registry import templates as every

    spoken = report.language(language)
    if name is None:
        listed = [_line(one, spoken) for one in every()]
        emit(listed, as_json, lambda: _print_listed(listed))
        return
    found = template(name)
    document = {
        **_line(name, spoken),
        "parameters": [
            {
                "name": info.alias or field,
                "title": report.parameter_name(info.alias or field, spoken),
                "needed": info.is_required(),
            }
            for field, info in found.Parameters.model_fields.items()
        ],
        "leaks": [
            {column: report.leak(cell, spoken) for column, cell in one.told().items()}
            for one in found.leaks
        ],
    }
    emit(document, as_json, lambda: _print(document, spoken))


def _line(name: str, language: Language) -> dict[str, str]:
    title, asks = report.word(f"template.{name}", language), report.word(f"asks.{name}", language)
    return {"template": name, "title": title, "asks": asks}


def _print_listed(listed: list[dict[str, str]]) -> None:
    from rich.table import Table

    grid = Table(box=None, show_header=False, pad_edge=False)
    for one in listed:
        grid.add_row(one["template"], one["title"], one["asks"])
    screen.out.print(grid)


def _print(document: Mapping[str, Any], language: Language) -> None:
    from rich.table import Table

    from cleanroom.report.terminal import print_leaks

    print_line(f"{document['title']}: {document['asks']}")
    grid = Table(box=None, show_header=False, pad_edge=False)
    for one in document["parameters"]:
        grid.add_row(one["name"] + (" *" if one["needed"] else ""), one["title"])
    screen.out.print(grid)
    print_leaks(document["leaks"], language)
