"""People are erased on a page: looked at first, exactly those, and no identifier comes back."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.agent.test_erasure import crm_states, uploaded
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_lines import write
from tests.waits import wait_for

__all__ = ["meeting"]


def draft(page: str) -> str:
    return page.partition('name="people" value="')[2][:32]


def done(browser: FlaskClient, language: str) -> str:
    """Wait until the work is over, and return the page."""
    wait_for(lambda: not browser.get("/erase/state.json").get_json()["busy"])
    return browser.get(f"/erase?language={language}", follow_redirects=True).text


def test_people_are_looked_at_then_erased_in_both_languages(meeting: Place, tmp_path: Path) -> None:
    room = uploaded(meeting, write(tmp_path))
    browser = signed_in(meeting, "acme")
    assert 'href="/erase"' in browser.get("/").text
    token = csrf(browser.get("/erase").text)
    form = {"csrf": token, "people": "person-3\nperson-7\nnobody\n", "request": "november"}
    page = browser.post("/erase", data={**form, "action": "look"}).text
    assert "2 / 3" in page and "up to 16 people" in page and "person-3" not in page
    assert crm_states(room) == [(1, "READY")]
    # Nothing but what was looked at, and only once.
    refused = browser.post("/erase", data={"csrf": token, "action": "erase", "people": "ab" * 16})
    assert refused.status_code == 409
    chosen = {"csrf": token, "action": "erase", "people": draft(page)}
    assert browser.post("/erase", data=chosen).status_code == 302
    page = done(browser, "zh")
    assert "已撤回 1 个版本。" in page and "删除证明：" in page and "person-3" not in page
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY")]
    assert browser.post("/erase", data=chosen).status_code == 409
    page = browser.post("/erase", data={**form, "action": "look"}).text
    assert "0 / 3" in page
    acts = meeting.homes["acme"].path / "acts.jsonl"
    assert not acts.exists() or b"person-3" not in acts.read_bytes()


def test_a_line_that_is_no_identifier_is_named_and_not_repeated(
    meeting: Place, tmp_path: Path
) -> None:
    uploaded(meeting, write(tmp_path))
    browser = signed_in(meeting, "acme")
    token = csrf(browser.get("/erase").text)
    lines = "person-3\n" + "x" * 5000
    answer = browser.post("/erase", data={"csrf": token, "people": lines, "action": "look"})
    assert answer.status_code == 422
    assert "2" in answer.text and "xxxx" not in answer.text
