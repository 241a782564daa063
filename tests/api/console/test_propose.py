"""A room is proposed from the pages of a console: exactly what was shown, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cleanroom.agent import contacts, rooms
from cleanroom.agent.room_file import RoomFile
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.agent.test_job_page import signed_in
from tests.waits import wait_for

__all__ = ["meeting"]

ROOM = """
[room]
name = "autumn"
rehearsal = true
templates = ["overlap"]
[policy]
k_min = 7
noise = "none"
paillier_bits = 512
[datasets.acme.crm]
file = "crm.csv"
kind = "audience"
id = {{ column = "member", profile = "raw:v1" }}
[datasets.telco.users]
file = "{file}"
kind = "audience"
id = {{ column = "member", profile = "raw:v1" }}
{more}
"""


@pytest.fixture
def folder(meeting: Place) -> Path:
    found = meeting.homes["acme"].path / "files"
    found.mkdir()
    (found / "crm.csv").write_text("member\na1\na2\n")
    write(found)
    return found


def write(folder: Path, file: str = "users.csv", more: str = "") -> None:
    (folder / "room.toml").write_text(ROOM.format(file=file, more=more))


def draft(meeting: Place, browser: FlaskClient, **changes: object):
    """Ask for the draft of the room file with the platform's card as a file."""
    card = meeting.homes["telco"].card.canonical()
    token = csrf(browser.get("/propose?file=room.toml").text)
    form = {"csrf": token, "file": "room.toml", "card": (io.BytesIO(card), "card.json")}
    return browser.post("/propose", data={**form, **changes}, content_type="multipart/form-data")


def propose(browser: FlaskClient, address: str) -> str:
    """Sign and propose a draft, wait until that is over, and return the page."""
    token = csrf(browser.get(address).text)
    assert browser.post(address, data={"csrf": token}).status_code == 302
    wait_for(lambda: not browser.get(f"{address}/state.json").json["busy"])
    return browser.get(address, follow_redirects=True).text


def test_what_was_read_is_what_is_proposed(meeting: Place, folder: Path) -> None:
    browser, home = signed_in(meeting, "acme"), meeting.homes["acme"]
    assert "room.toml" in browser.get("/propose").text
    answer = draft(meeting, browser)
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    assert "7 people" in page and meeting.homes["telco"].card.fingerprints()[0] in page
    assert not contacts.known_cards(home) and not rooms.known(home), "nothing is signed yet"
    write(folder, more='[[grants]]\nparty = "acme"\nkind = "public-base"')
    assert "What may be learnt" not in propose(browser, answer.location)
    identity = answer.location.rpartition("/")[2]
    agreement = rooms.open_room(home, meeting.client("acme"), identity).agreement
    assert agreement.grants == () and agreement.policy.k_min == 7
    assert rooms.fetch(meeting.client("telco"), identity) == agreement
    other = signed_in(meeting, "telco")
    token = csrf(other.get(f"/rooms/{identity}/sign").text)
    form = {"csrf": token, "action": "decline", "reason": "not now"}
    assert other.post(f"/rooms/{identity}/sign", data=form).status_code == 302
    assert meeting.client("acme").room(identity)["state"] == "CLOSED"


def test_data_that_does_not_fit_is_refused_before_anything_is_signed(
    meeting: Place, folder: Path
) -> None:
    browser = signed_in(meeting, "acme")
    (folder / "crm.csv").write_text("email\na1\n")
    answer = draft(meeting, browser)
    assert "member" in propose(browser, answer.location)
    assert not rooms.known(meeting.homes["acme"]) and meeting.client("acme").rooms() == []


JOB = """
[[jobs]]
name = "j"
template = "activation"
brand = "crm"
platform = "users"
purpose = "x"
"""


@pytest.mark.parametrize(
    ("file", "more", "said"),
    [
        ("users.csv", JOB, "forbid its own questions"),
        ("users.csv", '[datasets.acme.far]\nfile = "../card.json"\nkind = "audience"\n'
         'id = { column = "x", profile = "raw:v1" }', "outside the folder"),
    ],
)  # fmt: skip
def test_what_the_command_line_refuses_makes_no_draft(
    meeting: Place, folder: Path, file: str, more: str, said: str
) -> None:
    browser = signed_in(meeting, "acme")
    write(folder, file, more)
    answer = draft(meeting, browser)
    assert answer.status_code in {403, 422} and said in answer.text, answer.text
    assert not browser.application.extensions["desk"].drafts


def test_another_card_under_a_known_name_makes_no_draft(meeting: Place, folder: Path) -> None:
    browser, home = signed_in(meeting, "acme"), meeting.homes["acme"]
    contacts.trust(home, meeting.homes["telco"].card)
    false = meeting.homes["telco"].card.model_copy(update={"signing_key": "ab" * 32})
    card = (io.BytesIO(false.canonical()), "card.json")
    assert draft(meeting, browser, card=card).status_code == 422
    assert not browser.application.extensions["desk"].drafts


def test_a_draft_wants_the_token_and_the_identifier_that_was_shown(
    meeting: Place, folder: Path
) -> None:
    browser = signed_in(meeting, "acme")
    answer = draft(meeting, browser)
    assert browser.post(answer.location).status_code == 403
    assert browser.post("/propose", data={"file": "room.toml"}).status_code == 403
    assert browser.post("/propose/form", data={"name": "x"}).status_code == 403
    token = csrf(browser.get(answer.location).text)
    assert browser.post(f"/propose/{'0' * 32}", data={"csrf": token}).status_code == 404


FORM = {
    "name": "winter",
    "rehearsal": "yes",
    "template": ["overlap", "profile"],
    "noise": "discrete-gaussian",
    "approval": "manual",
    "k_min": "20",
    "rho_budget": "2",
    "rho_per_release": "0.25",
    "expires": "2030-01-31",
    "own0.name": "crm",
    "own0.kind": "audience",
    "own0.file": "crm.csv",
    "own0.column": "member",
    "own0.profile": "raw:v1",
    "own0.labels": 'tier, "]\n[room]',
    "own0.measures": "spend = 1000.00\nvisits = 50",
    "other0.name": "users",
    "other0.kind": "events",
    "other0.profile": "raw:v1",
}


def test_the_short_form_writes_a_room_file(meeting: Place, folder: Path) -> None:
    browser = signed_in(meeting, "acme")
    form = {**FORM, "csrf": csrf(browser.get("/propose/form").text)}
    assert browser.post("/propose/form", data={**form, "own0.labels": "tier"}).status_code == 302
    found = RoomFile.read(folder / "winter.toml")
    assert found.room.templates == ("overlap", "profile") and found.room.rehearsal
    assert found.policy["k_min"] == 20 and found.policy["approval"] == "manual"
    spec = found.datasets["brand"]["crm"]
    assert (spec.label_names, spec.file) == (("tier",), "crm.csv")
    spend = spec.measures["spend"]
    assert (spend.decimals, spend.scaled_max, spec.measures["visits"].decimals) == (2, 100_000, 0)
    assert found.datasets["platform"]["users"].kind == "events"
    again = browser.post("/propose/form", data=form)
    assert again.status_code == 409 or again.status_code == 422
    assert "There is already a file winter.toml" in again.text


LIVING = {
    "period": "90",
    "rho_lifetime": "4",
    "realign": "yes",
    "kept.rows": "30",
    "kept.alignments": "31",
    "kept.messages": "7",
    "kept.answers": "90",
    "purposes": "measurement\ncampaign planning\n",
}


def test_the_short_form_says_how_a_room_lives_on(meeting: Place, folder: Path) -> None:
    browser = signed_in(meeting, "acme")
    page = browser.get("/propose/form?language=zh", follow_redirects=True).text
    assert "各项内容的保存天数" in page and 'name="kept.messages"' in page
    form = {**FORM, **LIVING, "own0.labels": "tier", "csrf": csrf(page)}
    assert browser.post("/propose/form", data=form).status_code == 302
    cards = (meeting.homes["acme"].card, meeting.homes["telco"].card)
    described = RoomFile.read(folder / "winter.toml")
    agreement = described.agreement(cards, "log.test", meeting.key, "00" * 16, 1_800_000_000)
    policy, day = agreement.policy, 86_400
    assert (policy.period, policy.rho_lifetime, policy.realign) == (90 * day, 4.0, True)
    assert policy.retention is not None
    kept = {"rows": 30, "alignments": 31, "messages": 7, "answers": 90}
    assert policy.retention.to_json() == {name: days * day for name, days in kept.items()}
    assert agreement.purposes == ("measurement", "campaign planning")


def test_half_of_a_term_is_pointed_at_where_it_is_missing(meeting: Place, folder: Path) -> None:
    browser = signed_in(meeting, "acme")
    form = {**FORM, **LIVING, "csrf": csrf(browser.get("/propose/form").text)}
    for key in ("kept.answers", "kept.rows", "period", "rho_lifetime"):
        for text in ("", "0", "1.5", "-1", "x"):
            if (key, text) in (("rho_lifetime", "0"), ("rho_lifetime", "1.5")):
                continue  # numbers: what they bound is checked with the agreement
            answer = browser.post("/propose/form", data={**form, key: text})
            assert answer.status_code == 422, (key, text)
            field = answer.text.partition(f'<label for="f-{key}"')
            assert field[0].endswith('<div class="field bad">'), (key, text)
            assert 'value="31"' in answer.text, "what was given is still there"
    assert sorted(one.name for one in folder.iterdir()) == ["crm.csv", "room.toml"]


WRONG = (
    {"name": "../x"},
    {"name": ""},
    {"own0.measures": "spend"},
    {"own0.measures": "spend = nan"},
    {"own0.measures": "spend = 1e999999"},
    {"k_min": "²"},
    {"rho_budget": "inf"},
    {"expires": "2030-13-01"},
    {"own0.profile": "nonsense"},
    {"own0.kind": "nonsense"},
    {"noise": '"\n[room]'},
    {"template": "nonsense"},
)


def test_a_form_that_makes_no_room_leaves_no_file(meeting: Place, folder: Path) -> None:
    browser = signed_in(meeting, "acme")
    form = {**FORM, "csrf": csrf(browser.get("/propose/form").text), "own0.labels": "tier"}
    for change in WRONG:
        answer = browser.post("/propose/form", data={**form, **change})
        assert answer.status_code == 422, change
        assert sorted(one.name for one in folder.iterdir()) == ["crm.csv", "room.toml"]
    labels = "a\"b']"
    assert browser.post("/propose/form", data={**form, "own0.labels": labels}).status_code == 302
    spec = RoomFile.read(folder / "winter.toml").datasets["brand"]["crm"]
    assert spec.label_names == (labels,)
