"""The console's cookies behind a proxy that ends TLS, and without one."""

from __future__ import annotations

import secrets
import time
from http.cookies import SimpleCookie

import pytest
from pydantic import ValidationError

from api.console.links import write_ticket
from api.console.mediator import audience, create_mediator_console
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.settings import ServerSettings
from tests.cleanroom.audit.scene import key, whole_log

PUBLIC = "https://rooms.example:8443"


def console(folder, public: str):
    initialise(folder / "m", "mediator.example")
    mediator = open_mediator(folder / "m", ServerSettings(public_url=public))
    for card in whole_log().agreement.members:
        mediator.access.admit(card)
    client = create_mediator_console(mediator).test_client()
    own = audience(mediator.context.key.verifying_key.raw.hex())
    return client, write_ticket(key("eve"), own, int(time.time()), secrets.token_bytes)


def cookies(response) -> list:
    return [
        next(iter(SimpleCookie(text).values())) for text in response.headers.getlist("Set-Cookie")
    ]


@pytest.mark.parametrize(
    ("public", "headers", "secure"),
    [
        (PUBLIC, {}, True),
        ("", {}, False),
        ("http://127.0.0.1:8080", {}, False),
        # Anybody can send this header; without a public address nothing is made of it.
        ("", {"X-Forwarded-Proto": "https"}, False),
        (PUBLIC, {"X-Forwarded-Proto": "http"}, True),
    ],
)
def test_cookies_are_closed_and_secure_where_the_address_is(tmp_path, public, headers, secure):
    client, ticket = console(tmp_path, public)
    signed_in = client.post("/sign-in", data={"ticket": ticket}, headers=headers)
    chosen = client.get("/?language=zh", headers=headers)
    assert signed_in.status_code == chosen.status_code == 302
    found = cookies(signed_in) + cookies(chosen)
    assert len(found) == 2
    for cookie in found:
        assert bool(cookie["secure"]) is secure
        assert cookie["httponly"] and cookie["samesite"] == "Strict"


def test_forms_come_from_the_public_address_or_the_own_one(tmp_path):
    client, ticket = console(tmp_path, PUBLIC)
    for origin, status in (
        ("https://elsewhere.example", 403),
        ("https://rooms.example", 403),
        (PUBLIC, 302),
    ):
        answer = client.post("/sign-in", data={"ticket": ticket}, headers={"Origin": origin})
        assert answer.status_code == status, origin


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/rooms/a/log?language=zh&q=b%26c", "/rooms/a/log?q=b%26c"),
        ("/%E4%B8%AD?language=zh", None),
        ("/%09/elsewhere.example?language=zh", None),
        ("/%0A/elsewhere.example?language=zh", None),
        ("/%2F/elsewhere.example?language=zh", None),
        ("/%5Celsewhere.example?language=zh", None),
        ("/a%0D%0ASet-Cookie:b=c?language=zh", None),
        ("/?language=zh&a%0D%0Ab=c", "/?a%0D%0Ab=c"),
    ],
)
def test_a_choice_of_language_leads_to_no_other_host(tmp_path, asked, target):
    client, _ = console(tmp_path, PUBLIC)
    answer = client.get(asked)
    assert answer.status_code == (302 if target else 400)
    assert answer.headers.get("Location") == target


@pytest.mark.parametrize("public", ["rooms.example", "https://a/b", "javascript:x", "https://"])
def test_a_public_address_is_a_scheme_and_a_host(public):
    with pytest.raises(ValidationError):
        ServerSettings(public_url=public)
