"""``stages derive``: a party's events become stages by the rules that both signed."""

from __future__ import annotations

import csv
import json
import random
import stat
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cleanroom.cli.stages import app, snapshots
from cleanroom.errors import CleanroomError, InvalidInput, PolicyRefusal
from cleanroom.ingest import read_table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.queries.stages import STAGES
from cleanroom.queries.stages import derive as module
from cleanroom.queries.stages.derive import Columns, derive
from cleanroom.queries.stages.rules import DEFAULT, Clause, Rules
from tests.cleanroom.queries.harness import audience, plan

DAY = 86_400
AT = 1_780_272_000
"""2026-06-01T00:00:00Z."""
RULES = Rules.read(DEFAULT)
CLOSER = {"brand_search", "favourite", "cart", "sample", "like", "comment", "share"}
CLOSER |= {"follow", "member"}
SEEN = {"ad_reach", "ad_view", "ad_click", "product_view"}
SNAPSHOT = {"stage": AT * 1_000_000}


def by_hand(kinds):
    """Return a person's stage from the words of the definition, given events that count."""
    count = Counter(kinds)
    if count["purchase"] >= 2 or count["positive_review"]:
        return "L"
    if count["purchase"]:
        return "P"
    if count["product_view"] >= 2 or any(count[kind] for kind in CLOSER):
        return "I"
    return "A" if any(count[kind] for kind in SEEN) else "none"


def file_of(folder, rows, header=("id", "time", "action")):
    path = folder / "events.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def stages_of(derived, name="stage"):
    table = derived.people
    return dict(zip(table[table.column_names[0]].to_pylist(), table[name].to_pylist(), strict=True))


EVENT = st.tuples(
    st.sampled_from(["ann", "bob", "eve", "kim"]),
    st.sampled_from(
        [AT - 366 * DAY, AT - 365 * DAY - 1, AT - 365 * DAY, AT - 9, AT - 1, AT, AT + 9]
    ),
    st.sampled_from(RULES.interactions),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=40))
def test_stages_by_definition(tmp_path_factory, rows):
    found = derive(RULES, file_of(tmp_path_factory.mktemp("events"), rows), SNAPSHOT)
    counted = {}
    for person, moment, kind in rows:
        kinds = counted.setdefault(person, [])
        if AT - 365 * DAY <= moment < AT:
            kinds.append(kind)
    expected = {person: by_hand(kinds) for person, kinds in counted.items()}
    assert stages_of(found) == expected
    assert found.counts()["stage"] == {s: list(expected.values()).count(s) for s in STAGES}


def test_batches_are_joined(tmp_path, monkeypatch):
    drawn = random.Random(1)
    people = [f"person{number:05}" for number in range(3000)]
    words = RULES.interactions
    rows = [
        (drawn.choice(people), AT - drawn.randrange(400 * DAY), drawn.choice(words))
        for _ in range(12_000)
    ]
    path = file_of(tmp_path, rows)
    whole = derive(RULES, path, SNAPSHOT)
    # Feed the same file in many small batches and join them often.
    monkeypatch.setattr(module, "PENDING", 500)
    batches = module.Source.batches

    def small(self):
        for batch in batches(self):
            yield from (batch.slice(start, 700) for start in range(0, batch.num_rows, 700))

    monkeypatch.setattr(module.Source, "batches", small)
    pieces = derive(RULES, path, SNAPSHOT)
    assert pieces.people.equals(whole.people)
    assert pieces.events == 12_000
    assert set(stages_of(whole).values()) == set(STAGES)


def test_spellings_of_one_person_are_one(tmp_path):
    rows = [("Ann@Example.com", AT - 1, "purchase"), (" ann@example.com ", AT - 2, "purchase")]
    rows.append(("no address", AT - 1, "purchase"))
    found = derive(RULES, file_of(tmp_path, rows), SNAPSHOT, profile="email:uid2:v1")
    assert stages_of(found) == {"ann@example.com": "L"}
    assert sum(fault.rows for fault in found.unusable) == 1
    assert found.unusable[0].examples == (4,)


def test_a_clause_may_have_its_own_window(tmp_path):
    clauses = (
        Clause(stage="A", interactions=("seen",), window="15d"),
        Clause(stage="P", interactions=("bought",)),
    )
    rules = Rules(name="short", window="720d", clauses=clauses, ignored=("returned",))
    rows = [
        ("late", AT - 15 * DAY, "seen"),
        ("early", AT - 15 * DAY - 1, "seen"),
        ("buyer", AT - 700 * DAY, "bought"),
        ("other", AT - 1, "returned"),
    ]
    found = stages_of(derive(rules, file_of(tmp_path, rows), SNAPSHOT))
    assert found == {"late": "A", "early": "none", "buyer": "P", "other": "none"}


def test_opportunity_is_a_stage_where_a_clause_brings_somebody_there(tmp_path):
    opportunity = Clause(stage="O", interactions=("category_search",), at_least=2)
    rules = RULES.model_copy(update={"clauses": (*RULES.clauses, opportunity)})
    rows = [
        *[("often", AT - second, "category_search") for second in (1, 2)],
        ("once", AT - 1, "category_search"),
        *[("aware", AT - second, action) for second in (1, 2)
          for action in ("category_search", "ad_view")],
    ]  # fmt: skip
    found = derive(rules, file_of(tmp_path, rows), SNAPSHOT)
    assert stages_of(found) == {"often": "O", "once": "none", "aware": "A"}
    assert found.counts()["stage"] == {"none": 1, "O": 1, "A": 1, "I": 0, "P": 0, "L": 0}
    assert "O" not in derive(RULES, file_of(tmp_path, [rows[-1]]), SNAPSHOT).counts()["stage"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("ann", AT, "teleport"), ["2 rows", "action is not an interaction", "lines 3, 4", "know"]),
        (("ann", AT, ""), ["action is not an interaction", "lines 3, 4"]),
        (("ann", AT, "Purchase"), ["action is not an interaction", "lines 3, 4"]),
        (("ann", "yesterday", "cart"), ["time is neither Unix seconds", "lines 3, 4"]),
        (("ann", "", "cart"), ["time", "lines 3, 4"]),
        (("ann", AT * 1000, "cart"), ["milliseconds", "lines 3, 4"]),
        (("ann", AT), ["fields", "events.csv:3"]),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_lines(tmp_path, row, words):
    rows = [("bob", AT - 1, "cart"), row, row]
    with pytest.raises(InvalidInput) as refusal:
        derive(RULES, file_of(tmp_path, rows), SNAPSHOT)
    for word in words:
        assert word in str(refusal.value)
    # No text of the file is repeated.
    assert "teleport" not in str(refusal.value)


@pytest.mark.parametrize("rows", [[], [("", AT - 1, "cart")]])
def test_a_file_without_people_is_refused(tmp_path, rows):
    with pytest.raises(InvalidInput):
        derive(RULES, file_of(tmp_path, rows), SNAPSHOT)


def test_a_missing_column_is_named(tmp_path):
    path = file_of(tmp_path, [("ann", AT, "cart")], header=("id", "time", "what"))
    with pytest.raises(InvalidInput, match="action"):
        derive(RULES, path, SNAPSHOT)
    assert stages_of(derive(RULES, path, {"s": AT * 2_000_000}, Columns(action="what")), "s")
    with pytest.raises(InvalidInput, match="three different"):
        derive(RULES, path, SNAPSHOT, Columns(action="time"))


def test_toml_and_json_of_one_content_have_one_digest(tmp_path):
    (tmp_path / "rules.json").write_text(json.dumps(RULES.to_json()))
    assert Rules.read(tmp_path / "rules.json").digest() == RULES.digest()
    changed = DEFAULT.read_text().replace("at_least = 2", "at_least = 3")
    (tmp_path / "rules.toml").write_text(changed)
    assert Rules.read(tmp_path / "rules.toml").digest() != RULES.digest()


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('window = "365d"', 'window = "a year"', "window"),
        ('window = "365d"', 'window = "0d"', "window"),
        ('window = "365d"', 'window = "9fortnights"', "window"),
        ('stage = "P"', 'stage = "Q"', "stage"),
        ("at_least = 2", "at_least = 0", "at_least"),
        ("at_least = 2", "at_most = 2", "at_most"),
        ('["positive_review"]', "[]", "interactions"),
        ("version = 1", "version = 2", "version"),
        ("[[clauses]]", "[[clauses", r"rules\.toml:\d+: "),
    ],
)
def test_bad_rules_name_the_place(tmp_path, old, new, word):
    path = tmp_path / "rules.toml"
    path.write_text(DEFAULT.read_text().replace(old, new, 1))
    with pytest.raises(InvalidInput, match=word):
        Rules.read(path)


def test_rules_must_be_those_of_the_agreement():
    side = audience(["a"])
    for rules, fine in ((RULES.digest(), True), ("0" * 64, False), (None, False)):
        agreed = plan("overlap", {}, side, side, agreement={"stage_rules": rules}).room.agreement
        if fine:
            RULES.check(agreed)
        else:
            with pytest.raises(PolicyRefusal) as refusal:
                RULES.check(agreed)
            assert refusal.value.rule == "stage-rules"


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_command_writes_what_an_upload_reads(tmp_path):
    rows = [
        ("+8613800138000", "2026-05-20T00:00:00Z", "purchase"),
        ("+8613800138001", "2026-05-20T00:00:00Z", "product_view"),
        ("+8613800138001", "2026-04-20T00:00:00+08:00", "product_view"),
    ]
    events, out = file_of(tmp_path, rows), tmp_path / "crm.csv"
    dates = ("--at", "before=2026-05-01", "--at", "after=2026-06-01")
    profile = ("--profile", "phone:e164:v1", "--json")
    done = command("derive", "--events", events, *dates, "--out", out, *profile)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["rules"] == RULES.digest()
    assert document["stages"]["after"] == {"none": 0, "A": 0, "I": 1, "P": 1, "L": 0}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    spec = DatasetSpec(
        file="crm.csv",
        kind="audience",
        id={"column": "id", "profile": "phone:e164:v1"},
        labels=("before", "after"),
    )
    table = read_table(spec, out)
    found = {
        name: [column.domain[code] for code in column.codes]
        for name, column in table.labels.items()
    }
    assert found == {"before": ["none", "A"], "after": ["P", "I"]}
    again = command("derive", "--events", events, *dates, "--out", out)
    assert isinstance(again.exception, InvalidInput)
    assert command("derive", "--events", events, *dates, "--out", out, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("2026-05-20 23:30", ("--format", "%Y-%m-%d %H:%M", "--zone", "Asia/Shanghai")),
        ("1779291000123456", ("--format", "microseconds")),
        ("46162.9791666667", ("--format", "spreadsheet-days", "--zone", "Asia/Shanghai")),
        ("2026-05-20T23:30:00", ("--zone", "Asia/Shanghai")),
    ],
)
def test_times_of_events_may_be_declared(tmp_path, written, declared):
    events, out = file_of(tmp_path, [("ann", written, "purchase")]), tmp_path / "crm.csv"
    here = ("derive", "--events", events, "--out", out, "--json", *declared)
    at = "2026-05-20T15:30:00Z"
    counts = [
        json.loads(command(*here, "--force", "--at", moment).stdout)["stages"]["stage"]["P"]
        for moment in (at, at.replace("0Z", "1Z"))
    ]
    assert counts == [0, 1]
    refused = command("derive", "--events", events, "--out", out, "--at", "2026-06-01", "--force")
    assert isinstance(refused.exception, InvalidInput)
    assert "declare" in str(refused.exception)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (("--format", "%Y"), "a time needs its year, month and day"),
        (("--zone", "Mars"), "there is no such time zone"),
        (("--format", "%Y-%m-%d"), "zone is missing"),
    ],
)
def test_a_bad_format_or_zone_is_refused(tmp_path, declared, words):
    events = file_of(tmp_path, [("ann", "2026-05-20", "purchase")])
    arguments = ("--events", events, "--at", "2026-06-01", "--out", tmp_path / "crm.csv")
    refused = command("derive", *arguments, *declared)
    assert isinstance(refused.exception, InvalidInput)
    assert words in str(refused.exception)


def test_nothing_is_left_behind_by_a_refusal(tmp_path):
    events = file_of(tmp_path, [("ann", AT, "teleport")])
    arguments = ("--events", events, "--at", "2026-06-01", "--out", tmp_path / "crm.csv")
    done = command("derive", *arguments)
    assert isinstance(done.exception, CleanroomError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv"]


def test_the_default_rules_are_printed_as_a_file(tmp_path):
    (tmp_path / "rules.toml").write_text(command("rules").stdout)
    assert Rules.read(tmp_path / "rules.toml") == RULES
    assert json.loads(command("rules", "--json").stdout)["digest"] == RULES.digest()


def test_snapshots_are_dates_in_utc_or_times_with_an_offset():
    assert snapshots(["2026-06-01"]) == {"stage": AT * 1_000_000}
    assert snapshots(["s=2026-06-01T08:00:00+08:00"]) == {"s": AT * 1_000_000}
    assert datetime.fromtimestamp(AT, UTC).isoformat() == "2026-06-01T00:00:00+00:00"
    for bad in (
        ["tomorrow"],
        ["2026-06-01T00:00:00"],
        ["2026-06-01", "2026-07-01"],
        ["=2026-06-01"],
    ):
        with pytest.raises(InvalidInput):
            snapshots(bad)


def test_no_snapshot_takes_the_place_of_the_identifiers(tmp_path):
    path = file_of(tmp_path, [("m1", AT - DAY, "cart")], ("member", "time", "action"))
    columns = Columns("member", "time", "action")
    with pytest.raises(InvalidInput, match="both named member"):
        derive(RULES, path, {"stage": 1, "member": AT * 1_000_000}, columns)
    assert derive(RULES, path, {"id": AT * 1_000_000}, columns).people.column_names == [
        "member",
        "id",
    ]


@pytest.mark.parametrize(
    "text",
    ["20260701", "2026-W27", "2026-W27-1", "2026-7-1", "2026-07", "1780272000", "2026-02-30", "s="],
)
def test_a_snapshot_is_a_date_as_people_write_it(text):
    with pytest.raises(InvalidInput, match="is not a date"):
        snapshots([text])


def test_a_snapshot_keeps_its_microseconds():
    assert snapshots(["2026-06-01T00:00:00.000001Z"]) == {"stage": AT * 1_000_000 + 1}
