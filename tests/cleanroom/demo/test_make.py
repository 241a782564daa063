"""The files of an example: the same again from one seed, readable by the product, believable."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanroom.agent.room_file import RoomFile
from cleanroom.cli.example import app
from cleanroom.demo import ExampleFiles, make_example, truth_paths
from cleanroom.demo.media import CAMPAIGNS
from cleanroom.demo.world import make_world
from cleanroom.errors import InvalidInput
from cleanroom.ingest import read_table
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.report import EMPTY_ROW


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ExampleFiles:
    return make_example(tmp_path_factory.mktemp("example"), 3000, 9000, seed=5)


def digests(files: ExampleFiles) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files.all}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_where_nobody_ordered_no_campaign_has_a_share() -> None:
    few = make_world(64, 200, 1)
    assert [group["share"] for group in truth_paths.markov(few)["groups"]] == [0] * len(CAMPAIGNS)


def test_one_seed_gives_the_same_bytes_and_another_one_other_people(tmp_path: Path) -> None:
    first, again = (make_example(tmp_path / name, 60, 150, seed=9) for name in "ab")
    other = make_example(tmp_path / "c", 60, 150, seed=10)
    assert digests(first) == digests(again)
    same = {name for name, digest in digests(first).items() if digests(other)[name] == digest}
    assert same == {"room.toml", "room-private.toml", "room-all.toml", "room-platforms.toml"}


def test_quick_writes_what_the_short_room_reads_and_nothing_else(tmp_path: Path) -> None:
    whole, quick = (
        make_example(tmp_path / "a", 60, 150),
        make_example(tmp_path / "b", 60, 150, quick=True),
    )
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        *("brand.csv", "users.csv", "room.toml", "room-private.toml", "truth.json"),
        ".cleanroom-example",
    }
    answers = [json.loads(files.truth.read_text())["jobs"] for files in (whole, quick)]
    assert answers[1].items() <= answers[0].items()
    assert set(answers[1]) == {job.name for job in RoomFile.read(quick.room).jobs}
    assert quick.every is quick.platforms is None


@pytest.mark.parametrize("name", ["room", "private", "every", "platforms"])
def test_the_product_reads_every_file_of_every_room(made: ExampleFiles, name: str) -> None:
    room = RoomFile.read(getattr(made, name))
    assert room.room.rehearsal
    truth = json.loads(made.truth.read_text())
    for specs in room.datasets.values():
        for spec in specs.values():
            report = read_table(spec, room.path(spec)).report
            counted = truth["files"][spec.file]
            assert report.rows == counted["rows"]
            assert report.usable == counted["usable"]
            assert counted["unusable"] >= 3
            reasons = {fault.reason for fault in report.faults} - {EMPTY_ROW}
            assert reasons and all("email" in reason for reason in reasons)
            if "spend" in spec.measures:
                assert report.clamped["spend"] == truth["clamped"]["brand.csv"]["spend"] > 0


def test_the_rooms_ask_what_the_truth_answers(made: ExampleFiles) -> None:
    assert made.every is not None
    truth = json.loads(made.truth.read_text())
    assert {job.name for job in RoomFile.read(made.every).jobs} == set(truth["jobs"])


def test_the_private_room_adds_noise_and_a_threshold_to_the_same_questions(
    made: ExampleFiles,
) -> None:
    plain, private = RoomFile.read(made.room), RoomFile.read(made.private)
    assert plain.policy == {"k_min": 1, "noise": "none", "rows": ["paillier"]}
    assert private.policy == {**plain.policy, "k_min": 50, "noise": "discrete-gaussian"}
    assert plain.jobs == private.jobs and plain.datasets == private.datasets


def test_both_sides_spell_people_differently_and_mean_the_same(made: ExampleFiles) -> None:
    import pyarrow as pa

    sides = [
        [row["email"] for row in rows(made.folder / name)] for name in ("brand.csv", "users.csv")
    ]
    people = []
    for cells in sides:
        found = normalise_many(pa.array(cells), "email:uid2:v1", None, None)
        people.append(set(found.values.to_pylist()) - {""})
    matched = json.loads(made.truth.read_text())["matched"]
    assert len(people[0] & people[1]) == matched
    assert len(set(sides[0]) & set(sides[1])) < 0.8 * matched
    spelled = " ".join(sides[1])
    assert "+shop@gmail.com" in spelled and "GMail.com" in spelled and "@MAIL.EXAMPLE" in spelled


def test_people_may_have_two_rows_where_that_is_allowed(made: ExampleFiles) -> None:
    room = RoomFile.read(made.room)
    for party, name in (("brand", "crm"), ("platform", "users")):
        spec = room.datasets[party][name]
        duplicates = read_table(spec, room.path(spec)).report.duplicates
        assert duplicates is not None and duplicates.rows > 0


def test_campaigns_have_a_head_and_a_tail(made: ExampleFiles) -> None:
    shown = rows(made.folder / "impressions.csv")
    counts = Counter(row["campaign"] for row in shown)
    assert set(counts) == {campaign.name for campaign in CAMPAIGNS}
    assert counts["Hero Video"] > 8 * counts["Member Day"]
    often = Counter((row["email"].strip().lower(), row["campaign"]) for row in shown)
    frequencies = Counter(often.values())
    assert frequencies[1] > frequencies[2] > frequencies[4] > 0 and max(frequencies) > 6


def test_evenings_are_busier_than_nights(made: ExampleFiles) -> None:
    hours = Counter(row["ts"][11:13] for row in rows(made.folder / "impressions.csv"))
    assert hours["21"] > 5 * hours["03"] > 0
    assert all(row["ts"].endswith("+08:00") for row in rows(made.folder / "orders.csv"))


def test_spend_is_skewed_and_clicks_are_rare_but_dear(made: ExampleFiles) -> None:
    spend = sorted(float(row["spend"]) for row in rows(made.folder / "brand.csv"))
    median, mean = spend[len(spend) // 2], sum(spend) / len(spend)
    assert mean > 1.25 * median and spend[-1] > 5 * mean
    touches = rows(made.folder / "touches.csv")
    cost: dict[str, list[float]] = {"click": [], "view": []}
    for row in touches:
        cost[row["action"]].append(float(row["cost"]))
    assert len(cost["view"]) > 4 * len(cost["click"]) > 0
    assert min(cost["click"]) > max(cost["view"])


def test_customers_are_younger_and_live_in_larger_cities_than_users(made: ExampleFiles) -> None:
    jobs = json.loads(made.truth.read_text())["jobs"]
    age = {group["key"]["platform.age_band"]: group for group in jobs["profile-age-band"]["groups"]}
    city = {g["key"]["platform.city_tier"]: g for g in jobs["profile-city-tier"]["groups"]}
    assert age["25-34"]["tgi_index"] > 110 > 90 > age["55+"]["tgi_index"]
    assert city["tier-1"]["tgi_ratio"] > 1.2 > 0.8 > city["tier-4-and-below"]["tgi_ratio"]


@pytest.mark.parametrize(
    ("people", "users", "seed"), [(19, 60, 1), (20, 3, 1), (3_000_000, 60, 1), (20, 20, -1)]
)
def test_sizes_out_of_range_are_refused_before_anything_is_written(
    tmp_path: Path, people: int, users: int, seed: int
) -> None:
    with pytest.raises(InvalidInput, match="must"):
        make_example(tmp_path / "out", people, users, seed)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InvalidInput, match="cannot be made"):
        make_example(tmp_path / "out", 20, 60)


def test_the_smallest_example_works(tmp_path: Path) -> None:
    made = make_example(tmp_path, 20, 20)
    assert json.loads(made.truth.read_text())["jobs"]["overlap"]["total"]["people"] == 8


def test_the_command_prints_one_document(tmp_path: Path) -> None:
    options = ["make", "--people", "30", "--seed", "2", "--out", str(tmp_path / "x"), "--json"]
    ran = CliRunner().invoke(app, options, catch_exceptions=False)
    assert ran.exit_code == 0
    document = json.loads(ran.stdout)
    assert Path(document["truth"]).is_file() and len(document["tables"]) == 12
    truth = json.loads(Path(document["truth"]).read_text())
    assert (truth["customers"], truth["users"], truth["seed"]) == (30, 90, 2)
    assert (
        digests(make_example(tmp_path / "y", 30, 90, 2))["users.csv"]
        == hashlib.sha256((tmp_path / "x" / "users.csv").read_bytes()).hexdigest()
    )
