"""A browser that comes back from another site is signed in: its session's cookie comes along."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from api.console.party import create_party_console
from api.console.people import People
from tests.api.console.provider import CLIENT, SECRET, provider
from tests.cleanroom.agent.conftest import meet


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A console whose provider is another site: the one is ``localhost``, the other a number."""
    place = meet(tmp_path)
    with provider() as script:
        rules = {"asks": ["groups=analysts"]}
        people = People.from_json({"issuer": script.issuer, "client_id": CLIENT, "roles": rules})
        home, transport = place.homes["acme"], place.client("acme").transport
        app = create_party_console(home, transport, people=people, secret=SECRET)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_account_elsewhere_opens_the_console(browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.click("a[href$='/sign-in/provider']")
    page.wait_for_url(address)
    assert "Ann Li" in page.inner_text(".who")
    cookies = {one["name"]: one["sameSite"] for one in page.context.cookies()}
    assert list(cookies.values()) == ["Strict"], cookies
    page.close()
