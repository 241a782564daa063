"""Let columns of stages have the stages' own domain, whatever values occur."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cleanroom.ingest import Table
from cleanroom.ingest.seen import UNKNOWN_LABEL
from cleanroom.ingest.table import LabelColumn as LabelCodes
from cleanroom.queries.stages import OPPORTUNITY, ladder_of


def with_stages(table: Table) -> Table:
    """Return a table in whose columns of stages an empty cell is the stage none.

    Whether a column holds stages is public, so one empty cell must not change it.
    """
    labels = {
        name: _stages_of(label) if _of_stages(label.domain) else label
        for name, label in table.labels.items()
    }
    return replace(table, labels=labels)


def _of_stages(domain: tuple[str, ...]) -> bool:
    named = set(domain) - {UNKNOWN_LABEL}
    return bool(named) and named <= set(OPPORTUNITY)


def _stages_of(label: LabelCodes) -> LabelCodes:
    stages = ladder_of(label.domain)
    place = [stages.index(value) if value in stages else 0 for value in label.domain]
    return LabelCodes(np.array(place, dtype=np.int32)[label.codes], stages)


def domain_of(domain: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return a column's domain, and whether its pseudonyms are shared.

    A column of stages is shared: both sides know its values, and a map over pairs of them
    has to be written by either.
    """
    return (ladder_of(domain), True) if _of_stages(domain) else (domain, False)
