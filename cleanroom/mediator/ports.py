"""Name what the mediator needs from the world: a clock, rows in transactions, and blob files.

The mediator imports these shapes; ``cleanroom.mediator.store`` fills them and the composition root
joins the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class StorageFault(Exception):  # noqa: N818 - names say what happened, not "Error"
    """Say that the disk or the database failed: nothing was done, and later it may work."""


Row = dict[str, Any]
"""One row of a table by column name."""


class Clock(Protocol):
    """Tell the time; nothing else in the service may."""

    def milliseconds(self) -> int:
        """Return Unix milliseconds of the clock on the wall."""
        ...

    def elapsed(self) -> float:
        """Return seconds of a clock that never steps, to measure a wait."""
        ...


class Bell(Protocol):
    """Wake whoever waits for a change; a ring may be lost between processes, so look at times."""

    def ring(self) -> None:
        """Wake every waiter."""
        ...

    def heard(self) -> int:
        """Return how often it has rung: whoever looks after that misses no ring."""
        ...

    def wait(self, seconds: float, heard: int | None = None) -> bool:
        """Return at the next ring, or the first after that number of them, or after a time.

        Return False once nobody should wait any more.
        """
        ...

    def silence(self) -> None:
        """Send every waiter home, now and from now on."""
        ...


class Transaction(Protocol):
    """Read and change rows; every condition is equality on the named columns."""

    def get(self, table: str, **key: Any) -> Row | None:
        """Return the one row of that key, or None."""
        ...

    def find(
        self,
        table: str,
        *,
        order: str = "rowid",
        start: Any = None,
        limit: int | None = None,
        **key: Any,
    ) -> list[Row]:
        """Return rows in the order of a column, from ``start`` on (inclusive).

        A minus before the column's name turns the order round.
        """
        ...

    def among(self, table: str, keys: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return the rows of each of the keys, in no order; there are a few dozen at most."""
        ...

    def count(self, table: str, **key: Any) -> int:
        """Return how many rows there are."""
        ...

    def insert(self, table: str, **row: Any) -> None:
        """Add one row; a row of that key that is there already is an error."""
        ...

    def update(self, table: str, key: Mapping[str, Any], **changes: Any) -> int:
        """Change the rows of that key and return how many there were."""
        ...

    def delete(self, table: str, **key: Any) -> int:
        """Remove the rows of that key and return how many there were."""
        ...

    def hold(self, place: str) -> None:
        """Wait for the writer's place of a further room, or of what else has one, until the end.

        Whoever holds several took that of a room first and that of the lobby last.
        """
        ...

    def together(self) -> AbstractContextManager[None]:
        """Let changes go to the database at once; an error of any of them comes at the end.

        None of them returns how many rows it met.
        """
        ...

    def nested(self) -> AbstractContextManager[None]:
        """Undo what is done inside if an exception leaves it; what was done before stays."""
        ...


class Store(Protocol):
    """Open transactions on the one database."""

    def write(self, place: str) -> AbstractContextManager[Transaction]:
        """Hold the only writer's place of a room; commit durably at the end, or undo all of it.

        What belongs to no room has places of other names: a key's fingerprint, say.  Nobody else
        changes what belongs to the place meanwhile; a store of one file lets nobody write at all.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """See one consistent state."""
        ...

    def checkpoint(self) -> None:
        """Do the upkeep that the store leaves to one thread of its service, if it leaves any."""
        ...

    def close(self) -> None:
        """Let go of the database: nothing is read or written any more."""
        ...


class Blobs(Protocol):
    """Keep bulk bytes under names that are made of opaque identifiers alone."""

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Put a whole file in place at once; ``durable`` returns only once it is on disk."""
        ...

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        ...

    def delete(self, names: Sequence[str], *, folders: bool = True) -> None:
        """Remove files, or whole folders unless there are none; what is gone is not an error."""
        ...
