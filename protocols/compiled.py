"""Compile a function of numbers to machine code at its first call, and keep the code where one may.

The code is kept beside its source, in the user's cache folder or in ``NUMBA_CACHE_DIR``.  Where
none of them can be written, as under a service user with a read-only root, each process compiles
for itself: slower to start, the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, update_wrapper
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class _Later:
    """Stand for a function until its first call; a compiled function may call another one."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._function, self._options = function, options
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self.made(*arguments)

    @cached_property
    def made(self) -> Callable[..., Any]:
        """Return the dispatcher of numba."""
        compiler = _numba()
        try:
            found = compiler.njit(cache=True, **self._options)(self._function)
        except RuntimeError:  # numba's word for "no folder to keep it in"
            found = compiler.njit(**self._options)(self._function)
        return cast(Callable[..., Any], found)


class _Written(_Later):
    """Stand for an operation that is written in the compiler's own language."""

    @cached_property
    def made(self) -> Callable[..., Any]:
        """Return the operation; compiled functions alone can call it."""
        _numba()
        return cast(Callable[..., Any], self._function())


@cache
def _numba() -> Any:
    """Import numba when something is to be compiled: that takes longer than a short command."""
    import numba  # noqa: PLC0415
    from numba.core.registry import cpu_target  # noqa: PLC0415
    from numba.extending import typeof_impl  # noqa: PLC0415

    @typeof_impl.register(_Later)
    def _(later: _Later, _context: object) -> Any:
        made: Any = numba.typeof(later.made)  # type: ignore[no-untyped-call]
        return made

    @typeof_impl.register(_Written)
    def _(written: _Written, _context: object) -> Any:
        made, known = written.made, cpu_target.typing_context
        known.refresh()
        return known.resolve_value_type(made)

    return numba


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator; ``options`` are those of ``numba.njit``."""

    def compile_later(function: Function) -> Function:
        return cast(Function, _Later(function, options))

    return compile_later


def written(make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return what ``make`` returns once it is needed: an operation that numba has no words for."""
    return _Written(make, {})
