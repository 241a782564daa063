"""Let ``secrets`` draw from a seed: in this process, and in none that it starts or forks."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType

BASE = "CLEANROOM_DRAWS"
"""Variable with the seed of the whole run: empty for ``make test``, printed by an exploring run."""

_drawn = Random()


def replace() -> None:
    """Put seeded draws in the place of those of the operating system."""
    _drawn.seed(os.environ.get(BASE, ""))
    drawn = {
        "token_bytes": lambda size=None: _drawn.randbytes(32 if size is None else size),
        "randbits": _drawn.getrandbits,
        "randbelow": _drawn.randrange,
        "choice": _drawn.choice,
    }
    for name, draw in drawn.items():
        setattr(secrets, name, draw)
    os.register_at_fork(after_in_child=_drawn.seed)


def reseed(module: ModuleType, name: str) -> None:
    """Let the generators that a module's tests share draw by a name, whichever test came before."""
    for one in vars(module).values():
        if isinstance(one, Random) and one is not _drawn:
            one.seed(os.environ.get(BASE, "") + name)


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Draw by a name of its own, whoever comes first; then go on where it was."""
    state = _drawn.getstate()
    _drawn.seed(os.environ.get(BASE, "") + name)
    try:
        yield
    finally:
        _drawn.setstate(state)
