"""The whole job of the vector: every document, row and number, by the program's own parts."""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path
from secrets import token_bytes

import numpy as np
import pytest

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.engine.layout import audience_rows
from cleanroom.engine.release import Inputs, as_rows, compute_release
from cleanroom.ingest.identifiers.profiles import message, normalise
from cleanroom.mediator.uploads import commitment
from cleanroom.room.agreements import check_agreement
from cleanroom.room.policy import approval_messages, charge, check_job
from protocols import labels, paillier
from protocols.alignment import Context
from protocols.alignment.dh import DhParticipant
from protocols.signing import SigningKey
from protocols.strings import PackedStrings
from protocols.tokens import audience_tokens
from tests.protocols.alignment_contract import relay
from tests.vectors.test_vectors import Draws

VECTOR = json.loads((Path(__file__).parent / "job.json").read_text(encoding="utf-8"))
NOW = 1_900_000_000
SIDES = ("brand", "platform")
KEYS = {
    side: paillier.PrivateKey(*(int(VECTOR["keys"][side][prime], 16) for prime in "pq"))
    for side in SIDES
}
AGREEMENT = Agreement.from_json(VECTOR["agreement"])
MANIFESTS = {side: Manifest.from_json(VECTOR["manifests"][side]) for side in SIDES}
JOB = JobDocument.from_json(VECTOR["job"])
PLAN = check_job(AGREEMENT, JOB, *MANIFESTS.values(), NOW)
CHARGE = charge(PLAN, JOB, AGREEMENT.policy)
PROFILE = MANIFESTS["brand"].identifier_profile


def array(rows: list[str]) -> np.ndarray:
    data = bytes.fromhex("".join(rows))
    return np.frombuffer(data, dtype=np.uint8).reshape(len(rows), -1)


def test_documents_have_the_names_that_the_vector_gives_them():
    check_agreement(AGREEMENT, NOW)
    assert AGREEMENT.identity() == VECTOR["room"]
    alignment = AlignmentDocument.from_json(VECTOR["alignment_document"])
    assert alignment.identity() == VECTOR["alignment"]
    assert {side: MANIFESTS[side].identity() for side in SIDES} == VECTOR["datasets"]
    assert JOB.identity() == VECTOR["job_id"]
    for side, card in zip(SIDES, AGREEMENT.members, strict=True):
        signing = SigningKey(bytes.fromhex(VECTOR["keys"][side]["signing"]))
        assert signing.verifying_key.raw.hex() == card.signing_key


def test_the_plan_and_its_price():
    assert (PLAN.cells, PLAN.outputs, PLAN.value_side) == (3, 4, "brand")
    assert [(slot.measure, slot.slot, slot.decimals) for slot in PLAN.slots] == [("spend", 1, 2)]
    assert (CHARGE.k, CHARGE.tau, CHARGE.people.scale) == (1, 2, 0.1)
    kinds = {side: set(approval_messages(PLAN, JOB, side, AGREEMENT, 0)) for side in SIDES}
    assert kinds == {"brand": {"noise-people"}, "platform": {"masks"}}


def people(side: str) -> PackedStrings:
    rows = VECTOR["people"][side]
    assert [normalise(row["raw"], PROFILE) for row in rows] == [row["normalised"] for row in rows]
    return PackedStrings.pack([message(PROFILE, row["normalised"]) for row in rows])


def test_identifiers_become_the_secrets_and_the_tokens():
    room, alignment = bytes.fromhex(VECTOR["room"]), bytes.fromhex(VECTOR["alignment"])
    sides = []
    for position, side in enumerate(SIDES):
        draws = [bytes.fromhex(VECTOR["keys"][side]["scalar"])]

        def random(size: int, draws: list[bytes] = draws) -> bytes:
            return draws.pop() if draws else secrets.token_bytes(size)

        sides.append(
            DhParticipant(Context(room, alignment, position, 64, 64), people(side), random)
        )
    relay(tuple(sides))
    scope = alignment, *(bytes.fromhex(VECTOR["datasets"][side]) for side in SIDES)
    for side, participant in zip(SIDES, sides, strict=True):
        derived = participant.secrets()
        assert [row.tobytes().hex() for row in derived] == [
            row["T"] for row in VECTOR["people"][side]
        ]
        of_people = [token.tobytes().hex() for token in audience_tokens(derived, *scope)]
        for place, row in enumerate(VECTOR["order"][side]):
            if row < 5:
                assert VECTOR["tokens"][side][place] == of_people[row]
            else:
                assert VECTOR["tokens"][side][place] not in of_people


def test_uploaded_rows_open_to_what_their_owners_packed():
    private = KEYS["brand"]
    spend = [row["value"] for row in VECTOR["people"]["brand"]]
    rows = array(VECTOR["rows"]["brand"])
    private.public.check_ciphertexts(rows)
    opened = private.decrypt_many([int(row, 16) for row in VECTOR["rows"]["brand"]])
    for row, plaintext in zip(VECTOR["order"]["brand"], opened, strict=True):
        values = (1, spend[row]) if row < 5 else (0, 0)
        assert plaintext == paillier.pack(values) % private.public.n
    key, upload = (
        bytes.fromhex(text)
        for text in (VECTOR["keys"]["platform"]["labels"], MANIFESTS["platform"].nonce)
    )
    ages = list(VECTOR["pseudonyms"])
    made = labels.pseudonyms(key, "age", upload, ages)
    assert [row.tobytes().hex() for row in made] == list(VECTOR["pseudonyms"].values())
    assert sorted(VECTOR["pseudonyms"].values()) == list(MANIFESTS["platform"].labels[0].domain)


@pytest.mark.parametrize("side", SIDES)
def test_a_flipped_bit_of_an_upload_is_refused(side):
    """The statement that seals an upload commits to every bit and to the order of the rows."""
    rows = VECTOR["rows"][side]

    def commit(rows: list[str]) -> str:
        return commitment(VECTOR["salt"], [hashlib.sha256(bytes.fromhex("".join(rows))).digest()])

    assert commit(rows) == VECTOR["commitments"][side]
    assert commit(rows[::-1]) != VECTOR["commitments"][side]
    for row in (0, len(rows) - 1):
        flipped = f"{int(rows[row], 16) ^ 1:0{len(rows[row])}x}"
        assert commit([*rows[:row], flipped, *rows[row + 1 :]]) != VECTOR["commitments"][side]


def inputs() -> Inputs:
    brand, platform = KEYS["brand"].public, KEYS["platform"].public
    noise, domain = VECTOR["noise"], MANIFESTS["platform"].labels[0].domain
    bare, tokens = np.zeros((64, 0), dtype=np.uint8), VECTOR["tokens"]
    blinds = [int(blind, 16) for blind in VECTOR["blinds"]]
    return Inputs(
        plan=PLAN,
        charge=CHARGE,
        brand=audience_rows(
            array(tokens["brand"]),
            np.hstack([bare, array(VECTOR["rows"]["brand"])]), (), brand.ciphertext_bytes),
        platform=audience_rows(
            array(tokens["platform"]), array(VECTOR["rows"]["platform"]), ((0, domain),), 0),
        platform_cells=3,
        receiver="platform",
        receiver_key=platform,
        value_key=brand,
        people_noise=np.array(noise["people"]),
        slot_noise=np.array(noise["slots"]).reshape(4, 1),
        peer_people=(as_rows(platform, platform.encrypt_many(noise["peer_people"], token_bytes)),),
        masks=as_rows(brand, brand.encrypt_many(blinds, token_bytes)),
    )  # fmt: skip


def read(people: list[int], measures: list[int], groups: list[tuple[int, int]]) -> dict:
    """Take the receiver's last steps: sign the people, take R off, read the slot, name the cell."""
    n = KEYS["platform"].public.n
    found = {}
    for (position, cell), count in zip(groups, people, strict=True):
        blind = int(VECTOR["blinds"][position], 16)
        plain = paillier.unmask(KEYS["brand"].public, measures[position], blind)
        (spend,) = paillier.unpack_released(plain, [1])
        name = VECTOR["outputs"][cell]  # cell -1 is the last output: other
        found[name] = {"people": count - n * (count > n // 2), "spend": spend}
    return found


def owner_decrypts(measures: np.ndarray, shares: list[int], fillers: list) -> list[int]:
    private = KEYS["brand"]
    private.public.check_ciphertexts(measures)
    plain = private.decrypt_many([int(row.tobytes().hex(), 16) for row in measures])
    return [
        paillier.add_noise(private.public, number, [1], [share], random)
        for number, share, random in zip(plain, shares, fillers, strict=True)
    ]


def test_the_release_of_the_vector_opens_to_its_answer():
    release = {part: array(rows) for part, rows in VECTOR["release"].items()}
    fillers = [
        Draws(*((int(one, 16) - 2**62, 2**127 - 2**63) for one in pair))
        for pair in VECTOR["noise"]["owner_fillers"]
    ]
    sealed = owner_decrypts(release["measures"], VECTOR["noise"]["owner"], fillers)
    assert [f"{number:x}" for number in sealed] == VECTOR["decrypted"]
    people = KEYS["platform"].decrypt_many([int(row, 16) for row in VECTOR["release"]["people"]])
    cells = {"18-24": VECTOR["outputs"].index("18-24"), "other": -1}
    groups = sorted((place, cells[name]) for name, place in VECTOR["places"].items())
    assert read(people, sealed, groups) == VECTOR["answer"]


def test_the_engine_releases_the_same_answer():
    release = compute_release(inputs(), secrets.token_bytes)
    groups = [(group.position, group.cell) for group in release.groups]
    assert sorted(cell for _, cell in groups) == [-1, VECTOR["outputs"].index("18-24")]
    assert {group.cell: group.pooled for group in release.groups}[-1] == 2
    # The owner's noise belongs to places: give every group the share that the vector gives it.
    shares = [0] * PLAN.outputs
    for position, cell in groups:
        place = VECTOR["places"][VECTOR["outputs"][cell]]
        shares[position] = VECTOR["noise"]["owner"][place]
    sealed = owner_decrypts(release.measures, shares, [secrets.token_bytes] * PLAN.outputs)
    rows = [int(row.tobytes().hex(), 16) for row in release.people]
    assert read(KEYS["platform"].decrypt_many(rows), sealed, groups) == VECTOR["answer"]
