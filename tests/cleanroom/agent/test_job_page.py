"""A question's page says what this party's own agent planned, before approval and after it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.console.party import create_party_console, make_ticket
from cleanroom.agent import approval, asking, jobs
from cleanroom.agent.earlier import kept_result, result_file
from cleanroom.agent.http import Client
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.agent.test_question import Asked, asked
from tests.cleanroom.queries.room import FOREVER

__all__ = ["asked"]


def signed_in(meeting: Place, party: str) -> FlaskClient:
    transport = meeting.client(party).transport
    browser = create_party_console(meeting.homes[party], transport).test_client()
    form = {"ticket": make_ticket(meeting.homes[party])}
    assert browser.post("/sign-in", data=form).status_code == 302
    return browser


def lying(monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """Let the mediator say other things of every question."""
    honest = Client.job

    def lie(self: Client, job: str) -> dict[str, Any]:
        return honest(self, job) | said

    monkeypatch.setattr(Client, "job", lie)


def test_the_page_shows_the_agents_own_plan_and_no_word_of_the_mediators(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, rooms, job = asked
    plan = {"rho": 0.123456, "k": 98765, "tau": 87654}
    lying(monkeypatch, state="STARTED", approved=["platform"], plan=plan)
    browser = signed_in(meeting, "telco")
    for place in ("questions", "approvals"):
        page = browser.get(f"/rooms/{rooms['telco'].identity}/{place}/{job}").text
        # What was sealed to this party is opened.
        assert "Hero" in page and "acme/data v1" in page
        assert not any(told in page for told in ("0.12346", "98,765", "87,654"))


def test_a_page_of_another_question_is_refused(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, rooms, job = asked
    shown = rooms["telco"].client.job(job)["job"]
    lying(monkeypatch, job={**shown, "name": "another"})
    browser = signed_in(meeting, "telco")
    assert browser.get(f"/rooms/{rooms['telco'].identity}/questions/{job}").status_code == 422


def test_a_question_of_an_expired_room_is_still_shown_as_it_was_planned(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, rooms, job = asked
    browser = signed_in(meeting, "telco")
    monkeypatch.setattr(jobs.time, "time", lambda: 2.0 * FOREVER)
    base = f"/rooms/{rooms['telco'].identity}"
    assert "the room has expired" in browser.get(f"{base}/approvals/{job}").text
    page = browser.get(f"{base}/questions/{job}").text
    assert "Hero" in page and "the room has expired" not in page


def test_an_answer_whose_receipt_was_not_kept_is_still_read(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, rooms, job = asked
    for room in rooms.values():
        approval.approve(jobs.load(room, job))
    while rooms["acme"].client.job(job)["state"] != "SUCCESS":
        meeting.mediator.worker().run_once()
        meeting.work()
    found = kept_result(rooms["acme"], job)
    assert found is not None
    # As a kill leaves it between the receipt and its being kept.
    del found["receipt"]
    rooms["acme"].home.vault.write(result_file(rooms["acme"], job), json.dumps(found).encode())
    monkeypatch.setattr(asking, "RECEIPT_POLL", 0.001)
    assert asking.read_result(rooms["acme"], job) == found
