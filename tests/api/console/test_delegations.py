"""Delegations on the pages of a console: granted by a form, read by all, taken back."""

from __future__ import annotations

import secrets
from dataclasses import replace

from cleanroom.agent import delegations, rooms
from cleanroom.agent.home import Home
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import PASSPHRASE, Place, meeting
from tests.cleanroom.agent.test_job_page import signed_in

__all__ = ["meeting"]


def test_a_brand_delegates_and_takes_it_back_in_the_browser(meeting: Place) -> None:
    home = Home.create(
        meeting.homes["acme"].path.parent / "omni", PASSPHRASE, "omni", "agency", "none"
    )
    meeting.mediator.access.admit(home.card)
    both = {**meeting.homes, "omni": home}
    place = replace(meeting, homes=both)
    terms = tuple(one for one in place.agreement().datasets if one.party != "omni")
    proposed = place.propose(datasets=terms, nonce=secrets.token_hex(16))
    for name in ("telco", "omni"):
        place.sign(proposed.identity, name)
    where = f"/rooms/{proposed.identity}"
    browser = signed_in(place, "acme")
    assert "Delegations to agencies" in browser.get(where).text
    page = browser.get(f"{where}/delegations").text
    form = {
        "csrf": csrf(page),
        "agency": "omni",
        "dataset": ["acme.data", "telco.data"],
        "template": ["overlap"],
        "rho": "0.05",
        "until": "2099-01-31",
    }
    wrongs = ({"rho": "x"}, {"until": "soon"}, {"dataset": ["acme.data"]}, {"agency": "telco"})
    for wrong in wrongs:
        refused = browser.post(f"{where}/delegations", data={**form, **wrong}).status_code
        assert refused in (400, 403, 422), wrong
    assert browser.post(f"{where}/delegations", data=form).status_code == 302
    page = browser.get(f"{where}/delegations").text
    assert "omni for acme" in page and "0.05 of 0.05 rho left. In force." in page
    agency = signed_in(place, "omni")
    read = agency.get(f"{where}/delegations", headers={"Accept-Language": "zh"}).text
    assert "omni 代表 acme" in read and "收回授权</button>" not in read
    assert "/ask" not in agency.get(where).text, "it asks with room files"
    [one] = delegations.listed(rooms.open_room(home, place.client("omni"), proposed.identity))
    taken = {"csrf": csrf(page), "action": "revoke", "delegation": one.identity}
    assert browser.post(f"{where}/delegations", data=taken).status_code == 302
    assert "Taken back." in agency.get(f"{where}/delegations").text
