"""Show an answer where it was asked: as numbers, as a frame, as a sentence, a table and a picture.

Labels are a stranger's data: on a page they are escaped, in a sentence made inert.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, Self

from cleanroom.errors import InvalidInput
from cleanroom.queries.spend.plan import ELASTICITY, plan_spending
from cleanroom.report import Language, language, word
from cleanroom.report.html import Shown, result_figures, result_tables
from cleanroom.report.preview import preview_facts, preview_notes
from cleanroom.report.save import PICTURE_ENDINGS, check_file, save_svg
from cleanroom.report.sentences import is_rehearsal, notes, sentence
from cleanroom.report.sinks import save_to
from cleanroom.report.spending import spend_notes, spend_sentence
from cleanroom.words.table import columns, tables
from cleanroom.workbench.frames import LIBRARIES, as_frame, at_hand


class Fields(Mapping[str, Any]):
    """Read the fields of a document as attributes or by their names."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return _typed(self._fields[name])

    def __getattr__(self, name: str) -> Any:
        if name in self._fields:
            return self[name]
        raise AttributeError(f"There is no {name}; there are: {', '.join(self._fields)}.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._fields)!r})"


class Preview(Fields):
    """Hold what a question would cost and show; a notebook shows it as lines or as a table."""

    def __repr__(self) -> str:
        lines = [f"{name}: {text}" for name, text in preview_facts(self._fields, "en")]
        return "\n".join([*lines, *preview_notes(self._fields, "en")])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in preview_facts(self._fields, "en")
        )
        notes = (f"<p>{escape(line)}</p>" for line in preview_notes(self._fields, "en"))
        return "".join([f"<table>{rows}</table>", *notes])


def _typed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Fields(value)
    return tuple(map(_typed, value)) if isinstance(value, list) else value


class Picture:
    """Hold a drawing, which a notebook shows by itself."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: Path | str, overwrite: bool = False) -> None:
        """Write it to a file that ends with .svg or .png.

        Raises ``InvalidInput`` for another, and for what is there already, unless ``overwrite``.
        """
        check_file(Path(path), PICTURE_ENDINGS, overwrite)
        save_svg(self.svg, Path(path))

    def _repr_svg_(self) -> str:
        return self.svg


class Answer(Fields):
    """Hold what a question released: ``total``, ``groups``, ``privacy`` and what its template adds.

    ``dict(answer)`` and ``answer.document`` give it plain.
    """

    def __init__(self, document: Mapping[str, Any], kind: str, spoken: Language = "en") -> None:
        super().__init__(document)
        self.document = dict(document)
        self._kind = kind
        self._language = spoken

    @classmethod
    def read(cls, file: Path | str, kind: str | None = None) -> Self:
        """Read an answer that ``job result --json`` or the console wrote to a file.

        ``kind`` is what its frames are: pandas, polars, duckdb or pyarrow; left out, the first of
        these that the program works with.  Raises ``InvalidInput`` if the file is not an answer.
        """
        try:
            found = json.loads(Path(file).read_bytes())
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {"template", "name", "privacy"} <= found.keys():
            raise InvalidInput(
                "This file is not an answer.",
                file=str(file),
                remedy="Write one with: cleanroom job result JOB --json > answer.json",
            )
        return cls(found, kind or at_hand())

    def in_language(self, code: str) -> Self:
        """Return the same answer that speaks ``en`` or ``zh``."""
        return type(self)(self.document, self._kind, language(code))

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        return sentence(self.document, self._language)

    def frames(self) -> tuple[str, ...]:
        """Return the names of the tables that ``frame`` gives."""
        return tuple(table.name for table in tables(self.document))

    def frame(self, name: str | None = None, kind: str | None = None) -> Any:
        """Return the groups, or another table, as a frame of the caller's library.

        Columns are the keys, the numbers, and beside a number with an interval its ``_low`` and
        ``_high``; of a bound the ends alone, for it is not a value.  What sums groups up is in
        ``total`` and ``other`` and in no row.  ``kind`` is pandas, polars, duckdb or pyarrow.
        Raises ``InvalidInput`` for another name or kind.
        """
        kind = kind or self._kind
        if kind not in LIBRARIES:
            raise InvalidInput(f"There is no frame {kind}; there are: {', '.join(LIBRARIES)}.")
        found = {table.name: table for table in tables(self.document)}
        if not found and name is None:
            return as_frame({}, kind)
        wanted = name or next(iter(found))
        if wanted not in found:
            listed = ", ".join(found) or "none"
            raise InvalidInput(f"The answer has no table {wanted}; it has: {listed}.")
        return as_frame(columns(found[wanted]), kind)

    def plot(self) -> Picture:
        """Return the answer as a picture, with its intervals."""
        from cleanroom.report.charts import picture  # noqa: PLC0415 (slow to import)

        return Picture(picture(self.document, self._language))

    def save(self, to: Path | str, table: str | None = None, overwrite: bool = False) -> None:
        """Write the table to a file, an object store or a database, as ``job result --to`` does.

        ``to`` ends with .csv or .parquet, or is ``duckdb:FILE``, ``sqlite:FILE`` or the address of
        a database, where it becomes ``table``.  Raises ``InvalidInput`` for what is there already,
        unless ``overwrite``, and for what cannot be written.
        """
        save_to(self.document, str(to), table, overwrite)

    def plan(
        self,
        costs: Mapping[str, float],
        budget: float | None = None,
        elasticity: float = ELASTICITY,
    ) -> Spending:
        """Plan what to spend on campaigns, from an answer of reach_frequency or attribution.

        ``costs`` is what each campaign cost, ``budget`` the money to split (what was spent, unless
        told otherwise), ``elasticity`` how conversions grow with the money.  Nothing is asked.
        Raises ``InvalidInput`` for an answer, or costs, from which no plan follows.
        """
        found = plan_spending(self.document, dict(costs), budget, elasticity)
        return Spending(found.document, self._kind, self._language)

    def _notes(self) -> list[str]:
        return notes(self.document, self._language)

    def explain(self) -> str:
        """Return in words what must be known of the numbers: noise, thresholds, cost."""
        return "\n".join([self.sentence, *self._notes()])

    def __repr__(self) -> str:
        return f"<Answer {self.document.get('name', '')}: {self.sentence}>"

    def _repr_html_(self) -> str:
        spoken = self._language
        head = word("rehearsal", spoken) if is_rehearsal(self.document) else ""
        figures = "".join(
            f"<tr><th>{escape(heading.title)}</th><td>{escape(number.text)}</td>"
            f"<td>{escape(number.interval)}</td></tr>"
            for heading, number in result_figures(self.document, spoken)
        )
        return "".join(
            [
                f"<p><small>{escape(head)}</small></p>" if head else "",
                f"<p><strong>{escape(self.sentence)}</strong></p>",
                self.plot().svg,
                *(_html(shown) for shown in result_tables(self.document, spoken)),
                f"<table>{figures}</table>" if figures else "",
                *(f"<p><small>{escape(line)}</small></p>" for line in self._notes()),
            ]
        )


class Spending(Answer):
    """Hold a plan of spending: what its numbers say, and what they cannot."""

    @property
    def sentence(self) -> str:
        """Return the plan in one sentence."""
        return spend_sentence(self.document, self._language)

    def plot(self) -> Picture:
        """Return the plan as a picture, with its ranges."""
        from cleanroom.report.charts import spend_picture  # noqa: PLC0415 (slow to import)

        return Picture(spend_picture(self.document, self._language))

    def _notes(self) -> list[str]:
        return spend_notes(self.document, self._language)


def _html(shown: Shown) -> str:
    heads = [*shown.keys, *(f"{one.title} ({one.unit})" for one in shown.columns)]
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    rows = "".join(
        "<tr>"
        + "".join(f"<th>{escape(label)}</th>" for label in row.labels)
        + "".join(
            f"<td>{escape(one.text)} <small>{escape(one.interval)}</small></td>"
            for one in row.numbers
        )
        + "</tr>"
        for row in shown.rows
    )
    caption = f"<caption>{escape(shown.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
