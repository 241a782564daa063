"""Show what a file holds, to its owner, in the owner's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cleanroom.ingest import Concern, LabelCount, Report
from cleanroom.report import LANGUAGES, Language, word
from cleanroom.report.dataset_words import REASONS
from cleanroom.report.encryption import said_why

REASONS_SHOWN = 10
"""Most reasons that are shown, the most frequent first; the JSON document has all."""

VALUES_SHOWN = 20
"""Most values of a label that are shown, the most frequent first; the JSON document has all."""

VALUES_IN_LINE = 6
"""Most values of a column that is not read, or that leave rows out, that are shown in one line."""

COLUMNS_SHOWN = 30
"""Most columns that are not read that are shown, those with few values first."""


def reason(text: str, language: Language) -> str:
    """Return the reason of a fault in a language; one without a translation stays English."""
    if language == "zh":
        for pattern, chinese in REASONS.items():
            found = re.fullmatch(pattern, text, re.DOTALL)
            if found is not None:
                return chinese.format(*found.groups())
    return text


def concern(found: Concern, unit: str, language: Language) -> str:
    """Return a concern as a sentence."""
    key = f"kind.{found.declared}"
    known = found.declared in ("label", "measure")
    places = [word(f"dataset.{unit}", language, place=place) for place in found.places]
    return word(
        f"concern.{found.kind}",
        language,
        column=found.column,
        rows=found.rows,
        of=found.of,
        share=f"{found.rows / max(found.of, 1):.1%}",
        declared=word(key, language) if known else found.declared,
        seen=word(f"kind.{found.seen}", language) if found.seen else "",
        place=places[0] if places else "",
        other=places[-1] if places else "",
        places=", ".join(places),
    )


def looked_at(report: Report) -> dict[str, list[dict[str, Any]]]:
    """Return why rows or the file are refused, and every concern, each in both languages.

    ``refusals``, ``faults`` and ``concerns`` hold, most frequent first, plain values: ``en`` and
    ``zh`` (a sentence), ``rows``, ``places`` (of the first ones, in the report's ``unit``), and of
    a concern its ``kind`` and ``column``, of a fault its masked ``sample``.  No cell is in it.
    """
    return {
        **{
            name: [
                {
                    **{spoken: reason(one.reason, spoken) for spoken in LANGUAGES},
                    "rows": one.rows,
                    "places": list(one.examples),
                    "sample": one.sample,
                }
                for one in faults
            ]
            for name, faults in (("refusals", report.refusals), ("faults", report.faults))
        },
        "concerns": [
            {
                **{spoken: concern(one, report.unit, spoken) for spoken in LANGUAGES},
                "kind": one.kind,
                "column": one.column,
                "rows": one.rows,
                "places": list(one.places),
            }
            for one in report.concerns
        ],
    }


def remarks(report: Report, language: Language) -> Iterator[str]:
    """Yield, a line each, why most unusable rows are so, duplicates, what is clamped, concerns."""
    for fault in report.faults[:REASONS_SHOWN]:
        said = reason(fault.reason, language)
        yield word(
            "dataset.remark", language, reason=said, rows=fault.rows, first=fault.examples[0]
        )
    again = report.duplicates
    if again is not None and again.rows:
        rule = word(f"dataset.again.{again.rule}", language)
        first = word(f"dataset.{report.unit}", language, place=again.first[-1])
        yield word("dataset.again", language, rows=again.rows, first=first, rule=rule)
    for column, count in report.clamped.items():
        if count:
            yield word("dataset.clamping", language, column=column, count=count)
    for left in report.left_out:
        yield word(
            "dataset.kept_out.line",
            language,
            rows=left.rows,
            column=left.column,
            values=_listed(left.values, left.rows, language) or "…",
        )
    yield from identified(report, language)
    yield from unread_line(report, language)
    for one in report.concerns:
        yield concern(one, report.unit, language)


def unread_line(report: Report, language: Language) -> Iterator[str]:
    """Yield the columns that are not read in one line, if there are any."""
    if report.unread:
        told = (f"{name} ({found})" if found else name for name, found in unread(report, language))
        yield word("dataset.unread.line", language, columns=", ".join(told))


def unread(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return the columns that are not read, and the most frequent values of each with shares."""
    told = sorted(report.unread, key=lambda one: not one.values)
    nameless = word("dataset.unread.nameless", language)
    said = [
        (
            one.column or nameless,
            _listed(one.values, sum(value.rows for value in one.values), language),
        )
        for one in told[:COLUMNS_SHOWN]
    ]
    more = len(told) - len(said)
    return said + [(word("dataset.unread.more", language, columns=more), "")] * bool(more)


def _listed(found: tuple[LabelCount, ...], of: int, language: Language) -> str:
    """Return some values with their shares, in one line."""
    empty = word("dataset.unread.empty", language)
    shares = [f"{one.value or empty} {one.rows / max(of, 1):.1%}" for one in found[:VALUES_IN_LINE]]
    return ", ".join([*shares, *(["…"] if len(found) > VALUES_IN_LINE else [])])


def identified(report: Report, language: Language) -> Iterator[str]:
    """Yield, kind by kind, what several identifiers made of the rows; nothing where there is one.

    Identifiers are masked.
    """
    for kind in report.identity.kinds if report.identity else ():
        yield word(
            "identity.kind", language, column=kind.column, rows=kind.rows, people=kind.people
        )
        for name in ("joined", "dropped"):
            found = getattr(kind, name)
            if found.count:
                places = [word(f"dataset.{report.unit}", language, place=at) for at in found.places]
                yield word(
                    f"identity.{name}",
                    language,
                    column=kind.column,
                    count=found.count,
                    sample=found.sample,
                    places=", ".join(places),
                )
        if kind.spare:
            yield word("identity.spare", language, column=kind.column, count=kind.spare)
        for fault in kind.faults[:REASONS_SHOWN]:
            yield word(
                "identity.unused",
                language,
                count=fault.rows,
                place=word(f"dataset.{report.unit}", language, place=fault.examples[0]),
                sample=fault.sample,
                reason=reason(fault.reason, language),
            )


def shown(report: Report, language: Language = "en") -> RenderableType:
    """Return a report as tables: counts, the most frequent reasons, what to look at."""
    summary = Table(title=Text(report.file), show_header=False)
    for name, value in counts(report, language):
        summary.add_row(Text(name), Text(value))
    parts: list[RenderableType] = [summary]
    if report.faults or report.refusals:
        table = Table(*heads(report, language))
        for cells in reasons(report, language):
            table.add_row(*map(Text, cells))
        parts.append(table)
    if report.identity:
        title = word("identity.title", language, rules=report.identity.rules)
        parts.append(Text(title, style="bold"))
        parts += [Text(f"- {line}") for line in identified(report, language)]
    for name, found in report.labels.items():
        if found:
            table = Table()
            table.add_column(Text(name))
            table.add_column(word("dataset.rows", language), justify="right")
            for cells in values(found, language):
                table.add_row(*map(Text, cells))
            parts.append(table)
    if report.unread:
        table = Table(*(word(f"dataset.{name}", language) for name in ("unread", "unread.values")))
        for cells in unread(report, language):
            table.add_row(*map(Text, cells))
        parts.append(table)
    if report.concerns:
        parts.append(Text(word("dataset.look", language), style="bold"))
        parts += [Text(f"- {concern(one, report.unit, language)}") for one in report.concerns]
    return Group(*parts)


def counts(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return what a file holds and what it costs, as names and texts."""
    found: list[tuple[str, str]] = []

    def add(key: str, value: str, **values: object) -> None:
        found.append((word(f"dataset.{key}", language, **values), value))

    for name in ("rows", "usable", "unusable", "people"):
        add(name, f"{getattr(report, name):,}")
    if report.times is not None:
        first, last = (
            one[:16].replace("T", " ") for one in (report.times.first, report.times.last)
        )
        add("times", f"{first} … {last} ({report.times.zone})")
    for name, total in report.totals.items():
        total_sum, least, greatest = (f"{Decimal(one):,f}" for one in astuple(total))
        add("total", f"{total_sum} ({least} … {greatest})", name=name)
    if report.duplicates is not None:
        rule = word(f"dataset.duplicates.{report.duplicates.rule}", language)
        add("duplicates", f"{report.duplicates.rows:,} ({rule})")
    for column, most in report.most_rows.items():
        told = ", ".join(f"{one.rows:,}" + f" ({one.value})" * bool(one.value) for one in most)
        add("most_rows_of" if report.identity else "most_rows", told, name=column)
    for left in report.left_out:
        shown_values = _listed(left.values, left.rows, language)
        add(
            "kept_out",
            f"{left.rows:,}" + f" ({shown_values})" * bool(shown_values),
            name=left.column,
        )
    for column, count in report.clamped.items():
        add("clamped", f"{count:,}", name=column)
    for column, count in report.domains.items():
        found_here = len(report.labels[column])
        declared = word("dataset.values.found", language, count=found_here)
        add("values", f"{count:,}" + declared * (found_here != count), name=column)
    for name in ("upload", "align_dh", "align_ot"):
        load = getattr(report.cost, name)
        each = {"megabytes": load.bytes / 1e6, "seconds": load.seconds}
        add(name, word("dataset.load" if load.seconds >= 0.1 else "dataset.soon", language, **each))
    if report.cost.encryption is not None:
        add("encryption", said_why(report.cost.encryption, report.cost.why, language))
    if (load := report.cost.question) is not None:
        each = {"megabytes": load.bytes / 1e6, "seconds": load.seconds}
        add("question", word("dataset.lattice", language, **each))
    return found


def heads(report: Report, language: Language) -> tuple[str, ...]:
    """Return the heads of the table of reasons."""
    names = ("effect", "reason", "rows", f"first.{report.unit}", "sample")
    return tuple(word(f"dataset.{name}", language) for name in names)


def reasons(report: Report, language: Language) -> list[tuple[str, ...]]:
    """Return why rows, or the file, are not taken: cells under ``heads``, the most frequent first.

    The sample is a masked cell.
    """
    found: list[tuple[str, ...]] = []
    left_out = report.faults[:REASONS_SHOWN]
    for effect, faults in (("refused", report.refusals), ("left_out", left_out)):
        for fault in faults:
            cells = (
                word(f"dataset.{effect}", language),
                reason(fault.reason, language),
                f"{fault.rows:,}",
                ", ".join(map(str, fault.examples)),
                fault.sample or "",
            )
            found.append(cells)
    more = len(report.faults) - len(left_out)
    if more:
        found.append(("", word("dataset.more", language, reasons=more), "", "", ""))
    return found


def values(found: tuple[LabelCount, ...], language: Language) -> list[tuple[str, str]]:
    """Return the values of a label with their rows, the most frequent first."""
    told = [(one.value, f"{one.rows:,}") for one in found[:VALUES_SHOWN]]
    rest = found[VALUES_SHOWN:]
    if rest:
        more = word("dataset.more_values", language, values=len(rest))
        told.append((more, f"{sum(one.rows for one in rest):,}"))
    return told
