"""A rehearsal says what a live room would refuse: policy, datasets, questions, budget."""

from __future__ import annotations

import re
from pathlib import Path

from cleanroom.agent.room_file import RoomFile
from cleanroom.workbench.live_problems import refusals, sentences
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.queries.room import audience, events

__all__ = ["meeting"]

FILE = """
[room]
name = "spring"
rehearsal = true
templates = ["overlap", "purchase_intent", "attribution"]

[policy]
k_min = 1
noise = "none"
paillier_bits = 512
rho_per_release = 0.3

[datasets.brand.data]
file = "people.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["tier"]

[datasets.platform.data]
file = "touches.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["campaign"]
domains = { campaign = ["A", "B"] }

[[jobs]]
name = "in-all"
template = "overlap"
brand = "data"
platform = "data"

[[jobs]]
name = "by-campaign"
template = "profile"
brand = "data"
platform = "data"
group_by = ["platform.campaign"]
"""
ATTRIBUTION = """
[[jobs]]
name = "last-touch"
template = "attribution"
brand = "data"
platform = "data"
model = "last_touch"
window = "7d"
group_by = ["platform.campaign"]
"""
LIVE = ["live-noise", "live-k", "live-key"]


def read(folder: Path, text: str) -> RoomFile:
    (folder / "room.toml").write_text(text)
    return RoomFile.read(folder / "room.toml")


def test_a_live_room_would_want_more_than_a_rehearsal(meeting: Place, tmp_path: Path) -> None:
    people = ["a", "b", "c"]
    data = {"acme": audience(people), "telco": audience(people, {"campaign": ["A", "A", "B"]})}
    policy = meeting.agreement().policy.model_copy(update={"rho_per_release": 0.3})
    rooms = meeting.talk(data, templates=("overlap", "profile"), policy=policy)
    sides = {"brand": rooms["acme"], "platform": rooms["telco"]}
    document = {"live": refusals(read(tmp_path, FILE), sides)}
    found = [(one["about"], one["rule"]) for one in document["live"]]
    assert found == [
        *(("room", rule) for rule in LIVE),
        ("acme/data", "undeclared-labels"),
        ("by-campaign", "grant-base-counts"),
        ("by-campaign", "rho-budget"),
    ]
    lines = sentences(document)
    assert lines[0] == "A live room with this file would refuse:"
    assert "a grant of base-counts by telco" in lines[5]
    assert "would be left" in lines[6] and "rho_budget = 0.6" in lines[6]
    chinese = sentences(document, "zh")
    assert chinese[5].startswith("  by-campaign：") and "telco 的 base-counts 授权" in chinese[5]
    assert chinese[6] == "  by-campaign：它消耗 rho 0.3，而只剩 0.2；需要：rho_budget = 0.6"
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", "".join(chinese))


def test_a_live_room_takes_no_period_from_the_data(meeting: Place, tmp_path: Path) -> None:
    """Without noise the rehearsal answers; live, the first and the last order would show."""
    data = {
        "acme": events(["a", "b"], [1, 2]),
        "telco": events(["a", "b"], [1, 1], [1, 1], {"campaign": ["A", "B"]}),
    }
    rooms = meeting.talk(data, templates=("attribution",))
    sides = {"brand": rooms["acme"], "platform": rooms["telco"]}
    file = read(tmp_path, FILE.split("[[jobs]]", maxsplit=1)[0] + ATTRIBUTION)
    found = refusals(file, sides)
    (one,) = [one for one in found if one["about"] == "last-touch"]
    assert one["rule"] == "times-missing"
    assert "start and end are missing" in one["why"]


def test_a_room_that_lacks_nothing_says_so() -> None:
    assert sentences({"live": []}) == ["A live room with this file would allow every question."]
