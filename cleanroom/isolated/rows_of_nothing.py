"""Mark the rows of a CSV file in which nothing stands: spreadsheets leave them below the last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLANK = "\1"
"""The name of the column of marks, behind all that are asked for."""


def with_empty(batch: pa.RecordBatch, columns: Sequence[pa.Array]) -> pa.RecordBatch:
    """Return a batch that says behind its columns in which rows all cells of ``columns`` are blank.

    These are all that are looked at; the first one, of identifiers, rules most rows out.  Without
    any, return the batch as it is.
    """
    if not columns:
        return batch
    rows = np.arange(batch.num_rows)
    for column in columns:
        if len(rows):
            cells = column if len(rows) == len(column) else column.take(pa.array(rows))
            blank = pc.fill_null(pc.match_substring_regex(cells, r"^\s*$"), True)
            rows = rows[blank.to_numpy(zero_copy_only=False)]
    marks = np.zeros(batch.num_rows, dtype=np.bool_)
    marks[rows] = True
    return batch.append_column(BLANK, pa.array(marks))
