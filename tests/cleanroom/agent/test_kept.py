"""Once the mediator is of no help, what the home keeps is shown, and is said to be that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import kept, keys, retention
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client
from cleanroom.cli import about, common, room
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.errors import PeerFault, Unreachable
from protocols.errors import InvalidProofError
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meet
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_question import POLICY
from tests.cleanroom.queries.room import events

START = 1_780_272_000
PEOPLE = [f"p{number}" for number in range(6)]
DATA = {
    "acme": events(PEOPLE[:5], [START + 5] * 5),
    "telco": events(PEOPLE, [START] * 6, [1] * 6, labels={"campaign": ["Hero", "Feed"] * 3}),
}
TIMES = {"start": START, "end": START + 60}
MODELS = ("first_touch", "last_touch")
Kept = tuple[Place, str, dict[str, str]]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Two answers of acme, of one question under two models; then its keys are replaced."""
    meeting = meet(tmp_path_factory.mktemp("meeting"))
    policy = POLICY.model_copy(update={"approval": "auto"})
    opened = meeting.talk(DATA, templates=("attribution",), policy=policy)["acme"]
    asked = {one: meeting.ask(opened, "attribution", {"model": one, **TIMES}) for one in MODELS}
    while any(opened.client.job(one)["state"] != "SUCCESS" for one in asked.values()):
        meeting.work()
        meeting.mediator.worker().run_once()
    meeting.work()
    opened.chain.say(f"/v1/rooms/{opened.identity}/close", "room.close", {"reason": "over"})
    old = meeting.homes["acme"].card.fingerprints()[0]
    keys.rotate(meeting.homes["acme"], [])
    meeting.homes["acme"] = Home.open(meeting.homes["acme"].path, PASSPHRASE)
    meeting.mediator.access.admit(meeting.homes["acme"].card)
    meeting.mediator.access.revoke(old)
    return meeting, opened.identity, asked


def away(self: Client, *_: Any, **__: Any) -> Any:
    raise Unreachable("The mediator at http://127.0.0.1:9 does not answer (ConnectError).")


@pytest.fixture(params=["revoked", "away"])
def place(answered: Kept, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kept:
    if request.param == "away":
        monkeypatch.setattr(Client, "_get", away)
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CLEANROOM_HOME", str(answered[0].homes["acme"].path))
    for module in (common, about, room):
        monkeypatch.setattr(module, "connect", lambda home: answered[0].client(home.card.name))
    return answered


def test_the_console_shows_what_is_kept(place: Kept) -> None:
    meeting, identity, asked = place
    browser = signed_in(meeting, "acme")
    first, last = asked.values()
    base = f"/rooms/{identity}"
    pages = {
        "/": "spring",
        base: "attribution",
        f"{base}/questions": first,
        f"{base}/questions/{first}": "Hero",
        f"{base}/questions/{last}/models": "Hero",
    }
    for path, shown in pages.items():
        lines = {"en": ("kept at home", "Kept at home"), "zh": ("本地保存的内容", "仅存于本地")}
        for language, (line, state) in lines.items():
            page = browser.get(path, headers={"Accept-Language": language})
            assert page.status_code == 200, (path, page.text)
            assert shown in page.text and (line in page.text or path == "/" and state in page.text)
    for kind in ("csv", "json", "svg"):
        assert browser.get(f"{base}/questions/{first}/result.{kind}").status_code == 200
    assert browser.get(f"{base}/questions/{first}/state.json").json["state"] == "SUCCESS"
    for path in ("log", "budget", "ask", "datasets", "standing"):  # nothing is made up
        refused = browser.get(f"{base}/{path}", headers={"Accept-Language": "zh"})
        assert refused.status_code in (401, 503)
        assert "请求未通过验证" in refused.text or "无法联系另一方" in refused.text
        main = refused.text.partition("<main")[2].partition("<footer")[0]
        assert "The " not in main and "以下为" not in main, (
            "it says what follows where nothing does"
        )
        if refused.status_code == 401:
            assert main.count("请求未通过验证") == 1 and "是否已登记您的 card.json" in main
            page = browser.get(f"{base}/{path}", headers={"Accept-Language": "en"}).text
            assert "or revoked the key? Answers that this home keeps" in page


def test_the_commands_show_what_is_kept(place: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    _, identity, asked = place
    first = asked["first_touch"]
    shown = {
        ("room", "list"): "KEPT",
        ("room", "show", identity): "spring",
        ("room", "show", "spring"): "acme",
        ("job", "list", "--room", identity): first,
        ("job", "show", first): "First touch",
        ("job", "result", first): "Hero",
        ("job", "models", first): "Last touch",
        ("job", "trend", *asked.values(), "--room", identity): "",
    }
    for words, text in shown.items():
        code = run(app, words)
        told = capsys.readouterr()
        if words[1] == "trend":
            assert code == 2 and "a different model" in told.err
        else:
            assert code == 0 and text in told.out, (words, told)
            home = words[:2] == ("job", "result")  # which asks nobody
            assert home or "kept at home" in told.err or "KEPT" in told.err, (words, told)
    assert run(app, ("job", "show", "0" * 32)) != 0
    told = capsys.readouterr().err
    assert "admitted your card.json, or revoked" in told or "does not answer" in told


@pytest.mark.parametrize("fault", [PeerFault("no JSON at all"), InvalidProofError("no such head")])
def test_what_breaks_the_protocol_is_said_to_be_that_in_both_languages(
    answered: Kept, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, identity, _ = answered
    browser = signed_in(meeting, "acme")

    def broken(self: Client, *_: Any, **__: Any) -> Any:
        raise fault

    monkeypatch.setattr(Client, "_get", broken)
    shown = {"zh": ("另一方违反了协议", "未通过本机检查"), "en": ("broke the protocol", str(fault))}
    for language, said in shown.items():
        page = browser.get(f"/rooms/{identity}/budget", headers={"Accept-Language": language})
        assert page.status_code == 422 and str(fault) in page.text
        assert all(one in page.text for one in said), page.text


def test_an_answer_under_one_model_says_that_there_is_nothing_to_compare(answered: Kept) -> None:
    meeting, identity, asked = answered
    browser = signed_in(meeting, "acme")
    first, last = (asked[one] for one in MODELS)
    other = meeting.homes["acme"].folder(identity, "jobs", last) / "result"
    page = f"/rooms/{identity}/questions/{first}"
    assert f"{first}/models" in browser.get(page).text
    other.rename(other.with_name("aside"))
    try:
        alone = browser.get(page, headers={"Accept-Language": "en"}).text
    finally:
        other.with_name("aside").rename(other)
    assert f"{first}/models" not in alone and "nothing to compare" in alone


def test_nothing_is_kept_longer_than_the_answer(answered: Kept, tmp_path: Path) -> None:
    meeting, identity, asked = answered
    copy = tmp_path / "acme"
    shutil.copytree(meeting.homes["acme"].path, copy)
    folder = copy / "rooms" / identity / "jobs" / asked["first_touch"]
    assert (folder / kept.SHOWN).exists() and (folder / "result").exists()
    retention._forget_messages(None, folder)  # type: ignore[arg-type]
    assert (folder / kept.SHOWN).exists() and (folder / "result").exists()
    retention._forget_answer(None, folder)  # type: ignore[arg-type]
    assert not (folder / kept.SHOWN).exists() and not (folder / "result").exists()
