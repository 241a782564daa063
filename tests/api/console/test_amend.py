"""An amendment on the pages of a console: read, proposed, signed and declined as it was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.agent import amendments, rooms
from tests.api.console.test_propose import ROOM
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.agent.test_job_page import signed_in

__all__ = ["meeting"]

FILE = ROOM.replace('"autumn"', '"spring"').replace(".crm]", ".data]").replace(".users]", ".data]")


@pytest.fixture
def room(meeting: Place) -> rooms.Room:
    """An active room, and a room file of the brand that asks for another k."""
    proposed = meeting.propose()
    meeting.sign(proposed.identity)
    folder = meeting.homes["acme"].path / "files"
    folder.mkdir()
    (folder / "crm.csv").write_text("member\na1\na2\n")
    (folder / "room.toml").write_text(FILE.format(file="users.csv", more=""))
    return proposed


def shown(page: str) -> str:
    """Return the digest of the amendment that a page is about."""
    return page.partition('name="amendment" value="')[2][:64]


def test_what_was_shown_is_proposed_signed_and_in_force(meeting: Place, room: rooms.Room) -> None:
    browser, where = signed_in(meeting, "acme"), f"/rooms/{room.identity}"
    assert "room.toml" in browser.get(f"{where}/amendment").text
    page = browser.get(f"{where}/amend?file=room.toml").text
    assert "Now: 7 people" in page and "Before: 1 person" in page
    form = {"csrf": csrf(page), "amendment": shown(page)}
    file = Path(meeting.homes["acme"].path / "files" / "room.toml")
    file.write_text(file.read_text().replace("k_min = 7", "k_min = 3"))
    assert browser.post(f"{where}/amend", data={**form, "amendment": "00"}).status_code == 404
    assert browser.post(f"{where}/amend", data=form).status_code == 302
    page = browser.get(f"{where}/amendment").text
    assert "Signed by acme" in page and shown(page) == form["amendment"]
    assert "An amendment of the agreement is waiting" in browser.get(where).text
    other = signed_in(meeting, "telco")
    page = other.get(f"{where}/amendment").text
    form = {"csrf": csrf(page), "amendment": shown(page)}
    wrong = {**form, "amendment": "11" * 32}
    assert other.post(f"{where}/amendment", data=wrong).status_code == 409
    assert other.post(f"{where}/amendment", data=form).status_code == 302
    assert amendments.settle(room).agreement.policy.k_min == 7
    assert "7 people" in other.get(where).text


def test_an_amendment_is_turned_down_in_chinese_too(meeting: Place, room: rooms.Room) -> None:
    before = room.agreement
    policy = before.policy.model_copy(update={"k_min": 5})
    other = amendments.follow(before.model_copy(update={"policy": policy}), before)
    amendments.propose(room, other)
    browser, where = signed_in(meeting, "telco"), f"/rooms/{room.identity}/amendment"
    page = browser.get(f"{where}?language=zh", follow_redirects=True).text
    assert "变更为：5 人" in page and "签署此修订" in page
    form = {"csrf": csrf(page), "amendment": shown(page), "action": "decline", "reason": "no"}
    assert browser.post(where, data=form).status_code == 302
    assert amendments.waiting(room) is None
    assert amendments.settle(room).agreement == before
