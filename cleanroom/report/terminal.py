"""Print previews and results for people: a sentence, tables, and what to know of the numbers.

Labels and names are a stranger's data: they pass ``inert`` and are never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich import box
from rich.console import JustifyMethod
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.report import Language, leak, said, shorten, word
from cleanroom.report.consent import Part
from cleanroom.report.models import CONVERSIONS, models_notes, models_sentence, models_table
from cleanroom.report.preview import LABEL_COLUMNS, preview_facts, preview_notes
from cleanroom.report.screen import Screen, out
from cleanroom.report.sentences import is_rehearsal, notes, sentence
from cleanroom.report.spending import spend_notes, spend_sentence
from cleanroom.report.trend import trend_notes, trend_sentence
from cleanroom.words.fields import field
from cleanroom.words.fields import text as own_text
from cleanroom.words.table import Cell, Table, figures, tables
from cleanroom.words.tell import in_short

NAME_COLUMNS = 28
"""Width of what a line of consent is about."""


def print_result(result: Mapping[str, Any], language: Language = "en") -> None:
    """Print a result as one sentence, its tables, its other figures and what was left out."""
    if is_rehearsal(result):
        out.print(Text(word("rehearsal", language), style="reverse"))
    out.print(Text(sentence(result, language), style="bold"))
    title = shorten(str(result.get("name", "")), LABEL_COLUMNS)
    for table in tables(result):
        heading = title if table.name == "groups" else field(table.name, language)
        for part in _fitting(table, heading, language):
            out.print(part)
    rest = figures(result)
    if rest:
        out.print(_figures(rest, language))
    for line in notes(result, language):
        out.print(Text(line, style="dim"))


def print_models(
    names: Sequence[str], results: Sequence[Mapping[str, Any]], language: Language = "en"
) -> None:
    """Print what several models make of the same conversions: a sentence, a table, notes."""
    if any(map(is_rehearsal, results)):
        out.print(Text(word("rehearsal", language), style="reverse"))
    out.print(Text(models_sentence(names, results, language), style="bold"))
    table = models_table(names, results)
    grid = Grid(title=Text(word("models.title", language)), title_justify="left",
                box=box.SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    for key in table.keys:
        grid.add_column(Text(_label(key, language)), overflow="fold")
    for name in table.columns:
        grid.add_column(Text(name), justify="right", overflow="fold")
    for labels, row in table.rows:
        texts = [Text(_label(label, language)) for label in labels]
        for cell in row:
            value = Text(value_text(CONVERSIONS, cell, language))
            spread = interval_text(cell, language)
            texts.append(value.append(f"\n{spread}" if spread else "", style="dim"))
        grid.add_row(*texts)
    out.print(grid)
    for line in models_notes(names, results, language):
        out.print(Text(line, style="dim"))


def print_spend(plan: Mapping[str, Any], language: Language = "en") -> None:
    """Print a plan of spending: a sentence, a table, and what its numbers cannot say."""
    said_first, told = spend_sentence(plan, language), spend_notes(plan, language)
    _print_laid_out(plan, said_first, "spend.title", told, language)


def print_trend(found: Mapping[str, Any], language: Language = "en") -> None:
    """Print answers beside each other: a sentence, tables, and what to know of the changes."""
    said_first, told = trend_sentence(found, language), trend_notes(found, language)
    _print_laid_out(found, said_first, "trend.title", told, language)


def _print_laid_out(
    document: Mapping[str, Any], first: str, title: str, told: Sequence[str], language: Language
) -> None:
    """Print what is laid out like a result and is none."""
    if is_rehearsal(document):
        out.print(Text(word("rehearsal", language), style="reverse"))
    out.print(Text(first, style="bold"))
    for table in tables(document):
        heading = word(title, language) if table.name == "groups" else field(table.name, language)
        for part in _fitting(table, heading, language):
            out.print(part)
    for line in told:
        out.print(Text(line, style="dim"))


def _fitting(table: Table, title: str, language: Language) -> Iterator[Grid]:
    """Yield a table with intervals beside their numbers if the terminal has room, else under them.

    One that is too wide for it still has less space between its columns, or goes on below itself.
    """
    grid = _grid(table, title, language, beside=True)
    if _wide(grid) > out.width:
        grid = _grid(table, title, language, beside=False)
        grid.collapse_padding = _wide(grid) > out.width
    shown = [at for at in range(len(table.columns)) if _tells(table, at)]
    if _wide(grid) <= out.width or len(shown) < 2:
        yield grid
        return
    half = (len(shown) + 1) // 2
    for some in (shown[:half], shown[half:]):
        lines = ((labels, tuple(cells[at] for at in some)) for labels, cells in table.rows)
        rows = tuple(line for line in lines if any(cell != Cell(None) for cell in line[1]))
        part = replace(table, columns=tuple(table.columns[at] for at in some), rows=rows)
        yield from _fitting(part, title if some[0] == shown[0] else "", language)


def _wide(grid: Grid) -> int:
    return out.measure(grid, options=out.options.update(max_width=10_000)).maximum


def _grid(table: Table, title: str, language: Language, beside: bool) -> Grid:
    grid = Grid(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in table.keys:
        own = said(name, language) if "." not in name else shorten(name, LABEL_COLUMNS)
        grid.add_column(Text(own), overflow="fold")
    shown = [at for at in range(len(table.columns)) if _tells(table, at)]
    for at in shown:
        side: JustifyMethod = "left" if isinstance(table.rows[0][1][at].value, str) else "right"
        grid.add_column(Text(field(table.columns[at], language)), justify=side, overflow="fold")
        if beside and _spread(table, at):
            grid.add_column(Text(word("interval95", language)), justify="right", style="dim")
    alone = table.name == "groups" and not table.keys  # the one group is the total
    for labels, row in table.rows[-1:] if alone else table.rows:
        texts = [Text(_label(label, language)) for label in labels]
        for at in shown:
            texts += _number(table, at, row[at], language, beside)
        grid.add_row(*texts)
    return grid


def _number(table: Table, at: int, cell: Cell, language: Language, beside: bool) -> list[Text]:
    name = table.columns[at]
    value, spread = value_text(name, cell, language), interval_text(cell, language)
    if beside:
        return [Text(value), *([Text(spread)] if _spread(table, at) else [])]
    return [Text(value).append(f"\n{spread}" if spread else "", style="dim")]


def _spread(table: Table, at: int) -> bool:
    return any(row[at].interval for _, row in table.rows)


def _tells(table: Table, at: int) -> bool:
    """Tell whether a column says anything: one of nothing, or of nothing but ``no``, does not."""
    cells = [row[at] for _, row in table.rows]
    return any(cell.bounds or cell.value not in (None, False) for cell in cells)


def _figures(found: Mapping[str, Cell], language: Language) -> Grid:
    grid = Grid(show_header=False, box=box.SIMPLE, pad_edge=False)
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_column(style="dim")
    for name, cell in found.items():
        texts = (value_text(name, cell, language), interval_text(cell, language))
        grid.add_row(*map(Text, (field(name, language), *texts)))
    return grid


def value_text(name: str, cell: Cell, language: Language) -> str:
    """Return a cell's value in words: nothing for None, yes or no for a bool."""
    if cell.value is None and cell.bounds is None:
        return ""
    if isinstance(cell.value, bool):
        return word("yes" if cell.value else "no", language)
    if isinstance(cell.value, str):
        return own_text(name, _label(cell.value, language), language)
    return in_short(cell.estimate, language)[0]


def interval_text(cell: Cell, language: Language) -> str:
    """Return a cell's 95 % interval in words, nothing if it has none."""
    return in_short(cell.estimate, language)[1]


def _label(text: str, language: Language) -> str:
    """Return a label; the ones that the product itself gives are translated."""
    return said(text, language) if text in OWN_LABELS else shorten(text, LABEL_COLUMNS)


OWN_LABELS = frozenset(
    [
        "other",
        "total",
        "overlap",
        "brand_only",
        "platform_only",
        "stage",
        "side",
        "from",
        "to",
        "frequency",
        "step",
        "movement",
        "start",
        "asked",
        "attributed",
        "unattributed",
    ]
)


def print_preview(preview: Mapping[str, Any], language: Language = "en", to: Screen = out) -> None:
    """Print what a question would cost and show."""
    grid = Grid(title=Text(word("preview.title", language)), show_header=False)
    for line in preview_facts(preview, language):
        grid.add_row(*map(Text, line))
    to.print(grid)
    for told in preview_notes(preview, language):
        to.print(told)
    print_leaks(preview["leaks"], language, to)


def print_leaks(
    leaks: Sequence[Mapping[str, str]], language: Language = "en", to: Screen = out
) -> None:
    """Print who learns what of a question."""
    header = [word(f"{key}", language) for key in ("preview.what", *LEARNERS)]
    table = Grid(*header, title=Text(word("preview.leaks", language)))
    for one in leaks:
        table.add_row(*(leak(str(one[key]), language) for key in ("what", *LEARNERS)))
    to.print(table)


def print_parts(parts: Sequence[Part], to: Screen = out) -> None:
    """Print what somebody consents to, part by part."""
    for part in parts:
        grid = Grid(title=part.title, title_justify="left", show_header=False, box=box.SIMPLE)
        grid.add_column(overflow="fold", max_width=NAME_COLUMNS)
        grid.add_column(overflow="fold")
        for line in part.lines:
            grid.add_row(line.name, Text(line.text, style="bold red" if line.alarm else ""))
        to.print(grid)


LEARNERS = ("brand", "platform", "mediator")
