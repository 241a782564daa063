"""Jobs with lattice rows at the mediator: strict uploads, one set of masked sums, exact answers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from api.console.links import write_ticket
from api.console.mediator import audience, create_mediator_console
from cleanroom.documents.release import ReleaseDocument
from cleanroom.engine.masked import key_context, open_masked_sums, read_values
from cleanroom.errors import InvalidInput
from cleanroom.mediator import opening, releases
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.replay import replay
from cleanroom.room.encryption import KINDS, POLYNOMIAL_BYTES, SEED_BYTES
from protocols.errors import InvalidMessageError
from protocols.lattice import SecretKey, block_bytes, encrypt, masked_bytes
from protocols.limits import LATTICE_PRIMES, TOKEN_BYTES
from protocols.paillier import unpack_released
from protocols.secret import Secret
from tests.api import story
from tests.api.party import World, paillier, world
from tests.api.test_jobs import expected_sums, waiting
from tests.api.test_rooms import entries
from tests.cleanroom.audit.test_mediator import bundle_of

ROOT = Secret(bytes(range(32)))


@pytest.fixture
def lattice(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator") as made:
        made.open_room(rows=["paillier", "lattice"])
        yield made


def aligned(place: World) -> tuple[str, str, str]:
    """Align an audience whose values come with the question."""
    described = story.manifest("brand", encryption="lattice")
    rows = [bytes.fromhex(story.TIERS[row % 2]) for row in range(story.PEOPLE)]
    brand = story.upload(place.brand, described, rows)
    platform = story.upload(place.platform, story.manifest("platform"), story.platform_rows())
    return story.align_pair(place, brand, platform)


def ask(place: World, pair: tuple[str, str, str] | None = None, **changes: str) -> str:
    """Ask for sums by age about such an audience."""
    return story.submit(place, story.question(place, pair or aligned(place), **changes))


@cache
def made(context: bytes) -> tuple[bytes, bytes, bytes]:
    """Encrypt what row i spends, i + 1, as the three messages."""
    key = SecretKey(ROOT, context, 1)
    values = np.arange(1, story.PEOPLE + 1, dtype=np.int64).reshape(-1, 1)
    [block] = (
        row.tobytes() for one in encrypt(key, values, Random(1).randbytes) for row in one.to_rows()
    )
    return key.public.to_bytes(), block[:SEED_BYTES], block[SEED_BYTES:]


def parts(place: World, job: str) -> dict[str, bytes]:
    return dict(zip(KINDS, made(key_context(place.room, job, "brand", 0)), strict=True))


def start(place: World, job: str, **changed: bytes) -> dict[str, Any]:
    """Send the brand's values, approve for both sides, and return the last answer."""
    path = f"/v1/jobs/{job}/messages"
    sent = {
        kind: place.brand.upload(f"{path}/{kind}", [changed.get(kind.replace("-", "_"), data)])
        for kind, data in parts(place, job).items()
    }
    story.approve(place.brand, job, **sent)
    return story.approve(place.platform, job)


def masked_sums(place: World, job: str, party: str = "brand") -> bytes:
    messages = place.brand.get(f"/v1/jobs/{job}").get_json()["messages"]
    [chunks] = [m["upload"]["chunks"] for m in messages if m["kind"] == "masked-sums"]
    path = f"/v1/jobs/{job}/messages/masked-sums"
    sender = getattr(place, party)
    return b"".join(sender.get(f"{path}/{number}").get_data() for number in range(chunks))


def opened(place: World, job: str) -> list[bytes]:
    """Open what the mediator handed out, as the owner's agent does."""
    rows = np.frombuffer(masked_sums(place, job), np.uint8).reshape(-1, masked_bytes(1))
    contexts = [key_context(place.room, job, "brand", 0)]
    key = paillier("brand")
    found = open_masked_sums(key, [ROOT], contexts, [1], rows, secrets.token_bytes)
    return [row.tobytes() for row in found]


def give_back(place: World, job: str, rows: list[bytes], seen: bytes | None = None) -> Any:
    """Return opened sums, with the digest of ``seen`` or of what was handed out."""
    sent = place.brand.upload(f"/v1/jobs/{job}/messages/opened", rows)
    masked = hashlib.sha256(masked_sums(place, job) if seen is None else seen).hexdigest()
    body = {"job": job, "step": "opened", "messages": {"opened": sent}, "masked": masked}
    return place.brand.say(f"/v1/jobs/{job}/steps", "job.step", body)


def read(place: World, job: str) -> dict[int, tuple[int, int]]:
    """Open the release as the brand does: people and cents per age."""
    path, key = f"/v1/jobs/{job}/result?part=", paillier("brand")
    release = ReleaseDocument.from_json(place.brand.get(path + "release").get_json())
    width = key.public.ciphertext_bytes
    data = [place.brand.get(path + part).get_data() for part in ("people", "measures")]
    plain = [
        [
            key.decrypt(int.from_bytes(one[at : at + width], "big"))
            for at in range(0, len(one), width)
        ]
        for one in data
    ]
    return {
        group.cell: (people, unpack_released(plain[1][group.position], [1])[0])
        for group, people in zip(release.groups, plain[0], strict=True)
    }


def test_a_job_asks_the_owner_once_and_its_answer_is_exact(lattice: World) -> None:
    job = ask(lattice)
    assert lattice.brand.get(f"/v1/jobs/{job}").get_json()["plan"]["rows"] == "lattice"
    start(lattice, job)
    assert lattice.mediator.worker().run_once()
    assert waiting(lattice.brand) == [{"id": job, "room": lattice.room, "what": "sums"}]
    assert waiting(lattice.platform) == []
    assert len(masked_sums(lattice, job)) == 3 * masked_bytes(1)
    assert give_back(lattice, job, opened(lattice, job)).status_code == 200
    assert lattice.mediator.worker().run_once()
    assert read(lattice, job) == expected_sums()
    kinds = [entry["kind"] for entry in entries(lattice, lattice.room)]
    assert kinds[-6:-3] == ["job.sums", "job.step", "job.release"]
    noted = [e["facts"] for e in entries(lattice, lattice.room) if e["kind"] == "job.sums"]
    digest = hashlib.sha256(masked_sums(lattice, job)).hexdigest()
    assert noted == [{"job": job, "sums": 3, "masked": digest}]
    assert waiting(lattice.brand) == [{"id": job, "room": lattice.room, "what": "open"}]


def test_masked_sums_are_for_the_owner_alone_and_what_is_kept_for_nobody(lattice: World) -> None:
    job = ask(lattice)
    start(lattice, job)
    path = f"/v1/jobs/{job}/messages"
    assert lattice.brand.get(f"{path}/masked-sums/0").status_code == 404
    lattice.mediator.worker().run_once()
    for party in (lattice.platform, lattice.auditor, lattice.stranger):
        assert party.get(f"{path}/masked-sums/0").status_code == 404
    for kind in (opening.KEPT, "row-values", "row-keys", "row-seeds"):
        assert lattice.platform.get(f"{path}/{kind}/0").status_code == 404
    assert lattice.brand.get(f"{path}/{opening.KEPT}/0").status_code == 404


def too_large(data: bytes, place: int) -> bytes:
    """Return a polynomial with one residue that equals its prime."""
    prime = LATTICE_PRIMES[place * 4 // (POLYNOMIAL_BYTES // 5)]
    return data[: 4 * place] + prime.to_bytes(4, "little") + data[4 * place + 4 :]


@pytest.mark.parametrize("kind", ["row-values", "row-keys"])
@pytest.mark.parametrize("place", [0, 8192, 5 * 8192 - 1])
def test_a_residue_that_is_not_below_its_prime_is_refused(lattice, kind, place):
    job = ask(lattice)
    path, data = f"/v1/jobs/{job}/messages/{kind}/0", parts(lattice, job)[kind]
    answer = lattice.brand.put(path, too_large(data, place))
    assert (answer.status_code, "not below its prime" in answer.get_json()["detail"]) == (422, True)
    assert lattice.brand.put(path, data).status_code == 201


@pytest.mark.parametrize("kind", KINDS)
def test_another_length_is_refused_and_nothing_is_kept(lattice: World, kind: str) -> None:
    job = ask(lattice)
    path, data = f"/v1/jobs/{job}/messages/{kind}", parts(lattice, job)[kind]
    for wrong in (data[:-1], data + data, b""):
        assert lattice.brand.put(f"{path}/0", wrong).status_code == 422
    assert lattice.brand.put(f"{path}/1", data).status_code == 422
    assert lattice.platform.put(f"{path}/0", data).status_code == 404
    folder = lattice.home / "blobs" / "jobs" / job
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_an_approval_without_the_values_does_not_start_the_job(lattice: World) -> None:
    job = ask(lattice)
    body = {"job": job, "messages": {}}
    answer = lattice.brand.say(f"/v1/jobs/{job}/approvals", "job.approve", body)
    assert answer.status_code == 422
    assert "row-keys" in answer.get_json()["detail"]


def test_the_seed_of_the_shared_polynomial_is_refused(lattice: World) -> None:
    job = ask(lattice)
    shared = b"public-key".ljust(SEED_BYTES, b"\0")
    answer = lattice.brand.put(f"/v1/jobs/{job}/messages/row-seeds/0", shared)
    assert (answer.status_code, "seed is not new" in answer.get_json()["detail"]) == (422, True)


def test_a_seed_that_comes_twice_is_refused_wherever_it_stands(lattice: World) -> None:
    seeds = [secrets.token_bytes(SEED_BYTES) for _ in range(3)]
    opening.check_chunk("row-seeds", 0, b"".join(seeds))
    with pytest.raises(InvalidInput, match="block 3: its seed is not new"):
        opening.check_chunk("row-seeds", 0, b"".join([*seeds, seeds[1]]))
    context = key_context(lattice.room, "0" * 32, "brand", 0)
    shares, _, values = (np.frombuffer(one, np.uint8) for one in made(context))
    twice = np.frombuffer(seeds[0] * 2, np.uint8).reshape(2, -1)
    whole = np.vstack([values, values])
    with pytest.raises(InvalidMessageError, match="block 1: its seed is not new"):
        read_values([context], 1, 8193, shares.reshape(1, -1), twice, lambda a, b: whole[a:b])


def test_whatever_stops_the_mediator_the_owner_sees_the_same_bytes(
    lattice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies before, in and after each half; no mask is drawn twice for one sum sent."""
    job = ask(lattice)
    start(lattice, job)
    honest = releases.mask_sums

    def dies(*_: Any) -> None:
        raise StorageFault("pulled")

    with monkeypatch.context() as patched:
        patched.setattr(releases, "mask_sums", dies)
        lattice.mediator.worker().run_once()
    assert waiting(lattice.brand) == []
    lattice.clock.shift += 120
    worker = lattice.mediator.worker()
    lease = worker.take()
    assert lease is not None
    lost = honest(lattice.mediator.context, job)
    lattice.reopen()
    lattice.mediator.worker().release_leases()
    assert not worker.hand_out(lease, lost)
    lattice.clock.shift += 120
    assert lattice.mediator.worker().run_once()
    first = masked_sums(lattice, job)
    lattice.reopen()
    lattice.clock.shift += 1000
    assert not lattice.mediator.worker().run_once()
    assert masked_sums(lattice, job) == first != lost.rows["masked-sums"].tobytes()
    give_back(lattice, job, opened(lattice, job))
    with monkeypatch.context() as patched:
        patched.setattr(opening, "finish", dies)
        lattice.mediator.worker().run_once()
    lattice.reopen()
    lattice.clock.shift += 120
    assert lattice.mediator.worker().run_once()
    assert read(lattice, job) == expected_sums()


def test_what_the_owner_returns_is_taken_once_and_only_when_asked(lattice: World) -> None:
    job = ask(lattice)
    start(lattice, job)
    ciphertexts = [
        paillier("brand").public.ciphertext_to_bytes(one)
        for one in paillier("brand").encrypt_many([1, 2, 3], secrets.token_bytes)
    ]
    assert give_back(lattice, job, ciphertexts, b"").status_code == 409
    lattice.mediator.worker().run_once()
    path = f"/v1/jobs/{job}/messages/opened"
    assert lattice.platform.put(f"{path}/0", b"".join(ciphertexts)).status_code == 404
    assert lattice.brand.put(f"{path}/0", b"".join(ciphertexts[:2])).status_code == 422
    body = {"job": job, "step": "opened", "messages": {}}
    assert lattice.brand.say(f"/v1/jobs/{job}/steps", "job.step", body).status_code == 422
    differs = give_back(lattice, job, ciphertexts, b"other sums")
    assert (differs.status_code, differs.get_json()["rule"]) == (409, "sums-differ")
    assert give_back(lattice, job, ciphertexts).status_code == 200
    assert give_back(lattice, job, ciphertexts).status_code == 409
    assert lattice.mediator.worker().run_once()


def test_ciphertexts_that_are_none_are_refused_to_the_owner_and_the_job_goes_on(
    lattice: World,
) -> None:
    job = ask(lattice)
    start(lattice, job)
    lattice.mediator.worker().run_once()
    good = opened(lattice, job)
    bad = b"".join([good[0], bytes(len(good[0])), good[2]])
    answer = lattice.brand.put(f"/v1/jobs/{job}/messages/opened/0", bad)
    assert (answer.status_code, answer.get_json()["row"]) == (422, 2)
    assert lattice.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "STARTED"
    assert give_back(lattice, job, good).status_code == 200
    assert lattice.mediator.worker().run_once()
    assert read(lattice, job) == expected_sums()


def test_a_room_that_does_not_name_it_takes_no_such_dataset(room: World) -> None:
    described = story.manifest("brand", encryption="lattice")
    body = {"manifest": described.to_json(), "dictionary": ""}
    answer = room.brand.say("/v1/datasets", "dataset.create", body)
    assert (answer.status_code, answer.get_json()["rule"]) == (403, "row-encryption")


def test_the_values_of_an_ended_job_are_gone_and_its_groups_are_found_again(
    lattice: World,
) -> None:
    job = ask(lattice)
    start(lattice, job)
    lattice.mediator.worker().run_once()
    give_back(lattice, job, opened(lattice, job))
    lattice.mediator.worker().run_once()
    release = lattice.brand.get(f"/v1/jobs/{job}/result?part=release").get_json()
    digest = ReleaseDocument.from_json(release).digest()
    lattice.brand.must_say(
        f"/v1/jobs/{job}/receipt", "job.receipt", {"job": job, "release": digest}
    )
    lattice.mediator.worker().run_once()
    found = replay(lattice.mediator.context, bundle_of(lattice, lattice.brand).leaves(), job)
    assert (found["groups"], found["suppressed"]) == (2, 0)
    # The rows of two datasets and their tokens; what went with the job is not counted as compared.
    assert found["commitments"] == 4
    folder = lattice.home / "blobs" / "jobs" / job
    left = {file.parent.parent.name for file in folder.rglob("*") if file.is_file()}
    assert not left & {*KINDS, *opening.STREAMS}, left


def test_sizes_are_those_of_the_library() -> None:
    assert block_bytes(1) == SEED_BYTES + POLYNOMIAL_BYTES
    assert TOKEN_BYTES == SEED_BYTES


@pytest.mark.parametrize(("rows", "told"), [(["paillier"], False), (["paillier", "lattice"], True)])
def test_the_room_s_page_says_what_lattice_rows_assume(
    tmp_path: Path, rows: list[str], told: bool
) -> None:
    with world(tmp_path / "mediator") as place:
        place.open_room(rows=rows)
        browser = create_mediator_console(place.mediator).test_client()
        own = audience(place.mediator.context.key.verifying_key.raw.hex())
        now = place.clock.milliseconds() // 1000
        form = {"ticket": write_ticket(place.brand.key, own, now, secrets.token_bytes)}
        assert browser.post("/sign-in", data=form).status_code == 302
        page = browser.get(f"/rooms/{place.brand.room}").get_data(as_text=True)
    assert ("ring learning with errors" in page) is told
    assert "assumes only that Paillier encryption is secure" in page
