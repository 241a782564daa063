"""Every route of the consoles times every role: what is named nowhere is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.console import roles
from api.console.mediator import create_mediator_console
from api.console.party import create_party_console
from api.console.people import EVERY_ROLE, Person, Role
from cleanroom.agent import acts
from cleanroom.errors import PolicyRefusal
from tests.cleanroom.agent.conftest import Place, meet

REFUSED: Final = "Your role does not allow this."
ROOM: Final = "/rooms/<room>"
ANY, ASKS, APPROVES = set(EVERY_ROLE), {"asks"}, {"approves"}

AUDIT: Final = {
    ("GET", f"{ROOM}/log"): ANY,
    ("GET", f"{ROOM}/log/<int:index>"): ANY,
    ("GET", f"{ROOM}/log/<int:index>/proof.json"): ANY,
    ("GET", f"{ROOM}/log/jobs/<job>"): ANY,
    ("GET", f"{ROOM}/checkpoint"): ANY,
    ("GET", f"{ROOM}/consistency.json"): ANY,
    ("GET", f"{ROOM}/report.<kind>"): ANY,
}
PARTY: Final = {
    **AUDIT,
    ("GET", "/"): ANY,
    ("GET", "/propose"): APPROVES,
    ("POST", "/propose"): APPROVES,
    ("GET", "/propose/form"): APPROVES,
    ("POST", "/propose/form"): APPROVES,
    ("GET", "/propose/<identity>"): APPROVES,
    ("POST", "/propose/<identity>"): APPROVES,
    ("GET", "/propose/<identity>/state.json"): APPROVES,
    ("GET", "/erase"): APPROVES,
    ("POST", "/erase"): APPROVES,
    ("GET", "/erase/state.json"): APPROVES,
    ("GET", ROOM): ANY,
    ("GET", f"{ROOM}/sign"): ANY,
    ("POST", f"{ROOM}/sign"): APPROVES,
    ("GET", f"{ROOM}/amendment"): ANY,
    ("POST", f"{ROOM}/amendment"): APPROVES,
    ("GET", f"{ROOM}/amend"): APPROVES,
    ("POST", f"{ROOM}/amend"): APPROVES,
    ("GET", f"{ROOM}/join"): ANY,
    ("POST", f"{ROOM}/join"): APPROVES,
    ("GET", f"{ROOM}/delegations"): ANY,
    ("POST", f"{ROOM}/delegations"): APPROVES,
    ("GET", f"{ROOM}/datasets"): ANY,
    ("GET", f"{ROOM}/datasets/<dataset>"): ANY,
    ("GET", f"{ROOM}/upload"): ASKS,
    ("POST", f"{ROOM}/upload"): ASKS,
    ("GET", f"{ROOM}/upload/state.json"): ASKS,
    ("GET", f"{ROOM}/alignments"): ANY,
    ("POST", f"{ROOM}/alignments"): ASKS,
    ("GET", f"{ROOM}/alignments/state.json"): ANY,
    ("GET", f"{ROOM}/budget"): ANY,
    ("GET", f"{ROOM}/budget.svg"): ANY,
    ("GET", f"{ROOM}/serving"): ANY,
    ("GET", f"{ROOM}/standing"): ANY,
    ("GET", f"{ROOM}/standing/<identity>"): ANY,
    ("POST", f"{ROOM}/standing/<identity>"): APPROVES,
    ("GET", f"{ROOM}/ask"): ASKS,
    ("GET", f"{ROOM}/ask/<name>"): ASKS,
    ("POST", f"{ROOM}/ask/<name>"): ASKS,
    ("GET", f"{ROOM}/approvals"): ANY,
    ("GET", f"{ROOM}/approvals/<job>"): ANY,
    ("POST", f"{ROOM}/approvals/<job>"): APPROVES,
    ("GET", f"{ROOM}/questions"): ANY,
    ("GET", f"{ROOM}/questions/<job>"): ANY,
    ("GET", f"{ROOM}/questions/<job>/state.json"): ANY,
    ("GET", f"{ROOM}/questions/<job>/result.<kind>"): ANY,
    ("GET", f"{ROOM}/questions/<job>/models"): ANY,
    ("GET", f"{ROOM}/questions/<job>/models.<kind>"): ANY,
    ("GET", f"{ROOM}/questions/<job>/plan"): ANY,
    ("GET", f"{ROOM}/questions/<job>/plan.<kind>"): ANY,
    ("POST", f"{ROOM}/questions/<job>/segment"): ASKS,
    ("GET", f"{ROOM}/questions/<job>/segment/<name>"): ASKS,
}
MEDIATOR: Final = {
    **AUDIT,
    ("GET", "/"): ANY,
    ("GET", ROOM): ANY,
    ("GET", f"{ROOM}/questions"): ANY,
    ("GET", f"{ROOM}/questions/<job>"): ANY,
}
DOOR: Final = {"/sign-in", "/sign-out", "/static/<path:filename>"}
SETS: Final = [frozenset[Role](), EVERY_ROLE, *(frozenset((one,)) for one in EVERY_ROLE)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return meet(tmp_path_factory.mktemp("roles"))


@pytest.fixture(scope="module")
def consoles(place: Place) -> dict[str, Flask]:
    home = place.homes["acme"]
    party = create_party_console(home, place.client("acme").transport)
    return {"party": party, "mediator": create_mediator_console(place.mediator)}


def signed_in(app: Flask, some: frozenset[Role], place: Place) -> tuple[FlaskClient, str]:
    """Return a browser of somebody with some roles, and what its forms bring along."""
    key = place.homes["acme"].card.fingerprints()[0]
    person = Person(key, "Ann", "issuer 1", some)
    console = app.extensions["console"]
    session = console.sessions.open(key, "Ann", person)
    browser = app.test_client()
    browser.set_cookie(f"cleanroom-{console.kind}-0", session.token)
    return browser, session.csrf


def routes(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        if rule.rule not in DOOR
    ]


def filled(rule: str) -> str:
    for name, value in (("<room>", "0" * 32), ("<int:index>", "0"), ("<kind>", "csv")):
        rule = rule.replace(name, value)
    return rule.replace("<", "").replace(">", "")


@pytest.mark.parametrize(("kind", "table"), [("party", PARTY), ("mediator", MEDIATOR)])
def test_every_route_is_open_to_the_roles_of_the_table(consoles, place, kind, table) -> None:
    app = consoles[kind]
    assert set(routes(app)) == set(table)
    for some in SETS:
        browser, csrf = signed_in(app, some, place)
        for method, rule in table:
            form = {"data": {"csrf": csrf}} if method == "POST" else {}
            answer = browser.open(filled(rule), method=method, **form)
            refused = answer.status_code == 403 and REFUSED in answer.text
            assert refused is not bool(some & table[method, rule]), (method, rule, some)


def test_a_button_is_shown_to_whom_it_opens_something(
    consoles: dict[str, Flask], place: Place
) -> None:
    room = place.propose().identity
    place.sign(room)
    page = f"/rooms/{room}"
    shown = {
        ("/", "/propose"): APPROVES,
        ("/", "/erase"): APPROVES,
        (page, f"{page}/ask"): ASKS,
        (f"{page}/questions", f"{page}/ask"): ASKS,
        (f"{page}/datasets", f"{page}/upload"): ASKS,
    }
    for some in SETS[1:]:
        browser, _ = signed_in(consoles["party"], some, place)
        for (path, there), needed in shown.items():
            found = browser.get(path)
            assert found.status_code == 200
            assert (f'href="{there}"' in found.text) is bool(needed & some), (path, there, some)


def test_what_is_named_nowhere_is_open_to_nobody(consoles) -> None:
    for app in consoles.values():
        named = roles.OPEN | roles.NEEDED.keys()
        assert {rule.endpoint for rule in app.url_map.iter_rules()} <= named
    for some in (EVERY_ROLE, frozenset[Role]()):
        with pytest.raises(PolicyRefusal):
            roles.check_role("new.page", some)


def test_who_asked_and_who_was_refused_stands_in_the_own_log(consoles, place) -> None:
    home = place.homes["acme"].path
    (home / acts.FILE).unlink(missing_ok=True)
    browser, csrf = signed_in(consoles["party"], frozenset(("asks",)), place)
    path = f"/rooms/{'0' * 32}"
    browser.post(f"{path}/ask/overlap", data={"csrf": csrf, "action": "ask"})
    browser.post(f"{path}/approvals/job", data={"csrf": csrf, "action": "<b>\n"})
    browser.get(f"{path}/questions")
    found = [(one.act, one.outcome, one.about.get("action"), one.who) for one in acts.acts(home)]
    assert found == [
        ("ask.ask_now", "begun", "ask", "Ann"),
        ("ask.ask_now", "refused", "ask", "Ann"),
        ("jobs.decide", "refused", None, "Ann"),
    ]


def test_nothing_is_done_that_cannot_be_noted(
    consoles: dict[str, Flask], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = place.homes["acme"].path
    (home / acts.FILE).unlink(missing_ok=True)
    (home / acts.FILE).symlink_to(home / "elsewhere")
    done: list[Any] = []
    browser, csrf = signed_in(consoles["party"], EVERY_ROLE, place)
    view = "propose.write_form"
    monkeypatch.setitem(consoles["party"].view_functions, view, lambda: done.append(1) or "")
    try:
        answer = browser.post("/propose/form", data={"csrf": csrf})
        assert answer.status_code == 500 and not done and not (home / "elsewhere").exists()
    finally:
        (home / acts.FILE).unlink()
    assert browser.post("/propose/form", data={"csrf": csrf}).status_code == 200 and done


def test_a_line_that_was_torn_takes_no_other_along(tmp_path: Path) -> None:
    make: Callable[[str], acts.Act] = lambda who: acts.Act(who, "", "sign_in", "done", "1")  # noqa: E731
    acts.note(tmp_path, make("Ann"))
    with (tmp_path / acts.FILE).open("ab") as file:
        file.write(b'{"who": "Be')
    acts.note(tmp_path, make("May"))
    lines = (tmp_path / acts.FILE).read_bytes().splitlines()
    assert len(lines) == 3 and b"May" in lines[2]
    with pytest.raises(acts.InvalidInput) as refusal:
        list(acts.acts(tmp_path))
    assert refusal.value.row == 2
