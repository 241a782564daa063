"""What was kept as long as is agreed: ended at its second, deleted, signed, and held by the log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api.backup import backup
from api.check import check
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.chinese import in_words
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.verify import Report, verify_bundle
from cleanroom.documents.agreement import Agreement
from cleanroom.mediator import log, retention
from tests.api import story
from tests.api.party import World
from tests.api.test_rooms import entries

HOUR = 3600
TERMS = {"rows": 5 * HOUR, "alignments": 4 * HOUR, "messages": HOUR, "answers": 2 * HOUR}


@pytest.fixture
def kept(place: World) -> World:
    """A room whose data is kept for hours."""
    place.open_room(retention=TERMS)
    return place


def answered(world: World, aligned: tuple[str, str, str], **changes: Any) -> str:
    """Bring a question to its answer."""
    job = story.submit(world, story.question(world, aligned, **changes))
    for party in (world.brand, world.platform):
        story.approve(party, job)
    assert world.mediator.worker().run_once()
    digest = world.brand.get(f"/v1/jobs/{job}").get_json()["release"]
    body = {"job": job, "release": digest}
    world.brand.must_say(f"/v1/jobs/{job}/receipt", "job.receipt", body)
    return job


def files(world: World, name: str) -> list[Path]:
    return [one for one in (world.home / "blobs").rglob("*") if one.is_file() and name in str(one)]


def told(world: World) -> list[tuple[str, set[str]]]:
    """Return what the log says is over, and what is deleted, each by its noun."""
    return [
        (entry["kind"], set(entry["facts"]) - {"why"})
        for entry in entries(world, world.room)
        if entry["kind"].startswith("data.")
    ]


def later(world: World, seconds: int) -> None:
    """Let time pass until a worker looks."""
    world.clock.shift += seconds
    world.mediator.worker().run_once()


def report(world: World, leaves: list[bytes] | None = None) -> Report:
    context = world.mediator.context
    with context.store.read() as transaction:
        size = log.size(transaction, world.room)
        whole = log.entries(transaction, world.room, 0, size)
        note = log.checkpoint(transaction, context, world.room)
    agreement = Agreement.from_json(world.agreement)
    found = whole if leaves is None else leaves
    return verify_bundle(Bundle(world.room, agreement, note, (), lambda: found))


def test_each_thing_goes_at_its_own_time_and_no_sooner(kept: World, tmp_path: Path) -> None:
    brand, platform, alignment = aligned = story.align(kept)
    job = answered(kept, aligned)
    later(kept, HOUR - 60)
    assert told(kept) == []
    later(kept, 120)
    assert told(kept) == [("data.expire", {"messages"}), ("data.delete", {"messages"})]
    assert not files(kept, f"{job}/messages") and not files(kept, f"{job}/rows")
    assert kept.brand.get(f"/v1/jobs/{job}/result?part=release").status_code == 200
    later(kept, HOUR)
    assert not files(kept, job)
    gone = kept.brand.get(f"/v1/jobs/{job}/result?part=release")
    assert (gone.status_code, gone.get_json()["rule"]) == (409, "retention")
    assert kept.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "SUCCESS"
    later(kept, 2 * HOUR)
    assert not files(kept, alignment) and files(kept, brand)
    assert kept.brand.get(f"/v1/alignments/{alignment}").get_json()["state"] == "FAILED"
    later(kept, HOUR)
    assert not files(kept, brand) and not files(kept, platform)
    nouns = ["messages", "answers", "alignments", "datasets"]
    assert [next(iter(noun)) for kind, noun in told(kept) if kind == "data.delete"] == nouns
    check(kept.home)
    backup(kept.home, tmp_path / "copy")
    steps = {one.title: one.found for one in report(kept).steps}
    said = steps["What was kept as long as agreed is signed as deleted"]
    assert said.startswith("datasets 2, alignments 1, messages 1, answers 1")


def test_nothing_is_done_with_what_is_over_even_before_a_worker_looks(kept: World) -> None:
    aligned = story.align(kept)
    waits = story.submit(kept, story.question(kept, aligned))
    kept.clock.shift += HOUR
    again = kept.brand.say(
        f"/v1/jobs/{waits}/approvals", "job.approve", {"job": waits, "messages": {}}
    )
    assert again.status_code == 409
    shown = kept.brand.get(f"/v1/jobs/{waits}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("EXPIRED", "retention")
    kept.clock.shift += 3 * HOUR
    document = story.question(kept, aligned, name="late")
    refused = kept.brand.say("/v1/jobs", "job.submit", {"job": document})
    assert (refused.status_code, refused.get_json()["rule"]) == (409, "alignment-state")
    kept.clock.shift += HOUR
    refused = kept.brand.say("/v1/jobs", "job.submit", {"job": {**document, "name": "later"}})
    assert refused.get_json()["rule"] == "dataset-state"


def test_a_question_that_runs_ends_with_the_alignment_that_it_rests_on(place: World) -> None:
    place.open_room(retention={**TERMS, "messages": 9 * HOUR, "answers": 9 * HOUR})
    aligned = story.align(place)
    place.clock.shift = 3 * HOUR
    job = story.submit(place, story.question(place, aligned))
    later(place, HOUR)
    shown = place.brand.get(f"/v1/jobs/{job}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "retention")


def test_a_room_that_is_over_is_deleted_like_any_other(kept: World) -> None:
    story.align(kept)
    kept.brand.must_say(f"/v1/rooms/{kept.room}/close", "room.close", {"reason": "over"})
    later(kept, 6 * HOUR)
    assert not files(kept, "/rows/") and not files(kept, "/tokens/")


def test_what_is_committed_and_not_deleted_goes_at_the_next_start(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    aligned = story.align(kept)
    job = answered(kept, aligned)
    kept.clock.shift = 6 * HOUR
    with monkeypatch.context() as patch:
        patch.setattr(retention.deletions, "run", lambda *_args, **_which: None)
        retention.run(kept.mediator.context)
    assert files(kept, job) and {kind for kind, _ in told(kept)} == {"data.expire"}
    (waiting,) = (one for one in report(kept).unchecked if "not yet signed as deleted" in one)
    assert not re.search("[a-z]", in_words(waiting, "zh"))
    check(kept.home)
    kept.reopen()
    kept.mediator.start()
    assert not files(kept, job) and not files(kept, aligned[0])
    assert "not yet signed as deleted" not in " ".join(report(kept).unchecked)


def test_a_log_in_which_something_is_kept_longer_does_not_verify(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.align(kept)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "settle", lambda *_args: None)
        kept.clock.shift = 6 * HOUR
        story.create(kept.platform, story.manifest("platform", version=2))
        with pytest.raises(BadEntry, match="are kept longer than agreed"):
            report(kept)
    patched = kept.agreement["policy"]
    assert patched["retention"] == TERMS
    _forget_rooms(kept)


@pytest.mark.parametrize("noun", ["datasets", "alignments", "messages", "answers"])
def test_a_log_in_which_something_ends_too_soon_does_not_verify(kept: World, noun: str) -> None:
    brand, platform, alignment = aligned = story.align(kept)
    job = answered(kept, aligned)
    ids = {"datasets": brand, "alignments": alignment, "messages": job, "answers": job}
    context = kept.mediator.context
    with context.store.write("room") as transaction:
        facts = {noun: [ids[noun]]}
        log.append(transaction, context, kept.room, kind="data.expire", facts=facts)
    with pytest.raises(BadEntry, match="end before their time is over"):
        report(kept)
    _forget_rooms(kept)


def test_what_is_deleted_was_over_before(kept: World) -> None:
    aligned = story.align(kept)
    context = kept.mediator.context
    with context.store.write("room") as transaction:
        facts = {"why": "retention", "alignments": [aligned[2]]}
        log.append(transaction, context, kept.room, kind="data.delete", facts=facts)
    with pytest.raises(BadEntry, match="it deletes what is not over"):
        report(kept)
    _forget_rooms(kept)


def test_messages_are_kept_no_longer_than_answers(place: World) -> None:
    with pytest.raises(AssertionError, match="messages are kept no longer than the answers"):
        place.open_room(retention={**TERMS, "messages": 3 * HOUR})


def _forget_rooms(world: World) -> None:
    """Let the fixture pass over a log that was spoilt on purpose."""
    with world.mediator.context.store.write("room") as transaction:
        transaction.delete("amendments", room=world.room)
        for table in ("members", "rooms"):
            transaction.delete(table, **{"id" if table == "rooms" else "room": world.room})
