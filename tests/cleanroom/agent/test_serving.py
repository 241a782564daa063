"""One question at serving time, between a real brand's server and a real platform's client."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from api.serve.app import create_app
from cleanroom.agent import endings
from cleanroom.agent.chain import Chain
from cleanroom.agent.serving import answer, wire
from cleanroom.agent.serving.answer import GRACE_SECONDS, UNCONFIRMED_SECONDS
from cleanroom.agent.serving.ask import Label, confirm
from cleanroom.agent.serving.counts import Counts
from cleanroom.agent.serving.publish import counts_of, folder, publish, stop
from cleanroom.agent.serving.transport import General
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import Conflict, InvalidInput, NotFound, PeerFault, PolicyRefusal, Unreachable
from cleanroom.report.consent import Reader, _grants
from cleanroom.room.serving import Served, Tally, check_tally
from protocols.errors import LocalError
from protocols.limits import VOPRF_BATCH
from protocols.voprf import ServerKey
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace, data, grant
from tests.waits import PATIENCE

PEOPLE = ["P0000x", "P0001x", "P0002x", "Q0000x"]
LABELS = [Label("gold"), Label("silver"), Label(None), Label(None)]


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("serving"))))


@pytest.fixture
def scene(meeting: Place) -> Scene:
    made = Scene.open(meeting)
    publish(made.brand, 0)
    return made


def problem(scene, answerer, body, key=None, path="/v1/ask"):
    """Post bytes as the platform signs them; return the status and the rule."""
    domain = wire.QUESTION_DOMAIN if path == "/v1/ask" else wire.TABLE_DOMAIN
    signature = (key or scene.platform.home.signing).sign(domain, body)
    headers = {wire.SIGNATURE_HEADER: base64.b64encode(signature).decode()}
    app = create_app(answerer, scene.clock)
    response = app.test_client().post(path, data=body, headers=headers)
    assert response.content_type == "application/problem+json" or response.status_code == 200
    document = response.get_json(silent=True) or {}
    return response.status_code, document.get("rule"), document.get("row")


def asked(scene, answerer, elements, publication=None, shift=0):
    moment = int((scene.clock() + shift) * 1000)
    nonce = secrets.token_bytes(16)
    return wire.Question(publication or answerer.current, moment, nonce, elements).to_bytes()


ELEMENT = ServerKey.derive(b"e" * 32).public


def test_labels_arrive_and_both_sides_count_the_same(scene):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    assert asker.ask(PEOPLE) == LABELS
    assert asker.ask(PEOPLE[:1]) == LABELS[:1]
    scene.clock.end_minute()
    answerer.tally()
    assert sum(questions for _, questions in confirm(scene.platform, 0)) == 5
    assert answerer.tally() == 0
    assert confirm(scene.platform, 0) == []
    assert any(
        f == "grant 0: 5 people asked about, as both sides counted" for f in scene.verified()
    )


def test_the_asynchronous_client_gives_the_same(scene):
    asker = scene.asker(scene.answerer())
    # In a thread of its own: a browser that another test of this process opened keeps a loop here.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, asker.ask_async(PEOPLE)).result() == LABELS
        with pytest.raises(LocalError):
            pool.submit(asyncio.run, asker.ask_async(PEOPLE[:1] * (VOPRF_BATCH + 1))).result()


def test_a_question_whose_task_is_cancelled_on_its_way_is_counted_as_what_became_of_it(scene):
    asker = scene.asker(scene.answerer())
    read, begun, over = asker._read, Event(), Event()

    def late(*arguments):
        begun.set()
        over.wait(PATIENCE)
        return read(*arguments)

    async def run():
        task = asyncio.create_task(asker.ask_async(PEOPLE[:2]))
        await asyncio.to_thread(begun.wait, PATIENCE)
        task.cancel()
        await task

    asker._read = late
    with ThreadPoolExecutor(1) as pool, pytest.raises(asyncio.CancelledError):
        pool.submit(asyncio.run, run()).result()
    over.set()
    asker._turns._threads.shutdown()
    [kept] = counts_of(scene.platform).recent(0, 10)
    assert (kept.questions, kept.lost) == (2, 0)
    scene.clock.end_minute()
    scene.answerer().tally()
    assert [questions for _, questions in confirm(scene.platform, 0)] == [2]


def test_a_table_that_comes_packed_is_none(scene):
    def packed(_request):
        stream = httpx.ByteStream(b"no gzip")
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=stream)

    asker = scene.asker(scene.answerer())
    asker._known = None
    asker._http = General(httpx.Client(transport=httpx.MockTransport(packed)))
    with pytest.raises(Unreachable, match="DecodingError"):
        asker.refresh()


def test_no_answer_in_time_is_the_declared_default_and_may_be_counted(scene):
    answerer = scene.answerer()

    class Late(httpx.BaseTransport):
        def handle_request(self, request):
            inner = httpx.WSGITransport(create_app(answerer, scene.clock))
            inner.handle_request(request)
            raise httpx.ReadTimeout("late")

    asker = scene.asker(answerer, default="gold")
    asker._http = General(httpx.Client(transport=Late()))
    found = asker.ask(PEOPLE[:2])
    assert {(one.value, one.answered, one.problem) for one in found} == {
        ("gold", False, "ReadTimeout")
    }
    scene.clock.end_minute()
    answerer.tally()
    assert [questions for _, questions in confirm(scene.platform, 0)] == [2]


@pytest.mark.parametrize("minute", [0, (1 << 64) - 1, (1 << 40) - 1])
def test_an_answer_of_another_day_is_the_default_and_leaves_no_trace_there(scene, minute):
    """No proof covers the minute: whoever stands between may write any number there."""

    class Between(httpx.BaseTransport):
        def handle_request(self, request):
            inner = httpx.WSGITransport(create_app(answerer, scene.clock))
            found = inner.handle_request(request)
            content = minute.to_bytes(8, "big") + found.read()[8:]
            return httpx.Response(found.status_code, content=content)

    answerer = scene.answerer()
    asker = scene.asker(answerer)
    asker._http = General(httpx.Client(transport=Between()))
    assert {one.answered for one in asker.ask(PEOPLE[:2])} == {False}
    [kept] = counts_of(scene.platform).recent(0, 10)
    assert (kept.questions, kept.lost) == (0, 2)
    assert kept.minute == int(scene.clock()) // 60


def test_an_identifier_that_is_none_is_refused_before_anything_is_sent(scene):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    with pytest.raises(InvalidInput, match="identifier 1 "):
        asker.ask(["P0000x", ""])
    assert answerer.counts.of_day(0, scene.clock()) == 0


# --- bad questions: a problem document each, and nothing counted


def test_every_bad_question_is_refused_and_counts_nothing(scene):
    answerer = scene.answerer()
    stranger = scene.brand.home.signing
    good = [ELEMENT]
    cases = {
        "no element": (asked(scene, answerer, [*good, b"\1" + bytes(31)]), None, (422, None, 1)),
        "identity": (asked(scene, answerer, [bytes(32)]), None, (422, None, 0)),
        "empty": (asked(scene, answerer, []), None, (422, None, None)),
        "large": (asked(scene, answerer, good * (VOPRF_BATCH + 1)), None, (422, None, None)),
        "larger": (asked(scene, answerer, good * (VOPRF_BATCH + 2)), None, (413, None, None)),
        "cut": (asked(scene, answerer, good)[:-1], None, (422, None, None)),
        "short": (asked(scene, answerer, [])[:39], None, (422, None, None)),
        "stranger": (asked(scene, answerer, good), stranger, (401, None, None)),
        "stale": (asked(scene, answerer, good, shift=-31), None, (401, None, None)),
        "early": (asked(scene, answerer, good, shift=31), None, (401, None, None)),
        "other": (asked(scene, answerer, good, "0" * 32), None, (409, "serving-old", None)),
    }
    for name, (body, key, expected) in cases.items():
        assert problem(scene, answerer, body, key) == expected, name
    assert answerer.counts.of_day(0, scene.clock()) == 0
    once = asked(scene, answerer, good)
    assert problem(scene, answerer, once)[0] == 200
    assert problem(scene, answerer, once)[0] == 401, "the same question again"
    assert answerer.counts.of_day(0, scene.clock()) == 1


def test_a_table_is_for_the_platform_alone(scene):
    answerer = scene.answerer()
    body = asked(scene, answerer, [])
    assert problem(scene, answerer, body, scene.brand.home.signing, "/v1/table")[0] == 401
    assert problem(scene, answerer, body, None, "/v1/table")[0] == 200


# --- quota


def test_the_quota_of_a_day_outlasts_a_restart_and_is_all_or_nothing(meeting):
    scene = Scene.open(meeting, per_day=5)
    publish(scene.brand, 0)
    first = scene.answerer()
    assert problem(scene, first, asked(scene, first, [ELEMENT] * 3))[0] == 200
    again = scene.answerer()
    for body in (asked(scene, again, [ELEMENT] * 3), asked(scene, first, [ELEMENT] * 3)):
        assert problem(scene, again, body) == (429, "serving-quota", None)
    assert problem(scene, again, asked(scene, again, [ELEMENT] * 2))[0] == 200
    assert again.counts.of_day(0, scene.clock()) == 5
    # A clock that steps back frees nothing, the next day does.
    scene.clock.behind += 86400
    with pytest.raises(PolicyRefusal) as refused:
        again.counts.take(0, again.terms, b"n" * 16, 1, scene.clock())
    assert refused.value.rule == "serving-quota"
    again.counts.take(0, again.terms, b"m" * 16, 5, scene.clock() + 3 * 86400)


def test_the_quota_of_a_second_holds_across_threads(tmp_path, meeting):
    scene = Scene.open(meeting, per_second=50)
    terms = scene.brand.agreement.grants[0].serving
    counts = Counts(tmp_path / "counts.sqlite")

    def one(number):
        try:
            counts.take(0, terms, number.to_bytes(16, "big"), 1, 1_000_000.5)
        except PolicyRefusal:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(one, range(120))) == 50
    counts.take(0, terms, b"next", 50, 1_000_001.0)


def test_a_clock_that_steps_back_adds_to_no_minute_that_was_tallied(tmp_path):
    terms = grant().serving
    counts = Counts(tmp_path / "counts.sqlite")
    minute = counts.take(0, terms, b"one", 1, 600_000.0)
    assert counts.take(0, terms, b"two", 1, 600_000.0 - 3600) == minute
    counts.said(0, minute)
    with pytest.raises(Unreachable):
        counts.take(0, terms, b"three", 1, 600_000.0)
    assert counts.of_day(0, 600_000.0) == 2
    assert counts.take(0, terms, b"three", 1, 600_060.0) == minute + 1


def test_a_minute_is_not_tallied_while_a_question_may_still_be_counted_in_it(scene):
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    (minute,) = answerer.counts.unsaid(0, 1 << 40)
    answerer._clock = lambda: 60 * (minute + 1) + 9.0
    assert answerer.tally() == 0
    answerer._clock = lambda: 60 * (minute + 1) + 10.0
    assert answerer.tally() == 1


# --- ends


def test_a_platform_that_confirms_no_count_gets_no_more_answers_after_an_hour(meeting):
    scene = Scene.open(meeting, ends=int(time.time()) + 3600)
    publish(scene.brand, 0)
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    scene.clock.end_minute()
    answerer.tally()
    for minutes, rule in ((58, None), (62, "serving-unagreed")):
        scene.clock.behind = 60 - 60 * minutes
        answerer.look()
        reason = answerer._refusal
        assert getattr(reason, "rule", None) == rule
    confirm(scene.platform, 0)
    answerer.look()
    assert answerer._refusal is None


def test_a_mediator_that_hides_a_withdrawal_revives_nothing(scene):
    answerer = scene.answerer()
    question = asked(scene, answerer, [ELEMENT])
    body = {"dataset": scene.dataset}
    assert problem(scene, answerer, question)[0] == 200
    endings.remember(scene.brand.home, scene.brand.identity, "dataset.withdraw", body)
    # At once, before it looks again, and after.
    question = asked(scene, answerer, [ELEMENT])
    assert problem(scene, answerer, question)[:2] == (403, "ended-here")
    answerer.look()
    assert problem(scene, answerer, question)[:2] == (403, "ended-here")


def test_a_withdrawn_grant_is_refused_at_once_and_for_good(scene):
    answerer = scene.answerer()
    stop(scene.brand, 0)
    status, rule, _ = problem(scene, answerer, asked(scene, answerer, [ELEMENT]))
    assert (status, rule) == (409, "serving-halted")
    answerer.look()
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT], "0" * 32))[1] == (
        "serving-stopped"
    )
    with pytest.raises(Conflict, match="withdrawn"):
        publish(scene.brand, 0)
    assert [one["outcome"] for one in scene.entries("serving.stop")] == ["accepted"]
    assert any("withdrawn" in found for found in scene.verified())


def test_a_grant_can_be_withdrawn_before_anything_was_published(meeting):
    scene = Scene.open(meeting)
    stop(scene.brand, 0)
    assert scene.brand.client.serving(scene.brand.identity) == []
    with pytest.raises(Conflict) as refused:
        publish(scene.brand, 0)
    assert refused.value.rule == "serving-stopped"
    scene.verified()


@pytest.mark.parametrize(
    ("minute", "now", "rule"),
    [(100, 200, None), (101, 200, None), (102, 200, "serving-time"), (98, 200, "serving-time")],
)
def test_nothing_is_tallied_after_a_withdrawal_or_before_the_first_publication(minute, now, rule):
    agreement = Agreement.model_construct(grants=(grant(ends=60_000),))
    served = Served(1, "d", 100, 100, True)
    tally = Tally(minute, 1, -1, 0, None)
    if rule is None:
        check_tally(agreement, served, 0, "acme", tally, now)
        return
    with pytest.raises(Conflict) as refused:
        check_tally(agreement, served, 0, "acme", tally, now)
    assert refused.value.rule == rule


@pytest.mark.parametrize("how", ["dataset", "room"])
def test_what_ends_elsewhere_ends_the_serving_at_the_next_look(scene, how):
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    question = asked(scene, answerer, [ELEMENT])
    if how == "dataset":
        path = f"/v1/datasets/{scene.dataset}/withdraw"
        scene.brand.chain.say(path, "dataset.withdraw", {"dataset": scene.dataset})
    else:
        path = f"/v1/rooms/{scene.brand.identity}/close"
        scene.platform.chain.say(path, "room.close", {"reason": ""})
    answerer.look()
    status, rule, _ = problem(scene, answerer, question)
    assert (status, rule) == (409, {"dataset": "serving-closed", "room": "room-state"}[how])
    scene.clock.end_minute()
    answerer.tally()
    (tally,) = scene.entries("serving.tally")
    assert tally["outcome"] == "accepted", "the last minute is still told"
    scene.verified()


def test_a_mediator_that_is_silent_ends_the_serving_within_a_minute(scene):
    answerer = scene.answerer()
    scene.clock.behind -= UNCONFIRMED_SECONDS + 1
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT]))[0] == 503
    assert UNCONFIRMED_SECONDS < 60


def test_what_is_compiled_first_makes_no_answer_of_the_mediator_old(scene, monkeypatch):
    def slowly():
        scene.clock.behind -= UNCONFIRMED_SECONDS + 1

    monkeypatch.setattr(answer, "prepare", slowly)
    scene.answerer().check_open()


def test_a_grant_ends_by_its_own_time(scene):
    answerer = scene.answerer()
    answerer._looked = float("inf")
    scene.clock.behind -= 1900
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT]))[1] == "serving-ended"


# --- the next publication


def test_the_next_publication_is_taken_without_a_lost_question(scene):
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    scene.refresh(99)
    assert asker.ask(["P0093x", "P0001x"]) == [Label(None), Label("silver")]
    answerer.look()
    assert asker.ask(["P0093x"]) == [Label(None)]
    assert asker.behind
    asker.refresh()
    assert asker.ask(["P0093x", "P0001x"]) == [Label("gold"), Label("silver")]
    assert not asker.behind
    assert len(answerer._loaded) == 2
    scene.verified()


def test_the_publication_before_is_answered_for_a_short_time_only(scene):
    answerer = scene.answerer()
    before = answerer.current
    scene.refresh(99)
    answerer.look()
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT], before))[0] == 200
    scene.clock.behind -= GRACE_SECONDS
    answerer._looked = float("inf")
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT], before))[:2] == (
        409,
        "serving-old",
    )


@pytest.mark.parametrize("is_shown", [True, False])
def test_what_was_withdrawn_is_not_answered_after_the_next_publication(scene, is_shown):
    """Also where the mediator goes on showing it as it was."""
    answerer = scene.answerer()
    before, dataset = answerer.current, scene.dataset
    scene.refresh(99)
    if is_shown:
        path = f"/v1/datasets/{dataset}/withdraw"
        scene.brand.chain.say(path, "dataset.withdraw", {"dataset": dataset})
    else:
        scene.brand.chain.end("dataset.withdraw", {"dataset": dataset})
    answerer.look()
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT]))[0] == 200
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT], before))[1] == "serving-old"


def test_each_publication_has_a_key_of_its_own_and_one_size(scene):
    first = scene.answerer().current
    scene.refresh(80)
    second = scene.answerer().current
    vault = scene.brand.home.vault
    assert vault.read(folder(scene.brand, first) / "seed") != vault.read(
        folder(scene.brand, second) / "seed"
    )
    sizes = {(folder(scene.brand, one) / "table").stat().st_size for one in (first, second)}
    assert len(sizes) == 1


def test_keys_that_nobody_needs_any_more_are_deleted(scene):
    kept = []
    for count in (80, 85):
        kept.append(scene.answerer().current)
        scene.refresh(count)
    kept.append(scene.answerer().current)
    there = [folder(scene.brand, one).exists() for one in kept]
    assert there == [False, True, True]
    stop(scene.brand, 0)
    assert not any(folder(scene.brand, one).exists() for one in kept)


def test_an_audience_below_the_floor_or_above_the_size_is_not_published(meeting):
    scene = Scene.open(meeting, count=70)
    with pytest.raises(PolicyRefusal) as refused:
        publish(scene.brand, 0)
    assert refused.value.rule == "serving-floor"
    scene.dataset = scene.upload(scene.brand, data(300))
    with pytest.raises(InvalidInput, match="does not fit"):
        publish(scene.brand, 0)
    assert scene.entries("serving.publish") == []


def test_only_who_granted_publishes_and_withdraws(scene):
    with pytest.raises(PolicyRefusal):
        stop(scene.platform, 0)
    with pytest.raises(NotFound):
        publish(scene.brand, 1)


# --- tallies that lie


def test_a_brand_that_counts_more_than_was_asked_is_contradicted_in_the_log(scene):
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    answerer.counts.take(0, answerer.terms, b"invented", 3, scene.clock())
    scene.clock.end_minute()
    answerer.tally()
    with pytest.raises(PeerFault, match="counted 7 questions"):
        confirm(scene.platform, 0)
    said = scene.entries("serving.tally")
    assert [(one["outcome"], one["rule"]) for one in said] == [
        ("accepted", None),
        ("refused", "serving-tally"),
    ]
    assert said[1]["statement"]["statement"]["body"]["questions"] == 4
    assert any("7 counted by one side alone" in found for found in scene.verified())


def test_a_tally_above_the_quota_is_refused_and_halts_the_serving(meeting):
    scene = Scene.open(meeting, per_day=5)
    publish(scene.brand, 0)
    answerer = scene.answerer()
    answerer.counts.take(0, grant().serving, b"more", 6, scene.clock())
    scene.clock.end_minute()
    with pytest.raises(PolicyRefusal):
        answerer.tally()
    answerer.look()
    assert problem(scene, answerer, asked(scene, answerer, [ELEMENT]))[1] == "serving-halted"


def test_a_minute_is_said_once_also_after_a_crash_between_saying_and_noting(scene, monkeypatch):
    answerer = scene.answerer()
    scene.asker(answerer).ask(PEOPLE)
    scene.clock.end_minute()
    said = Chain.say

    def say_and_die(self, *arguments):
        said(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(Chain, "say", say_and_die)
    with pytest.raises(KeyboardInterrupt):
        answerer.tally()
    monkeypatch.setattr(Chain, "say", said)
    scene.answerer().tally()
    outcomes = [one["outcome"] for one in scene.entries("serving.tally")]
    assert outcomes.count("accepted") == 1
    assert sum(questions for _, questions in confirm(scene.platform, 0)) == 4


def test_a_table_that_is_not_the_one_in_the_log_is_refused(scene):
    answerer = scene.answerer()
    path = folder(scene.brand, answerer.current) / "table"
    changed = bytearray(path.read_bytes())
    changed[100] ^= 1
    path.write_bytes(changed)
    other = scene.answerer()
    with pytest.raises(PeerFault, match="table other than"):
        scene.asker(other)


def test_figures_and_health_say_how_much_of_the_quota_is_used(meeting):
    scene = Scene.open(meeting, per_day=5)
    publish(scene.brand, 0)
    answerer = scene.answerer()
    client = create_app(answerer, scene.clock).test_client()
    assert client.get("/v1/healthz").get_json()["near_quota"] is False
    answerer.counts.take(0, answerer.terms, b"x", 4, scene.clock())
    health = client.get("/v1/healthz").get_json()
    assert (health["near_quota"], health["day_quota_used"]) == (True, 0.8)
    assert "cleanroom_serving_day_quota_used 0.8" in client.get("/v1/metrics").text


def test_the_library_leaves_no_file_behind(tmp_path):
    command = [sys.executable, "-c", "import cleanroom.agent.serving.publish"]
    subprocess.run(
        command, env={**os.environ, "TMPDIR": str(tmp_path)}, check=True, timeout=PATIENCE
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("never who", "gold, silver or none", "1,000 questions a second", "no noise")),
        ("zh", ("不知是谁", "gold、silver 或无", "每秒至多 1,000 次", "无噪声")),
    ],
)
def test_whoever_signs_reads_what_the_grant_means(language, words):
    agreement = Agreement.model_construct(grants=(grant(),), rehearsal=False)
    (line,) = _grants(agreement, Reader("acme", {}, language))
    assert all(word in line.text for word in words)
