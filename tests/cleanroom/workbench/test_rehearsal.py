"""One rehearsal and one live party, asked from Python and held against the frames."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

import cleanroom as cr
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from cleanroom.workbench.rehearsal import Rehearsal

PHRASE = "phrase of a notebook"
EMAIL = ("email", "email:uid2:v1")
CRM = pd.DataFrame(
    {
        "email": [f"person-{n}@example.com" for n in range(120)],
        "tier": ["gold", "silver", "tin"] * 40,
        "spend": [n / 4 for n in range(120)],
    }
)
USERS = pl.DataFrame(
    {
        "email": [f"person-{n}@example.com" for n in range(40, 200)],
        "age_band": ["18-24", "25-34"] * 80,
    }
)
TRUTH = CRM.merge(USERS.to_pandas(), on="email")
BRAND = {
    "crm": cr.audience(
        CRM,
        id=EMAIL,
        labels=["tier"],
        measures={"spend": cr.measure("spend", max=100, decimals=2)},
    )
}
PLATFORM = {"users": cr.audience(USERS, id=EMAIL, labels=["age_band"])}
POLICY = {"noise": "none", "k_min": 1, "paillier_bits": 2048}
TOLD: list[str] = []


@pytest.fixture(scope="module")
def run() -> Iterator[Rehearsal]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLEANROOM_PASSPHRASE", PHRASE)
        with cr.simulate(brand=BRAND, platform=PLATFORM, policy=POLICY, tell=TOLD.append) as found:
            yield found


def test_an_answer_is_the_join_of_both_frames(run: Rehearsal) -> None:
    answer = run.overlap("crm", "users", group_by=["platform.age_band"], measures=["spend"])
    frame = answer.frame()
    assert isinstance(frame, pd.DataFrame)
    wanted = TRUTH.groupby("age_band").agg(people=("email", "size"), spend=("spend", "sum"))
    found = frame.set_index("platform.age_band").sort_index()
    assert found["people"].tolist() == wanted["people"].tolist()
    assert found["spend"].tolist() == wanted["spend"].tolist()
    assert answer.total.people == len(TRUTH)
    assert any("Aligning" in text for text in TOLD), "it tells how far it is"


def test_sql_and_conditions_ask_the_same(run: Rehearsal) -> None:
    asked = run.ask("SELECT COUNT(*) FROM overlap WHERE brand.tier = 'gold'")
    named = run.overlap("crm", "users", where=["brand.tier = 'gold'"])
    assert asked.total.people == named.total.people == int((TRUTH["tier"] == "gold").sum())


def test_questions_are_awaited_together_and_found_again(run: Rehearsal) -> None:
    async def both() -> list[Any]:
        by_tier = run.overlap.submit("crm", "users", group_by=["brand.tier"], name="by-tier")
        to_platform = run.overlap.submit("crm", "users", receiver="platform", measures=["spend"])
        return await asyncio.gather(by_tier, to_platform)

    first, second = asyncio.run(both())
    assert first.total.people == second.total.people == len(TRUTH)
    assert second.total.sums.spend == TRUTH["spend"].sum()
    assert run.question("by-tier").state == "SUCCESS"
    assert run.question("by-tier").result().document == first.document
    with pytest.raises(NotFound):
        run.question("by-tears")


def test_a_preview_asks_nothing(run: Rehearsal) -> None:
    before = run.jobs()
    shown = run.overlap.preview("crm", "users", group_by=["brand.tier"])
    assert shown.groups_at_most == 3
    assert "\ngroups at most: 3" in repr(shown)
    assert "<tr><th>groups at most</th><td>3</td></tr>" in shown._repr_html_()
    assert run.jobs() == before


def test_refusals_are_those_of_the_command_line(run: Rehearsal) -> None:
    with pytest.raises(PolicyRefusal, match="without labels called age "):
        run.overlap("crm", "users", group_by=["platform.age"])
    with pytest.raises(InvalidInput, match="no dataset people"):
        run.overlap("crm", "people")


def test_the_log_is_verified(run: Rehearsal) -> None:
    run.overlap("crm", "users")
    assert run.audit()["entries"]


def test_a_party_of_a_live_room_refreshes_its_data_and_asks(run: Rehearsal) -> None:
    home = run.sides["brand"].home.path
    fewer = cr.audience(
        CRM.head(60).assign(spend="1,5"),
        id=EMAIL,
        labels=["tier"],
        measures={"spend": cr.measure("spend", max=100, decimals=2, decimal=",")},
    )
    with cr.connect(home, frames="polars") as room:
        assert room.role == "brand"
        room.upload("crm", fewer)
        room.align(["crm"], ["users"])
        answer = room.overlap("crm", "users", group_by=["brand.tier"], measures=["spend"])
        assert isinstance(answer.frame(), pl.DataFrame)
        assert answer.total.people == 20
        assert answer.total.sums.spend == 30.0
        assert {one["version"] for one in room.datasets() if one["name"] == "crm"} == {1, 2}
        theirs = room.overlap.submit("crm", "users", receiver="platform", group_by=["brand.tier"])
        with pytest.raises(NotFound, match="The platform receives"):
            theirs.result()


def test_bad_data_is_refused_before_it_leaves(run: Rehearsal) -> None:
    home = run.sides["brand"].home.path
    twice = cr.audience(pd.concat([CRM, CRM]), id=EMAIL, labels=["tier"])
    with cr.connect(home) as room, pytest.raises(InvalidInput, match="crm"):
        room.upload("crm", twice)
    with pytest.raises(InvalidInput, match="passphrase"):
        cr.connect(home, passphrase="another")


def test_nothing_is_left_when_it_ends() -> None:
    with pytest.raises(InvalidInput, match="platform.users"):
        cr.simulate(brand=BRAND, platform={"users": cr.audience(USERS, id=("mail", EMAIL[1]))})
