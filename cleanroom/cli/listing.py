"""Make the tables of rooms, datasets and jobs."""

from __future__ import annotations

from rich import box
from rich.table import Column, Table

IDENTIFIER_LENGTH = 32
"""Characters of the identifier of a room, a dataset or a job."""


def listing(*names: str) -> Table:
    """Return an empty table that ends with identifiers: nothing is cut, so they can be copied.

    One space between columns: with two, 80 characters do not hold a list of datasets.
    """
    columns = [Column(name, overflow="fold") for name in names]
    identifier = Column("identifier", no_wrap=True, min_width=IDENTIFIER_LENGTH)
    return Table(*columns, identifier, box=box.SIMPLE_HEAD, padding=0)
