"""Questions through the mediator: what it sees, changes, keeps and can be made to do."""

from __future__ import annotations

import gzip
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from api.serve import passed
from api.serve.app import create_app
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.serving import ask, wire
from cleanroom.agent.serving.ask import Asker, Label, confirm
from cleanroom.agent.serving.publish import announced, counts_of, publish, stop
from cleanroom.documents.serving import MOST_ENTRIES
from cleanroom.mediator.context import SEATS_OF_ONE, Caller, Seats
from cleanroom.mediator.questions import (
    MOST_WAITING,
    QUESTION_BYTES,
    REPLY_BYTES,
    SEATS_OF_KEY,
    Line,
    _Call,
    _Poll,
)
from protocols.limits import VOPRF_BATCH
from protocols.voprf import ServerKey, table_bytes
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace
from tests.waits import wait_for

PEOPLE = ["P0000x", "P0001x", "P0002x", "Q0000x"]
LABELS = [Label("gold"), Label("silver"), Label(None), Label(None)]
ELEMENT = ServerKey.derive(b"e" * 32).public


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("passed"))))


@pytest.fixture
def scene(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(passed, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(passed, "PAUSE_SECONDS", 0.05)
    made = Scene.open(meeting)
    publish(made.brand, 0)
    return made


@contextmanager
def answering(scene: Scene) -> Iterator[None]:
    """Let the brand's server ask for questions, as its program does."""
    answerer, ended = scene.answerer(), threading.Event()
    app = create_app(answerer, scene.clock)
    given = (answerer, app, ended)
    threads = [threading.Thread(target=passed.answer_passed, args=given) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def asker(scene: Scene, change=lambda content: content, timeout: float = 60.0) -> Asker:
    """Return an asker through a mediator that changes replies to questions."""
    inner = httpx.WSGITransport(scene.place.app)

    def handle(request: httpx.Request) -> httpx.Response:
        response = inner.handle_request(request)
        content = response.read()
        changed = change(content) if len(request.content) > 106 else content
        if isinstance(changed, httpx.Response):
            return changed
        return httpx.Response(response.status_code, content=changed)

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return Asker(
        *(scene.platform, 0, None), http=http, clock=scene.clock, timeout=timeout, default="unknown"
    )


def send(room, client, body, path="questions", wait=0.0, grant=0):
    """Send bytes to one end as a party; return the status, the rule and what came."""
    query = {"room": room, "grant": grant, "wait": wait}
    octets = {"content-type": "application/octet-stream"}
    signed = client.transport.signed("POST", f"/v1/serving/{path}", body, octets, query)
    response = client.transport._client.send(signed)
    rule = response.json().get("rule") if response.status_code >= 400 else None
    return response.status_code, rule, response.content


def question(scene, elements=(ELEMENT,)):
    """Return a question as the platform signs it."""
    found = announced(scene.platform, 0)
    now, nonce = int(scene.clock() * 1000), secrets.token_bytes(16)
    asked = wire.Question(found.identity, now, nonce, list(elements)).to_bytes()
    key = scene.platform.home.signing
    return wire.write_passed(0, key.sign(wire.QUESTION_DOMAIN, asked), asked)


def reply_to(scene, sent, wait=20.0):
    """Pass a question on; return what the brand replied, verified."""
    status, _, content = send(scene.brand.identity, scene.platform.client, sent, wait=wait)
    assert status == 200
    return wire.read_reply(scene.brand.home.signing.verifying_key, sent, content)


def entries(scene):
    return len(scene.brand.client.entries(scene.brand.identity))


def test_labels_arrive_both_sides_count_the_same_and_the_log_has_no_question(scene, monkeypatch):
    monkeypatch.setattr(wire, "PIECE_BYTES", 1000)
    assert table_bytes(128) > 2000, "the table comes in several pieces"
    with answering(scene):
        through = asker(scene)
        through.refresh()
        before = entries(scene)
        assert through.ask(PEOPLE) == LABELS
        assert through.ask(PEOPLE[:1]) == LABELS[:1]
        assert entries(scene) == before
    scene.clock.end_minute()
    scene.answerer().tally()
    assert sum(people for _, people in confirm(scene.platform, 0)) == 5
    told = "grant 0: 5 people asked about, as both sides counted"
    assert any(found == told for found in scene.verified())
    figures = scene.place.app.test_client().get("/v1/metrics").get_data(as_text=True)
    assert 'cleanroom_questions_total{replied="true"}' in figures
    assert scene.brand.identity not in figures


def test_a_newer_publication_is_noticed_and_taken(scene):
    with answering(scene):
        through = asker(scene)
        before = through.refresh()
        assert through.ask(PEOPLE[:1]) == LABELS[:1]
        assert not through.behind
    scene.refresh(90)
    with answering(scene):
        (label,) = through.ask(PEOPLE[:1])
        assert (label.problem, through.behind) == ("serving-old", True)
        assert through.refresh() != before
        assert through.ask(PEOPLE[:1]) == LABELS[:1]
        assert not through.behind


def test_the_mediator_keeps_no_byte_of_a_question(scene):
    sent = question(scene)
    with answering(scene):
        assert reply_to(scene, sent).status_code == 200
    folder = scene.place.homes["acme"].path.parent / "mediator"
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    published = announced(scene.brand, 0).publication
    assert published.public_key.encode() in kept, "what it keeps would be found"
    for part in (ELEMENT, sent[2:66], sent[90:106]):
        assert part not in kept and part.hex().encode() not in kept
    assert not any(line.asked or line.waiting for line in lines(scene).values())


def lines(scene):
    return scene.place.mediator.questions._lines


def minute(reply):
    return reply[: 82 + 7] + bytes([reply[82 + 7] ^ 1]) + reply[82 + 8 :]


def refusal(reply):
    return reply[:64] + (429).to_bytes(2, "big") + reply[66:]


def own_word(_reply):
    kind = {"content-type": "application/problem+json"}
    return httpx.Response(429, json={"rule": "serving-quota"}, headers=kind)


def nested(_reply):
    return httpx.Response(503, content=b"[" * 2000)


def long(_reply):
    return httpx.Response(503, content=b"{" + b" " * 5000 + b"}")


def packed(reply):
    stream = httpx.ByteStream(gzip.compress(reply))
    return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)


@pytest.mark.parametrize("change", [minute, refusal, own_word, nested, long, packed, lambda _: b""])
def test_a_reply_that_the_mediator_changed_may_have_been_counted(scene, change):
    with answering(scene):
        spoilt = asker(scene, change)
        spoilt.refresh()
        (label,) = spoilt.ask(PEOPLE[:1])
    assert (label.value, label.answered) == ("unknown", False)
    known = counts_of(scene.platform).recent(0, 1)[0]
    assert (known.questions, known.lost) == (0, 1)
    assert counts_of(scene.brand).of_day(0, scene.clock()) == 1


def test_the_reply_to_another_question_is_none(scene):
    kept = []
    with answering(scene):
        spoilt = asker(scene, lambda reply: kept.append(reply) or kept[0])
        spoilt.refresh()
        assert spoilt.ask(PEOPLE[:1]) == LABELS[:1]
        (label,) = spoilt.ask(PEOPLE[:1])
    assert label.problem == "the reply is not signed by the brand"


def test_a_refusal_of_the_brand_is_its_own_and_counts_nothing(scene):
    with answering(scene):
        many = reply_to(scene, question(scene, [ELEMENT] * (VOPRF_BATCH + 1)))
        sent = question(scene)
        first, again = reply_to(scene, sent), reply_to(scene, sent)
        # Signed by the platform for the straight way, garbled, or cut short: none is a question.
        odd = [reply_to(scene, one).status_code for one in (sent[:-1], b"\x00", b"\x00\x01" + sent)]
    assert (many.status_code, first.status_code, again.status_code) == (422, 200, 401)
    assert all(status in (401, 422) for status in odd)
    assert counts_of(scene.brand).of_day(0, scene.clock()) == 1


def test_nobody_else_finds_either_end(scene, tmp_path):
    stranger = Home.create(tmp_path / "x", PASSPHRASE, "x", "platform", "http://127.0.0.1:9")
    scene.place.mediator.access.admit(stranger.card)
    transport = Transport("http://mediator.invalid", stranger.signing)
    transport._client = scene.brand.client.transport._client
    room, sent = scene.brand.identity, question(scene)
    for client, path in (
        (Client(transport), "questions"),
        (Client(transport), "replies"),
        (scene.brand.client, "questions"),
        (scene.platform.client, "replies"),
    ):
        assert send(room, client, sent, path)[0] == 404
    assert send(room, scene.platform.client, sent, grant=1)[0] == 404
    assert entries(scene) > 0 and not lines(scene).get((room, 1))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("questions", b""),
        ("questions", b"q" * (QUESTION_BYTES + 1)),
        ("replies", b"t" * 16),
        ("replies", b"r" * (16 + REPLY_BYTES + 1)),
    ],
)
def test_what_has_no_size_of_a_question_or_reply_is_refused(scene, path, body):
    client = scene.platform.client if path == "questions" else scene.brand.client
    before = entries(scene)
    assert send(scene.brand.identity, client, body, path)[0] == 422
    assert entries(scene) == before, "nobody fills the log with questions"


def test_a_question_that_nobody_waits_for_any_more_is_not_asked_and_not_counted(scene, monkeypatch):
    monkeypatch.setattr(ask, "monotonic", lambda: 0.0)  # blinding it may take as long
    late = asker(scene, timeout=0.05)
    with answering(scene):
        late.refresh()
    (label,) = late.ask(PEOPLE[:1])
    assert label.problem == "no reply came through the mediator in time"
    with answering(scene):
        assert reply_to(scene, question(scene)).status_code == 200
    assert counts_of(scene.brand).of_day(0, scene.clock()) == 1


def test_a_withdrawn_grant_is_refused_by_the_mediator_itself(scene):
    stop(scene.brand, 0)
    before = entries(scene)
    status, rule, _ = send(scene.brand.identity, scene.platform.client, question(scene))
    assert (status, rule, entries(scene)) == (409, "serving-closed", before)


@pytest.fixture
def slow(scene, monkeypatch):
    """Two questions under a grant, and no more."""
    rate = scene.place.app.extensions["questions"]
    for name, value in (("_rate", 0.0), ("_burst", 2), ("_buckets", {})):
        monkeypatch.setattr(rate, name, value)


def test_a_grant_has_so_many_questions_passed_on_and_no_more(scene, slow):
    room, client, sent = scene.brand.identity, scene.platform.client, question(scene)
    found = [send(room, client, sent)[:2] for _ in range(3)]
    assert found == [(204, None), (204, None), (429, "rate")]


def test_another_grant_of_the_room_and_what_is_no_question_take_none_of_them(meeting, slow):
    scene = Scene.open(meeting, grants=2)
    room, client = scene.brand.identity, scene.platform.client
    assert [send(room, client, b"x", grant=1)[1] for _ in range(3)] == ["serving-closed"] * 3
    for place in (0, 1):
        publish(scene.brand, place)
    assert [send(room, client, b"", grant=1)[0] for _ in range(3)] == [422] * 3
    found = [send(room, client, b"x", grant=1)[:2] for _ in range(3)]
    assert found == [(204, None), (204, None), (429, "rate")]
    assert send(room, client, b"x")[:2] == (204, None)


def test_one_key_waits_with_so_many_questions_and_leaves_its_agent_its_share(scene, monkeypatch):
    context = scene.place.mediator.context
    monkeypatch.setitem(vars(context), "seats", Seats(10, of_one=1))
    room, client, sent = scene.brand.identity, scene.platform.client, question(scene)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(send, room, client, sent, wait=20.0)
        wait_for(lambda: any(line.waiting for line in lines(scene).values()))
        assert send(room, client, sent, wait=20.0)[0] == 204
        assert not waiting.done(), "it waited as long"
        fingerprint = scene.platform.home.signing.verifying_key.fingerprint()
        with context.seats.take(fingerprint) as free:
            assert free
        [call] = lines(scene)[room, 0].waiting
        call.done.set()
        assert waiting.result()[0] == 204


def test_a_key_waits_under_each_grant_of_its_own_and_not_under_ever_more(scene):
    questions = scene.place.mediator.questions
    caller = Caller("f" * 16, "acme")
    with ExitStack() as held:

        def seats(name: str) -> list[bool]:
            line = Line(name)
            return [held.enter_context(questions._seat(caller, line)) for _ in range(9)]

        for place in range(SEATS_OF_KEY // SEATS_OF_ONE):
            assert seats(f"room/{place}") == [True] * SEATS_OF_ONE + [False]
        assert not any(seats("room/4"))
        assert held.enter_context(questions._seat(Caller("0" * 16, "other"), Line("room/4")))


def test_a_line_gives_a_question_once_to_the_poll_that_came_last():
    line, call, polls = Line(), _Call(b"q"), [_Poll(), _Poll()]

    def wait(event):
        if not polls[1].filled.is_set() and len(line.polls) == 1:
            assert line.take(polls[1], b"2", lambda _: line.put(call)) == b"2q"

    assert line.take(polls[0], b"1", wait) is None
    line.answer(b"1", b"for another ticket")
    assert call.reply is None
    line.answer(b"2", b"r")
    line.answer(b"2", b"twice")
    assert call.reply == b"r"
    assert not line.asked and not line.polls


def test_a_line_holds_so_many_questions_and_forgets_those_that_leave():
    line, calls = Line(), [_Call(b"q") for _ in range(MOST_WAITING + 1)]
    assert [line.put(call) for call in calls] == [True] * MOST_WAITING + [False]
    line.take(_Poll(), b"t", lambda _: None)
    for call in calls:
        line.leave(call)
    assert not line.waiting and not line.asked
    line.answer(b"t", b"too late")
    assert calls[0].reply is None


def test_the_largest_table_that_can_be_granted_is_not_too_long_for_a_client():
    from cleanroom.agent.serving.transport import LONGEST

    assert table_bytes(MOST_ENTRIES) <= LONGEST
    assert -(-table_bytes(MOST_ENTRIES) // wire.PIECE_BYTES) < 1 << 16
