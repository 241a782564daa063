"""Read a file of unknown origin in a process of its own, which a bad file may crash.

This package runs with ``python -m`` and imports nothing of the project, so that it starts fast and
holds nothing worth stealing.  No text of the file is ever repeated in an error.

A *record* is a row of the file; in CSV the header is record 1 and blank lines are none, in
Parquet the first row is record 1.
"""

from __future__ import annotations

REFUSED = 3
"""Exit code after an orderly refusal; any other but 0 means that the file broke the reader."""


def record_of(index: int, skipped: list[int]) -> int:
    """Return the record of the index-th row (from 0) that was not skipped."""
    record = index + 2
    for other in sorted(skipped):
        if other > record:
            break
        record += 1
    return record
