"""What a question has spent, and whether one can still be paid for, on every console."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.console.mediator import create_mediator_console
from api.console.party import create_party_console
from api.console.people import EVERY_ROLE
from cleanroom.agent import loop
from tests.api.console.test_roles import signed_in
from tests.cleanroom.agent.conftest import meet
from tests.cleanroom.agent.test_given_back import DATA, POLICY


def row(page: str, name: str) -> str:
    """Return the text of a question's row in a list of questions."""
    found = re.search(rf"<tr><th[^>]*><a[^>]*>{name}</a>.*?</tr>", page, re.DOTALL)
    assert found, page
    return re.sub("<[^>]*>", " ", found[0])


def test_lists_say_what_was_spent_and_ask_is_offered_only_within_the_budget(
    tmp_path: Path,
) -> None:
    place = meet(tmp_path)
    parties = place.talk(DATA, policy=POLICY)
    room = parties["acme"].identity
    refused = place.ask(parties["acme"], "overlap", {})
    loop.refuse_by_hand(parties["telco"], refused, "not now")
    acme = create_party_console(place.homes["acme"], place.client("acme").transport)
    browser, csrf = signed_in(acme, EVERY_ROLE, place)
    mediator = signed_in(create_mediator_console(place.mediator), EVERY_ROLE, place)[0]

    pages = browser.get(f"/rooms/{room}/questions"), mediator.get(f"/rooms/{room}/questions")
    for page in pages:
        assert row(page.text, "overlap").split()[-4:-2] == ["Refused", "0"]
    assert "given back" in browser.get(f"/rooms/{room}/questions/{refused}").text
    beyond = browser.get(f"/rooms/{room}/questions?page=99").text
    assert row(beyond, "overlap"), "beyond the last page is the last page"
    none = browser.get(f"/rooms/{room}/questions/x")
    assert (none.status_code, "[0-9a-f]" in none.text) == (404, False)
    shown = browser.get(
        f"/rooms/{room}/questions/{refused}", headers={"Accept-Language": "zh-CN"}
    ).text
    assert "一方拒绝了该查询" in shown and "已退回" in shown

    def preview(name: str) -> str:
        given = {"csrf": csrf, "name": name, "receiver": "brand", "action": "preview"}
        return browser.post(f"/rooms/{room}/ask/overlap", data=given).text

    asking = 'value="ask"'
    assert asking in preview("first")
    for number in range(2):
        rho = {"rho": 0.05 - number / 1000}  # another question each time
        place.ask(parties["acme"], "overlap", {}, **rho)
    told = preview("third")
    assert "does not cover this question" in told and asking not in told
    assert 'value="preview"' in told
    page = mediator.get(f"/rooms/{room}/questions").text
    assert pytest.approx(0.099) == sum(
        map(float, re.findall(r"<td class=\"num\"[^>]*>(0\.\d+)<", page))
    )
