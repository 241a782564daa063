"""SQL compiles to templates: the same answer as on the plain join, and nothing else can be said."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent import asking_sql, segments, sql
from cleanroom.cli.ask import as_toml
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from tests.cleanroom.queries.harness import Measure, audience, events, plan_jobs, run, sign_room

DOMAINS = {
    "brand.tier": ("gold", "it's", "unknown"),
    'brand."home town"': ("上海", "Berlin"),
    "platform.age": ("18-24", "25-34", "60+"),
}
MEASURES = {"brand.spend": (-40, 90), "brand.orders": (0, 9)}


def name(column: str) -> str:
    return column.partition(".")[2].strip('"')


def people(side: str, number: int, drawn: Random) -> dict[str, list[Any]]:
    columns = {column: values for column, values in DOMAINS.items() if column.startswith(side)}
    found: dict[str, list[Any]] = {
        name(column): [drawn.choice(values) for _ in range(number)]
        for column, values in columns.items()
    }
    for column, (low, high) in MEASURES.items():
        if column.startswith(side):
            found[name(column)] = [drawn.randint(low, high) for _ in range(number)]
    return found


def labels(side: str, columns: dict[str, list[Any]]) -> dict[str, list[str]]:
    known = {name(column) for column in DOMAINS if column.startswith(side)}
    return {column: values for column, values in columns.items() if column in known}


@pytest.fixture(scope="module")
def room() -> Any:
    """A signed room, and the same people in two plain tables."""
    drawn = Random(5)
    ids = {"brand": [f"p{n}" for n in range(45)], "platform": [f"p{n}" for n in range(10, 60)]}
    columns = {side: people(side, len(ids[side]), drawn) for side in ids}
    measures = {
        name(column): Measure(columns["brand"][name(column)], high, low)
        for column, (low, high) in MEASURES.items()
    }
    sides = {
        "brand": audience(ids["brand"], labels("brand", columns["brand"]), measures),
        "platform": audience(ids["platform"], labels("platform", columns["platform"])),
    }
    table = sqlite3.connect(":memory:")
    for side, found in columns.items():
        quoted = ", ".join(f'"{column}"' for column in found)
        table.execute(f"CREATE TABLE {side} (id, {quoted})")
        rows = zip(ids[side], *found.values(), strict=True)
        marks = ", ".join("?" * (1 + len(found)))
        table.executemany(f"INSERT INTO {side} VALUES ({marks})", rows)
    signed = sign_room("overlap", sides, (), {"templates": ("overlap", "profile")}, {})
    for side, own in signed.rooms.items():
        listed = [
            {"id": one, "manifest": manifest, "state": "READY"}
            for one, manifest in signed.desk.manifests.items()
        ]
        own.client.datasets = lambda _room, listed=listed: listed
        assert own.role == side
    yield signed, table
    table.close()


ANSWERS: dict[str, dict[str, Any]] = {}


def asked(signed: Any, text: str) -> dict[str, Any]:
    """Ask, or return the answer of before: one question has one answer, and its rows are gone."""
    given = {"brand": None, "platform": None}
    section = asking_sql.section(signed.rooms["brand"], text, given, "q")
    key = f"{id(signed)} {section.model_dump_json()}"
    if key not in ANSWERS:
        planned = plan_jobs(signed, section.template, section.parameters(), "brand", None)
        ANSWERS[key] = run(signed, planned, "brand").result
    return ANSWERS[key]


def plain(table: sqlite3.Connection, text: str) -> list[tuple[Any, ...]]:
    joined = "FROM brand JOIN platform ON brand.id = platform.id"
    return table.execute(text.replace("FROM overlap", joined)).fetchall()


def quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@st.composite
def conditions(draw: st.DrawFn) -> str:
    column = draw(st.sampled_from(sorted(DOMAINS)))
    values = st.sampled_from(DOMAINS[column]).map(quote)
    value, some = draw(values), ", ".join(draw(st.lists(values, min_size=1, unique=True)))
    forms = [f"{column} = {value}", f"{column} <> {value}", f"{column} IN ({some})"]
    forms += [f"{column} not in ({some})", f"NOT {column} = {value}", f"{value} != {column}"]
    forms += [f"({column} = {value} OR {column} IN ({some}))", f"NOT ({column} in ({some}))"]
    return draw(st.sampled_from(forms))


@st.composite
def selects(draw: st.DrawFn) -> tuple[str, int, list[str]]:
    """Return a SELECT, how many of its columns are labels, and the measures that follow COUNT."""
    group = draw(st.lists(st.sampled_from(sorted(DOMAINS)), max_size=2, unique=True))
    sums = draw(st.lists(st.sampled_from(sorted(MEASURES)), max_size=2, unique=True))
    # Each column at most once, so that no two conditions contradict each other.
    where = {text.strip("NOT (").partition(" ")[0]: text for text in draw(st.lists(conditions()))}
    by_place = [str(place) for place in range(1, 1 + len(group))]
    text = f"SELECT {', '.join([*group, 'COUNT(*)', *(f'SUM({s}) AS s{len(s)}' for s in sums)])}"
    text += " FROM overlap"
    text += f" WHERE {' AND '.join(where.values())}" if where else ""
    text += f" GROUP BY {', '.join(draw(st.sampled_from([group, by_place])))}" if group else ""
    return text, len(group), [name(measure) for measure in sums]


@settings(max_examples=10, deadline=None)
@given(selects())
def test_the_room_answers_what_the_plain_join_does(room, drawn):
    signed, table = room
    text, width, measures = drawn
    try:
        result = asked(signed, text)
    except InvalidInput as refused:
        assert "nobody can fulfil" in str(refused)
        assert not sum(row[width] for row in plain(table, text))
        return
    expected = {row[:width]: row[width:] for row in plain(table, text) if row[width]}
    found = {
        tuple(group["key"].values()): (
            group["people"],
            *(group.get("sums", {})[measure] for measure in measures),
        )
        for group in result["groups"]
    }
    assert found == expected


def test_a_profile_is_asked_likewise(room):
    signed, table = room
    text = "SELECT platform.age, COUNT(*) FROM {} WHERE brand.tier = 'gold' GROUP BY platform.age"
    result = asked(signed, text.format("profile"))
    found = {(group["key"]["platform.age"], group["people"]) for group in result["groups"]}
    assert found == set(plain(table, text.format("overlap")))
    assert all("tgi_index" in group for group in result["groups"])


def test_it_is_a_section_of_a_room_file(room):
    signed, _ = room
    text = """select platform.age as band, sum(brand.spend), count(1) from overlap(data, data)
        where brand.tier in ('gold') and segment = 'old' group by band; -- thanks"""
    segments.save(signed.rooms["brand"], "old", ["platform.age = '60+'"])
    given = {"brand": None, "platform": None}
    made = asking_sql.section(signed.rooms["brand"], text, given, "q", receiver="brand")
    assert as_toml(made).splitlines() == [
        "[[jobs]]",
        'name = "q"',
        'template = "overlap"',
        'brand = "data"',
        'platform = "data"',
        'receiver = "brand"',
        'group_by = ["platform.age"]',
        'measures = ["spend"]',
        "where = [\"brand.tier = 'gold'\", \"segment = 'old'\"]",
    ]
    segments.remove(signed.rooms["brand"], "old")
    with pytest.raises(NotFound):
        asking_sql.section(signed.rooms["brand"], text, given, "q")


def test_a_question_without_a_name_gets_a_random_one(room):
    given = {"brand": None, "platform": None}
    text = "SELECT COUNT(*) FROM overlap WHERE brand.tier = 'gold'"
    made = [asking_sql.section(room[0].rooms["brand"], text, given, None).name for _ in range(2)]
    assert made[0] != made[1]


COUNTED = "SELECT COUNT(*) FROM overlap"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "one SELECT"),
        ("SELECT", "FROM names a template"),
        ("hello", "one SELECT"),
        ("SELECT COUNT(*) FROM", "read as SQL"),
        (f"{COUNTED}; {COUNTED}", "one SELECT"),
        (f"{COUNTED}; DROP TABLE x", "one SELECT"),
        ("DELETE FROM overlap", "one SELECT"),
        (f"{COUNTED} UNION {COUNTED}", "one SELECT"),
        (f"WITH x AS ({COUNTED}) {COUNTED}", "WITH"),
        (f"SELECT COUNT(*) FROM ({COUNTED}) AS overlap", "FROM names a template"),
        ("SELECT COUNT(*) FROM crm", "not crm"),
        ("SELECT COUNT(*) FROM attribution", "SQL can ask aipl, .*, not attribution"),
        ("SELECT COUNT(*) FROM reach_frequency", "one column of the platform's"),
        ("SELECT brand.tier, COUNT(*) FROM reach_frequency GROUP BY 1", "one column of the plat"),
        ("SELECT platform.c, SUM(brand.a) FROM reach_frequency GROUP BY 1", "leave SUM out"),
        ("SELECT platform.c, COUNT(*) FROM reach_frequency WHERE platform.c <> 'x' GROUP BY 1",
         "name the campaigns that count"),
        ("SELECT COUNT(*) FROM db.overlap", "not allowed here"),
        ("SELECT COUNT(*) FROM overlap AS o", "not allowed here"),
        ("SELECT COUNT(*) FROM overlap(crm)", "dataset of each side"),
        ("SELECT COUNT(*) FROM overlap('crm', 'users')", "without quotes"),
        ("SELECT COUNT(*) FROM overlap TABLESAMPLE (10)", "not allowed here"),
        ("SELECT COUNT(*) FROM overlap, users", "JOIN"),
        ("SELECT COUNT(*) FROM overlap JOIN users ON true", "JOIN"),
        ("SELECT * FROM overlap", "COUNT"),
        ("SELECT platform.age FROM overlap GROUP BY 1", "a question counts"),
        ("SELECT DISTINCT platform.age, COUNT(*) FROM overlap GROUP BY 1", "DISTINCT"),
        ("SELECT COUNT(DISTINCT platform.age) FROM overlap", "COUNT"),
        ("SELECT COUNT(platform.age) FROM overlap", "COUNT"),
        ("SELECT COUNT('x') FROM overlap", "COUNT"),
        ("SELECT COUNT(*) OVER () FROM overlap", "select columns"),
        ("SELECT COUNT(*) FILTER (WHERE brand.a = 'b') FROM overlap", "funnel's step"),
        ("SELECT COUNT(*) + 1 FROM overlap", "select columns"),
        ("SELECT MAX(brand.spend) FROM overlap", "select columns"),
        ("SELECT AVG(brand.spend) FROM overlap", "average"),
        ("SELECT SUM(brand.spend * 2) FROM overlap", "a column is written"),
        ("SELECT SUM(DISTINCT brand.spend) FROM overlap", "a column is written"),
        ("SELECT SUM(spend) FROM overlap", "a column is written"),
        ("SELECT SUM(auditor.spend) FROM overlap", "not a side"),
        ("SELECT SUM(x.brand.spend) FROM overlap", "not allowed here"),
        ("SELECT platform.age, COUNT(*) FROM overlap", "GROUP BY"),
        ("SELECT COUNT(*) FROM overlap GROUP BY platform.age", "GROUP BY"),
        ("SELECT platform.age, COUNT(*) FROM overlap GROUP BY 2", "a column is written"),
        ("SELECT platform.age, COUNT(*) FROM overlap GROUP BY 3", "not a position in the SELECT"),
        ("SELECT platform.age, COUNT(*) FROM overlap GROUP BY 0", "not a position in the SELECT"),
        ("SELECT platform.age, COUNT(*) FROM overlap GROUP BY CUBE(platform.age)", "a column is"),
        ("SELECT platform.age, COUNT(*) FROM overlap GROUP BY ALL", "not allowed here"),
        (f"{COUNTED} HAVING COUNT(*) > 5", "HAVING"),
        (f"{COUNTED} ORDER BY 1", "ORDER BY"),
        (f"{COUNTED} LIMIT 5", "LIMIT"),
        (f"{COUNTED} FOR UPDATE", "not allowed here"),
        (f"{COUNTED} QUALIFY 1 = 1", "not allowed here"),
        (f"{COUNTED} WHERE brand.a = \"b\"", "single quotes"),
        (f"{COUNTED} WHERE brand.a = 5", "labels are text"),
        (f"{COUNTED} WHERE brand.a = brand.b", "single quotes"),
        (f"{COUNTED} WHERE a = 'b'", "a column is written"),
        (f"{COUNTED} WHERE brand.a > '5'", "buckets"),
        (f"{COUNTED} WHERE brand.a BETWEEN '5' AND '6'", "buckets"),
        (f"{COUNTED} WHERE brand.a LIKE 'b%'", "a condition is"),
        (f"{COUNTED} WHERE brand.a IS NULL", "unknown"),
        (f"{COUNTED} WHERE brand.a IS NOT NULL", "unknown"),
        (f"{COUNTED} WHERE brand.a IN ()", "IN takes a list"),
        (f"{COUNTED} WHERE brand.a IN (SELECT 1)", "not allowed here"),
        (f"{COUNTED} WHERE brand.a = ANY('b')", "labels are text"),
        (f"{COUNTED} WHERE EXISTS (SELECT 1)", "a condition is"),
        (f"{COUNTED} WHERE LOWER(brand.a) = 'b'", "a column is written"),
        (f"{COUNTED} WHERE brand.a = 'b' OR brand.c = 'd'", "ask twice"),
        (f"{COUNTED} WHERE brand.a <> 'b' OR brand.a <> 'c'", "ask twice"),
        (f"{COUNTED} WHERE NOT (brand.a = 'b' AND brand.c = 'd')", "one column"),
        (f"{COUNTED} WHERE NOT segment = 'x'", "a column is written"),
        (f"{COUNTED} WHERE segment <> 'x'", "a column is written"),
        (f"{COUNTED} WHERE TRUE", "a condition is"),
        (f"{COUNTED} WHERE " + "(" * 3000 + "brand.a = 'b'" + ")" * 3000, "SQL"),
        (f"{COUNTED} WHERE brand.a = '{'x' * 10_000}'", "more than 10,000"),
    ],
)  # fmt: skip
def test_nothing_else_can_be_said(text, why):
    with pytest.raises(InvalidInput, match=why):
        sql.compiled(text)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("SELECT COUNT(*) FROM overlap WHERE brand.income = 'high'", InvalidInput,
         "No audience of the brand has the label income. data has the labels tier, home town"),
        ("SELECT SUM(platform.spend) FROM overlap", InvalidInput, "the measure spend"),
        ("SELECT COUNT(*) FROM overlap(crm, data)", InvalidInput, "no dataset crm"),
        ("SELECT SUM(brand.spend), SUM(platform.age) FROM overlap", InvalidInput, "measure age"),
        ("SELECT COUNT(*) FROM profile", InvalidInput, "group_by"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(room, text, error, said):
    with pytest.raises(error, match=said):
        asking_sql.section(room[0].rooms["brand"], text, {"brand": None, "platform": None}, None)


def test_a_template_that_is_not_granted_is_named(room):
    own = room[0].rooms["brand"]
    fewer = own.agreement.model_copy(update={"templates": ("profile",)})
    poorer = replace(own, agreement=fewer)
    with pytest.raises(
        PolicyRefusal, match=r"does not allow the template overlap .*needed: template"
    ):
        asking_sql.section(poorer, COUNTED, {"brand": None, "platform": None}, None)


# --- reach: people by campaign of the platform's events

CAMPAIGNS = ("Feed", "it's", "直播")


@pytest.fixture(scope="module")
def shown() -> Any:
    """A signed room of an audience and impressions, and the same in two plain tables."""
    drawn = Random(8)
    ids = [f"p{n}" for n in range(40)]
    columns = people("brand", len(ids), drawn)
    rows = [(f"p{drawn.randrange(15, 60)}", drawn.choice(CAMPAIGNS)) for _ in range(120)]
    sides = {
        "brand": audience(ids, labels("brand", columns)),
        "platform": events([who for who, _ in rows], [0] * len(rows),
                           labels={"campaign": [name for _, name in rows]}),
    }  # fmt: skip
    table = sqlite3.connect(":memory:")
    table.execute('CREATE TABLE brand (id, tier, "home town")')
    table.executemany("INSERT INTO brand VALUES (?, ?, ?)",
                      zip(ids, columns["tier"], columns["home town"], strict=True))  # fmt: skip
    table.execute("CREATE TABLE platform (id, campaign)")
    table.executemany("INSERT INTO platform VALUES (?, ?)", rows)
    signed = sign_room("reach_frequency", sides, (), {"templates": ("reach_frequency",)}, {})
    for own in signed.rooms.values():
        listed = [
            {"id": one, "manifest": manifest, "state": "READY"}
            for one, manifest in signed.desk.manifests.items()
        ]
        own.client.datasets = lambda _room, listed=listed: listed
    yield signed, table
    table.close()


@st.composite
def reaches(draw: st.DrawFn) -> str:
    """Return a SELECT of people by campaign, with conditions on either."""
    own = [column for column in DOMAINS if column.startswith("brand")]
    texts = [text for text in draw(st.lists(conditions(), max_size=3)) if "brand" in text]
    where = {next(column for column in own if column in text): text for text in texts}
    if draw(st.booleans()):
        some = draw(st.lists(st.sampled_from(CAMPAIGNS), min_size=1, unique=True))
        where["campaign"] = f"platform.campaign IN ({', '.join(map(quote, some))})"
    text = "SELECT platform.campaign, COUNT(*) FROM reach_frequency"
    text += f" WHERE {' AND '.join(where.values())}" if where else ""
    return f"{text} GROUP BY 1"


@settings(max_examples=10, deadline=None)
@given(reaches())
def test_reach_is_that_of_people_in_the_plain_join(shown, text):
    signed, table = shown
    result = asked(signed, text)
    joined = text.replace("COUNT(*)", "COUNT(DISTINCT brand.id)")
    joined = joined.replace(
        "FROM reach_frequency", "FROM brand JOIN platform ON brand.id = platform.id"
    )
    found = {one["campaign"]: one["reach"] for one in result["campaigns"]}
    every = found.pop("all", 0)
    assert found == dict(table.execute(joined).fetchall())
    (of,) = table.execute(joined.replace("platform.campaign, ", "", 1).replace(" GROUP BY 1", ""))
    assert (every,) == of == (result["total"]["people"],)


def test_a_reach_is_a_section_of_a_room_file(shown):
    text = """SELECT platform.campaign, COUNT(*) FROM reach_frequency WHERE brand.tier = 'gold'
        AND platform.campaign IN ('Feed', '直播') AND platform.campaign IN ('Feed', 'x')
        GROUP BY 1"""
    given = {"brand": None, "platform": None}
    made = asking_sql.section(shown[0].rooms["brand"], text, given, "q")
    assert made.parameters() == {
        "group_by": ["platform.campaign"], "where": ["brand.tier = 'gold'"],
        "campaigns": ["Feed"], "max_impressions": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT platform.channel, COUNT(*) FROM reach_frequency GROUP BY 1",
         "No dataset of events of the platform has the label channel. data has the labels camp"),
        ("SELECT platform.campaign, COUNT(*) FROM overlap GROUP BY 1",
         "No audience of the platform has the label campaign"),
    ],
)  # fmt: skip
def test_what_is_missing_for_a_reach_is_named(shown, text, said):
    with pytest.raises(InvalidInput, match=said):
        asking_sql.section(shown[0].rooms["brand"], text, {"brand": None, "platform": None}, None)


def test_a_room_without_reach_names_the_template(shown):
    own = shown[0].rooms["brand"]
    text = "SELECT platform.campaign, COUNT(*) FROM reach_frequency GROUP BY 1"
    fewer = own.agreement.model_copy(update={"templates": ("overlap",)})
    with pytest.raises(PolicyRefusal, match=r"template reach_frequency .*needed: template"):
        poorer = replace(own, agreement=fewer)
        asking_sql.section(poorer, text, {"brand": None, "platform": None}, None)
