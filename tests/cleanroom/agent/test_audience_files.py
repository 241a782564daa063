"""Lists of customers hold the hashes that the platforms' own pages give."""

from __future__ import annotations

import csv
import hashlib

import pytest

from cleanroom.agent import audience_files
from cleanroom.errors import InvalidInput


def rows(path):
    with path.open(newline="") as file:
        return [row[0] for row in csv.reader(file)]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("format", "profile", "values", "header", "hashed"),
    [
        ("google", "email:uid2:v1", ["jane.doe@example.com"], "Email", ["jane.doe@example.com"]),
        ("google", "email:meta:v1", ["jane.doe@googlemail.com"], "Email",
         ["janedoe@googlemail.com"]),
        ("google", "phone:e164:v1", ["+12125550100"], "Phone", ["+12125550100"]),
        ("google", "phone:cn11:v1", ["13800138000"], "Phone", ["+8613800138000"]),
        ("meta", "email:meta:v1", ["jane.doe@gmail.com"], "email", ["jane.doe@gmail.com"]),
        ("meta", "phone:e164:v1", ["+8613800138000"], "phone", ["8613800138000"]),
        ("meta", "phone:cn11:v1", ["13800138000"], "phone", ["8613800138000"]),
    ],
)  # fmt: skip
def test_what_is_hashed_is_what_the_platform_says(  # noqa: PLR0917
    tmp_path, format, profile, values, header, hashed
):
    written = audience_files.write(tmp_path / "list.csv", format, [profile], [values])
    assert (written.people, written.unlike) == (len(values), 0)
    assert rows(tmp_path / "list.csv") == [header, *map(sha, hashed)]
    assert (tmp_path / "list.csv").stat().st_mode & 0o077 == 0


def test_addresses_that_lost_their_dots_are_counted(tmp_path):
    values = ["janedoe@gmail.com", "bob@example.com"]
    written = audience_files.write(tmp_path / "list.csv", "meta", ["email:uid2:v1"], [values])
    assert (written.people, written.unlike) == (2, 1)


def test_hashes_are_passed_on_only_where_they_are_the_platforms(tmp_path):
    digest = sha("jane@example.com")
    audience_files.write(tmp_path / "a.csv", "google", ["sha256:email:google:v1"], [[digest]])
    assert rows(tmp_path / "a.csv") == ["Email", digest]
    with pytest.raises(InvalidInput, match="hashes of email:uid2:v1"):
        audience_files.write(tmp_path / "b.csv", "google", ["sha256:email:uid2:v1"], [[digest]])
    assert not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize(("format", "profile"), [("google", "raw:v1"), ("tiktok", "email:meta:v1")])
def test_other_lists_are_refused(tmp_path, format, profile):
    with pytest.raises(InvalidInput):
        audience_files.write(tmp_path / "list.csv", format, [profile], [["x"]])


def test_people_with_several_contacts_have_a_column_for_each(tmp_path):
    profiles = ("email:google:v1", "idfa:v1", "phone:e164:v1")
    kinds = (["jane@example.com", "", ""], ["x", "y", "z"], ["", "+12125550100", ""])
    written = audience_files.write(tmp_path / "list.csv", "google", profiles, kinds)
    assert (written.people, written.left_out) == (2, 1)
    with (tmp_path / "list.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["Email", "Phone"],
            [sha("jane@example.com"), ""],
            ["", sha("+12125550100")],
        ]
