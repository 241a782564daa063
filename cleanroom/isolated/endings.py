"""Notice a file that was probably cut off: what is missing then is nowhere counted.

Most programs end the last line like every other, some do not, so that the missing line end says
nothing by itself.  A file that was cut at the end of a line cannot be told from a whole one here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ROUND = 1000, 1024
"""Bytes of which many are one part of a transfer."""

_FIRST, _LAST = 1 << 16, 8
"""Bytes that are looked at, of a file's beginning and of its end."""

_LEAST, _MANY = 20, 200
"""Cells that say how a column's cells end, and how short they are."""

_DECIMALS = re.compile(rb"[+-]?[0-9]+\.([0-9]+)")


_MARK = b"\x1a"
"""Ctrl-Z, which programs for DOS write at the end of a file."""


def is_marked(path: str) -> bool:
    """Tell whether a file ends with Ctrl-Z, as a line of its own or behind the last cell."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(-min(_LAST, os.fstat(file.fileno()).st_size), os.SEEK_END)
        return file.read().rstrip(b"\r\n").endswith(_MARK)


def is_doubled(path: str) -> bool:
    """Tell whether lines end with two carriage returns and a line feed."""
    with open(path, "rb") as file:  # noqa: PTH123
        return b"\r\r\n" in file.read(_FIRST)


def is_cut(path: str, column: pa.Array | None, narrow: bool) -> bool:
    """Tell whether a file ends within its last line, rather than without a line end.

    ``column`` has the last cells of the last column, as bytes, where there are any; ``narrow``
    says that the last line has fewer fields than the header.
    """
    size = Path(path).stat().st_size
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(-1, os.SEEK_END)
        if file.read() in b"\r\n":
            return False
    whole = any(size % part == 0 for part in _ROUND)
    return narrow or whole or (column is not None and len(column) > 1 and _is_short(column))


def _is_short(column: pa.Array) -> bool:
    """Tell whether the last cell lacks something that all others have, or begins another one."""
    cells = pc.fill_null(column, b"")
    last, others = cells[-1].as_py(), cells[:-1]
    lengths = pc.binary_length(others).to_numpy()
    least = int(lengths.min())
    enough = _LEAST if not last or not np.ptp(lengths) else _MANY
    if len(others) >= enough and len(last) < least:
        return True
    counted = {one["values"]: one["counts"] for one in pc.value_counts(others).to_pylist()}
    return last not in counted and (_lacks_decimals(last, list(counted)) or _begins(last, counted))


def _lacks_decimals(last: bytes, others: list[bytes]) -> bool:
    found = [_DECIMALS.fullmatch(one) for one in others]
    usual = {len(one[1]) for one in found if one}
    own = _DECIMALS.fullmatch(last)
    return (
        len(found) >= _LEAST
        and all(found)
        and len(usual) == 1
        and max(usual) > (len(own[1]) if own else 0)
    )


def _begins(last: bytes, counted: dict[bytes, int]) -> bool:
    """Tell whether a cell is the beginning of the few others that the column has, if not of all."""
    usual = [one for one, rows in counted.items() if rows > 1]
    few = sum(counted.values()) >= _LEAST and len(usual) == len(counted) <= _LEAST
    return few and any(one.startswith(last) for one in usual)
