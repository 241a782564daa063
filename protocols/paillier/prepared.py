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
