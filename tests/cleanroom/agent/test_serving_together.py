"""Single questions that travel as one request: each asker's answer, and what is counted."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from cleanroom.agent.serving import ask, together
from cleanroom.agent.serving.ask import Label, confirm
from cleanroom.agent.serving.publish import publish
from cleanroom.agent.serving.together import Together
from cleanroom.errors import InvalidInput
from protocols.voprf import blind
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace
from tests.waits import PATIENCE

PEOPLE = [f"P{number:04d}x" for number in range(8)]
LABELS = [Label(("gold", "silver", None)[number % 3]) for number in range(8)]


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("together"))))


@pytest.fixture
def scene(meeting: Place) -> Scene:
    made = Scene.open(meeting)
    publish(made.brand, 0)
    return made


class Sides:
    """An answerer, an asker whose requests are written down, and a window that tests close."""

    def __init__(self, scene, monkeypatch):
        self.scene, self.answerer = scene, scene.answerer()
        self.asker = scene.asker(self.answerer)
        self.sent = []
        send = self.asker.send
        self.before_sending = self.after_sending = lambda: None

        def noted(written, timeout):
            self.sent.append(len(written.inputs))
            self.before_sending()
            found = send(written, timeout)
            self.after_sending()
            return found

        monkeypatch.setattr(self.asker, "send", noted)
        self.together = Together(self.asker, 0.5)

    def waits_for(self, monkeypatch, count):
        """Let the window last until so many questions are there."""

        def wait(_seconds):
            while self.waiting < count:
                time.sleep(0.001)

        monkeypatch.setattr(together, "sleep", wait)

    @property
    def waiting(self):
        """Return how many questions wait for their request."""
        batch = self.together._open
        return len(batch.inputs) if batch else 0

    def confirmed(self):
        """Return how many questions both sides' tallies agree on."""
        self.scene.clock.end_minute()
        self.answerer.tally()
        return sum(questions for _, questions in confirm(self.scene.platform, 0))


@pytest.fixture
def sides(scene, monkeypatch):
    return Sides(scene, monkeypatch)


def test_questions_of_many_threads_are_one_request_and_each_gets_its_own_answer(sides, monkeypatch):
    sides.waits_for(monkeypatch, 8)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(sides.together.ask, PEOPLE)) == LABELS
    assert sides.sent == [8]
    sides.waits_for(monkeypatch, 1)
    assert sides.together.ask(PEOPLE[1]) == LABELS[1]
    assert sides.sent == [8, 1]
    assert sides.confirmed() == 9


def test_what_is_no_identifier_is_refused_to_its_asker_alone(sides, monkeypatch):
    sides.waits_for(monkeypatch, 2)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(sides.together.ask, PEOPLE[0])
        with pytest.raises(InvalidInput):
            sides.together.ask("")
        second = threads.submit(sides.together.ask, PEOPLE[1])
        assert [first.result(), second.result()] == LABELS[:2]
    assert sides.sent == [2]
    assert sides.confirmed() == 2


def test_questions_under_the_next_publication_travel_by_themselves(sides, monkeypatch):
    sides.waits_for(monkeypatch, 1)
    closed, both = Event(), []

    def wait(_seconds):
        both.append(sides.together._open)
        closed.wait(PATIENCE)

    monkeypatch.setattr(together, "sleep", wait)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(sides.together.ask, PEOPLE[0])
        while not both:
            time.sleep(0.001)
        sides.scene.refresh(90)
        sides.answerer.look()
        sides.asker.refresh()
        second = threads.submit(sides.together.ask, PEOPLE[1])
        while len(both) < 2:
            time.sleep(0.001)
        closed.set()
        assert [first.result(), second.result()] == LABELS[:2]
    assert sides.sent == [1, 1]


def test_a_request_without_an_answer_is_everybodys_default_and_lost_once(sides, monkeypatch):
    sides.waits_for(monkeypatch, 3)
    sides.asker.default = "silver"

    def no_answer(**_request):
        raise httpx.ReadTimeout("late")

    monkeypatch.setattr(sides.asker._http, "post", no_answer)
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(sides.together.ask, PEOPLE[:3]))
    assert found == [Label("silver", answered=False, problem="ReadTimeout")] * 3
    minute = int(sides.scene.clock()) // 60
    least, most = sides.asker._counts.between(0, minute)
    assert (least, most) == (0, 3)


def test_who_waits_no_longer_takes_the_default_and_is_counted_once(sides, monkeypatch):
    """The one who carries the questions is still waiting then."""
    sides.waits_for(monkeypatch, 2)
    over = Event()
    sides.before_sending = lambda: over.wait(PATIENCE)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(sides.together.ask, PEOPLE[0])
        while not sides.waiting:
            time.sleep(0.001)
        sides.asker.timeout = 0.01
        second = threads.submit(sides.together.ask, PEOPLE[1])
        assert second.result() == Label(None, answered=False, problem="no answer in time")
        over.set()
        assert first.result() == LABELS[0]
    assert sides.confirmed() == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_end_of_the_thread_that_carries_ends_no_other(sides, monkeypatch, when):
    def ended():
        raise KeyboardInterrupt

    sides.waits_for(monkeypatch, 2)
    setattr(sides, f"{when}_sending", ended)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(sides.together.ask, PEOPLE[0])
        while not sides.waiting:
            time.sleep(0.001)
        second = threads.submit(sides.together.ask, PEOPLE[1])
        assert second.result() == Label(None, answered=False, problem="the request was ended")
        with pytest.raises(KeyboardInterrupt):
            first.result()
    monkeypatch.setattr(sides, f"{when}_sending", lambda: None)
    sides.waits_for(monkeypatch, 1)
    assert sides.together.ask(PEOPLE[1]) == LABELS[1]
    assert sides.confirmed() == (1 if when == "before" else 3)


@pytest.mark.parametrize("cancelled", [False, True])
def test_questions_of_many_tasks_are_one_request_even_if_one_is_cancelled(sides, cancelled):
    async def run():
        tasks = [asyncio.create_task(sides.together.ask_async(one)) for one in PEOPLE]
        await asyncio.sleep(0)
        if cancelled:
            tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(asyncio.run, run()).result()
    assert found[1:] == LABELS[1:] and sides.sent == [8]
    assert isinstance(found[0], asyncio.CancelledError) if cancelled else found[0] == LABELS[0]
    assert sides.confirmed() == 8


def test_a_window_leaves_time_for_an_answer(sides):
    for window in (0, -1, sides.asker.timeout, sides.asker.timeout + 1):
        with pytest.raises(InvalidInput):
            Together(sides.asker, window)


@pytest.mark.parametrize(("cost", "requests"), [(0.1, [3, 5]), (0.6, [1] * 8)])
def test_no_more_travel_together_than_half_the_time_out_has_time_for(
    sides, monkeypatch, cost, requests
):
    joined, join = [], together._Batch.join

    def noted(batch, written):
        joined.append(batch)
        return join(batch, written)

    def wait(_seconds):
        while len(joined) < 8:
            time.sleep(0.001)

    monkeypatch.setattr(together._Batch, "join", noted)
    monkeypatch.setattr(together, "sleep", wait)
    monkeypatch.setattr(together, "PERSON_SECONDS", cost * sides.asker.timeout)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(sides.together.ask, PEOPLE)) == LABELS
    assert sorted(sides.sent) == requests


def test_what_waiting_and_blinding_took_is_taken_off_the_time_for_the_answer(sides, monkeypatch):
    """A window that lasted a second too long, and a blinding of as long as the clock says."""
    moment, slow, given, post = [0.0], [1.0], [], sides.asker._http.post

    def later(seconds):
        moment[0] += seconds

    def noted(timeout, **request):
        given.append(timeout)
        return post(timeout=timeout, **request)

    def slowly(*arguments):
        later(slow[0])
        return blind(*arguments)

    monkeypatch.setattr(together, "sleep", lambda seconds: later(seconds + 1))
    for module in (together, ask):
        monkeypatch.setattr(module, "monotonic", lambda: moment[0])
    monkeypatch.setattr(ask, "blind", slowly)
    monkeypatch.setattr(sides.asker._http, "post", noted)
    assert sides.together.ask(PEOPLE[0]) == LABELS[0]
    assert given == [pytest.approx(60 - 1.5 - 1 - together.PERSON_SECONDS / 2)]
    slow[0] = 99
    assert sides.together.ask(PEOPLE[0]).problem == "no time was left to ask"
    assert len(given) == 1
    assert sides.confirmed() == 1
