"""Files that people type: any editor, any slip, one sentence with the place and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleanroom.agent.room_file import RoomFile
from cleanroom.documents.typed import LARGEST, fields, read_typed
from cleanroom.errors import InvalidInput
from cleanroom.queries.stages.rules import DEFAULT, Rules

FILE = """\
[room]
name = "autumn"
rehearsal = true

[policy]
k_min = 2
noise = "none"

[datasets.brand.guests]
file = "guests.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }
labels = ["tier"]
measures = { spend = { column = "spend", max = 10 } }

[datasets.platform.viewers]
file = "viewers.csv"
kind = "audience"
id = { column = "member", profile = "raw:v1" }

[[grants]]
party = "brand"
kind = "activation"
purposes = ["autumn"]

[[jobs]]
name = "reach"
template = "overlap"
brand = "guests"
platform = "viewers"
group_by = ["brand.tier"]
"""


def read(folder: Path, content: str | bytes) -> RoomFile:
    file = folder / "room.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return RoomFile.read(file)


def refusal(folder: Path, content: str | bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read(folder, content)
    assert "room.toml" in str(refused.value)
    return refused.value


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_editor_on_any_system_may_save_it(tmp_path: Path, end: str, mark: str) -> None:
    assert read(tmp_path, mark + FILE.replace("\n", end)).room.name == "autumn"


def test_rules_may_be_saved_by_any_editor_too(tmp_path: Path) -> None:
    texts = {"r.toml": DEFAULT.read_text(), "r.json": Rules.read(DEFAULT).canonical().decode()}
    for name, text in texts.items():
        (tmp_path / name).write_text("\ufeff" + text, "utf-8")
        assert Rules.read(tmp_path / name).digest() == Rules.read(DEFAULT).digest()


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        (FILE.encode("utf-16"), None, "UTF-16"),
        (FILE.encode("utf-16-le"), None, "UTF-16LE"),
        (FILE.encode("utf-32"), None, "UTF-32"),
        (FILE.replace("guests.csv", "会员.csv").encode("gb18030"), 10, "not UTF-8"),
        (FILE.replace("guests.csv", "gäste.csv").encode("latin-1"), 10, "not UTF-8"),
        (b"PK\x03\x04[Content_Types].xml word/", None, "workbook"),
        (b"{\\rtf1\\ansi [room]}", None, "rich text"),
        (b"#" * (LARGEST + 1), None, "larger than"),
        ("a = " + "[" * 5000, None, "nested too deep"),
        ("a = " + "{b = " * 3000, None, "nested too deep"),
    ],
)
def test_what_is_no_text_in_utf8_is_named(
    tmp_path: Path, content: str | bytes, row: int | None, said: str
) -> None:
    fault = refusal(tmp_path, content)
    assert (fault.row, said in str(fault)) == (row, True)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "room.toml").mkdir()
    with pytest.raises(InvalidInput, match="is not a file"):
        RoomFile.read(tmp_path / "room.toml")
    with pytest.raises(InvalidInput, match="does not exist"):
        RoomFile.read(tmp_path / "none.toml")
    with pytest.raises(InvalidInput, match="does not exist"):
        RoomFile.read(tmp_path / "none" / ".." / "none.toml")


@pytest.mark.parametrize(
    ("old", "new", "row", "said"),
    [
        ('"autumn"\n', "“autumn”\n", 2, 'Write " instead of “'),
        ('"autumn"\n', "「autumn」\n", 2, 'Write " instead of 「'),
        ('"autumn"\n', "‘autumn’\n", 2, "Write ' instead of ‘"),
        ("k_min = 2", "k_min ＝ 2", 6, "Write = instead of ＝"),
        ("k_min = 2", "k_min = 2，", 6, "Write , instead of ，"),
        ("[policy]", "【policy】", 5, "Write [ instead of 【"),
        ('labels = ["tier"]', 'labels = ["tier"、"age"]', 13, "Write , instead of 、"),
        ("k_min = 2", "k_min\u3000= 2", 6, "a plain space instead of U+3000"),
        ("k_min = 2", "k_min\u00a0= 2", 6, "a plain space instead of U+00A0"),
        ("rehearsal = true", "rehearsal = True", 3, "Write true instead of True"),
        ("k_min = 2", "k_min = None", 6, "leave the line out"),
        ('"guests.csv"', '"C:\\Users\\guests.csv"', 10, "backslash twice"),
        ("datasets.brand.guests]", "datasets.brand.会员]", 9, "Names are letters"),
    ],
)
def test_a_slip_of_the_hand_is_named_at_its_line(
    tmp_path: Path, old: str, new: str, row: int, said: str
) -> None:
    assert old in FILE
    fault = refusal(tmp_path, FILE.replace(old, new, 1))
    assert (fault.row, said in str(fault)) == (row, True), str(fault)


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("[policy]", "[polcy]", "polcy", "Did you mean policy?"),
        ("rehearsal", "rehersal", "room.rehersal", "Did you mean rehearsal?"),
        ("k_min", "k-min", "policy.k-min", "Did you mean k_min?"),
        ("k_min", "minimum", "policy.minimum", "There are: k_min, noise"),
        ("labels", "label", "datasets.brand.guests.label", "Did you mean labels?"),
        ("profile =", "profil =", "datasets.brand.guests.id.profil", "Did you mean profile?"),
        ("max = 10", "maxi = 10", "datasets.brand.guests.measures.spend.maxi", "mean max?"),
        ("purposes", "purpose", "grants.0.purpose", "Did you mean purposes?"),
        ("group_by", "groupby", "jobs.0.groupby", "Did you mean group_by?"),
        ("group_by", "recever", "jobs.0.recever", "Did you mean receiver?"),
        ('"overlap"', '"overlaps"', "jobs.0.template", "Did you mean overlap?"),
        ('["tier"]', '"tier"', "datasets.brand.guests.labels", 'not a list. Write ["tier"].'),
        ("k_min = 2", 'k_min = "2"', "policy.k_min", "valid integer"),
        ("k_min = 2", "k_min = 12:30:00", "policy", "has no day"),
        ("k_min = 2", "k_min" + ".a" * 3000 + " = 2", "", "nested too deep"),
        ('["brand.tier"]', "2026-06-01 12:30:00", "jobs.0", "has no offset"),
        ("k_min = 2", "k_min = 99999999999999999999", "policy", ""),
        ("k_min = 2", "rho_budget = inf", "policy", ""),
        ('"reach"', '"触达"', "jobs.0.name", "letters, digits"),
        ('kind = "audience"\n', "", "datasets.brand.guests.kind", "is missing"),
        ("[room]", "[[room]]", "room", "not a table"),
        (
            '"guests.csv"',
            '"data\\\\guests\\n.csv"',
            "datasets.brand.guests.file",
            "backslash twice",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named_with_the_nearest(
    tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    assert old in FILE
    fault = str(refusal(tmp_path, FILE.replace(old, new, 1)))
    assert place in fault
    assert said in fault, fault


def test_fields_are_found_through_lists_maps_and_choices() -> None:
    assert "column" in fields(RoomFile, ("datasets", "brand", "crm", "action"))
    assert "column" in fields(RoomFile, ("datasets", "brand", "crm", "measures", "spend"))
    assert "template" in fields(RoomFile, ("jobs", 3))
    assert "at_least" in fields(Rules, ("clauses", 0))
    assert fields(RoomFile, ("nothing", "there")) == []


def test_a_name_that_no_file_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="file name has"):
        read_typed(tmp_path / "a\0b")


def test_a_pipe_and_a_device_do_not_hang(tmp_path: Path) -> None:
    for path in (Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(InvalidInput, match="not a file"):
            read_typed(path)
