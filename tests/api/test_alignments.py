from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from cleanroom.mediator.bootstrap import DATABASE_FILE
from protocols.paillier import unpack_released
from tests.api import story
from tests.api.party import World, paillier


@pytest.fixture
def alignment(room: World) -> str:
    """A running alignment."""
    brand, platform = story.upload_both(room)
    made = story.propose(room, brand, platform)
    story.join(room, made)
    return made


def state(room: World, alignment: str) -> dict[str, Any]:
    shown: dict[str, Any] = room.brand.get(f"/v1/alignments/{alignment}").get_json()
    return shown


def test_an_alignment_goes_from_proposal_to_ready(room: World) -> None:
    brand, platform = story.upload_both(room)
    alignment = story.propose(room, brand, platform)
    assert state(room, alignment)["state"] == "PROPOSED"
    assert room.platform.get("/v1/work").get_json()["alignments"] == [
        {"id": alignment, "room": room.room, "what": "join"}
    ]
    story.join(room, alignment)
    assert state(room, alignment)["counts"] == {"brand": story.PEOPLE, "platform": story.PEOPLE}
    assert state(room, alignment)["state"] == "RUNNING"
    story.finish(room, alignment, f"{brand}/{platform}")
    assert state(room, alignment)["state"] == "READY"
    assert room.platform.get("/v1/work").get_json()["alignments"] == []


def test_messages_arrive_in_order_once_each_and_go_when_confirmed(
    room: World, alignment: str
) -> None:
    path = f"/v1/alignments/{alignment}/messages?attempt=1"
    for number, data in enumerate((b"one", b"two", b"three")):
        sent = room.brand.post_bytes(f"{path}&sequence={number}", data)
        assert sent.status_code == 201
    assert room.brand.post_bytes(f"{path}&sequence=2", b"three").status_code == 200
    for number, data in enumerate((b"one", b"two", b"three")):
        assert room.platform.get(f"{path}&after={number}").get_data() == data
        assert room.platform.get(f"{path}&after={number}").get_data() == data
    assert room.platform.get(f"{path}&after=3").status_code == 204
    assert room.platform.get(f"{path}&after=0").get_json()["rule"] == "message-taken"
    assert room.brand.get(f"{path}&after=0").status_code == 204
    folder = room.home / "blobs" / "alignments" / alignment / "messages"
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_one_request_brings_a_message_and_takes_the_peers(room: World, alignment: str) -> None:
    path = f"/v1/alignments/{alignment}/messages?attempt=1"
    folder = room.home / "blobs" / "alignments" / alignment / "messages"
    early = room.brand.post_bytes(f"{path}&sequence=0&after=0", b"one")
    assert (early.status_code, early.get_json()) == (201, {"stored": True})
    for _ in range(2):  # the second time as after an answer that was lost
        found = room.platform.post_bytes(f"{path}&sequence=0&after=0", b"eno")
        assert (found.status_code, found.get_data()) == (200, b"one")
    assert room.brand.post_bytes(f"{path}&sequence=1&after=0", b"two").get_data() == b"eno"
    room.platform.post_bytes(f"{path}&sequence=1&after=1", b"owt")
    # What was asked for is there no longer than until the next is: brand's first is confirmed.
    assert len([file for file in folder.rglob("*") if file.is_file()]) == 3
    refused = room.platform.post_bytes(f"{path}&sequence=3&after=2", b"four")
    assert (refused.status_code, refused.get_json()["rule"]) == (409, "message-gap")


def test_a_gap_and_other_bytes_under_one_number_are_refused(room: World, alignment: str) -> None:
    path = f"/v1/alignments/{alignment}/messages?attempt=1"
    room.brand.post_bytes(f"{path}&sequence=0", b"one")
    for number, data, rule in ((2, b"three", "message-gap"), (0, b"eno", "message-differs")):
        refused = room.brand.post_bytes(f"{path}&sequence={number}", data)
        assert (refused.status_code, refused.get_json()["rule"]) == (409, rule)


def test_too_much_under_way_is_put_off(room: World, alignment: str) -> None:
    path = f"/v1/alignments/{alignment}/messages?attempt=1"
    settings = room.mediator.context.settings.model_copy(update={"relay_bytes": 10})
    room.reopen(settings)
    room.brand.post_bytes(f"{path}&sequence=0", bytes(11))
    full = room.brand.post_bytes(f"{path}&sequence=1", b"x")
    assert (full.status_code, full.headers["Retry-After"]) == (429, "1")
    room.platform.get(f"{path}&after=1")
    assert room.brand.post_bytes(f"{path}&sequence=1", b"x").status_code == 201


def test_a_failed_attempt_starts_anew_and_the_third_one_ends_it(
    room: World, alignment: str
) -> None:
    path = f"/v1/alignments/{alignment}"
    room.brand.post_bytes(f"{path}/messages?attempt=1&sequence=0", b"one")
    for attempt in (1, 2):
        body = {"alignment": alignment, "attempt": attempt, "reason": "InvalidMessageError"}
        room.brand.must_say(f"{path}/fail", "alignment.fail", body)
        shown = state(room, alignment)
        assert (shown["state"], shown["attempt"]) == ("PROPOSED", attempt + 1)
        stale = room.platform.say(f"{path}/fail", "alignment.fail", body)
        assert stale.get_json()["rule"] == "attempt"
        old = room.platform.get(f"{path}/messages?attempt={attempt}&after=0")
        assert old.get_json()["rule"] == "attempt"
        story.join(room, alignment, attempt + 1)
    body = {"alignment": alignment, "attempt": 3, "reason": "again"}
    room.brand.must_say(f"{path}/fail", "alignment.fail", body)
    assert state(room, alignment)["state"] == "FAILED"
    body = {"alignment": alignment, "attempt": 3, "count": 5}
    assert room.brand.say(f"{path}/join", "alignment.join", body).status_code == 409


def test_tokens_are_sealed_for_every_pair_of_audiences(room: World, alignment: str) -> None:
    document = state(room, alignment)["document"]
    pair = f"{document['brand_datasets'][0]}/{document['platform_datasets'][0]}"
    path = f"/v1/alignments/{alignment}"
    body = {"alignment": alignment, "attempt": 1, "transcript": "ab" * 32, "tokens": {}}
    assert room.brand.say(f"{path}/finish", "alignment.finish", body).status_code == 422
    swapped = "/".join(reversed(pair.split("/")))
    assert room.brand.put(f"{path}/tokens/{swapped}/0", bytes(16)).status_code == 404
    assert room.brand.put(f"{path}/tokens/{pair}/0", bytes(16)).status_code == 422


def test_two_different_transcripts_make_no_alignment(room: World, alignment: str) -> None:
    document = state(room, alignment)["document"]
    pair = f"{document['brand_datasets'][0]}/{document['platform_datasets'][0]}"
    path, answers = f"/v1/alignments/{alignment}", []
    for party, transcript in ((room.brand, "ab"), (room.platform, "cd")):
        sent = party.upload(f"{path}/tokens/{pair}", [bytes([i] * 16) for i in range(story.PEOPLE)])
        body = {
            "alignment": alignment,
            "attempt": 1,
            "transcript": transcript * 32,
            "tokens": {pair: sent},
        }
        answers.append(party.say(f"{path}/finish", "alignment.finish", body))
    assert answers[1].get_json()["rule"] == "transcript-differs"
    assert state(room, alignment)["state"] == "RUNNING"


def test_alignments_and_people_are_capped(place: World) -> None:
    place.open_room(alignments_max=1, rows_max=100)
    brand, platform = story.upload_both(place)
    alignment = story.propose(place, brand, platform)
    body = {"alignment": alignment, "attempt": 1, "count": 101}
    refused = place.brand.say(f"/v1/alignments/{alignment}/join", "alignment.join", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (429, "rows-max")
    with pytest.raises(AssertionError, match="alignments-max"):
        story.propose(place, brand, platform)
    assert len(place.brand.get(f"/v1/alignments?room={place.room}").get_json()["items"]) == 1


def test_an_alignment_joins_what_is_ready_and_fits(room: World) -> None:
    brand = story.upload(room.brand, manifest := story.manifest("brand"), brand_rows())
    assert manifest.rows == story.PEOPLE
    half = story.create(room.platform, story.manifest("platform"))
    for datasets, expected in (((brand, half), "dataset-state"), ((half, brand), "not-found")):
        with pytest.raises(AssertionError) as refused:
            story.propose(room, *datasets)
        assert expected in json.dumps(str(refused.value))
    with pytest.raises(AssertionError, match="an auditor reads and changes nothing"):
        story.propose(room, brand, half, room.auditor)


def brand_rows() -> list[bytes]:
    return story.brand_rows([1] * story.PEOPLE)


def test_waiting_for_a_message_ends_when_it_comes(room: World, alignment: str) -> None:
    from threading import Timer

    path = f"/v1/alignments/{alignment}/messages?attempt=1"
    later = Timer(0.2, lambda: room.brand.post_bytes(f"{path}&sequence=0", b"late"))
    later.start()
    assert room.platform.get(f"{path}&after=0&wait=20").get_data() == b"late"
    later.join()


def test_the_mediator_takes_no_more_people_than_the_named_datasets_have(room: World) -> None:
    brand, platform = story.upload_both(room)
    alignment = story.propose(room, brand, platform)
    body = {"alignment": alignment, "attempt": 1, "count": story.PEOPLE + 1}
    path = f"/v1/alignments/{alignment}/join"
    refused = room.brand.say(path, "alignment.join", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (429, "rows-max")
    room.brand.must_say(path, "alignment.join", {**body, "count": story.PEOPLE})


def test_alignments_of_an_older_database_are_shown_with_their_proposals(room: World) -> None:
    brand, platform = story.upload_both(room)
    names = [story.propose(room, brand, platform) for _ in range(2)]
    before = [room.brand.get(f"/v1/alignments/{one}").get_json()["statement"] for one in names]
    assert all(before)
    room.mediator.context.store.close()
    database = sqlite3.connect(room.home / DATABASE_FILE)
    database.execute("ALTER TABLE alignments DROP COLUMN statement")
    database.execute("DELETE FROM _sqlite_migrations WHERE name = '0007_statements_of_alignments'")
    database.commit()
    database.close()
    room.reopen()
    after = [room.brand.get(f"/v1/alignments/{one}").get_json()["statement"] for one in names]
    assert after == before


def once_more(room: World) -> tuple[str, str, str, str]:
    """Align twice; return both datasets and both alignments, the second one running."""
    brand, platform, first = story.align(room)
    second = story.propose(room, brand, platform)
    story.join(room, second)
    return brand, platform, first, second


def test_rows_are_sent_once_more_for_a_further_alignment(room: World) -> None:
    brand, platform, first, second = once_more(room)
    rows = story.brand_rows([2] * story.PEOPLE)
    path = f"/v1/alignments/{second}"
    refused = {
        "another's": room.platform.put(f"{path}/rows/{brand}/0", b"".join(rows)),
        "of the other side": room.brand.put(f"{path}/rows/{platform}/0", bytes(8 * story.PEOPLE)),
        "of no dataset": room.brand.put(f"{path}/rows/{'1' * 32}/0", b"".join(rows)),
        "by a stranger": room.stranger.put(f"{path}/rows/{brand}/0", b"".join(rows)),
    }
    assert {name: one.status_code for name, one in refused.items()} == dict.fromkeys(refused, 404)
    assert room.brand.put(f"{path}/rows/{brand}/0", b"".join(rows[1:])).status_code == 422
    forged = b"".join(rows[:3] + [rows[3][:8] + bytes(len(rows[3]) - 8)] + rows[4:])
    answer = room.brand.put(f"{path}/rows/{brand}/0", forged)
    assert (answer.status_code, answer.get_json()["row"]) == (422, 4)
    late = room.brand.put(f"/v1/alignments/{first}/rows/{brand}/0", b"".join(rows))
    assert late.get_json()["rule"] == "alignment-state"
    pair = f"{brand}/{platform}"
    for party, start in ((room.brand, 0), (room.platform, story.PEOPLE - story.COMMON)):
        tokens = [story.token(start + row) for row in range(story.PEOPLE)]
        body: dict[str, Any] = {
            "alignment": second,
            "attempt": 1,
            "transcript": "ab" * 32,
            "tokens": {pair: party.upload(f"{path}/tokens/{pair}", tokens)},
        }
        if party is room.brand:
            sent = party.upload(f"{path}/rows/{brand}", rows)
            others = {**body, "rows": {platform: sent}}
            assert party.say(f"{path}/finish", "alignment.finish", others).status_code == 404
            body["rows"] = {brand: sent}
        party.must_say(f"{path}/finish", "alignment.finish", body)
    assert state(room, second)["state"] == "READY"
    sums = {}
    for alignment, columns in ((first, ["platform.age"]), (second, [])):
        parameters = {"group_by": columns, "measures": ["spend"]}
        aligned = (brand, platform, alignment)
        job = story.submit(room, story.question(room, aligned, parameters=parameters))
        for party in (room.brand, room.platform):
            story.approve(party, job)
        assert room.mediator.worker().run_once()
        data = room.brand.get(f"/v1/jobs/{job}/result?part=measures").get_data()
        key = paillier("brand")
        width = key.public.ciphertext_bytes
        opened = [
            key.decrypt(int.from_bytes(data[at : at + width], "big"))
            for at in range(0, len(data), width)
        ]
        slots = sorted(unpack_released(one, [1])[0] for one in opened)
        sums[alignment] = sum(slots)
    # Of the first, those with 31 to 70; of the second, forty times two.
    assert sums == {first: sum(range(31, 71)), second: 2 * story.COMMON}
    folder = room.home / "blobs" / "alignments" / second / "rows"
    assert [file for file in folder.rglob("*") if file.is_file()]
    body = {"dataset": brand}
    room.brand.must_say(f"/v1/datasets/{brand}/withdraw", "dataset.withdraw", body)
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_a_failed_attempt_takes_its_rows_with_it(room: World) -> None:
    brand, _, _, second = once_more(room)
    path = f"/v1/alignments/{second}"
    room.brand.upload(f"{path}/rows/{brand}", story.brand_rows([2] * story.PEOPLE))
    body = {"alignment": second, "attempt": 1, "reason": "again"}
    room.brand.must_say(f"{path}/fail", "alignment.fail", body)
    folder = room.home / "blobs" / "alignments" / second
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_rows_of_further_alignments_count_in_the_rooms_share_of_the_disk(room: World) -> None:
    brand, platform = story.upload_both(room)
    width = len(story.brand_rows([1])[0])
    held = story.PEOPLE * (width + 8)
    room.reopen(room.mediator.context.settings.model_copy(update={"room_bytes": 2 * held}))
    for _ in range(2):
        story.propose(room, brand, platform)
    with pytest.raises(AssertionError, match="quota"):
        story.propose(room, brand, platform)


def test_the_first_alignment_of_a_dataset_takes_no_rows_beside_its_upload(
    room: World, alignment: str
) -> None:
    """Nobody set disk aside for them; a proposal, whatever became of it, makes the next one."""
    named = state(room, alignment)["document"]
    brand, platform = named["brand_datasets"][0], named["platform_datasets"][0]
    rows = b"".join(story.brand_rows([2] * story.PEOPLE))
    path = f"/v1/alignments/{alignment}/rows/{brand}/0"
    assert room.brand.put(path, rows).status_code == 404
    story.propose(room, brand, platform)
    assert room.brand.put(path, rows).status_code == 201


def test_waiting_for_the_peer_ends_when_it_joins_or_the_attempt_is_given_up(room: World) -> None:
    from threading import Timer

    alignment = story.propose(room, *story.upload_both(room))
    path = f"/v1/alignments/{alignment}"
    asked = f"{path}?state=PROPOSED&wait=20"

    def shown_after(change: Callable[[], object]) -> dict[str, Any]:
        later = Timer(0.05, change)
        later.start()
        shown: dict[str, Any] = room.platform.get(asked).get_json()
        later.join()
        return shown

    def fail() -> None:
        body = {"alignment": alignment, "attempt": 1, "reason": "failed"}
        room.brand.say(f"{path}/fail", "alignment.fail", body)

    assert shown_after(fail)["attempt"] == 2
    for side in (room.brand, room.platform):
        body = {"alignment": alignment, "attempt": 2, "count": story.PEOPLE}
        side.say(f"{path}/join", "alignment.join", body)
    assert room.platform.get(asked).get_json()["state"] == "RUNNING"
    assert room.platform.get(f"{path}?state=DONE").status_code == 422
