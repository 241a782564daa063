"""Draw the randomness of ciphertexts ahead, while nothing else waits for the processor.

r^n depends on no plaintext, so it can be drawn before there is one.  Each r^n goes into one
ciphertext and is forgotten: two ciphertexts with the same one would show the difference of what
they hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from gmpy2 import mpz

from protocols.paillier.keys import PublicKey, residues
from protocols.paillier.parallel import letting_others_run
from protocols.randomness import Random

MOST_ZEROS = 77
"""Most encryptions of 0 in store for an owner: 0.8 s of a core at 3072 bits, 60 KB."""


class Zeros:
    """Hold encryptions of 0 that an owner drew ahead, each for one ciphertext of another number.

    They are in the memory of the process that drew them and nowhere else: a process that died takes
    them along, and whoever reads the key again has none.  A fork has to drop those of its parent.
    """

    def __init__(self) -> None:
        self._zeros: deque[int] = deque()
        self._are_used = False

    @property
    def are_too_few(self) -> bool:
        """Tell whether there is room for another one, once any was wanted."""
        return self._are_used and len(self._zeros) < MOST_ZEROS

    def put(self, zero: int) -> None:
        """Add one that is new."""
        self._zeros.append(zero)

    def take(self, count: int) -> list[int]:
        """Return up to ``count``, which nobody gets again."""
        self._are_used = True
        taken: list[int] = []
        while len(taken) < count:
            try:  # another thread may take the last one meanwhile
                taken.append(self._zeros.popleft())
            except IndexError:
                break
        return taken

    def drop(self) -> None:
        """Forget all that there are."""
        self._zeros.clear()


@dataclass(frozen=True)
class PreparedKey(PublicKey):
    """A public key with some r^n drawn ahead; when they are spent it is like any other."""

    ahead: deque[Future[Sequence[mpz]]] = field(default_factory=deque, compare=False, repr=False)

    def fill(self, count: int, random: Random, threads: ThreadPoolExecutor) -> None:
        """Let threads draw r^n until there are ``count`` of them."""
        while len(self.ahead) < count:
            unit = self.random_unit(random)
            self.ahead.append(threads.submit(letting_others_run, _power, self.modulus, unit))

    def drop(self) -> None:
        """Draw no further ones, and forget those that there are."""
        while self.ahead:
            self.ahead.popleft().cancel()

    def forget(self) -> None:
        """Forget what was drawn ahead, in a fork: its parent uses it.  That waits for nothing."""
        self.ahead.clear()

    def _randomise(
        self, ciphertexts: Sequence[int], random: Random, executor: Executor | None
    ) -> list[int]:
        """Spend what was drawn, and draw here what no thread has begun with."""
        taken = [self.ahead.popleft() for _ in range(min(len(ciphertexts), len(self.ahead)))]
        drawn = [one for one in taken if not one.cancel()]
        first = [
            int(one.result()[0] * ciphertext % self.square)
            for one, ciphertext in zip(drawn, ciphertexts, strict=False)
        ]
        return first + super()._randomise(ciphertexts[len(first) :], random, executor)


def _power(n: mpz, unit: mpz) -> list[mpz]:
    return residues(n, [unit])
