"""Prepare encryptions of zero in idle time, and use each of them once."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Protocol

from protocols.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from protocols.paillier.keys import PublicKey


class Encryptor(Protocol):
    """Encrypt integers: a ``PrivateKey``."""

    @property
    def public(self) -> PublicKey:
        """Return the key's public part."""
        ...

    def encrypt_many(
        self, plaintexts: Sequence[int], executor: Executor | None = None
    ) -> list[int]:
        """Encrypt integers."""
        ...


class ZeroStore:
    """Keep at most ``capacity`` encryptions of zero under one key.

    Adding a plaintext to one makes a fresh encryption for one multiplication.  Used twice, one
    would show the difference of two plaintexts to everybody, so what is taken is gone.
    """

    def __init__(self, key: Encryptor, capacity: int) -> None:
        self._key = key
        self._capacity = capacity
        self._zeros: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._zeros)

    def __reduce__(self) -> str:
        raise TypeError("a store is not copied: each zero is used once")

    def refill(self, count: int, executor: Executor | None = None) -> int:
        """Prepare up to ``count`` more and return how many there was room for."""
        room = max(0, min(count, self._capacity - len(self._zeros)))
        self._zeros.extend(self._key.encrypt_many([0] * room, executor))
        return room

    def take(self) -> int:
        """Remove one and return it.

        Raises:
            LocalError: if none is left.
        """
        if not self._zeros:
            raise LocalError("no prepared encryption is left")
        return self._zeros.popleft()

    def encrypt(self, plaintext: int) -> int:
        """Encrypt with a prepared zero, or from scratch if none is left."""
        if not self._zeros:
            return self._key.encrypt_many([plaintext])[0]
        return self._key.public.add_plain(self.take(), plaintext)

    def erase(self) -> None:
        """Forget what is left."""
        self._zeros.clear()
