"""Data is checked, sent and aligned from the pages of a party's console."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.console.work import Stopped, Tasks
from cleanroom.agent import datasets, lines
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.ingest import read_table
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.test_job_page import signed_in
from tests.waits import wait_for

ROOM = """
[room]
name = "spring"
rehearsal = true
[policy]
k_min = 1
noise = "none"
paillier_bits = 512
alignment = ["dh"]
[datasets.acme.crm]
file = "crm.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
labels = ["tier"]
[datasets.acme.other]
file = "crm.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
[datasets.acme.beyond]
file = "../../keys/signing"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
[datasets.acme.wrong]
file = "<img src=x onerror=alert(1)>.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
[datasets.telco.users]
file = "users.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Room, Room, Path]:
    meeting = meet(tmp_path_factory.mktemp("uploads"))
    folder = meeting.homes["acme"].path / "files"
    folder.mkdir()
    (folder / "room.toml").write_text(ROOM)
    (folder / "crm.csv").write_text("member,tier,city\na1,gold,A\na2,silver,A\n,gold,A\n")
    (folder / "users.csv").write_text("member\na1\na2\na3\n")
    cards = tuple(home.card for home in meeting.homes.values())
    described = RoomFile.read(folder / "room.toml")
    terms = described.agreement(cards, "log.test", meeting.key, "0" * 32, time.time()).datasets
    agreed = tuple(one for one in terms if one.name != "other")
    policy = meeting.agreement().policy.model_copy(update={"alignment": ("dh",)})
    brand = meeting.propose(datasets=agreed, policy=policy)
    return meeting, brand, meeting.sign(brand.identity), folder


def csrf(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def do(browser: FlaskClient, base: str, action: str, name: str = "crm") -> str:
    """Let something be done with a dataset, wait until it is over, and return the page."""
    query = {"file": "room.toml", "name": name}
    shown = browser.get(f"{base}/upload", query_string=query)
    form = {"csrf": csrf(shown.text), "action": action, **query}
    answer = browser.post(f"{base}/upload", data=form)
    assert answer.status_code == 302, answer.text
    state = f"{base}/upload/state.json"
    wait_for(lambda: not browser.get(state, query_string=query).json["busy"])
    return browser.get(answer.location).text


def test_a_dataset_is_checked_sent_and_aligned(place: tuple[Place, Room, Room, Path]) -> None:
    meeting, brand, platform, folder = place
    browser = signed_in(meeting, "acme")
    base = f"/rooms/{brand.identity}"
    listed = browser.get(f"{base}/upload").text
    assert "room.toml" in listed and "the agreement does not name it" in listed
    query = {"file": "room.toml", "name": "crm"}
    form = {"csrf": csrf(browser.get(f"{base}/upload", query_string=query).text), **query}
    early = browser.post(f"{base}/upload", data={**form, "action": "send"})
    assert early.status_code == 409, "what was not checked is not sent"
    page = do(browser, base, "check")
    assert "member is empty" in page and "Encrypt and upload" in page
    assert "Not read: city (A 100.0%)." in page
    assert brand.client.datasets(brand.identity) == []
    (folder / "crm.csv").write_text("member,tier\na1,gold\na2,silver\n,gold\na3,gold\n")
    late = browser.post(f"{base}/upload", data={**form, "action": "send"})
    assert late.status_code == 409, "the file is another one than was checked"
    do(browser, base, "check")
    page = do(browser, base, "send")
    assert "is at the mediator" in page
    (item,) = brand.client.datasets(brand.identity)
    assert item["state"] == "READY" and item["manifest"]["name"] == "crm"
    again = signed_in(meeting, "acme").get(f"{base}/datasets/{item['id']}").text
    assert "member is empty" in again, "the report is kept with the dataset"
    # The next version of what is there: from its page, with its name and its file filled in.
    assert f'href="{base}/upload?name=crm"' in again
    assert browser.get(f"{base}/upload?name=nothing").status_code == 404
    assert browser.get(f"{base}/datasets/{'0' * 32}").status_code == 404
    page = browser.get(f"{base}/upload?name=crm").text
    assert "Version 1 is at the mediator" in page and "Align it afterwards" in page
    assert 'name="file" value="room.toml"' in page and "Send the next version</button>" in page
    # The command line goes on from what the console sent.
    assert lines.refresh(brand, "crm").manifest.version == 2

    form = {"csrf": csrf(browser.get(f"{base}/upload", query_string=query).text), "brand": "crm"}
    assert browser.post(f"{base}/alignments", data=form).status_code == 422
    described = RoomFile.read(folder / "room.toml")
    spec = described.datasets["telco"]["users"]
    datasets.upload(platform, "users", spec, read_table(spec, folder / "users.csv"))
    page = browser.get(f"{base}/alignments").text
    assert "Align these" in page
    before = browser.get(f"{base}/alignments/state.json").json["mark"]
    form["platform"] = "users"
    refused = browser.post(f"{base}/alignments", data={**form, "profile": "ot"})
    assert refused.status_code == 403 and "alignment-profile" in refused.text
    assert browser.post(f"{base}/alignments", data=form).status_code == 302
    assert "Waiting for both agents" in browser.get(f"{base}/alignments").text
    meeting.work()
    assert browser.get(f"{base}/alignments/state.json").json["mark"] != before
    assert "Aligned" in browser.get(f"{base}/alignments").text


def test_what_the_agreement_does_not_name_cannot_be_sent(
    place: tuple[Place, Room, Room, Path],
) -> None:
    meeting, brand, _, _ = place
    browser, base = signed_in(meeting, "acme"), f"/rooms/{brand.identity}"
    page = do(browser, base, "check", "other")
    assert "The agreement has no dataset other of acme" in page
    assert "Encrypt and upload" not in page
    form = {"csrf": csrf(page), "file": "room.toml", "name": "other", "action": "send"}
    assert browser.post(f"{base}/upload", data=form).status_code == 409


@pytest.mark.parametrize(
    ("file", "name", "status"),
    [
        ("../card.json", "crm", 404),
        ("../../acme/files/room.toml", "crm", 404),
        ("/etc/passwd", "crm", 404),
        ("room.toml", "users", 404),
        ("room.toml", "beyond", 422),
        ("", "", 404),
    ],
)
def test_nothing_outside_the_folder_is_read(
    place: tuple[Place, Room, Room, Path], file: str, name: str, status: int
) -> None:
    meeting, brand, _, _ = place
    browser = signed_in(meeting, "acme")
    query = {"file": file, "name": name}
    for page in ("upload", "upload/state.json"):
        found = browser.get(f"/rooms/{brand.identity}/{page}", query_string=query)
        assert found.status_code == status, found.text


def test_a_room_file_of_a_stranger_is_text(place: tuple[Place, Room, Room, Path]) -> None:
    meeting, brand, _, _ = place
    browser = signed_in(meeting, "acme")
    query = {"file": "room.toml", "name": "wrong"}
    for found in ({}, query):
        page = browser.get(f"/rooms/{brand.identity}/upload", query_string=found).text
        assert "<img" not in page and "<img src=x onerror=alert(1)>" in html.unescape(page)


def test_every_form_wants_the_token_of_its_session(place: tuple[Place, Room, Room, Path]) -> None:
    meeting, brand, _, _ = place
    browser, base = signed_in(meeting, "acme"), f"/rooms/{brand.identity}"
    for path, form in (
        ("upload", {"file": "room.toml", "name": "crm", "action": "check"}),
        ("alignments", {"brand": "crm", "platform": "users"}),
    ):
        for given in (form, {**form, "csrf": "x"}):
            assert browser.post(f"{base}/{path}", data=given).status_code == 403


def test_work_tells_how_far_it_is_and_ends_when_its_program_does() -> None:
    tasks, going = Tasks(), []

    def work(tell: Callable[[str, int, int], None]) -> None:
        while True:
            going.append(1)
            tell("encrypt", len(going), 0)
            time.sleep(0.001)

    tasks.start("long", work)
    wait_for(lambda: tasks.step("long") is not None)
    assert tasks.busy("long")
    tasks.close()
    wait_for(lambda: not tasks.busy("long"))
    assert tasks.failure("long") == Stopped.__name__
    assert re.fullmatch(r"\d+", str(tasks.step("long").done))
