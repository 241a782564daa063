"""The form of a question declares a standing one: what the command line would, and no more."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.console.party import create_party_console
from cleanroom.agent import standing
from cleanroom.agent.rooms import open_room
from cleanroom.cli import common
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from tests.api.console import test_roles
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import PASSPHRASE, Place
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_standing import FILE, WEEK, Parties, copied, parties, prepared

__all__ = ["copied", "parties", "prepared"]

ONCE = {"name": "gold", "receiver": "brand", "p.where": "brand.tier = 'gold'", "size": "10"}


def day(after: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + after))


def weekly(runs: int = 2) -> dict[str, str]:
    """Return what is typed for some runs, the first tomorrow."""
    tomorrow = 86_400
    last = day(tomorrow + (runs - 1) * WEEK)
    return {**ONCE, "every": "1w", "until": last, "first": f"{day(tomorrow)}T06:00"}


def declared(parties: Parties) -> list[standing.Standing]:
    return standing.listed(parties["acme"])


def post(browser: FlaskClient, where: str, form: dict[str, str], action: str) -> Any:
    """Preview, take over what the preview showed, and press a button of it."""
    form = {**form, "csrf": csrf(browser.get(where).text)}
    shown = browser.post(where, data={**form, "action": "preview"})
    assert shown.status_code == 200, shown.text
    found = re.search(r'name="previewed" value="([0-9a-f]+)"', shown.text)
    assert found is not None
    return browser.post(where, data={**form, "action": action, "previewed": found[1]})


def test_the_form_declares_what_the_command_line_does(
    copied: Place, parties: Parties, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    acme = parties["acme"]
    browser, where = signed_in(copied, "acme"), f"/rooms/{acme.identity}/ask/overlap"
    page = browser.get(where).text
    assert '<details id="again">' in page, "folded, for most questions are asked once"
    typed_in = weekly()
    form = {**typed_in, "csrf": csrf(page)}
    page = browser.post(where, data={**form, "action": "preview"}).text
    assert "every 7 days" in page and "0.1 rho in all" in page
    assert 'value="declare"' in page and 'value="ask"' not in page
    for action in ("declare", "ask"):  # not as it was previewed, and not once
        assert browser.post(where, data={**form, "action": action}).status_code == 200
    assert declared(parties) == [] and acme.client.jobs(acme.identity) == []
    shown = browser.post(f"{where}?language=zh", data={**form, "action": "preview"})
    answer = post(browser, where, typed_in, "declare")
    (made,) = declared(parties)
    assert answer.location.endswith(f"/standing/{made.identity}"), shown.text
    page = browser.get(answer.location).text
    assert "declare it anew" in page and "takes back its own" not in page

    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CLEANROOM_HOME", str(copied.homes["acme"].path))
    monkeypatch.setattr(common, "connect", lambda home: copied.client(home.card.name))
    (tmp_path / "room.toml").write_text(FILE)
    typed = ("--every", "1w", "--until", form["until"], "--first", f"{form['first']}:00Z")
    assert run(app, ("job", "submit", str(tmp_path / "room.toml"), "gold", *typed)) == 0
    _, other = declared(parties)
    # Sealed under fresh randomness, and named apart by the nonce.
    fresh = {"nonce", "sealed", "private"}
    assert made.document.to_json().keys() == other.document.to_json().keys()
    for name, value in other.document.to_json().items():
        assert name in fresh or made.document.to_json()[name] == value, name
    assert made.opened == other.opened != {}
    # The other side opens and approves it as any other.
    standing.approve(standing.find(parties["telco"], made.identity))


REFUSED = [
    ({"until": ""}, "until", "field is required"),
    ({"every": ""}, "every", "field is required"),
    ({"every": "often"}, "every", "not a duration"),
    ({"until": "soon"}, "until", "is not a time"),
    ({"first": "2020-01-01T06:00"}, "first", "in the past"),
    ({"until": day(0), "first": f"{day(9 * 86_400)}T06:00"}, "until", "before the first"),
    ({"until": "2099-06-30"}, "every", "times at most"),
    ({"every": "1d"}, "", "budget"),
]


def test_what_cannot_stand_is_refused_at_its_field(prepared: tuple[Place, Path, str]) -> None:
    place, _, identity = prepared
    browser, where = signed_in(place, "acme"), f"/rooms/{identity}/ask/overlap"
    form = {**weekly(), "csrf": csrf(browser.get(where).text), "action": "preview"}
    for changes, field, said in REFUSED:
        answer = browser.post(where, data={**form, **changes})
        assert answer.status_code == 422, changes
        start = f'id="e-{field}">' if field else 'id="error">'
        assert said in answer.text.partition(start)[2].partition("</div>")[0], changes
        assert 'id="again" open' in answer.text and 'value="declare"' not in answer.text


def test_who_may_ask_but_not_approve_declares_nothing(prepared: tuple[Place, Path, str]) -> None:
    """A declaration agrees to every run: in this room a person is to do that."""
    place, _, identity = prepared
    acme = open_room(place.homes["acme"], place.client("acme"), identity)
    console = create_party_console(place.homes["acme"], place.client("acme").transport)
    browser, _ = test_roles.signed_in(console, frozenset(("asks",)), place)
    answer = post(browser, f"/rooms/{identity}/ask/overlap", weekly(), "declare")
    assert answer.status_code == 403 and "role-approves" in answer.text
    assert standing.listed(acme) == []


def test_what_needs_an_earlier_answer_is_asked_once(prepared: tuple[Place, Path, str]) -> None:
    place, _, identity = prepared
    browser = signed_in(place, "acme")
    shown = browser.get(f"/rooms/{identity}/ask/lookalike_quality").text
    assert 'id="f-name"' in shown and 'id="again"' not in shown
