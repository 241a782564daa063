"""A brand and two platforms, called by their names, through the real programs: one agent each.

An agency asks for the brand, by what that delegates, and reads what it hands on.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from cleanroom.demo import make_example
from tests.end_to_end.conftest import cleanroom

MEMBERS = ("acme", "douyin", "weibo", "omni")
AGENCY = '[parties]\nomni = { role = "agency" }\n\n[policy]'


@pytest.mark.slow
def test_a_brand_and_two_platforms_get_the_answers_that_are_true(tmp_path: Path) -> None:
    made = make_example(tmp_path / "data", people=120, users=240, seed=3)
    assert made.platforms is not None
    text = made.platforms.read_text()
    text = text.replace("k_min = 1\n", "k_min = 1\npaillier_bits = 512\n")
    made.platforms.write_text(text.replace("[policy]", AGENCY))
    done = cleanroom("simulate", made.platforms, "--out", tmp_path / "out", "--keep", "--json")
    assert done.returncode == 0, done.stderr
    assert all((tmp_path / "out" / name / "card.json").is_file() for name in MEMBERS)
    truth = json.loads(made.truth.read_text())["two_platforms"]["jobs"]
    jobs = json.loads(done.stdout)["jobs"]
    assert all(result["asked_by"] == "omni" for result in jobs.values())
    log = json.loads((tmp_path / "out" / "audit.json").read_text())
    said = Counter(entry["kind"] for entry in log["entries"])
    assert (said["delegation.grant"], said["job.submit"]) == (1, len(jobs))
    credit = jobs.pop("credit")
    members = {"brand": "acme", "platform": "douyin", "platform-2": "weibo"}
    assert credit["members"] == members
    assert credit["total"].items() >= truth["credit"]["total"].items()
    earned = {tuple(group["key"].values()): group["conversions"] for group in credit["groups"]}
    wanted = {tuple(group["key"].values()): group["conversions"]
              for group in truth["credit"]["groups"]}  # fmt: skip
    assert earned == pytest.approx(wanted)
    for name, result in jobs.items():
        assert result["members"] == {"brand": "acme", "platform": name.removeprefix("at-")}
        assert result["total"] == truth[name]["total"]
        found, true = (
            {one["key"]["platform.age_band"]: (one["people"], one["sums"]) for one in groups}
            for groups in (result["groups"], truth[name]["groups"])
        )
        assert {key: one for key, one in found.items() if one[0]} == true
