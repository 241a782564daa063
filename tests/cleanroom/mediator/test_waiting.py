"""Who may wait: nobody holds all the threads, and one key no more than its share of them.

And for how long: no longer than until the next change, wherever it was made.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.context import SEATS_OF_ONE, THREADS_THAT_ANSWER, Caller, Context
from cleanroom.mediator.ports import Bell
from cleanroom.mediator.settings import ServerSettings
from tests.waits import PATIENCE, wait_for

GREEDY, OTHER = Caller("1" * 32, "greedy"), Caller("2" * 32, "other")


class Looking:
    """Something to wait for that is not there yet."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.looks: list[int] = []

    def __call__(self) -> str | None:
        self.looks.append(threading.get_ident())
        return "found" if self.over.is_set() else None

    def again(self, bell: Bell, count: int) -> None:
        """Return once so many threads have looked again."""
        del self.looks[:]
        bell.ring()
        wait_for(lambda: len(set(self.looks)) >= count)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    initialise(tmp_path / "m", "mediator.example")
    threads = THREADS_THAT_ANSWER + SEATS_OF_ONE + 2
    settings = ServerSettings(threads=threads, long_poll_seconds=60)
    return open_mediator(tmp_path / "m", settings).context


def test_one_key_holds_its_share_of_the_threads_and_no_more(context: Context) -> None:
    looking = Looking()
    with ThreadPoolExecutor(32) as pool:
        ask = [pool.submit(context.poll, looking, 60, GREEDY) for _ in range(20)]
        wait_for(lambda: sum(one.done() for one in ask) == 20 - SEATS_OF_ONE)
        looking.again(context.bell, SEATS_OF_ONE)
        # Others wait as ever, as far as there are threads for it.
        more = [pool.submit(context.poll, looking, 60, OTHER) for _ in range(2)]
        looking.again(context.bell, SEATS_OF_ONE + 2)
        assert sum(one.done() for one in ask + more) == 20 - SEATS_OF_ONE
        looking.over.set()
        context.bell.ring()
        assert [one.result(PATIENCE) for one in more] == ["found"] * 2
        assert (
            sorted(str(one.result(PATIENCE)) for one in ask)[-SEATS_OF_ONE:]
            == ["found"] * SEATS_OF_ONE
        )


def test_a_seat_is_given_back(context: Context) -> None:
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        context.poll(fails, 20, GREEDY)
    for _ in range(2 * SEATS_OF_ONE):
        with context.seats.take(GREEDY.fingerprint) as taken:
            assert taken
    assert not context.seats._taken


def test_a_ring_during_a_look_is_not_lost(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed after the look was begun is seen at once, not when the wait is over."""
    monkeypatch.setattr("cleanroom.mediator.context.LEAST_POLL", 20)
    seen = iter([None, "found"])

    def look() -> str | None:
        context.bell.ring()
        return next(seen)

    def wait(_seconds: float, heard: int) -> bool:
        assert context.bell.heard() > heard, "it would wait for the next ring"
        return True

    monkeypatch.setattr(context.bell, "wait", wait)
    assert context.poll(look, 20, GREEDY) == "found"


def test_what_is_watched_is_shown_once_it_changed_or_the_wait_is_over(context: Context) -> None:
    states = ["old"]

    def change() -> None:
        states.append("new")
        context.bell.ring()

    later = threading.Timer(0.05, change)
    later.start()
    assert context.watch(lambda: states[-1], lambda seen: seen == "old", 20, GREEDY) == "new"
    later.join()
    assert context.watch(lambda: states[-1], lambda seen: seen == "new", 0.01, GREEDY) == "new"
    assert context.watch(lambda: states[-1], lambda seen: seen == "new", 0, GREEDY) == "new"
    assert context.watch(lambda: states[-1], lambda seen: seen == "old", 20, GREEDY) == "new"
