"""Do ahead of a release what does not depend on anything that it says.

While a question waits for approval, and while its sums are opened, the processor has time: r^n is
drawn for as many ciphertexts as documents give, and the tokens of two audiences are matched.  While
nothing waits at all, r^n is drawn for the next question under keys that were in use.  The pairs of
the last question serve the next one about the same tokens, as long as these are there.  None of it
leaves this process: whoever computes a job after it has died does it then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from cleanroom.forks import Forked
from cleanroom.mediator.context import Context
from cleanroom.mediator.gathered import (
    Gathered,
    Matched,
    gather,
    match_audiences,
    token_streams,
)
from cleanroom.room.states import JobState
from protocols.paillier import PreparedKey

KEYS = 8
"""Keys with r^n in store: those in use last."""

MOST = 77
"""Most r^n in store for one key: two seconds of a core at 3072 bits, 118 KB."""

ROWS = 1 << 22
"""Most rows of an audience that is matched ahead: a match takes 16 bytes."""


class Ahead(Forked):
    """Hold what was done ahead for the jobs of one worker."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._drawing, self._matching = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._begun: set[str] = set()
        self._matched: tuple[str, Future[Matched]] | None = None
        self._kept: Matched | None = None
        self.keys: dict[int, PreparedKey] = {}
        """By modulus, keys with r^n in store."""
        super().__init__()

    def in_fork(self) -> None:
        """Forget what the parent uses: two ciphertexts with one r^n show their difference."""
        for key in self.keys.values():
            key.forget()

    def look(self) -> None:
        """Begin with new questions; forget those that ended, and pairs whose tokens are gone."""
        kept = self._kept
        if kept is not None and not kept.are_of(self._context, kept.streams):
            self._kept = None
        with self._context.store.read() as transaction:
            rows = transaction.find("jobs", state=JobState.AWAITING_APPROVAL)
            started = transaction.find("jobs", state=JobState.STARTED)
        self._begun &= {row["id"] for row in (*rows, *started)}
        if self._matched is not None and self._matched[0] not in self._begun:
            self._forget()
        for row in rows:
            if row["id"] not in self._begun:
                self._begin(row["id"])

    def _begin(self, job: str) -> None:
        """Begin with a question, unless it may wait for people for days."""
        self._begun.add(job)
        gathered = gather(self._context, job)
        if gathered.asked.agreement.policy.approval == "manual":
            return
        self.draw(gathered)
        if gathered.matches_audiences and gathered.asked.brand.rows <= ROWS:
            self._forget()
            if self._kept and self._kept.are_of(self._context, token_streams(gathered)):
                return
            future = self._matching.submit(match_audiences, self._context, job)
            self._matched = (job, future)

    def _forget(self) -> None:
        """Give up what was matched, or waits to be: nobody queues behind questions that ended."""
        if self._matched is not None:
            self._matched[1].cancel()
        self._matched = None

    def draw(self, gathered: Gathered) -> None:
        """Let a thread draw r^n until there are enough for the release of a job.

        They are as many as the documents give.
        """
        wanted: Counter[int] = Counter()
        for side in (gathered.asked.job.receiver, gathered.asked.plan.value_side):
            key = gathered.keys[side] if side else None
            if key is not None:
                wanted[key.n] += gathered.asked.plan.outputs
        for modulus, count in wanted.items():
            stored = self.keys.pop(modulus, None) or PreparedKey(modulus)
            self.keys[modulus] = stored
            stored.fill(min(count, MOST), self._context.random, self._drawing)
        for modulus in list(self.keys)[:-KEYS]:
            self.keys.pop(modulus).drop()

    def draw_idly(self, is_over: Callable[[], bool]) -> None:
        """Fill the stores here and now, one r^n after the other, until it is over."""
        for key in list(self.keys.values()):
            while len(key.ahead) < MOST:
                if is_over():
                    return
                key.fill(len(key.ahead) + 1, self._context.random, self._drawing)
                key.ahead[-1].result()

    def matched(self, job: str) -> Matched | None:
        """Return what was matched ahead for a job, or before it: maybe of other tokens.

        None if nothing was, or none begun with.  Raises ``RemoteError`` if a side's tokens are not
        honest ones.
        """
        if self._matched is not None and self._matched[0] == job:
            (_, future), self._matched = self._matched, None
            if not future.cancel():
                self._kept = future.result()
        return self._kept

    def close(self) -> None:
        """Do nothing ahead any more."""
        for pool in (self._drawing, self._matching):
            pool.shutdown(wait=False, cancel_futures=True)
