"""Know which usable rows a table keeps, and where the rows of one person contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.collected import Collected
from cleanroom.ingest.concerns.merged import Contradictions
from cleanroom.ingest.identified import Identified
from cleanroom.ingest.labels import BucketBuilder, LabelBuilder
from cleanroom.ingest.people import Integers
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.spec import DatasetSpec


class Rows:
    """Know which usable rows a table keeps: all events, or the first row of each person."""

    def __init__(self, spec: DatasetSpec, identified: Identified, index: Integers) -> None:
        self.spec = spec
        self.identified = identified
        self.people = people = identified.people
        self.index = index
        self.single = spec.kind == "audience"
        self.first = people.first_rows()
        further = np.full(len(people.person), self.single)
        further[self.first] = False
        self.again: Integers = np.flatnonzero(further)
        """The rows of an audience that are not their person's first."""
        self.kept = self.first if self.single else np.arange(len(people.person), dtype=np.int64)
        persons = people.person[self.again]
        self.merged = Contradictions(self.again, self.first[persons], persons)

    def contradictions(
        self, read: Collected, builders: Mapping[str, LabelBuilder | BucketBuilder]
    ) -> Iterator[tuple[Concern, int]]:
        """Yield each column in which the rows of one person differ, with a row of the file."""
        for (kind, name), batches in read.fields.items() if len(self.again) else ():
            if kind == "measure" and self.spec.duplicates == "sum":
                continue
            values = np.concatenate(batches)
            column = column_of(self.spec, kind, name)
            text = _text_of(self.spec, kind, name, builders)
            for one, row in self.merged.compare(column, values, text):
                if self.spec.duplicates != "reject":
                    yield one, int(self.index[row])


def column_of(spec: DatasetSpec, kind: str, name: str) -> str:
    """Return the column of a field; a label that is cut from numbers goes by its own name."""
    if kind == "measure":
        return spec.measures[name].column
    found = {"time": spec.time, "action": spec.action}.get(kind)
    return found.column if found else name


def _text_of(
    spec: DatasetSpec,
    kind: str,
    name: str,
    builders: Mapping[str, LabelBuilder | BucketBuilder],
) -> Callable[[int], str]:
    """Return the function from the integers of a field to what stands there."""
    if kind == "label":
        return builders[name].text
    if kind == "measure":
        decimals = spec.measures[name].decimals
        return lambda value: f"{Decimal(value).scaleb(-decimals):f}"
    if kind == "time":
        return lambda value: str(np.datetime64(value, "us"))
    actions = (spec.action.view, spec.action.click) if spec.action else ()
    return lambda value: actions[value]
