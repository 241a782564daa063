"""The consoles as they run, over a real mediator: odd input, spoilt statements, what is logged."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from api.console import audit as pages
from api.console.links import write_ticket
from api.console.mediator import PAGES_AT_ONCE, SIGN_IN_COST, audience, create_mediator_console
from cleanroom.agent.rooms import Room
from protocols.signing import SigningKey
from tests.api.party import Party, ShiftedClock
from tests.api.test_spoilt_statements import SPOILT, post, raw
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_question import DATA, POLICY

Consoles = tuple[Place, Room, dict[str, FlaskClient]]


def ticket(meeting: Place, key: SigningKey) -> dict[str, str]:
    own = audience(meeting.mediator.context.key.verifying_key.raw.hex())
    return {"ticket": write_ticket(key, own, int(time.time()), secrets.token_bytes)}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Room]:
    meeting = meet(tmp_path_factory.mktemp("consoles"))
    return meeting, meeting.talk(DATA, templates=("reach_frequency",), policy=POLICY)["acme"]


@pytest.fixture
def consoles(opened: tuple[Place, Room]) -> Consoles:
    meeting, room = opened
    browser = create_mediator_console(meeting.mediator).test_client()
    form = ticket(meeting, meeting.homes["acme"].signing)
    assert browser.post("/sign-in", data=form).status_code == 302
    return meeting, room, {"mediator": browser, "party": signed_in(meeting, "acme")}


def test_no_spoilt_statement_spoils_a_page(consoles: Consoles) -> None:
    meeting, room, browsers = consoles
    home, base = meeting.homes["telco"], f"/rooms/{room.identity}"
    telco = Party("telco", "platform", meeting.app.test_client(), ShiftedClock(), home.signing)
    telco.room = room.identity
    before = len(room.client.entries(room.identity, 0, 500))
    for kind, path in (("room.close", f"rooms/{room.identity}/close"), ("job.submit", "jobs")):
        for body in SPOILT.values():
            assert post(telco, f"/v1/{path}", raw(telco, kind, body)) in {400, 409, 422}
    size = len(room.client.entries(room.identity, 0, 500))
    assert size > before
    for browser in browsers.values():
        asked = ["log", "log?outcome=refused", "log?q=x", "checkpoint", "report.html", "report.md"]
        asked += [f"log/{number}" for number in range(before, size)]
        for page in asked:
            assert browser.get(f"{base}/{page}").status_code == 200, page
        assert "verified" in browser.get(f"{base}/report.html").text


ODD = ("nan", "inf", "1e999", "²", "١", "9" * 40, "-1", "\x00", "")


def test_odd_numbers_are_no_failure_of_a_page(consoles: Consoles) -> None:
    _, room, browsers = consoles
    base = f"/rooms/{room.identity}"
    asked = [("questions", "page"), ("questions", "before"), ("questions", "state")]
    asked += [("log", "before"), ("checkpoint", "from")]
    for browser in browsers.values():
        for page, name in asked:
            for odd in ODD:
                found = browser.get(f"{base}/{page}", query_string={name: odd})
                assert found.status_code < 500, (page, name, odd)
    browser = browsers["party"]
    shown = browser.get(f"{base}/ask/reach_frequency").text
    csrf = shown.partition('name="csrf" value="')[2].partition('"')[0]
    assert csrf
    for name in ("rho", "size", "p.max_frequency", "p.campaigns", "p.start"):
        for odd in ODD:
            form = {"csrf": csrf, "name": "q", "receiver": "brand", "rho": "", "size": "9"}
            found = browser.post(f"{base}/ask/reach_frequency", data={**form, name: odd})
            assert found.status_code < 500, (name, odd)
            if name == "rho" and odd in ("nan", "inf", "1e999", "²"):
                assert "This is not a number" in found.text


def test_a_form_offers_no_receiver_who_is_always_refused(consoles: Consoles) -> None:
    _, room, browsers = consoles
    offered = re.compile('name="receiver" value="([a-z]+)"(?: checked)?')
    for name, sides in (("reach_frequency", ["brand", "platform"]), ("channel_flow", ["brand"])):
        shown = browsers["party"].get(f"/rooms/{room.identity}/ask/{name}").text
        assert offered.findall(shown) == sides


def test_the_log_of_a_console_names_nobody(
    capsys: pytest.CaptureFixture[str], consoles: Consoles
) -> None:
    meeting, room, browsers = consoles
    form = ticket(meeting, meeting.homes["telco"].signing)
    client = create_mediator_console(meeting.mediator).test_client()
    assert client.post("/sign-in", data=form).status_code == 302
    assert client.post("/sign-in", data=form).status_code == 401
    browsers["party"].get(f"/rooms/{room.identity}/log")
    said = "".join(capsys.readouterr())
    assert "signed in" in said
    for home in meeting.homes.values():
        key = home.signing.verifying_key
        assert not any(one in said for one in (home.card.name, key.fingerprint(), key.raw.hex()))


def test_one_key_can_neither_sign_in_nor_look_without_end(consoles: Consoles) -> None:
    meeting, room, browsers = consoles
    browser, key = browsers["mediator"], meeting.homes["acme"].signing
    rate = browser.application.extensions["rate"]
    spent = PAGES_AT_ONCE - rate._buckets[key.verifying_key.fingerprint()].tokens
    assert spent > SIGN_IN_COST / 2
    rate._rate = 0.0

    def until_refused(ask: Callable[[], int]) -> int:
        return next(n for n in range(PAGES_AT_ONCE) if ask() == 429)

    assert until_refused(lambda: browser.get(f"/rooms/{room.identity}/log?q=x").status_code) > 10
    size = len(room.client.entries(room.identity, 0, 500))
    form = ticket(meeting, key)
    assert browser.post("/sign-in", data=form).status_code == 429
    assert browser.get("/static/style.css").status_code != 429
    # It costs nobody else anything, and nothing is logged.
    other = ticket(meeting, meeting.homes["telco"].signing)
    assert browser.application.test_client().post("/sign-in", data=other).status_code == 302
    assert len(room.client.entries(room.identity, 0, 500)) == size


def test_a_report_is_made_of_a_short_log_alone_and_one_at_a_time(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, room, browsers = consoles
    rate = browsers["mediator"].application.extensions["rate"]
    for browser in browsers.values():
        page = f"/rooms/{room.identity}/report.html"
        with pages._reporting:
            assert browser.get(page).status_code == 409
        assert browser.get(page).status_code == 200
        for name in ("REPORT_ENTRIES", "REPORT_BYTES"):
            rate._buckets.clear()  # a report costs a fourth of what a key may ask at once
            with monkeypatch.context() as patched:
                patched.setattr(pages, name, 1)
                refused = browser.get(page)
                assert refused.status_code == 422 and "audit report" in refused.text
