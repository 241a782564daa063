"""A brand and two platforms in one room, each with its own agent: who takes part in what.

Another brand has signed the room too, and is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cleanroom.agent import (
    alignment_count,
    approved,
    asking,
    datasets,
    jobs,
    labels,
    lines,
    rooms,
    vault,
)
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.memory import memory_of
from cleanroom.agent.room_file import RoomFile
from cleanroom.audit import verify_audit_bundle
from cleanroom.errors import InvalidInput, NotFound, PeerFault, PolicyRefusal
from cleanroom.ingest import read_table
from cleanroom.queries.plan import Column
from tests.cleanroom.agent.conftest import Place, meet

ROLES = {"acme": "brand", "douyin": "platform", "weibo": "platform", "rival": "brand"}
AUDIENCE = 'kind = "audience"\nid = { column = "id", profile = "raw:v1" }\n'
TEXT = f"""
[room]
name = "wide"
rehearsal = true
templates = ["overlap", "aipl"]
[members]
rival = "brand"
[policy]
noise = "none"
k_min = 1
paillier_bits = 512
alignment = ["dh"]
alignments_max = 2
jobs_max = 1
realign = true
[datasets.acme.crm]
file = "crm.csv"
{AUDIENCE}labels = ["tier", "stage"]
measures = {{ spend = {{ column = "spend", max = 100 }} }}
[datasets.acme.quiet]
file = "crm.csv"
partners = ["weibo"]
{AUDIENCE}
[datasets.douyin.users]
file = "douyin.csv"
{AUDIENCE}labels = ["stage"]
[datasets.weibo.users]
file = "weibo.csv"
{AUDIENCE}labels = ["stage"]
[datasets.rival.crm]
file = "douyin.csv"
{AUDIENCE}
[[jobs]]
name = "at-douyin"
template = "overlap"
brand = "acme.crm"
platform = "douyin.users"
group_by = ["brand.tier"]
measures = ["spend"]
receiver = "acme"
[[jobs]]
name = "at-weibo"
template = "aipl"
brand = "acme.crm"
platform = "weibo.users"
stage = {{ brand = "stage", platform = "stage" }}
receiver = "acme"
"""
CRM = [f"p{n},{'gold' if n % 3 else 'silver'},{'AIPL'[n % 4]},{n}" for n in range(12)]
DOUYIN = [f"p{n},A" for n in range(8, 20)]
WEIBO = [f"p{n},{'IL'[n % 2]}" for n in range(5)]


def write(folder: Path, text: str = TEXT) -> RoomFile:
    (folder / "crm.csv").write_text("\n".join(["id,tier,stage,spend", *CRM]) + "\n")
    for name, people in (("douyin", DOUYIN), ("weibo", WEIBO)):
        (folder / f"{name}.csv").write_text("\n".join(["id,stage", *people]) + "\n")
    (folder / "room.toml").write_text(text)
    return RoomFile.read(folder / "room.toml")


@dataclass
class Scene:
    place: Place
    described: RoomFile
    rooms: dict[str, rooms.Room]
    jobs: dict[str, str]

    def answer(self, name: str, party: str) -> dict[str, Any]:
        return asking.read_result(self.rooms[party], self.jobs[name])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with mock.patch.object(vault, "SCRYPT_COST", 2), mock.patch.object(vault, "OLD_COST", 2):
        yield open_wide(tmp_path_factory.mktemp("wide"))


def open_wide(folder: Path) -> Scene:
    """Open the room, upload and align everything, and have both questions answered."""
    described, place = write(folder), meet(folder, ROLES)
    cards = tuple(home.card for home in place.homes.values())
    agreement = described.agreement(cards, "log.test", place.key, "ab" * 16, 1_800_000_000)
    acme = rooms.propose(place.homes["acme"], place.client("acme"), agreement)
    opened = {"acme": acme}
    opened |= {name: place.sign(acme.identity, name) for name in ROLES if name != "acme"}
    for name, room in opened.items():
        for dataset, spec in described.specs(room.own).items() if name != "rival" else ():
            datasets.upload(room, dataset, spec, read_table(spec, described.path(spec)))
            lines.remember(room, dataset, described.folder / "room.toml")
    found = {}
    for name, users in (("at-douyin", "douyin.users"), ("at-weibo", "weibo.users")):
        asking.propose_alignment(acme, ["crm"], [users])
        place.work()
        found[name] = asking.submit(acme, described, name)
    place.work()
    while place.mediator.worker().run_once():
        place.work()
    return Scene(place, described, opened, found)


def test_each_question_is_answered_for_its_two_members(scene: Scene) -> None:
    douyin, weibo = (scene.answer(name, "acme") for name in ("at-douyin", "at-weibo"))
    assert douyin["members"] == {"brand": "acme", "platform": "douyin"}
    assert weibo["members"] == {"brand": "acme", "platform": "weibo"}
    assert douyin["total"] == {"people": 4, "sums": {"spend": 8 + 9 + 10 + 11}}
    shared = {
        g["key"]["stage"]: g["people"] for g in weibo["groups"] if g["key"]["side"] == "overlap"
    }
    # The higher stage of the two: p0 A/I, p1 I/L, p2 P/I, p3 L/L, p4 A/I.
    assert shared == {"none": 0, "A": 0, "I": 2, "P": 1, "L": 2} or shared == {
        "I": 2,
        "P": 1,
        "L": 2,
    }


def test_the_log_verifies_with_the_memories_of_all(scene: Scene) -> None:
    acme = scene.rooms["acme"]
    memories = [memory_of(room.home, room.identity) for room in scene.rooms.values()]
    verify_audit_bundle(bundle_of(acme.client, acme.agreement, memories))


@pytest.mark.parametrize("bystander", ["weibo", "rival"])
def test_a_bystander_takes_no_part_and_finds_nothing(scene: Scene, bystander: str) -> None:
    room, job = scene.rooms[bystander], scene.jobs["at-douyin"]
    with pytest.raises(NotFound):
        jobs.load(room, job)
    assert job not in [item["id"] for item in room.client.jobs(room.identity)]
    assert not (room.folder / "jobs" / job).exists()
    parties = {one["manifest"]["party"] for one in room.client.datasets(room.identity)}
    # Users of the platforms are for every brand; customers and one platform's users for no other.
    assert parties == ({"acme", "weibo"} if bystander == "weibo" else {"douyin", "weibo"})


def test_an_agent_of_others_plans_nothing_that_a_lying_mediator_shows(scene: Scene) -> None:
    acme, weibo, rival = (scene.rooms[name] for name in ("acme", "weibo", "rival"))
    document = jobs.load(acme, scene.jobs["at-douyin"]).document
    for room in (weibo, rival):
        shown = replace(room, client=acme.client)
        with pytest.raises((InvalidInput, NotFound, PeerFault)):
            jobs.plan(shown, document)


def test_each_side_counts_by_pair_what_it_took_part_in(scene: Scene) -> None:
    """Alignments and questions of one pair leave the other's allowance as it was."""
    acme = scene.rooms["acme"]
    loaded = {name: jobs.load(acme, job) for name, job in scene.jobs.items()}
    assert [approved._pairs(job) for job in loaded.values()] == [["acme/douyin"], ["acme/weibo"]]
    for name in ("acme", "douyin", "weibo"):
        for peer in acme.agreement.facing(name):  # two alignments in all, one of each pair
            assert alignment_count.check(scene.rooms[name], peer.name) == 0


def test_names_of_datasets_are_found_or_listed(scene: Scene) -> None:
    acme, weibo = scene.rooms["acme"], scene.rooms["weibo"]
    section = scene.described.jobs[0]
    ambiguous = section.model_copy(update={"platform": "users"})
    with pytest.raises(InvalidInput, match=r"Several members.*douyin\.users, weibo\.users"):
        asking.from_section(acme, ambiguous)
    assert asking.named(weibo.agreement, ambiguous, "weibo")["platform"] == ("weibo", "users")
    with pytest.raises(InvalidInput, match="weibo has no part in a question to acme and douyin"):
        asking.from_section(acme, section.model_copy(update={"receiver": "weibo"}))
    with pytest.raises(InvalidInput, match="one platform, not of douyin and weibo"):
        asking.propose_alignment(acme, ["crm"], ["douyin.users", "weibo.users"])


def test_a_dataset_is_made_for_the_partners_that_were_agreed(scene: Scene) -> None:
    acme = scene.rooms["acme"]
    manifests = [one["manifest"] for one in acme.client.datasets(acme.identity)]
    shown = {one["name"]: one for one in manifests if one["party"] == "acme"}
    assert (shown["crm"]["peer"], shown["crm"]["also"]) == ("douyin", ["weibo"])
    assert (shown["quiet"]["peer"], shown["quiet"].get("also")) == ("weibo", None)
    seen = scene.rooms["douyin"].client.datasets(scene.rooms["douyin"].identity)
    assert {one["manifest"]["name"] for one in seen} == {"crm", "users"}
    with pytest.raises(PolicyRefusal, match="not uploaded for this alignment"):
        asking.propose_alignment(acme, ["quiet"], ["douyin.users"])


def test_the_key_of_shared_labels_opens_for_each_peer_and_nobody_else(scene: Scene) -> None:
    job = jobs.load(scene.rooms["weibo"], scene.jobs["at-weibo"])
    own = jobs.load(scene.rooms["acme"], scene.jobs["at-weibo"])
    column = Column("brand", "stage")
    assert labels.shared_labels(job, column) == labels.shared_labels(own, column)
    spoilt = replace(job, room=replace(job.room, home=scene.rooms["rival"].home))
    with pytest.raises((KeyError, PeerFault)):
        labels.shared_labels(spoilt, column)


def test_a_refresh_is_aligned_again_with_each_platform(scene: Scene) -> None:
    acme = scene.rooms["acme"]
    lines.refresh(acme, "crm")
    scene.place.work()
    for users in ("douyin", "weibo"):
        found = lines.newest_aligned(acme, ("acme", "crm"), (users, "users"))
        assert datasets.local(acme, found[0]).manifest.version == 2
    lines.refresh(acme, "crm")
    scene.place.work()
    for users in ("douyin", "weibo"):  # two alignments for each pair, and no more
        with pytest.raises(PolicyRefusal, match="allows 2 alignments"):
            alignment_count.check(acme, users)
        found = lines.newest_aligned(acme, ("acme", "crm"), (users, "users"))
        assert datasets.local(acme, found[0]).manifest.version == 2


@pytest.mark.parametrize(
    ("old", "new", "roles"),
    [
        ("", "", {"acme": "brand", "rival": "brand", "douyin": "platform", "weibo": "platform"}),
        ("[members]\nrival", "[members]\nother", None),
        ('rival = "brand"', 'rival = "brand"\nacme = "platform"', None),
    ],
)
def test_roles_follow_from_the_file_or_are_asked_for(
    tmp_path: Path, old: str, new: str, roles: dict[str, str] | None
) -> None:
    described = write(tmp_path, TEXT.replace(old, new))
    if roles is not None:
        assert described.roles() == roles
        return
    with pytest.raises(InvalidInput, match=r"\[parties\]"):
        described.roles()


def test_a_file_that_names_roles_describes_two_parties(tmp_path: Path) -> None:
    named = TEXT.replace("datasets.acme", "datasets.brand").replace("acme.crm", "crm")
    named = named.replace('receiver = "acme"', 'receiver = "brand"')
    for gone in ("douyin", "rival"):
        start = named.index(f"[datasets.{gone}.")
        named = named[:start] + named[named.index("\n[", start) + 1 :]
    named = named.replace("datasets.weibo", "datasets.platform").replace('rival = "brand"', "")
    for other in ("douyin.users", "weibo.users"):
        named = named.replace(other, "users")
    assert write(tmp_path, named).roles() == {"brand": "brand", "platform": "platform"}
