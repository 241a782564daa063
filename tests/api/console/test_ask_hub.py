"""A question of a hub by the form of a console: the same document as the command line writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.console.party import create_party_console, make_ticket
from cleanroom.agent import asking, jobs
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.preview import priced
from cleanroom.documents.job import JobDocument
from tests.api.console.test_uploads import csrf
from tests.cleanroom.queries.room import Measure, audience, events
from tests.simulation.several import Several, several

PEOPLE = [f"p{n}" for n in range(12)]
SPEND = {"spend": Measure([1] * 12, max=1)}
USERS = audience(PEOPLE, {"age": ["new", "old"] * 6})
FILES = {
    "acme": {"crm": audience(PEOPLE, {"age": ["new", "old"] * 6}, SPEND), "vip": USERS},
    "zeta": {"crm": audience(PEOPLE[:3])},
    "douyin": {"users": USERS, "spare": audience(PEOPLE[:3])},
    "weibo": {"users": USERS, "sent": events(PEOPLE[:3], [1000, 1001, 1002], [0] * 3)},
}
ALIGNED = (
    ("acme", "crm", "douyin", ["users"]),
    ("acme", "crm", "weibo", ["users", "sent"]),
    ("acme", "vip", "douyin", ["spare"]),
    ("zeta", "crm", "douyin", ["users"]),
)
WHERE = "age = 'new'"

AGAIN = {"every": "1w", "until": "2099-01-01"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    """Two brands and two platforms; the hub is of acme, or of douyin."""
    roles = {"zeta": "brand", "douyin": "platform", "weibo": "platform"}
    with several(
        tmp_path_factory.mktemp("hubs"), FILES, roles=roles, noise="discrete-gaussian"
    ) as room:
        for brand, hub, platform, names in ALIGNED:
            with room.working(brand, platform):
                named = [f"{platform}.{name}" for name in names]
                asking.align(room.rooms[brand], [hub], named)
        yield room


class Form:
    """The console of whoever has the hub, in a browser that is signed in."""

    def __init__(self, made: Several, own: str, hub: str) -> None:
        self.room, self.ids, self.hub = made.rooms[own], made.ids, (own, hub)
        self.side = self.room.role
        self.path = f"/rooms/{self.room.identity}/ask"
        app = create_party_console(self.room.home, self.room.client.transport)
        self.browser: FlaskClient = app.test_client()
        ticket = {"ticket": make_ticket(self.room.home)}
        assert self.browser.post("/sign-in", data=ticket).status_code == 302

    def page(self, name: str = "", language: str = "en") -> str:
        return self.browser.get(f"{self.path}{name}", headers={"Accept-Language": language}).text

    def key(self, other: str) -> str:
        party, _, name = other.partition(".")
        ids = self.ids[self.hub], self.ids[party, name]
        return "-".join(ids if self.side == "brand" else ids[::-1])

    def post(self, template: str, others: list[str], **form: Any) -> Any:
        """Send the form; where that gives a preview, ask with it."""
        first, *more = map(self.key, others)
        given = {"csrf": csrf(self.page()), "pair": first, "others": more, "name": "asked"}
        given |= {"receiver": self.side, **form}
        answer = self.browser.post(f"{self.path}/{template}", data=given)
        shown = re.search(r'name="previewed" value="(\w+)"', answer.text)
        if answer.status_code != 200 or shown is None:
            return answer
        asked = {**given, "previewed": shown[1], "action": "ask"}
        return self.browser.post(f"{self.path}/{template}", data=asked)

    def ask(self, *question: Any, **form: Any) -> JobDocument:
        answer = self.post(*question, **form)
        assert answer.status_code == 302, answer.text
        return jobs.load(self.room, answer.location.rpartition("/")[2]).document

    def written(self, template: str, others: list[str], **given: Any) -> LocalJob:
        """Return what a job of a room file becomes."""
        section = {"name": "asked", "template": template, "hub": ".".join(self.hub), "with": others}
        roles = {card.name: card.role for card in self.room.agreement.members}
        read = JobSection.model_validate(section | given).placed(roles)
        return asking.from_section(self.room, read)


@pytest.fixture(scope="module")
def brand(made: Several) -> Form:
    return Form(made, "acme", "crm")


@pytest.fixture(scope="module")
def platform(made: Several) -> Form:
    return Form(made, "douyin", "users")


@pytest.mark.parametrize(
    ("hub", "others"),
    [("brand", ["weibo.users", "douyin.users"]), ("platform", ["zeta.crm", "acme.crm"])],
)
def test_the_console_asks_what_the_command_line_asks(
    request: pytest.FixtureRequest, hub: str, others: list[str]
) -> None:
    form: Form = request.getfixturevalue(hub)
    asked = {"group_by": [f"{hub}.age"], "where": [f"{hub}.{WHERE}"]}
    entered = {"p.group_by": asked["group_by"], "p.where": f"{hub}.{WHERE}"}
    document = form.ask("overlap", others, **entered)
    assert document == form.written("overlap", others, **asked).document
    assert [one.party for one in document.others] == [one.partition(".")[0] for one in others]
    assert (document.hub, document.receiver) == (hub, hub)


def test_a_template_of_hubs_takes_one_other_and_two_datasets_are_none(brand: Form) -> None:
    asked = brand.ask("cross_reach", ["weibo.sent"], **{"p.max_frequency": "4"})
    assert asked == brand.written("cross_reach", ["weibo.sent"], max_frequency=4).document
    assert brand.ask("overlap", ["weibo.users"]).others == ()


def test_the_preview_tells_the_noise_of_all_who_add_a_share(brand: Form) -> None:
    others = ["weibo.users", "douyin.users"]
    first, *more = map(brand.key, others)
    given = {"csrf": csrf(brand.page()), "pair": first, "others": more, "name": "asked"}
    given |= {"receiver": "brand", "p.measures": "spend"}
    page = brand.browser.post(f"{brand.path}/overlap", data=given).text
    told = priced(brand.written("overlap", others, measures=["spend"]))
    people = re.search(r'Standard deviation of a count</dt><dd class="num">([0-9.]+) ', page)
    spend = re.search(r'<dd class="num">± ([0-9.]+) ', page)
    assert people and float(people[1]) == pytest.approx(told["people_sd"], abs=0.06)
    assert spend and float(spend[1]) == pytest.approx(told["measures_sd"]["spend"], abs=0.006)


def test_only_datasets_that_can_work_are_offered(brand: Form, platform: Form) -> None:
    def ticks(form: Form, first: str, language: str = "en") -> list[str]:
        page = form.page(f"/overlap?pair={form.key(first)}", language)
        assert ("Together with" in page, "同时涉及" in page) == (language == "en", language == "zh")
        return re.findall(r'name="others" value="([^"]+)"', page)

    assert ticks(brand, "weibo.users") == [brand.key("douyin.users")]
    both = [brand.key("weibo.sent"), brand.key("weibo.users")]
    assert ticks(brand, "douyin.users", "zh") == both
    assert ticks(platform, "acme.crm") == [platform.key("zeta.crm")]
    page = brand.page(f"/cross_reach?pair={brand.key('weibo.sent')}")
    assert "weibo/sent v1" in page and "users" not in page, "those are not contacts"
    for form, offered in ((brand, {"overlap", "cross_reach", "joint_activation"}),
                          (platform, {"overlap"})):  # fmt: skip
        assert set(re.findall(r'/ask/(\w+)"', form.page())) == offered


@pytest.mark.parametrize(
    ("field", "others", "form"),
    [
        ("others", ["douyin.users", "weibo.users", "weibo.sent"], {}),
        ("others", ["weibo.users", "douyin.spare"], {}),
        ("receiver", ["weibo.users", "douyin.users"], {"receiver": "platform"}),
        ("group_by", ["weibo.users", "douyin.users"], {"p.group_by": ["platform.age"]}),
        ("where", ["weibo.users", "douyin.users"], {"p.where": f"platform.{WHERE}"}),
        ("others", ["weibo.users", "douyin.users"], AGAIN),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_is_asked(
    brand: Form, field: str, others: list[str], form: dict[str, Any]
) -> None:
    before = len(brand.room.client.jobs(brand.room.identity))
    answer = brand.post("overlap", others, **form)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text and f'href="#f-{field}"' in answer.text
    for other in others[1:2]:
        kept = f'value="{brand.key(other)}" checked' in answer.text
        assert kept is (other != "douyin.spare"), "what was ticked stays ticked"
    assert len(brand.room.client.jobs(brand.room.identity)) == before
