"""Write residues as bytes, and refuse bytes that are none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.errors import InvalidMessageError
from protocols.lattice.ring import U32
from protocols.limits import LATTICE_DEGREE, LATTICE_PRIMES

U8 = npt.NDArray[np.uint8]

PRIMES = len(LATTICE_PRIMES)
RESIDUE_BYTES = 4 * PRIMES
POLYNOMIAL_BYTES = RESIDUE_BYTES * LATTICE_DEGREE

_BOUNDS = np.array(LATTICE_PRIMES, dtype=np.uint32)


def read_residues(rows: U8, name: str) -> U32:
    """Read rows of whole residues, uint8 (count, 20 m), as uint32 (count, 5, m), prime by prime.

    Raises:
        InvalidMessageError: naming the first row with a residue that is not below its prime, as
            "``name`` row: ...", or if rows are of another width.
    """
    if rows.ndim != 2 or rows.dtype != np.uint8 or rows.shape[1] % RESIDUE_BYTES:
        raise InvalidMessageError(f"a {name} is not of whole residues")
    residues = np.ascontiguousarray(rows).view("<u4").reshape(len(rows), PRIMES, -1)
    bad = np.flatnonzero((residues >= _BOUNDS[:, None]).any(axis=(1, 2)))
    if len(bad):
        raise InvalidMessageError(f"{name} {bad[0]}: a residue is not below its prime")
    return residues


def write_residues(residues: U32) -> U8:
    """Write (count, 5, m) residues as uint8 (count, 20 m), what ``read_residues`` reads."""
    little = np.ascontiguousarray(residues, dtype="<u4")
    return little.view(np.uint8).reshape(len(residues), -1)
