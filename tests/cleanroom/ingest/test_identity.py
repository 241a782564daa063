"""Rows of one person are joined by ``identity:v1``, in any order of the rows as the rules say."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.errors import InvalidInput
from cleanroom.ingest import Report, Table, read_table, validate_report
from cleanroom.ingest.identity import MOST_RECORDS, identify
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.report.dataset import remarks
from tests.cleanroom.ingest.identity_oracle import Answer, Row, people_of

pytestmark = pytest.mark.usefixtures("inside")


EMAIL = {"column": "email", "profile": "email:uid2:v1"}
PHONE = {"column": "phone", "profile": "phone:e164:v1", "region": "CN"}
CARD = {"column": "card", "profile": "raw:v1"}


def found_by_code(rows: list[Row], kinds: tuple[str, ...]) -> Answer:
    """Run the rules on rows of texts and say what came out as the oracle says it."""
    names = [sorted({row[k] for row in rows if row[k]}, reverse=True) for k in range(len(kinds))]
    numbers = np.array([
        [names[k].index(row[k]) if row[k] else -1 for k in range(len(kinds))] for row in rows
    ], dtype=np.int64)  # fmt: skip
    ranks = [np.argsort(np.argsort([n.encode() for n in own])) for own in names]
    got = identify(numbers, kinds, ranks)
    whose = [frozenset(np.flatnonzero(got.people.person == p).tolist()) for p in got.people.person]
    return Answer(
        whose,
        {
            whose[row]: tuple(names[k][n] if n >= 0 else None for k, n in enumerate(got.kept[p]))
            for row, p in enumerate(got.people.person)
        },
        {kind: got.joined[k][1] for k, kind in enumerate(kinds)},
        {
            kind: {names[k][n] for n in np.flatnonzero(got.dropped[k])}
            for k, kind in enumerate(kinds)
        },
        dict(zip(kinds, got.spare, strict=True)),
    )


def some(prefix: str, count: int) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([f"{prefix}{number}" for number in range(count)])


def rows_of(*kinds: tuple[str, int]) -> st.SearchStrategy[list[Row]]:
    row = st.tuples(*(some(*kind) for kind in kinds)).filter(any)
    return st.lists(row, min_size=1, max_size=24)


TWO = ("email", "phone")
TYPO = [("a@", "1"), ("a@", "2"), ("a@", "1")]
FAMILY = [("mum@", "1"), ("dad@", "1"), ("kid@", None)]
TWO_ADDRESSES = [("home@", "1"), ("work@", "1"), ("home@", "2"), (None, "2")]
CHAIN = [("a@", None), ("a@", "1"), (None, "1")]
OFFICE = [("info@", str(number)) for number in range(MOST_RECORDS + 1)]


@settings(max_examples=60, deadline=None, derandomize=True)
@example(TYPO)
@example(FAMILY)
@example(TWO_ADDRESSES)
@example(CHAIN)
@example(OFFICE)
@given(rows_of(("e", 5), ("p", 4)))
def test_two_kinds_join_as_the_rules_say(rows: list[Row]) -> None:
    assert found_by_code(rows, TWO) == people_of(rows, TWO)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rows_of(("p", 4), ("c", 3), ("e", 4)))
def test_three_kinds_join_as_the_rules_say(rows: list[Row]) -> None:
    kinds = ("phone", "raw", "email")
    assert found_by_code(rows, kinds) == people_of(rows, kinds)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rows_of(("d", 3), ("e", 4), ("p", 3)), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_never_matters(rows: list[Row], random: Random) -> None:
    kinds = ("idfa", "email", "phone")
    mixed = random.sample(rows, len(rows))

    def people(given: list[Row]) -> Any:
        got = found_by_code(given, kinds)
        people = {frozenset(given[n] for n in own): kept for own, kept in got.kept.items()}
        return people, got.joined, got.dropped, got.spare

    assert people(mixed) == people(rows) == people(rows)
    assert found_by_code(rows, kinds) == people_of(rows, kinds)


def partition(rows: list[Row], kinds: tuple[str, ...] = TWO) -> list[list[int]]:
    return sorted(map(sorted, set(people_of(rows, kinds).rows)))


def test_what_each_difficulty_becomes() -> None:
    """Say the rules once more by hand, so that oracle and code are not wrong together."""
    assert partition(TYPO) == [[0, 1, 2]]
    assert people_of(TYPO, TWO).kept[frozenset({0, 1, 2})] == ("a@", "1")
    assert partition(FAMILY) == [[0], [1], [2]]
    assert people_of(FAMILY, TWO).dropped["phone"] == {"1"}
    assert partition(TWO_ADDRESSES) == [[0, 2, 3], [1]]
    assert partition(CHAIN) == [[0, 1, 2]]
    assert partition(OFFICE) == [[n] for n in range(MOST_RECORDS + 1)]
    assert people_of(OFFICE, TWO).dropped == {"email": {"info@"}, "phone": set()}
    device = [("a@", "d"), ("b@", "d"), (None, "d")]
    assert partition(device, ("email", "idfa")) == [[0], [1], [2]]


HEAD = "card,email,phone,tier,spend"


def spec_of(*ids: dict[str, str], **more: Any) -> DatasetSpec:
    base = {"file": "people.csv", "kind": "audience", "id": list(ids), "labels": ["tier"]}
    measures = {"spend": {"column": "spend", "max": 100}}
    return DatasetSpec.model_validate({**base, "measures": measures, **more})


def table(tmp_path: Path, *rows: str, **more: Any) -> Table:
    path = tmp_path / "people.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return read_table(spec_of(EMAIL, PHONE, **more), path)


def report(tmp_path: Path, *rows: str, **more: Any) -> Report:
    path = tmp_path / "people.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return validate_report(spec_of(EMAIL, PHONE, **more), path)


ROWS = (
    "1,Ann@example.com,13800138000,gold,5",
    "2,ann@example.com,,silver,7",
    "3,,+86 138 0013 8000,gold,11",
    "4,bob@example.com,13900139000,gold,13",
    "5,eve@example.com,13900139000,gold,17",
    "6,nobody,no number,gold,19",
    "7,typo-example.com,13700137000,gold,23",
    "8,,,gold,29",
)


def test_labels_and_measures_of_joined_rows_follow_the_rule_for_duplicates(tmp_path: Path) -> None:
    first, added = (table(tmp_path, *ROWS, duplicates=rule) for rule in ("first", "sum"))
    assert first.rows == added.rows == first.people_count == 4
    assert first.measures["spend"].tolist() == [5, 13, 17, 23]
    assert added.measures["spend"].tolist() == [23, 13, 17, 23]
    for one in (first, added):
        tier = one.labels["tier"]
        assert [tier.domain[code] for code in tier.codes] == ["gold"] * 4
    with pytest.raises(InvalidInput, match="joined by an identifier"):
        table(tmp_path, *ROWS)
    with pytest.raises(InvalidInput, match="a person has more than one row: "):
        table(tmp_path, ROWS[3], ROWS[3])


def test_identifiers_enter_under_their_kind_and_a_shared_one_not_at_all(tmp_path: Path) -> None:
    found = table(tmp_path, *ROWS, duplicates="sum")
    assert found.identifiers is not None
    names = [[found.values[n].decode() if n >= 0 else None for n in row]
             for row in found.identifiers]  # fmt: skip
    assert names == [
        ["ann@example.com", "+8613800138000"],
        ["bob@example.com", None],
        ["eve@example.com", None],
        [None, "+8613700137000"],
    ]
    kinds = {bytes(message).split(b"\0")[0] for message in found.people}
    assert kinds == {b"email:uid2:v1", b"phone:e164:v1"}
    assert len(found.people) == len(found.values) == 5


def test_the_owner_alone_is_told_what_was_joined_and_what_is_shared(tmp_path: Path) -> None:
    found = report(tmp_path, *ROWS, duplicates="first")
    assert found.identity is not None
    assert found.identity.rules == "identity:v1"
    email, phone = found.identity.kinds
    assert (email.rows, email.people, phone.rows, phone.people) == (4, 3, 5, 2)
    assert (email.joined.count, email.joined.sample, email.joined.places) == (
        1, "xxx@xxxxxxx.xxx", (2, 3),
    )  # fmt: skip
    assert (phone.joined.count, phone.joined.sample, phone.joined.places) == (
        1, "+9999999999999", (2, 4),
    )  # fmt: skip
    assert (phone.dropped.count, phone.dropped.places) == (1, (5, 6))
    assert email.dropped.count == email.spare == phone.spare == 0
    assert [(f.rows, f.examples, f.sample) for f in email.faults] == [(1, (8,), "xxxx-xxxxxxx.xxx")]
    # A row without anything that can be used is left out, for the reason that says most.
    assert {fault.examples: fault.reason for fault in found.faults} == {
        (7,): email.faults[0].reason,
        (9,): "email is empty",
    }
    assert found.duplicates is not None
    assert found.rows == found.usable + found.unusable + found.duplicates.rows
    text = "\n".join(remarks(found, "en"))
    assert "1 of phone belong to several people, such as +9999999999999 (line 5, line 6)" in text
    assert "Rows that email joined to others of the same person: 1" in text
    assert all(any(one.column in line for line in remarks(found, "zh")) for one in (email, phone))
    shown = repr(found.to_json()) + text
    assert not [secret for secret in ("ann@", "13900139", "typo") if secret in shown]


def test_a_file_with_one_identifier_is_reported_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("\n".join((HEAD, ROWS[0])) + "\n")
    plain, listed = (spec_of(EMAIL, id=one) for one in (EMAIL, [EMAIL]))
    assert plain == listed
    assert plain.ids == (plain.id,)
    found = read_table(plain, path)
    assert found.identifiers is None
    assert "identity" not in found.report.to_json()


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ([], "one to 3 identifiers"),
        ([EMAIL, {**EMAIL, "column": "other"}], "each kind of identifier, and each column, once"),
        ([EMAIL, {**PHONE, "column": "email"}], "each kind of identifier, and each column, once"),
        ([EMAIL, {"column": "phone", "profile": "phone:v9"}], "1: There is no such profile"),
        ([EMAIL, {**PHONE, "nul": ["x"]}], "1.nul: "),
    ],
)
def test_a_list_that_is_none_says_where(ids: list[Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        spec_of(id=ids)


def test_events_keep_every_row_and_those_of_one_person_are_found(tmp_path: Path) -> None:
    rows = ("1,a@x.de,,g,1", "2,,13800138000,g,2", "3,a@x.de,13800138000,s,3", "4,b@x.de,,g,4")
    found = table(tmp_path, *rows, kind="events")
    assert found.person.tolist() == [0, 0, 0, 1]
    assert found.measures["spend"].tolist() == [1, 2, 3, 4]
    assert found.identifiers is not None
    assert [sum(place >= 0 for place in person) for person in found.identifiers] == [2, 1]


def test_a_card_number_joins_what_an_address_does_not(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("\n".join((HEAD, "7,a@x.de,,g,1", "7,b@x.de,,g,1", "8,c@x.de,,g,1")) + "\n")
    found = read_table(spec_of(EMAIL, CARD, duplicates="sum"), path)
    assert found.people_count == 2
    assert found.report.identity is not None
    assert found.report.identity.kinds[0].spare == 1
