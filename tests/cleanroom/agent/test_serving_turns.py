"""Hundreds of tasks that ask in one moment: what is begun is in time, and nothing else is begun."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore, get_ident

import pytest

from cleanroom.agent.serving import turns
from cleanroom.agent.serving.ask import Label, confirm
from cleanroom.agent.serving.publish import counts_of, publish
from cleanroom.agent.serving.together import Together
from cleanroom.agent.serving.turns import REQUEST_PEOPLE, THREADS, Turns
from cleanroom.errors import Unreachable
from tests.cleanroom.agent.conftest import meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace
from tests.waits import PATIENCE

MANY = 300
LATE = "no time was left to ask"


class Held:
    """Work that goes on until it is let go, piece by piece."""

    def __init__(self):
        self.begun, self.started = [], Semaphore(0)
        self.ended, self.go_on = Semaphore(0), Semaphore(0)

    def work(self, number):
        def run():
            self.begun.append(number)
            self.started.release()
            self.go_on.acquire()
            self.ended.release()
            return number

        return run

    def wait_for(self, count):
        for _ in range(count):
            assert self.started.acquire(timeout=PATIENCE)

    def let_go(self, count):
        self.go_on.release(count)
        for _ in range(count):
            assert self.ended.acquire(timeout=PATIENCE)


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def moment(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(turns, "monotonic", lambda: now[0])
    return now


def test_of_hundreds_as_many_are_begun_as_there_is_time_for_and_the_others_never(held, moment):
    line = Turns(10 * REQUEST_PEOPLE)
    asked = [line.submit(1, 1.0, held.work(number)) for number in range(MANY)]
    held.let_go(4)
    held.wait_for(14)
    moment[0] = 1.0
    held.go_on.release(10)
    for late in asked[14:]:
        with pytest.raises(Unreachable, match=LATE):
            late.result(PATIENCE)
    assert [one.result(PATIENCE) for one in asked[:14]] == list(range(14))
    assert sorted(held.begun) == list(range(14))
    line._threads.shutdown()
    assert line._under_way == [] and not line._waiting


@pytest.mark.parametrize(("people", "at_once"), [(1, 5), (8, 5), (20, 2), (40, 1), (1000, 1)])
def test_people_have_their_price_and_one_request_is_always_begun(held, moment, people, at_once):
    line = Turns(5 * REQUEST_PEOPLE)
    asked = [line.submit(people, 1.0, held.work(number)) for number in range(6)]
    assert len(line._under_way) == at_once
    held.let_go(6)
    assert [one.result(PATIENCE) for one in asked] == list(range(6))


def test_there_are_no_more_threads_than_declared(held, moment):
    line = Turns(10**6)
    asked = [line.submit(1, 1.0, held.work(number)) for number in range(THREADS + 5)]
    assert len(line._under_way) == THREADS
    held.let_go(THREADS + 5)
    assert [one.result(PATIENCE) for one in asked] == list(range(THREADS + 5))


def test_what_was_cancelled_or_fails_gives_its_place_to_the_next(held, moment):
    line = Turns(REQUEST_PEOPLE)

    def fails():
        held.go_on.acquire()
        raise KeyboardInterrupt

    failed = line.submit(1, 1.0, fails)
    cancelled, last = (line.submit(1, 1.0, held.work(number)) for number in (1, 2))
    assert cancelled.cancel()
    held.go_on.release(2)
    with pytest.raises(KeyboardInterrupt):
        failed.result(PATIENCE)
    assert last.result(PATIENCE) == 2 and held.begun == [2]


def test_a_fork_has_a_line_of_its_own(held, moment):
    line = Turns(REQUEST_PEOPLE)
    first = line.submit(1, 1.0, held.work(1))
    if not (child := os.fork()):
        try:
            os._exit(0 if line.submit(1, 1.0, lambda: 3).result(PATIENCE) == 3 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.let_go(1)
    assert first.result(PATIENCE) == 1


# --- with a real server


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("turns"))))


@pytest.fixture
def asker(meeting):
    scene = Scene.open(meeting)
    publish(scene.brand, 0)
    made = scene.asker(scene.answerer())
    made.scene = scene
    return made


def run(work):
    """Run in a thread of its own, as another test's browser keeps a loop here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_all_are_answered_where_there_is_time_and_none_on_the_event_loop(asker):
    people = [f"P{number:04d}x" for number in range(60)]
    labels = [Label(("gold", "silver", None)[number % 3]) for number in range(60)]
    send, threads = asker.send, []

    def noted(*arguments):
        threads.append(get_ident())
        return send(*arguments)

    asker.send, asker.timeout = noted, 60.0
    asker._turns = Turns(10**6)

    async def ask():
        found = await asyncio.gather(*(asker.ask_async([one]) for one in people))
        return [one for (one,) in found], get_ident()

    found, loop = run(ask())
    assert found == labels
    assert len(threads) == 60 and loop not in threads
    asker.scene.clock.end_minute()
    asker.scene.answerer().tally()
    assert sum(questions for _, questions in confirm(asker.scene.platform, 0)) == 60


@pytest.mark.parametrize("together", [False, True])
def test_who_has_no_turn_gets_the_default_in_time_and_is_neither_sent_nor_counted(asker, together):
    """One request holds the only place for as long as the test says."""
    over, begun, send = Event(), Event(), asker.send

    def slow(*arguments):
        begun.set()
        over.wait(PATIENCE)
        return send(*arguments)

    asker.send, asker.default, asker.timeout = slow, "silver", 60.0
    asker._turns = Turns(0)
    travels = Together(asker, 0.001)

    async def ask():
        first = asyncio.create_task(asker.ask_async(["P0000x"]))
        await asyncio.to_thread(begun.wait, PATIENCE)
        asker.timeout = 0.01
        one = travels.ask_async if together else lambda name: asker.ask_async([name])
        late = await asyncio.gather(*(one(f"P{number:04d}x") for number in range(MANY)))
        over.set()
        return await first, late

    first, late = run(ask())
    assert first == [Label("gold")]
    late = late if together else [one for (one,) in late]
    assert late == [Label("silver", answered=False, problem="no answer in time")] * MANY
    asker._turns._threads.shutdown()
    [kept] = counts_of(asker.scene.platform).recent(0, 10)
    assert (kept.questions, kept.lost) == (1, 0)
