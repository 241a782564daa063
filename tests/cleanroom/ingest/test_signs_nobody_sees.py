"""What nobody sees makes no second person, order or label, wherever it stands."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from cleanroom.ingest import validate_report
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.identifiers.profiles import normalise
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.seen import as_seen
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.isolated.signs import BLANKS, JOINERS, UNSEEN

pytestmark = pytest.mark.usefixtures("inside")

MARKS = "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u202c\u2060\u2064\u2066\u3164\ufe0e\ufe0f"
MARKS += "\ufeff\uffa0\ufffc\U0001d173\U000e0020\U000e0101"
PARTS = {
    "email:uid2:v1": ("ann", "lee@mail.cn"),
    "email:google:v1": ("ann", "lee@mail.cn"),
    "email:meta:v1": ("ann", "lee@mail.cn"),
    "phone:cn11:v1": ("138001", "38000"),
    "phone:e164:v1": ("+86138001", "38000"),
    "idfa:v1": ("3f2a51c8-77aa-4d0e", "-9b1f-0c6d2e8a4b70"),
    "raw:v1": ("M00", "123"),
    "sha256:email:uid2:v1": ("ab" * 16, "cd" * 16),
}


def spelt(before: str, after: str, sign: str) -> list[str]:
    return [before + sign + after, sign + before + after, before + after + sign]


@pytest.mark.parametrize("profile", PARTS)
def test_no_profile_keeps_what_nobody_sees(profile: str) -> None:
    plain = normalise("".join(PARTS[profile]), profile)
    for sign in MARKS:
        assert {normalise(text, profile) for text in spelt(*PARTS[profile], sign)} == {plain}


@pytest.mark.parametrize("profile", PARTS)
def test_in_bulk_as_one_by_one(profile: str) -> None:
    texts = [text for sign in MARKS for text in spelt(*PARTS[profile], sign)]
    found = normalise_many(pa.array(texts), profile)
    assert not found.codes.any()
    assert {*found.values.to_pylist()} == {normalise("".join(PARTS[profile]), profile)}


@pytest.mark.parametrize("profile", PARTS)
@pytest.mark.parametrize("sign", "\u200c\u200d\x00\x08\x1b\x7f\ue000\U000f0000\ufdd0")
def test_what_else_nobody_sees_leaves_its_row_out(profile: str, sign: str) -> None:
    with pytest.raises(NotNormalisable):
        normalise(sign.join(PARTS[profile]), profile)


def test_these_are_all_signs_of_format_that_have_no_shape() -> None:
    shown = {0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2}
    shown |= {0x110BD, 0x110CD, *range(0x13430, 0x13440)}
    every = {sign for sign in range(sys.maxunicode) if unicodedata.category(chr(sign)) == "Cf"}
    assert every - shown <= UNSEEN | JOINERS
    blanks = {sign for sign in range(sys.maxunicode) if unicodedata.category(chr(sign)) == "Zs"}
    assert blanks - {0x20} <= {*BLANKS}


def test_labels_and_names_of_columns_do_not_differ_by_it() -> None:
    for sign in MARKS + "\u200c\u200d":
        assert {as_seen(text) for text in spelt("会", "员", sign)} == {"会员"}
    assert as_seen("会员\u2800") == as_seen("\u2800会员") == "会员"


def test_a_file_has_one_person_one_order_and_one_label_of_each(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [
        f"{who},{key},2026-06-{1 + n % 28:02}T10:00:{n:02}Z,{label}"
        for n, sign in enumerate(MARKS)
        for who, key, label in zip(
            spelt("M00", f"{n % 5}", sign),
            spelt("SO", f"{n}", sign),
            spelt("go", "ld", sign),
            strict=True,
        )
    ]
    path.write_text("\n".join([f"me\ufe0fmber,order,at,tier{MARKS}", *lines, ""]), "utf-8")
    section = {
        "file": path.name,
        "kind": "events",
        "id": {"column": "member", "profile": "raw:v1"},
        "key": "order",
        "time": {"column": "at"},
        "labels": ["tier"],
    }
    found = validate_report(DatasetSpec.model_validate(section), path)
    assert (found.rows, found.usable, found.duplicates.rows) == (63, 21, 42)
    assert (found.people, [one.value for one in found.labels["tier"]]) == (5, ["gold"])


HEART, FAMILY = "\u2764\ufe0f", "\U0001f468\u200d\U0001f469\u200d\U0001f467"
AUDIENCE = {"kind": "audience", "id": {"column": "member", "profile": "raw:v1"}}


def test_declared_values_are_read_as_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    cells = [HEART, "\u2764", FAMILY, "gold"]
    rows = [f"M00{place},{cell}" for place, cell in enumerate(cells)]
    path.write_text("\n".join(["member,tier", *rows, ""]), "utf-8")
    section = AUDIENCE | {"file": path.name, "labels": ["tier"]}

    def usable(**more: object) -> int:
        return validate_report(DatasetSpec.model_validate(section | more), path).usable

    assert usable(domains={"tier": [HEART, FAMILY, "go\u200bld"]}) == 4
    assert usable(domains={"tier": ["\u2764", "gold"]}) == 3
    assert usable(keep={"tier": [HEART]}) == usable(keep={"tier": ["\u2764"]}) == 2


@pytest.mark.parametrize(
    ("values", "why"), [([HEART, "\u2764"], "twice"), (["\ufe0f", "gold"], "shows nothing")]
)
def test_declared_labels_that_nobody_tells_apart_are_refused(values: list[str], why: str) -> None:
    section = AUDIENCE | {"file": "x", "labels": ["tier"], "domains": {"tier": values}}
    with pytest.raises(ValidationError, match=why):
        DatasetSpec.model_validate(section)
