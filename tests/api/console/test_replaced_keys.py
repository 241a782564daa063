"""A console that runs while its home's keys are replaced says so at its door."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.console.links import REFUSAL
from api.console.party import RUN_FILE, check_ticket, create_party_console, make_ticket
from cleanroom.agent import keys
from cleanroom.agent.home import Home
from cleanroom.agent.http import Transport
from cleanroom.errors import Unauthenticated

NOWHERE = "http://127.0.0.1:1"


def test_a_link_of_the_new_keys_is_told_to_start_the_console_again(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "acme", "forgotten", "acme", "brand", NOWHERE)
    transport = Transport(NOWHERE, home.signing)
    browser = create_party_console(home, transport).test_client()
    old, run = make_ticket(home), (home.path / RUN_FILE).read_text()
    keys.rotate(Home(home.path, home.vault), [])
    new = make_ticket(Home(home.path, home.vault))
    for spoken, told in (("en", "stop it and run: cleanroom console run"), ("zh", "密钥已更换")):
        page = browser.post("/sign-in", data={"ticket": new}, headers={"Accept-Language": spoken})
        assert page.status_code == 401 and told in page.text
    for other in (new[:-4] + "AAAA", "", new.replace(".", "")):
        with pytest.raises(Unauthenticated, match=REFUSAL):  # a stranger is told nothing
            check_ticket(other, home, run)
    assert browser.post("/sign-in", data={"ticket": old}).status_code == 302
    transport.close()
    again = Home(home.path, home.vault)
    started = create_party_console(again, Transport(NOWHERE, again.signing)).test_client()
    assert started.post("/sign-in", data={"ticket": make_ticket(again)}).status_code == 302
