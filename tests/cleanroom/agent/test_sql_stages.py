"""SQL of stages and steps: the same people as on the plain join, and nothing else can be said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from cleanroom.agent import asking_sql, sql
from cleanroom.agent.sql_templates import ASKED
from cleanroom.cli.ask import as_toml
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.registry import templates
from tests.cleanroom.agent.test_sql import asked
from tests.cleanroom.queries.harness import Data, Measure, audience, events
from tests.cleanroom.queries.room import Signed, sign_room

STAGES = ["none", "A", "I", "P", "L"]
STEPS = ["none", "view", "click", "pay"]
CHANNELS = ["feed", "it's"]
NOBODY: asking_sql.Given = {"brand": None, "platform": None}
Place = tuple[Signed, sqlite3.Connection]


def crowd(first: int, last: int, drawn: Random, *extra: str) -> dict[str, list[Any]]:
    """Draw people with two columns of stages, and what else is asked for."""
    ids = [f"p{number}" for number in range(first, last)]
    values = {"tier": ["gold", "tin"], "step": ["none", "pay"], "s1": STAGES, "s2": STAGES}
    found = {name: [drawn.choice(values[name]) for _ in ids] for name in ("s1", "s2", *extra)}
    return {"id": ids} | found


def file(columns: dict[str, list[Any]], **more: Any) -> Data:
    labels = {name: values for name, values in columns.items() if name not in ("id", "spend")}
    domains = dict.fromkeys(("s1", "s2"), STAGES)
    return audience(columns["id"], labels, domains=domains, **more)


def signed(templates_of: tuple[str, ...], brand: Data, platform: Data) -> Signed:
    sides = {"brand": brand, "platform": platform}
    room = sign_room(templates_of[0], sides, (), {"templates": templates_of}, {})
    for own in room.rooms.values():
        listed = [
            {"id": one, "manifest": manifest, "state": "READY"}
            for one, manifest in room.desk.manifests.items()
        ]
        setattr(own.client, "datasets", lambda _room, listed=listed: listed)  # noqa: B010
    return room


def database(**tables: dict[str, list[Any]]) -> sqlite3.Connection:
    """Return plain tables; steps compare by their order, and GREATEST takes the higher stage."""
    found = sqlite3.connect(":memory:")
    found.create_function("GREATEST", 2, lambda *both: max(both, key=STAGES.index))
    found.create_collation("steps", lambda *both: _sign(*map(STEPS.index, both)))
    for name, columns in tables.items():
        kinds = (f"{one} {'COLLATE steps' if one == 'step' else ''}" for one in columns)
        found.execute(f"CREATE TABLE {name} ({', '.join(kinds)})")
        marks = ", ".join("?" * len(columns))
        rows = zip(*columns.values(), strict=True)
        found.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    return found


def _sign(one: int, other: int) -> int:
    return (one > other) - (one < other)


@pytest.fixture(scope="module")
def staged() -> Iterator[Place]:
    drawn = Random(3)
    brand, platform = crowd(0, 90, drawn, "tier"), crowd(20, 120, drawn)
    brand["spend"] = [drawn.randint(0, 9) for _ in brand["id"]]
    ours = file(brand, measures={"spend": Measure(brand["spend"], 9)})
    table = database(brand=brand, platform=platform)
    yield signed(("aipl", "aipl_flow"), ours, file(platform)), table
    table.close()


@pytest.fixture(scope="module")
def shown() -> Iterator[Place]:
    drawn = Random(4)
    brand = crowd(0, 60, drawn, "tier", "step")
    rows = {"id": [f"p{drawn.randrange(20, 90)}" for _ in range(150)]}
    rows |= {"channel": [drawn.choice(CHANNELS) for _ in rows["id"]]}
    rows |= {"step": [drawn.choice(STEPS[:3]) for _ in rows["id"]]}
    labels = {name: values for name, values in rows.items() if name != "id"}
    room = signed(
        ("channel_flow", "funnel"), file(brand), events(rows["id"], [0] * 150, labels=labels)
    )
    table = database(brand=brand, platform=rows)
    yield room, table
    table.close()


def plain(table: sqlite3.Connection, text: str) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Return people, and sums, by what the SELECT groups by: the words before its COUNT."""
    width = text.partition("COUNT")[0].count(" AS ") or text.partition("COUNT")[0].count(",")
    joined = " FROM brand JOIN platform ON brand.id = platform.id"
    source = next(f" FROM {name}" for name in ASKED if f" FROM {name} " in text)
    rows = table.execute(
        text.replace(source, joined).replace("COUNT(*)", "COUNT(DISTINCT brand.id)")
    )
    return {row[:width]: row[width:] for row in rows}


@pytest.mark.parametrize("where", ["", "WHERE brand.tier = 'gold' AND platform.s2 <> 'L'"])
def test_people_by_stage_are_those_of_the_plain_join(staged: Place, where: str) -> None:
    room, table = staged
    text = f"SELECT GREATEST(platform.s1, brand.s1) AS s, COUNT(*) FROM aipl {where} GROUP BY s"
    found = {(one["key"]["stage"],): (one["people"],) for one in asked(room, text)["groups"]}
    assert found == plain(table, text)
    assert len(found) == len(STAGES)


@pytest.mark.parametrize("where", ["", "WHERE brand.s2 IN ('P', 'L')"])
def test_people_and_sums_of_a_flow_are_those_of_the_plain_join(staged: Place, where: str) -> None:
    room, table = staged
    text = (
        "SELECT GREATEST(brand.s1, platform.s1) AS a, GREATEST(brand.s2, platform.s2) AS b,"
        f" COUNT(*), SUM(brand.spend) FROM aipl_flow {where} GROUP BY 1, 2"
    )
    found = {
        (one["key"]["from"], one["key"]["to"]): (one["people"], one["sums"]["spend"])
        for one in asked(room, text)["groups"]
    }
    assert found == plain(table, text)
    assert len(found) > len(STAGES)


def test_people_by_channel_and_move_are_those_of_the_plain_join(shown: Place) -> None:
    room, table = shown
    text = (
        "SELECT platform.channel, brand.s1, brand.s2, COUNT(*) FROM channel_flow"
        " WHERE brand.tier <> 'gold' GROUP BY 1, 2, 3"
    )
    found = {tuple(one["key"].values()): (one["people"],) for one in asked(room, text)["groups"]}
    assert {key: one for key, one in found.items() if key[0] != "all"} == plain(table, text)


@pytest.mark.parametrize("test", ["=", ">="])
def test_people_at_a_step_are_those_whom_the_filters_count(shown: Place, test: str) -> None:
    """Who was seen in a channel was seen there at the brand's step, too."""
    room, table = shown
    steps = ", ".join(f"COUNT(*) FILTER (WHERE step {test} '{step}')" for step in STEPS[1:])
    text = f"SELECT platform.channel, {steps} FROM funnel WHERE brand.tier = 'gold' GROUP BY 1"
    table.execute("DROP VIEW IF EXISTS seen")
    table.execute(
        "CREATE VIEW seen AS SELECT p.id, p.channel, p.step, tier FROM platform AS p JOIN brand"
        " USING (id) UNION SELECT p.id, p.channel, brand.step, tier FROM platform AS p JOIN brand"
        " USING (id)"
    )
    simple = text.replace("platform.", "").replace("brand.", "").replace("FROM funnel", "FROM seen")
    expected = table.execute(simple.replace("COUNT(*)", "COUNT(DISTINCT id)")).fetchall()
    found: dict[str, list[int]] = {}
    for one in asked(room, text)["groups"]:
        found.setdefault(one["key"]["platform.channel"], []).append(one["people"])
    assert [(name, *counts) for name, counts in sorted(found.items())] == expected
    assert len(expected) == len(CHANNELS)


def test_it_is_a_section_of_a_room_file(staged: Place) -> None:
    text = "SELECT GREATEST(brand.s1, platform.s2), COUNT(*) FROM aipl(data, data) GROUP BY 1"
    made = asking_sql.section(staged[0].rooms["brand"], text, NOBODY, "q")
    assert as_toml(made).splitlines()[-2:] == [
        'stage = { brand = "s1", platform = "s2" }',
        "sides = false",
    ]


SHORT = "SELECT COUNT(*) FROM {}"
HIGHER = "SELECT GREATEST(brand.a, platform.a), COUNT(*) FROM {} GROUP BY 1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SHORT.format("aipl"), "the higher of both sides' stages"),
        (SHORT.format("aipl_flow"), "two stages, before and after"),
        (HIGHER.format("aipl_flow"), "two stages, before and after"),
        (HIGHER.format("channel_flow"), "by a channel of the platform's and two stages"),
        (HIGHER.format("overlap"), "leave GREATEST out"),
        (HIGHER.format("funnel"), "leave GREATEST out"),
        (HIGHER.format("aipl").replace("brand", "platform"), "a column of stages from each side"),
        (HIGHER.format("aipl").replace("(brand.a,", "("), "a column of stages from each side"),
        (HIGHER.format("aipl").replace("COUNT(*)", "SUM(brand.spend)"), "leave SUM out"),
        ("SELECT platform.c, brand.a, GREATEST(brand.b, platform.b), COUNT(*) FROM channel_flow"
         " GROUP BY 1, 2, 3", "two stages"),
        (SHORT.format("funnel"), "people at each step"),
        ("SELECT COUNT(*) FILTER (WHERE step = 'a'), COUNT(*) FILTER (WHERE step >= 'b') FROM"
         " funnel", "all of them with = or all with >="),
        ("SELECT COUNT(*), COUNT(*) FILTER (WHERE step = 'a') FROM funnel", "at each step"),
        ("SELECT brand.c, COUNT(*) FILTER (WHERE step = 'a') FROM funnel GROUP BY 1", "at each"),
        ("SELECT SUM(brand.c) FILTER (WHERE step = 'a') FROM funnel", "after COUNT"),
        ("SELECT COUNT(*) FILTER (WHERE step > 'a') FROM funnel", "funnel's step"),
        ("SELECT COUNT(*) FILTER (WHERE brand.step = 'a') FROM funnel", "funnel's step"),
        ("SELECT COUNT(*) FILTER (WHERE step = 5) FROM funnel", "single quotes"),
        ("SELECT COUNT(DISTINCT brand.a) FILTER (WHERE step = 'a') FROM funnel", "COUNT"),
        ("SELECT COUNT(*) FILTER (WHERE step = 'a') FROM overlap", "only a funnel has steps"),
    ],
)  # fmt: skip
def test_nothing_else_can_be_said(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        sql.compiled(text)


@pytest.mark.parametrize("name", sorted(set(templates()) - set(ASKED)))
def test_a_template_that_sql_does_not_ask_says_who_does(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"SQL can ask aipl, .*funnel.*, not {name}") as refused:
        sql.compiled(SHORT.format(name))
    assert f'template = "{name}", then cleanroom job ask' in str(refused.value.remedy)


def test_a_step_named_twice_has_no_answer(shown: Place) -> None:
    steps = ", ".join(["COUNT(*) FILTER (WHERE step = 'pay')"] * 2)
    with pytest.raises((InvalidInput, PolicyRefusal), match="twice"):
        asked(shown[0], f"SELECT {steps} FROM funnel")


def test_the_parser_says_nothing_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InvalidInput, match="one SELECT"):
        sql.compiled(f"EXPLAIN {SHORT.format('overlap')}")
    assert caplog.text == ""
