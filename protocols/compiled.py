"""Compile a function of numbers to machine code at its first call, and keep the code where one may.

The code is kept beside its source, in the user's cache folder or in ``NUMBA_CACHE_DIR``.  Where
none of them can be written, as under a service user with a read-only root, each process compiles
for itself: slower to start, the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator; ``options`` are those of ``numba.njit``."""

    def compile_later(function: Function) -> Function:
        try:
            made: Function = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba's word for "no folder to keep it in"
            made = numba.njit(**options)(function)
        return made

    return compile_later
