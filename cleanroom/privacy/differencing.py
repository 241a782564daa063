"""Compare two versions of a dataset, for the eyes of its owner.

The ledger is the guarantee where versions differ by a few people; what this finds out is exactly
what nobody else may learn, so it stays on the owner's machine.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.errors import InvalidInput

DIGEST_BYTES = 16

_SLICE = 1 << 16


def overlap_difference(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> int:
    """Return how many people are in one of two versions and not in the other.

    Both are person digests, strictly ascending: uint64 of shape (n,), or uint8 of shape (n, 16)
    in the order of their bytes.  Extra memory is that of a slice, whatever the size.

    Raises:
        InvalidInput: for another type or shape, or rows out of order or repeated.
    """
    left, right = _keys(a), _keys(b)
    if left.dtype != right.dtype:
        raise InvalidInput("the two versions must have digests of one kind")
    if len(left) > len(right):
        left, right = right, left
    return len(left) + len(right) - 2 * _common(left, right)


def _common(few: npt.NDArray[Any], many: npt.NDArray[Any]) -> int:
    if not len(many):
        return 0
    found = 0
    for start in range(0, len(few), _SLICE):
        part = few[start : start + _SLICE]
        places = np.minimum(np.searchsorted(many, part), len(many) - 1)
        found += int(np.count_nonzero(many[places] == part))
    return found


def _keys(digests: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if digests.dtype == np.uint64 and digests.ndim == 1:
        keys: npt.NDArray[Any] = digests
    elif digests.dtype == np.uint8 and digests.ndim == 2 and digests.shape[1] == DIGEST_BYTES:
        # Fixed width: numpy pads shorter byte strings with zeros, and none is shorter here.
        keys = np.ascontiguousarray(digests).view(f"S{DIGEST_BYTES}")[:, 0]
    else:
        raise InvalidInput("digests must be uint64 of shape (n,) or uint8 of shape (n, 16)")
    if not bool(np.all(keys[:-1] < keys[1:])):
        raise InvalidInput("digests must be strictly ascending")
    return keys
