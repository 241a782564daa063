"""A party joins a room, and another is taken out of it, on the pages of their consoles."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import amendments, joining, rooms
from tests.api.console.test_amend import FILE, shown
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_joining import THREE, opened, without
from tests.waits import wait_for

VIDEO = """
[datasets.video.data]
file = "video.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return meet(tmp_path, THREE)


def form(page: str, **more: Any) -> dict[str, Any]:
    return {"csrf": csrf(page), "amendment": shown(page), **more}


def test_a_platform_is_brought_in_and_another_taken_out(place: Place) -> None:
    parties = opened(place)
    room = parties["acme"]
    where, folder = f"/rooms/{room.identity}", place.homes["acme"].path / "files"
    folder.mkdir()
    (folder / "crm.csv").write_text("member\na1\na2\n")
    members = '[members]\nacme = "brand"\ntelco = "platform"\nvideo = "platform"\n'
    text = FILE.format(file="users.csv", more="") + VIDEO
    (folder / "room.toml").write_text(members + text)
    brand, video = signed_in(place, "acme"), signed_in(place, "video")
    page = brand.get(f"{where}/amendment").text
    card = place.homes["video"].card.canonical()
    sent = {"csrf": csrf(page), "action": "card", "card": (io.BytesIO(card), "video.json")}
    assert brand.post(f"{where}/amendment", data=sent).status_code == 302
    assert 'name="member" value="video"' in brand.get(f"{where}/amendment").text
    page = brand.get(f"{where}/amend?file=room.toml&member=video").text
    assert "Who comes and who goes" in page and "can then read the whole log" in page
    assert brand.post(f"{where}/amend", data=form(page)).status_code == 302
    assert "You may join" in video.get("/").text
    page = video.get(f"{where}/join").text
    assert "Join spring" in page and "No longer" not in page.partition("</h1>")[0]
    assert "joins as Platform" in page
    wrong = form(page, amendment="11" * 32)
    assert video.post(f"{where}/join", data=wrong).status_code == 409
    assert video.post(f"{where}/join", data=form(page)).status_code == 302
    wait_for(lambda: "You have signed" in video.get(f"{where}/join").text)
    other = signed_in(place, "telco")
    page = other.get(f"{where}/amendment?language=zh", follow_redirects=True).text
    assert "成员加入与退出" in page and "加入后可阅读房间自首条记录起的全部日志" in page
    assert other.post(f"{where}/amendment", data=form(page)).status_code == 302
    assert video.get(f"{where}/join").status_code == 302
    assert "Active" in video.get(where).text
    parties["video"] = rooms.open_room(place.homes["video"], place.client("video"), room.identity)
    telco_is_taken_out(place, parties, other)


def telco_is_taken_out(place: Place, parties: dict[str, rooms.Room], other: Any) -> None:
    where = f"/rooms/{parties['acme'].identity}"
    agreement = without(parties["acme"], "telco")
    amendments.propose(parties["acme"], agreement)
    page = other.get(f"{where}/amendment?language=en", follow_redirects=True).text
    assert "removes you from the room" in page and "Sign this amendment" not in page
    amendments.sign(amendments.settle(parties["video"]), agreement)
    assert "An amendment removed you from this room" in other.get(where).text
    assert "You were removed" in other.get("/").text
    assert joining.has_left(parties["telco"].home, parties["telco"].identity)
