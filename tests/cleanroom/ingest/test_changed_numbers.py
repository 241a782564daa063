"""Numbers that a program changed, made up or mixed are pointed at; those of people are not."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from uuid import UUID

import pytest

from cleanroom.ingest import validate_report
from cleanroom.ingest.spec import DatasetSpec

pytestmark = pytest.mark.usefixtures("inside")

DRAW = random.Random(20_261_201)
PHONES = [f"138{DRAW.randrange(10**7, 10**8):08}" for _ in range(30)]
HEX = [f"{DRAW.randrange(16**12):012X}" for _ in range(30)]
UUIDS = [str(UUID(int=DRAW.getrandbits(128), version=4)) for _ in range(30)]
CIS = [base64.b64encode(DRAW.randbytes(64)).decode() for _ in range(60)]
NICKS = [f"{'小天月云阿'[n % 5]}{'明雪海川'[n % 4]}{n}" for n in range(30)]
ORDERS = [f"69{DRAW.randrange(10**16)}" for _ in range(30)]
OPENIDS = ["o" + "".join(DRAW.choices("0123456789abcdefgXYZ_-", k=27)) for _ in range(60)]
DOTTED = [f"{10 + n // 99}.{n % 99 + 1}" for n in range(200)]


def told(
    tmp_path: Path, cells: list[str], profile: str = "raw:v1"
) -> list[tuple[str, int, tuple[int, ...]]]:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["m", *(f'"{one}"' for one in cells), ""]), "utf-8")
    section = {"file": path.name, "kind": "audience", "id": {"column": "m", "profile": profile}}
    found = validate_report(DatasetSpec.model_validate(section), path).concerns
    return [(one.kind, one.rows, one.places[:1]) for one in found]


@pytest.mark.parametrize("count", [9, 10, 30])
@pytest.mark.parametrize(("lead", "profile"), [("", "phone:cn11:v1"), ("+86", "phone:e164:v1")])
def test_telephones_that_were_filled_down_are_told(
    tmp_path: Path, lead: str, profile: str, count: int
) -> None:
    filled = [str(13_912_340_995 + n) for n in range(count)]
    cells = [lead + one for one in (*PHONES[:20], *filled, *PHONES[20:])]
    expected = [("counting-up", count, (22,))] if count >= 10 else []
    assert told(tmp_path, cells, profile) == expected
    # A firm's block, or numbers that somebody made for a trial.
    assert told(tmp_path, [lead + one for one in filled], profile) == []
    assert told(tmp_path, [*reversed(cells)], profile) == []


@pytest.mark.parametrize(
    ("mark", "other"), [("", ":"), ("", "-"), ("", " "), (":", "-"), (".", ":"), ("-", " ")]
)
def test_hexadecimal_numbers_that_differ_in_signs_are_told(
    tmp_path: Path, mark: str, other: str
) -> None:
    pairs = [[one[n : n + 2] for n in range(0, 12, 2)] for one in HEX]
    cells = [*(mark.join(one) for one in pairs), *(other.join(one) for one in pairs[:8])]
    ((kind, rows, _),) = told(tmp_path, cells)
    assert (kind, rows) == ("separators", 16 if mark else 8)
    assert told(tmp_path, cells[:30]) == []
    assert told(tmp_path, [other.join(one) for one in pairs]) == []


@pytest.mark.parametrize(
    ("cells", "twins"),
    [
        (ORDERS, [f"{one}A" for one in ORDERS[:9]]),
        (NICKS, [f"cntaobao{one}" for one in NICKS[:9]]),
        (NICKS, [f"wx_{one}" for one in NICKS[:9]]),
    ],
)
def test_a_letter_behind_or_a_word_before_makes_two_of_one(
    tmp_path: Path, cells: list[str], twins: list[str]
) -> None:
    assert told(tmp_path, [*cells, *twins]) == [("forms", 9, (32,))]
    assert told(tmp_path, [*cells, *twins[:2]]) == []
    assert told(tmp_path, [*cells[9:], *twins]) == []


def test_parts_of_one_order_are_no_other_spelling(tmp_path: Path) -> None:
    parts = [one + "ABC"[n % 3] for n, one in enumerate(ORDERS[:9])]
    assert told(tmp_path, [*ORDERS, *parts]) == []


@pytest.mark.parametrize("form", ["$device:{}", "{}"])
def test_devices_beside_members_are_told(tmp_path: Path, form: str) -> None:
    devices = [form.format(one) for one in UUIDS]
    assert ("devices", 30, (2,)) in told(tmp_path, [*devices, *ORDERS])
    assert "devices" not in [kind for kind, _, _ in told(tmp_path, devices)]
    assert "devices" not in [kind for kind, _, _ in told(tmp_path, [*devices[:2], *ORDERS])]


@pytest.mark.parametrize("form", ["#{0}#{0}#1##", "~{0}~{0}~1~", "${0}${0}$1$"])
def test_ciphertexts_are_told(tmp_path: Path, form: str) -> None:
    cells = [form.format(one[:24]) for one in CIS[:30]]
    assert told(tmp_path, cells) == [("encrypted", 30, (2,))]
    assert told(tmp_path, [f"#{one}" for one in ORDERS]) == []


def test_base64_with_blanks_for_plus_is_no_note(tmp_path: Path) -> None:
    cells = [one.replace("+", " ") for one in CIS]
    lost = [row for row, one in enumerate(cells, start=2) if " " in one]
    assert told(tmp_path, cells) == [("plus-lost", len(lost), (lost[0],))]
    assert told(tmp_path, CIS) == []


def test_openids_without_capitals_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, [one.lower() for one in OPENIDS]) == [("lowered", 60, (2,))]


@pytest.mark.parametrize("letters", [12, 15])
def test_records_of_salesforce_that_lost_their_capitals_are_told(
    tmp_path: Path, letters: int
) -> None:
    draw = random.Random(18)
    signs = "0123456789ABCDEFGHIJKLMNOPabcdefghijklmnop"
    whole = ["003" + "".join(draw.choices(signs, k=letters)) for _ in range(60)]
    assert told(tmp_path, [one.lower() for one in whole]) == [("lowered", 60, (2,))]
    assert "lowered" not in str(told(tmp_path, whole))
    numbers = [f"003{draw.randrange(10**letters):0{letters}}" for _ in range(60)]
    assert "lowered" not in str(told(tmp_path, numbers))
    assert told(tmp_path, OPENIDS) == []


def test_numbers_with_a_point_that_have_lost_a_zero_are_told(tmp_path: Path) -> None:
    lost = [str(float(one)) for one in (f"{10 + n // 99}.{n % 99 + 1:02}" for n in range(200))]
    short = sum(len(one) == 4 for one in lost)
    assert told(tmp_path, lost) == [("last-zeros", short, (11,))]
    # Where 12.1 is the first and 12.10 the tenth, nothing is lost.
    assert told(tmp_path, DOTTED) == []
    assert told(tmp_path, [f"{one:.2f}" for one in map(float, DOTTED)][:90]) == []


APPS = {
    begin: [begin + "".join(DRAW.choices("0123456789abcdefgXYZ_-", k=22)) for _ in range(40)]
    for begin in ("oUpF8u", "oLVPpj", "o_-aB9")
}


def test_openids_of_several_apps_are_told(tmp_path: Path) -> None:
    one, two, three = APPS.values()
    assert told(tmp_path, [*one, *two[:30]]) == [("openids", 30, (42,))]
    assert told(tmp_path, [*two[:3], *one]) == [("openids", 3, (2,))]
    assert told(tmp_path, [*one, *two[:30], *three[:20]]) == [("openids", 50, (42,))]


def test_openids_of_one_app_are_quiet(tmp_path: Path) -> None:
    one, two, _ = APPS.values()
    assert told(tmp_path, one) == []
    assert told(tmp_path, [*one, *two[:2]]) == []
    assert told(tmp_path, OPENIDS) == []
    assert told(tmp_path, [*OPENIDS, *one[:5], *two[:5]]) == []
    assert told(tmp_path, [*(value[:-1] for value in one), *(value[:-1] for value in two)]) == []


def test_openids_of_another_app_may_stand_far_below(tmp_path: Path) -> None:
    many = ["oUpF8u" + "".join(DRAW.choices("0123456789XYZ_-", k=22)) for _ in range(4_200)]
    assert told(tmp_path, [*many, *APPS["oLVPpj"]]) == [("openids", 40, (4_202,))]


def masked_with(digits: str, start: int, count: int) -> list[str]:
    """Return Chinese numbers with some digits at one place."""
    draw = random.Random(7)
    plain = [f"1{draw.choice('38')}{draw.randrange(10**9):09}" for _ in range(count)]
    return [one[:start] + digits + one[start + len(digits) :] for one in plain]


@pytest.mark.parametrize(("lead", "profile"), [("", "phone:cn11:v1"), ("+86", "phone:e164:v1")])
@pytest.mark.parametrize(
    ("digits", "start"), [("0000", 3), ("8888", 3), ("1234", 3), ("000", 4), ("0000", 7)]
)
def test_telephones_that_were_masked_with_digits_are_told(
    tmp_path: Path, digits: str, start: int, lead: str, profile: str
) -> None:
    cells = [lead + one for one in masked_with(digits, start, 60)]
    found = told(tmp_path, [*dict.fromkeys(cells)], profile)
    assert [kind for kind, _, _ in found] == ["same-digits"]
    assert told(tmp_path, cells[:9], profile) == []


@pytest.mark.parametrize(("lead", "profile"), [("", "phone:cn11:v1"), ("+86", "phone:e164:v1")])
@pytest.mark.parametrize(
    ("digits", "start", "count"),
    [("0000", 3, 30), ("1234", 3, 30), ("8888", 7, 30), ("0000", 7, 30), ("2345", 7, 30)]
    + [("00000", 6, 5), ("000000", 5, 8)],
)
def test_a_part_of_the_telephones_that_lost_digits_is_told(
    tmp_path: Path, digits: str, start: int, count: int, lead: str, profile: str
) -> None:
    draw = random.Random(17)
    plain = [f"1{draw.choice('38')}{draw.randrange(10**9):09}" for _ in range(300)]
    cells = [*dict.fromkeys(masked_with(digits, start, count))]
    found = told(tmp_path, [lead + one for one in (*plain, *cells)], profile)
    ((kind, rows, _),) = found
    assert (kind, rows - len(cells) in range(4)) == ("same-digits", True)


def test_numbers_of_one_firm_or_one_place_are_not_masked(tmp_path: Path) -> None:
    draw = random.Random(8)
    ends = draw.sample(range(10_000), 200)
    for start in ("+86216230", "+49301234", "+1212736"):
        assert told(tmp_path, [f"{start}{end:04}" for end in ends], "phone:e164:v1") == []
    # Two places of one firm, with the same block behind the area.
    both = [f"+49{area}55{end:05}" for area in (30, 89) for end in ends[:40]]
    assert told(tmp_path, both, "phone:e164:v1") == []
    plain = masked_with("", 3, 2_000)
    assert told(tmp_path, plain, "phone:cn11:v1") == []
    # A few of such numbers there are.
    assert told(tmp_path, [*plain[:400], *masked_with("0000", 3, 15)], "phone:cn11:v1") == []
    assert told(tmp_path, [*plain[:400], *masked_with("8888", 7, 15)], "phone:cn11:v1") == []
    assert told(tmp_path, [*plain[:400], *masked_with("00000", 6, 2)], "phone:cn11:v1") == []
    # Numbers of one city have its area's digits.
    assert told(tmp_path, [*plain[:400], *masked_with("0511", 3, 90)], "phone:cn11:v1") == []
    switchboards = [f"+4989{draw.randrange(10**5, 10**6)}000" for _ in range(60)]
    assert told(tmp_path, switchboards, "phone:e164:v1") == []


def wrapping(bits: int, numbers: list[int]) -> list[str]:
    half = 1 << (bits - 1)
    return [str((one + half) % (2 * half) - half) for one in numbers]


@pytest.mark.parametrize(("bits", "count"), [(16, 400), (32, 60)])
def test_member_numbers_that_an_integer_made_negative_are_told(
    tmp_path: Path, bits: int, count: int
) -> None:
    draw = random.Random(9)
    numbers = draw.sample(range(1 << (bits - 2), 1 << bits), count)
    cells = [one for one in wrapping(bits, numbers) if one not in ("-1", "0")]
    below = sum(one.startswith("-") for one in cells)
    assert ("wrapped", below) in [one[:2] for one in told(tmp_path, cells)]
    assert told(tmp_path, [str(one) for one in numbers]) == []
    # One larger number says that nothing was cast; a few negative ones are somebody's own.
    larger = told(tmp_path, [*cells, str(1 << bits)])
    assert "wrapped" not in [kind for kind, _, _ in larger]
    assert told(tmp_path, [*map(str, range(1_000, 1_400)), "-2", "-3", "-4"]) == []
    assert (
        told(
            tmp_path, [str(one) for one in (draw.randrange(-(1 << 62), 1 << 62) for _ in range(60))]
        )
        == []
    )
