from __future__ import annotations

import secrets
from typing import Any

import pytest

from cleanroom.documents.dataset import Dictionary
from cleanroom.mediator.uploads import commitment
from protocols import limits
from tests.api import story
from tests.api.party import World, paillier, sealing
from tests.api.test_rooms import entries


def test_a_dataset_goes_from_announcement_to_ready(room: World) -> None:
    described = story.manifest("platform")
    dataset = story.create(room.platform, described)
    path = f"/v1/datasets/{dataset}"
    shown = room.brand.get(path).get_json()
    assert (shown["state"], shown["chunks"]) == ("UPLOADING", [])
    rows = b"".join(story.platform_rows())
    assert room.platform.put(f"{path}/chunks/0", rows).status_code == 201
    assert room.platform.get(path).get_json()["chunks"] == [0]
    body = {"dataset": dataset, "upload": sealing([rows], story.PEOPLE)}
    sealed = room.platform.must_say(f"{path}/seal", "dataset.seal", body)["resource"]
    assert sealed["state"] == "READY"
    assert sealed["commitment"] == body["upload"]["commitment"]
    assert room.brand.get(f"/v1/datasets?room={room.room}").get_json()["items"] == [sealed]


def test_the_same_chunk_twice_is_harmless_and_other_bytes_are_not(room: World) -> None:
    path = f"/v1/datasets/{story.create(room.platform, story.manifest('platform'))}/chunks/0"
    rows = b"".join(story.platform_rows())
    assert room.platform.put(path, rows).status_code == 201
    assert room.platform.put(path, rows).status_code == 200
    other = room.platform.put(path, rows[8:] + rows[:8])
    assert (other.status_code, other.get_json()["rule"]) == (409, "chunk-differs")


def many_rows(room: World) -> tuple[str, list[bytes]]:
    """Announce a dataset of three chunks."""
    per = limits.rows_per_chunk(limits.PSEUDONYM_BYTES)
    described = story.manifest("platform", rows=2 * per + 5)
    row = bytes.fromhex(story.AGES[0])
    return story.create(room.platform, described), [row * per, row * per, row * 5]


def test_a_gap_at_sealing_is_refused_and_can_be_filled(room: World) -> None:
    dataset, chunks = many_rows(room)
    path = f"/v1/datasets/{dataset}"
    total = sum(len(chunk) for chunk in chunks) // limits.PSEUDONYM_BYTES
    body = {"dataset": dataset, "upload": sealing(chunks, total)}
    for number in (0, 2):
        assert room.platform.put(f"{path}/chunks/{number}", chunks[number]).status_code == 201
    gap = room.platform.say(f"{path}/seal", "dataset.seal", body)
    assert (gap.status_code, gap.get_json()["rule"]) == (409, "chunk-missing")
    assert "chunk 1" in gap.get_json()["detail"]
    assert room.platform.put(f"{path}/chunks/1", chunks[1]).status_code == 201
    room.platform.must_say(f"{path}/seal", "dataset.seal", body)
    late = room.platform.put(f"{path}/chunks/1", chunks[1])
    assert (late.status_code, late.get_json()["rule"]) == (409, "dataset-state")


@pytest.mark.parametrize("spoilt", [b"", bytes(7), bytes(8 * (story.PEOPLE - 1))])
def test_a_chunk_of_another_size_is_refused(room: World, spoilt: bytes) -> None:
    path = f"/v1/datasets/{story.create(room.platform, story.manifest('platform'))}"
    assert room.platform.put(f"{path}/chunks/0", spoilt).status_code == 422
    assert room.platform.put(f"{path}/chunks/1", bytes(8)).status_code == 422
    assert room.platform.get(path).get_json()["chunks"] == []
    noted = entries(room, room.room)[-2:]
    assert {(one["kind"], one["actor"], one["rule"]) for one in noted} == {
        ("request", "platform", "invalid-input")
    }


@pytest.mark.parametrize("spoil", ["commitment", "rows", "chunks"])
def test_a_seal_that_is_not_that_of_the_chunks_is_refused(room: World, spoil: str) -> None:
    dataset = story.create(room.platform, story.manifest("platform"))
    path = f"/v1/datasets/{dataset}"
    sent: dict[str, Any] = room.platform.upload(f"{path}/chunks", story.platform_rows())
    wrong = {"commitment": "00" * 32, "rows": story.PEOPLE + 1, "chunks": 2}[spoil]
    body = {"dataset": dataset, "upload": {**sent, spoil: wrong}}
    refused = room.platform.say(f"{path}/seal", "dataset.seal", body)
    assert refused.status_code in (409, 422)
    assert room.platform.get(path).get_json()["state"] == "UPLOADING"
    noted = entries(room, room.room)[-1]
    assert (noted["kind"], noted["outcome"]) == ("dataset.seal", "refused")


def test_the_commitment_holds_the_order_of_the_chunks() -> None:
    one, two = secrets.token_bytes(32), secrets.token_bytes(32)
    assert commitment("00" * 16, [one, two]) != commitment("00" * 16, [two, one])
    assert commitment("00" * 16, [one]) != commitment("11" * 16, [one])


@pytest.mark.parametrize("spoilt", ["zero", "n", "n squared", "shares a factor"])
def test_a_ciphertext_that_must_not_be_computed_with_is_refused(room: World, spoilt: str) -> None:
    key = paillier("brand").public
    n = int(key.n)
    p = int(paillier("brand").to_phe().p)
    number = {"zero": 0, "n": n, "n squared": n * n, "shares a factor": p}[spoilt]
    rows = story.brand_rows(list(range(story.PEOPLE)))
    rows[3] = rows[3][:8] + number.to_bytes(key.ciphertext_bytes, "big")
    dataset = story.create(room.brand, story.manifest("brand"))
    refused = room.brand.put(f"/v1/datasets/{dataset}/chunks/0", b"".join(rows))
    assert (refused.status_code, refused.get_json()["row"]) == (422, 4)
    assert room.brand.get(f"/v1/datasets/{dataset}").get_json()["chunks"] == []


def test_versions_follow_each_other(room: World) -> None:
    story.create(room.platform, story.manifest("platform"))
    for version in (1, 3):
        described = story.manifest("platform", version=version)
        body = {"manifest": described.to_json(), "dictionary": ""}
        refused = room.platform.say("/v1/datasets", "dataset.create", body)
        assert (refused.status_code, refused.get_json()["rule"]) == (409, "dataset-version")
    story.create(room.platform, story.manifest("platform", version=2))


def test_only_what_was_agreed_is_announced(room: World) -> None:
    for changes, code in (
        ({"name": "other"}, 403),
        ({"peer": "auditor"}, 403),
        ({"labels": [{"name": "income", "domain": [story.AGES[0]]}]}, 403),
        ({"rows": 20_000_001}, 429),
    ):
        described = story.manifest("platform", **changes)
        body = {"manifest": described.to_json(), "dictionary": ""}
        assert room.platform.say("/v1/datasets", "dataset.create", body).status_code == code


def test_the_dictionary_is_the_one_that_was_signed(room: World) -> None:
    for spoil in (True, False):
        described = story.manifest("platform")
        sealed = story.dictionary(described)
        body = {"manifest": described.to_json(), "dictionary": sealed.digest()}
        attachment = {"entries": sealed.to_json()["entries"][1:]} if spoil else None
        answer = room.platform.say("/v1/datasets", "dataset.create", body, attachment)
        assert answer.status_code == 422
        assert room.platform.get(f"/v1/datasets/{described.identity()}").status_code == 404


def test_a_dataset_is_announced_by_its_owner_alone(room: World) -> None:
    body = {"manifest": story.manifest("brand").to_json(), "dictionary": ""}
    refused = room.platform.say("/v1/datasets", "dataset.create", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "other-party")


def test_the_peer_cannot_write_into_a_dataset(room: World) -> None:
    dataset = story.create(room.platform, story.manifest("platform"))
    path = f"/v1/datasets/{dataset}"
    rows = b"".join(story.platform_rows())
    assert room.brand.put(f"{path}/chunks/0", rows).status_code == 404
    body = {"dataset": dataset}
    assert room.brand.say(f"{path}/withdraw", "dataset.withdraw", body).status_code == 404


def test_withdrawing_deletes_the_rows_and_stops_what_runs_on_them(room: World) -> None:
    job = story.started(room)
    document = room.brand.get(f"/v1/jobs/{job}").get_json()["job"]
    dataset = document["platform"]
    files = list(room.home.glob(f"blobs/**/*{dataset}*/**/*"))
    assert any(file.is_file() for file in files)
    body = {"dataset": dataset}
    path = f"/v1/datasets/{dataset}/withdraw"
    room.platform.must_say(path, "dataset.withdraw", body)
    assert not [file for file in room.home.glob(f"blobs/**/*{dataset}*/**/*") if file.is_file()]
    shown = room.brand.get(f"/v1/jobs/{job}").get_json()
    assert (shown["state"], shown["problem"]["rule"]) == ("FAILED", "dataset-withdrawn")
    kinds = [entry["kind"] for entry in entries(room, room.room)[-3:]]
    assert kinds == ["job.fail", "dataset.withdraw", "data.delete"]
    assert room.mediator.worker().run_once() is False
    again = story.question(room, (document["brand"], dataset, document["alignment"]), name="x")
    refused = room.brand.say("/v1/jobs", "job.submit", {"job": again})
    assert (refused.status_code, refused.get_json()["rule"]) == (409, "dataset-state")


def test_what_a_crash_left_of_a_withdrawn_dataset_goes_at_the_next_start(room: World) -> None:
    dataset = story.upload(room.platform, story.manifest("platform"), story.platform_rows())
    blobs = room.mediator.context.blobs
    kept = [file.read_bytes() for file in room.home.glob(f"blobs/datasets/{dataset}/rows/*")]
    body = {"dataset": dataset}
    room.platform.must_say(f"/v1/datasets/{dataset}/withdraw", "dataset.withdraw", body)
    blobs.write(f"datasets/{dataset}/rows/0-left", kept[0])
    room.mediator.start()
    assert not (room.home / "blobs" / "datasets" / dataset).exists()


def test_an_audience_without_labels_and_measures_has_no_rows(room: World) -> None:
    described = story.manifest("platform", labels=[])
    dataset = story.create(room.platform, described)
    path = f"/v1/datasets/{dataset}"
    assert room.platform.put(f"{path}/chunks/0", b"x").status_code == 422
    body = {"dataset": dataset, "upload": sealing([], 0)}
    answer = room.platform.must_say(f"{path}/seal", "dataset.seal", body)
    assert answer["resource"]["state"] == "READY"


def test_a_dictionary_explains_each_label_once_at_most(room: World) -> None:
    described = story.manifest("brand")
    entries = story.dictionary(described).to_json()["entries"]
    for spoilt, told in (
        ([entries[0]] * len(entries), "twice"),
        ([*entries, entries[0]], "more entries"),
        ([{**entries[0], "pseudonym": "f" * 16}], "does not declare"),
    ):
        sealed = Dictionary.from_json({"entries": spoilt})
        body = {"manifest": described.to_json(), "dictionary": sealed.digest()}
        answer = room.brand.say("/v1/datasets", "dataset.create", body, sealed.to_json())
        assert (answer.status_code, told in answer.get_json()["detail"]) == (422, True)


def test_a_dataset_that_nobody_has_is_not_found_wherever_it_is_named(room: World) -> None:
    aligned, none = story.align(room), "0" * 32
    path, brand, platform = f"/v1/datasets/{none}", room.brand, room.platform
    sealed = {"dataset": none, "upload": sealing([b""], 0)}
    job = story.question(room, aligned, brand=none)
    pair = {"room": room.room, "brand": brand.name, "platform": platform.name, "profile": "dh"}
    pair |= {"brand_datasets": [none], "platform_datasets": [aligned[1]], "nonce": none}
    answers = [
        brand.get(path),
        brand.put(f"{path}/chunks/0", b"x"),
        brand.say(f"{path}/seal", "dataset.seal", sealed),
        brand.say(f"{path}/withdraw", "dataset.withdraw", {"dataset": none}),
        brand.put(f"/v1/alignments/{aligned[2]}/rows/{none}/0", b"x"),
        platform.put(f"/v1/alignments/{aligned[2]}/rows/{none}/0", b"x"),
        brand.say("/v1/alignments", "alignment.propose", {"alignment": pair}),
        brand.say("/v1/jobs", "job.submit", {"job": job}),
    ]
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert room.brand.get("/v1/datasets/crm").status_code == 422
