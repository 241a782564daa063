"""People sign in by a provider: what they may, what is noted, and what a forger cannot."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, OctKey

from api.console import provider as door
from api.console.mediator import create_mediator_console
from api.console.party import create_party_console, make_ticket
from api.console.people import People, holds, read_people
from cleanroom.agent import acts
from cleanroom.errors import InvalidInput
from cleanroom.mediator import log as service_log
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.context import LOBBY
from cleanroom.mediator.settings import ServerSettings
from tests.api.console.provider import ANN, CLIENT, SECRET, Script, provider
from tests.cleanroom.agent.conftest import Place, meet
from tests.waits import PATIENCE

RULES = {"asks": ["groups=analysts"], "approves": ["email=may@acme.example"], "reads": ["sub=7"]}


@pytest.fixture(scope="module")
def running() -> Iterator[Script]:
    with provider() as script:
        yield script


@pytest.fixture
def script(running: Script) -> Script:
    fresh = Script(issuer=running.issuer)
    for part in dataclasses.fields(Script):
        setattr(running, part.name, getattr(fresh, part.name))
    return running


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return meet(tmp_path_factory.mktemp("people"))


def people(script: Script, **changes: Any) -> People:
    given = {"issuer": script.issuer, "client_id": CLIENT, "roles": RULES, **changes}
    return People.from_json(given)


@pytest.fixture
def browser(script: Script, place: Place) -> FlaskClient:
    home, transport = place.homes["acme"], place.client("acme").transport
    (home.path / acts.FILE).unlink(missing_ok=True)
    rules = people(script)
    return create_party_console(home, transport, people=rules, secret=SECRET).test_client()


def away(browser: FlaskClient) -> str:
    """Go to the provider, and return where it sends the browser back to, as a path."""
    sent = browser.get("/sign-in/provider")
    assert sent.status_code == 302
    back = httpx.get(sent.headers["Location"], timeout=PATIENCE).headers["Location"]
    return back.removeprefix("http://localhost")


def session_cookie(browser: FlaskClient) -> str | None:
    found = browser.get_cookie("cleanroom-party-0")
    return found.value if found else None


def noted(place: Place) -> list[acts.Act]:
    return list(acts.acts(place.homes["acme"].path))


def test_a_person_signs_in_by_name_and_the_own_log_says_who(browser, place, script):
    assert "/sign-in/provider" in browser.get("/").text
    back = away(browser)
    answer = browser.get(back)
    assert answer.status_code == 200 and "Ann Li" in answer.text
    page = browser.get("/")
    assert page.status_code == 200 and "Ann Li" in page.text and "asks" in page.text
    asked = parse_qs(urlsplit(script.asked[0]).query)
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    one = noted(place)[-1]
    assert (one.who, one.subject) == ("Ann Li", f"{script.issuer} {ANN['sub']}")
    assert one.act == "sign_in" and one.about == {"roles": "asks"}


def test_a_way_back_is_good_once_whatever_the_provider_says(browser, script):
    script.again, name = True, "cleanroom-party-0-begun"
    back = away(browser)
    begun = browser.get_cookie(name, path="/sign-in").value
    assert browser.get(back).status_code == 200
    assert browser.get_cookie(name, path="/sign-in") is None
    browser.set_cookie(name, begun, path="/sign-in")
    assert browser.get(back).status_code == 401


def test_the_cookies_of_a_sign_in_are_closed(script, place):
    rules = people(script, public="https://console.acme.example")
    home, transport = place.homes["acme"], place.client("acme").transport
    app = create_party_console(home, transport, people=rules, secret=SECRET)
    sent = app.test_client().get("/sign-in/provider")
    (cookie,) = sent.headers.getlist("Set-Cookie")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/sign-in"))
    back = parse_qs(urlsplit(sent.headers["Location"]).query)["redirect_uri"]
    assert back == ["https://console.acme.example/sign-in/callback"]


def test_a_session_from_before_is_no_session_of_whoever_signs_in(browser, place):
    ticket = make_ticket(place.homes["acme"])
    browser.post("/sign-in", data={"ticket": ticket})
    planted = session_cookie(browser)
    browser.get(away(browser))
    fresh = session_cookie(browser)
    assert fresh and fresh != planted
    browser.set_cookie("cleanroom-party-0", planted)
    assert browser.get("/").status_code == 401
    browser.set_cookie("cleanroom-party-0", fresh)
    assert browser.get("/").status_code == 200


def test_what_another_browser_began_is_not_ended_here(browser, script, place):
    """A forger who sends a victim his own way back would sign the victim in as himself."""
    forged = away(browser)
    victim = browser.application.test_client()
    assert victim.get(forged).status_code == 401
    own = away(victim)
    code, state = (parse_qs(urlsplit(one).query) for one in (forged, own))
    # The forger's code under the victim's own state: the verifier does not fit it.
    mixed = f"/sign-in/callback?code={code['code'][0]}&state={state['state'][0]}"
    assert victim.get(mixed).status_code == 401
    assert victim.get("/").status_code == 401
    assert not [one for one in noted(place) if one.act == "sign_in"]


@pytest.mark.parametrize(
    "change",
    [
        lambda back: back.replace("state=", "state=x"),
        lambda back: back.partition("&state")[0],
        lambda back: "/sign-in/callback",
        lambda back: "/sign-in/callback?error=access_denied&" + back.rpartition("&")[2],
        lambda back: f"{back}&iss=https://elsewhere.example",
    ],
)
def test_a_way_back_that_was_changed_is_refused(browser, change):
    assert browser.get(change(away(browser))).status_code == 401
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said.update(iss="https://elsewhere.example"),
        lambda said: said.pop("iss"),
        lambda said: said.update(aud="another"),
        lambda said: said.update(aud=["another", "third"], azp=CLIENT),
        lambda said: said.update(aud=[CLIENT, "another"]),
        lambda said: said.update(aud=[CLIENT, "another"], azp="another"),
        lambda said: said.pop("aud"),
        lambda said: said.update(exp=int(time.time()) - door.LEEWAY - 1),
        lambda said: said.pop("exp"),
        lambda said: said.update(exp="soon"),
        lambda said: said.update(iat=int(time.time()) + door.LEEWAY + 30),
        lambda said: said.update(nonce="another"),
        lambda said: said.update(nonce=""),
        lambda said: said.pop("nonce"),
        lambda said: said.pop("sub"),
        lambda said: said.update(sub=""),
        lambda said: said.update(sub=7),
    ],
)
def test_an_id_token_that_says_anything_else_is_refused(browser, script, spoil):
    script.spoil = spoil
    assert browser.get(away(browser)).status_code == 401
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "none"}, None),
        ({"alg": "HS256"}, OctKey.import_key(SECRET * 2)),
        ({}, ECKey.generate_key("P-256", {"kid": "k"})),
        ({"kid": "unknown"}, None),
    ],
)
def test_an_id_token_under_another_key_or_none_is_refused(browser, script, header, key):
    script.header, script.key = header, key
    assert browser.get(away(browser)).status_code == 401


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda answer: {**answer, "id_token": ""}, 401),
        (lambda answer: {"access_token": "t", "token_type": "Bearer"}, 401),
        (lambda answer: "no JSON", 401),
        (lambda answer: ("{}", 302, {"Location": "/elsewhere"}), 401),
        (lambda answer: ("", 500), 503),
    ],
)
def test_an_answer_without_an_id_token_signs_nobody_in(browser, script, answer, status):
    script.answer = answer
    assert browser.get(away(browser)).status_code == status
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_is_not_the_one_meant_is_not_gone_to(browser, script, metadata):
    script.metadata = metadata
    assert browser.get("/sign-in/provider").status_code == 503


def test_a_provider_that_is_silent_leaves_the_link(script, place):
    rules = people(script, issuer="http://127.0.0.1:9")
    home, transport = place.homes["acme"], place.client("acme").transport
    browser = create_party_console(home, transport, people=rules).test_client()
    assert browser.get("/sign-in/provider").status_code == 503
    ticket = make_ticket(home)
    assert browser.post("/sign-in", data={"ticket": ticket}).status_code == 302


def test_whoever_comes_back_too_late_begins_again(script, place):
    rules, now = people(script), [time.time()]
    went = door.Provider(rules, SECRET, lambda: now[0])
    url, begun = went.begin("http://localhost/sign-in/callback")
    back = httpx.get(url, timeout=PATIENCE).headers["Location"]
    given = {name: one[0] for name, one in parse_qs(urlsplit(back).query).items()}
    now[0] += door.BEGUN_SECONDS + 1
    with pytest.raises(door.Unauthenticated):
        went.end(begun, given, "http://localhost/sign-in/callback")
    now[0] -= door.BEGUN_SECONDS + 1
    assert went.end(begun, given, "http://localhost/sign-in/callback")["sub"] == ANN["sub"]


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"groups": ["analysts"]}, {"asks"}),
        ({"groups": "analysts"}, {"asks"}),
        ({"groups": ["Analysts"]}, set()),
        ({"groups": {"analysts": True}}, set()),
        ({"email": "may@acme.example"}, set()),
        ({"email": "may@acme.example", "email_verified": "true"}, set()),
        ({"email": "may@acme.example", "email_verified": True}, {"approves"}),
        ({"email": "may@acme.example", "email_verified": True, "groups": ["analysts"]},
         {"approves", "asks"}),
        ({"sub": "7"}, {"reads"}),
    ],
)  # fmt: skip
def test_roles_follow_from_claims(script, claims, roles):
    assert {role for role, rules in people(script).roles.items() if holds(rules, claims)} == roles


def test_whoever_has_no_role_is_turned_away(browser, script, place):
    script.claims = {"sub": "9", "name": "Nobody"}
    assert browser.get(away(browser)).status_code == 403
    assert browser.get("/").status_code == 401 and not noted(place)


def test_a_name_shows_nothing_but_itself(browser, script, place):
    script.claims = {**ANN, "name": "<b>Ann\u202e\ud800" + "x" * 200}
    answer = browser.get(away(browser))
    assert answer.status_code == 200 and "<b>" not in answer.text
    assert "\u202e" not in answer.text and len(noted(place)[-1].who) <= 60


@pytest.mark.parametrize(
    "text",
    [
        "issuer = ",
        'issuer = "http://login.example"\nclient_id = "a"',
        'issuer = "https://login.example"',
        'issuer = "https://login.example"\nclient_id = "a"\nscopes = ["profile"]',
        'issuer = "https://login.example"\nclient_id = "a"\n[roles]\nowns = ["sub=1"]',
        'issuer = "https://login.example"\nclient_id = "a"\n[roles]\nasks = ["analysts"]',
        'issuer = "https://login.example"\nclient_id = "a"\nclient_secret = "x"',
    ],
)
def test_a_file_that_says_anything_else_is_refused(tmp_path, text):
    (tmp_path / "people.toml").write_text(text)
    with pytest.raises(InvalidInput):
        read_people(tmp_path)


def test_without_a_file_nobody_comes_by_a_provider(place, tmp_path):
    assert read_people(tmp_path) is None
    home, transport = place.homes["acme"], place.client("acme").transport
    browser = create_party_console(home, transport).test_client()
    assert "/sign-in/provider" not in browser.get("/sign-in").text
    for path in ("/sign-in/provider", "/sign-in/callback?code=1&state=2"):
        assert browser.get(path).status_code in (401, 404)


def test_a_mediators_console_knows_the_side_and_keeps_no_name(script, place, tmp_path):
    initialise(tmp_path / "m", "mediator.example")
    public = "https://rooms.example"
    mediator = open_mediator(tmp_path / "m", ServerSettings(public_url=public))
    prints = [mediator.access.admit(place.homes[name].card) for name in ("acme", "telco")]
    members = {prints[0]: ["groups=analysts"], prints[1]: ["groups=telco"]}
    rules = people(script, members=members)
    browser = create_mediator_console(mediator, rules, SECRET).test_client()
    for groups, status in ((["analysts", "telco"], 403), (["others"], 403), (["analysts"], 200)):
        script.claims = {**ANN, "groups": groups}
        sent = browser.get("/sign-in/provider", base_url=public)
        back = httpx.get(sent.headers["Location"], timeout=PATIENCE).headers["Location"]
        assert back.startswith(f"{public}/sign-in/callback")
        answer = browser.get(back.removeprefix(public), base_url=public)
        assert answer.status_code == status
    assert "Ann Li" in browser.get("/", base_url=public).text
    with mediator.context.store.read() as transaction:
        leaves = service_log.entries(transaction, LOBBY, 0, 100)
    entries = [json.loads(leaf) for leaf in leaves]
    read = [one for one in entries if one["kind"] == "audit.read"]
    assert [(one["actor"], one["facts"]) for one in read] == [
        ("acme", {"console": "sign-in-by-provider"})
    ]
    assert b"Ann Li" not in b"".join(leaves) and ANN["sub"].encode() not in b"".join(leaves)
    # A party that was revoked loses its people at once.
    mediator.access.revoke(prints[0])
    assert browser.get("/", base_url=public).status_code == 401


def test_a_mediator_without_an_address_has_no_provider(script, tmp_path):
    initialise(tmp_path / "m", "mediator.example")
    mediator = open_mediator(tmp_path / "m")
    with pytest.raises(InvalidInput):
        create_mediator_console(mediator, people(script))
