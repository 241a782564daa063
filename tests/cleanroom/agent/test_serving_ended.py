"""An asker that ends while it asks: what it sent is in its own counts before the brand has it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from api.serve.app import create_app
from cleanroom.agent.chain import Chain
from cleanroom.agent.serving import together
from cleanroom.agent.serving.ask import Label, confirm
from cleanroom.agent.serving.counts import Answer, Counts
from cleanroom.agent.serving.publish import publish
from cleanroom.agent.serving.together import Together
from cleanroom.agent.serving.transport import Connections, General, connect
from cleanroom.errors import Unreachable
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.serving_scene import URL, Scene, SharedPlace
from tests.waits import PATIENCE

PEOPLE = ["P0000x", "P0001x"]
LABELS = [Label("gold"), Label("silver")]


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("ended"))))


@pytest.fixture
def scene(meeting: Place) -> Scene:
    made = Scene.open(meeting)
    publish(made.brand, 0)
    return made


def confirmed(scene, answerer):
    scene.clock.end_minute()
    answerer.tally()
    return sum(questions for _, questions in confirm(scene.platform, 0))


def known(counts):
    """Return how many questions a home knows as answered and as lost."""
    minutes = counts.recent(0, 9)
    return sum(one.questions for one in minutes), sum(one.lost for one in minutes)


def locked(counts):
    """Let another process keep the file, until what this returns is closed."""
    other = sqlite3.connect(counts._file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_process_that_is_killed_with_the_answer_in_its_hands_leaves_counts_that_agree(scene):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    assert asker.ask(PEOPLE[:1]) == LABELS[:1]
    if not (child := os.fork()):
        try:
            asker._counts.answered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
            asker.ask(PEOPLE)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert known(asker._counts) == (1, 2)
    assert asker.ask(PEOPLE) == LABELS
    assert confirmed(scene, answerer) == 5


def test_what_interrupts_the_count_of_an_answer_leaves_the_question_lost(scene, monkeypatch):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    with monkeypatch.context() as patched:

        def interrupted(*_arguments):
            raise KeyboardInterrupt

        patched.setattr("cleanroom.agent.serving.counts._figure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asker.ask(PEOPLE)
    assert known(asker._counts) == (0, 2)
    assert asker.ask(PEOPLE) == LABELS
    assert known(asker._counts) == (2, 2)
    assert confirmed(scene, answerer) == 4


def test_nothing_is_sent_that_cannot_be_counted_in_time(scene, monkeypatch):
    monkeypatch.setattr("cleanroom.agent.serving.ask.monotonic", lambda: 0.0)
    answerer = scene.answerer()
    asker = scene.asker(answerer, default="silver")
    asker.timeout = 0.05
    other = locked(asker._counts)
    found = asker.ask(PEOPLE)
    other.close()
    assert [(one.value, one.answered) for one in found] == [("silver", False)] * 2
    assert "locked" in found[0].problem
    assert known(asker._counts) == (0, 0)
    assert answerer.counts.of_day(0, scene.clock()) == 0


def test_an_answer_that_cannot_be_counted_in_time_is_one_all_the_same(scene, monkeypatch):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    inner = httpx.WSGITransport(create_app(answerer, scene.clock))
    others = []

    class ThenLocked(httpx.BaseTransport):
        def handle_request(self, request):
            found = inner.handle_request(request)
            others.append(locked(asker._counts))
            monkeypatch.setattr("cleanroom.agent.serving.ask.monotonic", lambda: float("inf"))
            return found

    asker._http = General(httpx.Client(transport=ThenLocked()))
    assert asker.ask(PEOPLE) == LABELS
    others[0].close()
    assert known(asker._counts) == (0, 2)
    assert confirmed(scene, answerer) == 2


def test_what_the_brand_refused_is_not_lost(scene):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    answerer.counts.halt(0, "serving-stopped")
    assert asker.ask(PEOPLE)[0].problem == "serving-halted"
    assert known(asker._counts) == (0, 0)
    assert asker._counts.between(0, int(scene.clock()) // 60) == (0, 0)


def test_an_answer_is_counted_in_the_servers_minute_and_the_loss_is_taken_back(tmp_path):
    counts = Counts(tmp_path / "counts.sqlite")
    counts.sending(0, 100, 3, 1)
    counts.sending(0, 100, 2, 1)
    assert [counts.between(0, minute) for minute in (98, 99, 101)] == [(0, 0), (0, 5), (0, 5)]
    counts.answered(0, 100, Answer(101, 3, 0.5, 1), 1)
    assert [counts.between(0, minute) for minute in (100, 101)] == [(0, 2), (3, 5)]
    [before, after] = reversed(counts.recent(0, 9))
    assert (before.minute, before.questions, before.lost) == (100, 0, 2)
    assert (after.minute, after.questions, after.lost, after.requests, after.hits) == (
        (101, 3, 0, 1, 1)
    )


def test_a_question_that_is_counted_while_its_minute_is_tallied_is_refused(scene, monkeypatch):
    """Its process stood still for longer than a minute waits for late questions."""
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    assert asker.ask(PEOPLE) == LABELS
    now, late, say = scene.clock(), [], Chain.say

    def take():
        with pytest.raises(Unreachable):
            answerer.counts.take(0, answerer.terms, b"late", 1, now)
        late.append(answerer.counts.of_day(0, now))

    def saying(*arguments):
        take()
        say(*arguments)
        take()

    monkeypatch.setattr(Chain, "say", saying)
    scene.clock.end_minute()
    assert answerer.tally() == 1
    monkeypatch.setattr(Chain, "say", say)
    assert late == [2, 2]
    assert sum(questions for _, questions in confirm(scene.platform, 0)) == 2
    assert answerer.counts.unsaid(0, 1 << 40) == []


def test_a_minute_that_was_closed_and_not_said_is_said_the_next_time(scene, monkeypatch):
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    scene.clock.end_minute()
    with monkeypatch.context() as patched:

        def silent(*_arguments):
            raise Unreachable("the mediator is silent")

        patched.setattr(Chain, "say", silent)
        with pytest.raises(Unreachable):
            answerer.tally()
    assert answerer.tally() == 1
    assert sum(questions for _, questions in confirm(scene.platform, 0)) == 2


def in_a_fork(holds):
    """Tell whether something holds in a fork of this process."""
    if not (child := os.fork()):
        try:
            os._exit(0 if holds() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_fork_waits_for_no_request_of_its_parent(scene, monkeypatch):
    """The window is open, and the lock is held: neither ends in the fork."""
    asker = scene.asker(scene.answerer())
    travels, over, waits = Together(asker, 0.5), Event(), []

    def wait(_seconds):
        waits.append(1)
        if len(waits) == 1:
            over.wait(PATIENCE)

    monkeypatch.setattr(together, "sleep", wait)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(travels.ask, PEOPLE[0])
        while not waits:
            time.sleep(0.001)

        def answered():
            return not travels._lock.locked() and travels.ask(PEOPLE[1]) == LABELS[1]

        with travels._lock:
            assert in_a_fork(answered)
        over.set()
        assert first.result() == LABELS[0]


def test_a_fork_has_connections_of_its_own(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    connections, proxied = Connections("http://brand.invalid"), connect(URL)
    here, there = socket.socketpair()
    connections._idle.append(here)
    client = proxied._client
    assert in_a_fork(lambda: not connections._idle and here.fileno() < 0)
    assert in_a_fork(lambda: proxied._client is not client)
    here.sendall(b"x")
    assert there.recv(1) == b"x", "still open in the parent"
    there.close()
    connections.close()
