"""What both sides of a file cannot have in common is refused before anything is started."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import PolicyRefusal
from cleanroom.workbench.described import audience
from cleanroom.workbench.rehearsal import simulate as in_a_notebook
from cleanroom.workbench.rehearse import check_aligned, simulate

ROOM = """
[room]
name = "r"
rehearsal = true
[datasets.brand.crm]
file = "x.csv"
kind = "audience"
id = {brand}
[datasets.platform.views]
file = "x.csv"
kind = "audience"
id = {platform}
{more}
[[jobs]]
name = "reached"
template = "overlap"
brand = "crm"
platform = "views"
receiver = "brand"
"""
RAW = '{ column = "m", profile = "raw:v1" }'
MAIL = '{ column = "e", profile = "email:uid2:v1" }'
META = '{ column = "e", profile = "email:meta:v1" }'
OTHER = f"[datasets.platform.more]\nfile = 'x.csv'\nkind = 'audience'\nid = {MAIL}\n"


def room(folder: Path, brand: str, platform: str, more: str = "") -> Path:
    (folder / "x.csv").write_text("m,e\nu1,a@b.cn\n")
    path = folder / "room.toml"
    text = ROOM.replace("{brand}", brand).replace("{platform}", platform)
    path.write_text(text.replace("{more}", more))
    return path


@pytest.mark.parametrize(
    ("brand", "platform", "more"),
    [
        (RAW, MAIL, ""),
        (MAIL, META, ""),
        (f"[{RAW}, {MAIL}]", META, ""),
        (f"[{RAW}, {MAIL}]", f"[{RAW}, {META}]", ""),
    ],
)
def test_sides_without_an_identifier_in_common_start_nothing(
    tmp_path: Path, brand: str, platform: str, more: str
) -> None:
    path, out = room(tmp_path, brand, platform, more), tmp_path / "out"
    with pytest.raises(PolicyRefusal, match="job reached: .*different profiles") as refused:
        simulate(path, out, pytest.fail)
    assert (refused.value.rule, out.exists()) == ("identifier-profile", False)


@pytest.mark.parametrize(
    ("brand", "platform", "more"),
    [
        (RAW, RAW, ""),
        (f"[{RAW}, {MAIL}]", MAIL, ""),
        (RAW, RAW, OTHER),
    ],
)
def test_one_identifier_in_common_is_enough(
    tmp_path: Path, brand: str, platform: str, more: str
) -> None:
    check_aligned(RoomFile.read(room(tmp_path, brand, platform, more)))


def test_a_notebook_reads_nothing_either() -> None:
    frame = pd.DataFrame({"m": ["u1"]})
    brand = {"crm": audience(frame, id=("m", "raw:v1"))}
    platform = {"seen": audience(frame, id=("m", "email:uid2:v1"))}
    with pytest.raises(PolicyRefusal, match="different profiles"):
        in_a_notebook(brand=brand, platform=platform, tell=pytest.fail)
