"""What a room file may say."""

from pathlib import Path

import pytest

from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import InvalidInput

FILE = """
[room]
name = "spring"

[[jobs]]
name = "overlap"
template = "overlap"
brand = "crm"
platform = "users"
receiver = "{receiver}"
"""


def read(folder: Path, receiver: str) -> RoomFile:
    file = folder / "room.toml"
    file.write_text(FILE.format(receiver=receiver), "utf-8")
    return RoomFile.read(file)


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_a_party_receives(tmp_path: Path, receiver: str) -> None:
    assert read(tmp_path, receiver).jobs[0].receiver == receiver


@pytest.mark.parametrize("receiver", ["auditor", "mediator", ""])
def test_nobody_else_receives(tmp_path: Path, receiver: str) -> None:
    with pytest.raises(InvalidInput, match="receiver"):
        read(tmp_path, receiver)


def test_a_segment_that_the_file_does_not_have_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "room.toml"
    segments = """[segments]
gold = ["brand.tier = 'gold'"]
"""
    asked = FILE.format(receiver="brand") + "where = [\"segment = 'glod'\"]\n"
    file.write_text(segments + asked, "utf-8")
    with pytest.raises(InvalidInput, match="job overlap: .*glod") as refusal:
        RoomFile.read(file).check_segments()
    assert refusal.value.remedy == "The file's segments: gold."
    file.write_text(segments + asked.replace("glod", "gold"), "utf-8")
    RoomFile.read(file).check_segments()


DRIVERS = FILE.format(receiver="brand").replace('"overlap"', '"drivers"', 2)
"""The question asks what sets people with an outcome apart."""


def test_an_outcome_may_be_one_label_of_a_column(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(DRIVERS + """outcome = "brand.is buyer"\nvalue = "it's"
attributes = ["platform.city"]\n""", "utf-8")  # fmt: skip
    asked = RoomFile.read(file).jobs[0].parameters()
    assert asked == {
        "outcome": ["brand.\"is buyer\" = 'it''s'"],
        "attributes": ["platform.city"],
    }


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('outcome = "brand.buys"', "give the label that is meant"),
        ('outcome = "brand.buys"\nvalue = true', "give the label that is meant"),
        ('outcome = "buys"\nvalue = "yes"', "outcome: .*buys"),
        ('outcome = ["brand.buys = \'yes\'"]\nvalue = "yes"', "value"),
    ],
)
def test_half_an_outcome_is_refused(tmp_path: Path, written: str, why: str) -> None:
    file = tmp_path / "room.toml"
    file.write_text(DRIVERS + written + '\nattributes = ["platform.city"]\n', "utf-8")
    with pytest.raises(InvalidInput, match=why):
        RoomFile.read(file)


BRANDS = """
[room]
name = "hub"
rehearsal = true

{parties}
[[jobs]]
name = "pressure"
template = "cross_reach"
{named}

[datasets.douyin.users]
file = "users.csv"
kind = "audience"
id = {{ column = "id", profile = "raw:v1" }}
"""
DATASETS = 'with = ["acme.sends", "zeta.sends"]'
ROLES = '[parties]\ndouyin = "platform"'


@pytest.mark.parametrize(
    ("parties", "named"),
    [
        (ROLES, f'hub = "douyin.users"\n{DATASETS}'),
        ("", f'hub = "douyin.users"\nhub_side = "platform"\n{DATASETS}'),
        ("", 'platform = "douyin.users"\nbrand = ["acme.sends", "zeta.sends"]'),
        (
            '[[jobs]]\nname = "a"\ntemplate = "overlap"\nbrand = "acme.crm"\n'
            'platform = "douyin.users"\n',
            f'hub = "douyin.users"\n{DATASETS}',
        ),
    ],
)
def test_a_hub_stands_on_the_side_of_its_owner(tmp_path: Path, parties: str, named: str) -> None:
    path = tmp_path / "room.toml"
    path.write_text(BRANDS.format(parties=parties, named=named))
    job = RoomFile.read(path).jobs[-1]
    assert (job.receiver, job.hub_side, job.platform) == ("platform", "platform", "douyin.users")
    pairs = [(one.brand, one.platform) for one in job.pairs()]
    assert pairs == [("acme.sends", "douyin.users"), ("zeta.sends", "douyin.users")]
    assert RoomFile.read(path).roles()["douyin"] == "platform"


def test_a_hub_is_the_brands_where_nothing_else_is_said(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text(BRANDS.format(parties="", named='hub = "acme.crm"\nwith = ["douyin.users"]'))
    job = RoomFile.read(path).jobs[0]
    assert (job.receiver, job.brand, job.others) == ("brand", "acme.crm", ("douyin.users",))
