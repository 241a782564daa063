"""A key that was made up so that re-randomising leaves something standing.

Lines of the table "who learns what": who is in the overlap, aggregates, times and paths.  The
attack fails because nobody takes such a key; with the proof of roots taken out it reads exactly
which rows matched, in which group of the peer, past noise and thresholds.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from secrets import token_bytes

import numpy as np
import pytest

from cleanroom.documents.agreement import PaillierKey
from cleanroom.engine import combine as engine
from cleanroom.engine.layout import SideRows
from cleanroom.engine.release import as_rows
from cleanroom.errors import InvalidInput
from cleanroom.privacy.noise import NoiseSpec
from protocols import paillier
from protocols.errors import InvalidKeyError
from protocols.paillier import check_public_key, roots
from tests.cleanroom.queries import harness
from tests.cleanroom.queries.harness import ask
from tests.cleanroom.queries.journeys import TIMES, five_people
from tests.cleanroom.queries.test_attribution_winners import campaigns, page_row
from tests.coalitions.rootless import RootlessOwner
from tests.coalitions.scene import KEYS, Row, Scene, inputs_of, person, run
from tests.coalitions.test_credit import SIX, accumulated, parts_of

ROOM = "5a" * 16
ROWS = 150
GAUSSIAN = NoiseSpec("discrete-gaussian", 5.0)


@pytest.fixture(scope="module")
def liar() -> RootlessOwner:
    return RootlessOwner(Random(41))


def key_in_a_room(liar: RootlessOwner) -> paillier.PublicKey:
    """Offer the key to a room as the mediator and the peer's agent read it."""
    proof = liar.prove(paillier.context(bytes.fromhex(ROOM), "brand"))
    offered = PaillierKey(bits=512, n=liar.public.to_bytes().hex(), roots=proof.hex())
    return offered.public(ROOM, "brand", 512)


def without_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "check_roots", lambda *_: None)


def test_the_made_up_key_passes_every_other_check_and_opens_what_it_encrypts(liar):
    check_public_key(liar.public.n, 512)
    rows = [liar.place(index % 7 - 3, index) for index in range(ROWS)]
    for index, row in enumerate(rows):
        liar.public.check_ciphertext(row, index)
    total = liar.public.rerandomise(liar.public.add_many(rows), token_bytes)
    assert liar.decrypt(total) == sum(index % 7 - 3 for index in range(ROWS)) % liar.public.n
    assert liar.rows_in(total) == set(range(ROWS))


def test_an_owner_with_a_made_up_modulus_enters_no_room(liar):
    with pytest.raises(InvalidInput, match="proof of roots"):
        key_in_a_room(liar)


def released_groups(
    key: paillier.PublicKey, liar: RootlessOwner, place_of: dict[int, int]
) -> list[set[int]]:
    """Let the engine sum rows per group of the platform, with noise, and read what comes back."""
    rows = [liar.place(paillier.pack((1, index)), index) for index in range(ROWS)]
    scene = Scene(
        [Row(person(i)) for i in range(ROWS)],
        [Row(person(i), cell) for i, cell in place_of.items()],
        cells=(1, 2),
        k=10,
        noise=GAUSSIAN,
        receiver="platform",
    )
    inputs = inputs_of(replace(scene, brand=scene.brand[:1]))
    brand = SideRows(
        tokens=inputs_of(replace(scene, value_side=None)).brand.tokens,
        cell=np.zeros(ROWS, dtype=np.int64),
        flag=np.ones(ROWS, dtype=np.bool_),
        ciphertexts=as_rows(key, rows),
    )
    masks = paillier.masks_for_peer(key, inputs.plan.outputs, token_bytes)[1]
    noise = np.full_like(inputs.slot_noise, 123_456)
    release = run(
        replace(inputs, brand=brand, value_key=key, masks=as_rows(key, masks), slot_noise=noise)
    )
    assert release.measures is not None
    return [liar.rows_in(int.from_bytes(row.tobytes(), "big")) for row in release.measures]


def test_without_the_proof_it_reads_every_match_and_the_peers_label(liar, monkeypatch):
    """The platform receives; the owner reads it all the same, from what it decrypts for it."""
    without_proofs(monkeypatch)
    chosen = Random(42).sample(range(ROWS), 120)
    place_of = {row: place % 2 for place, row in enumerate(chosen)}
    read = released_groups(key_in_a_room(liar), liar, place_of)
    expected = [{row for row, cell in place_of.items() if cell == group} for group in (0, 1)]
    assert sorted(filter(None, read), key=min) == sorted(expected, key=min)


# The mediator makes the key under which the platform adds up counts.


def parts_read(liar: RootlessOwner, rows: list[tuple[int, int, int]]) -> dict:
    """Mark each label's count with a counter of its own and read the parts from what comes back."""
    counts = [liar.row(2, label, 1) for label in range(3)]
    marked = replace(accumulated(SIX), counts=as_rows(liar.public, counts))
    noise = [98_765, -4_321]
    made = engine.combine(
        marked, parts_of(rows), 2, noise, KEYS["brand"].public, liar.public, Random(1).randbytes
    )
    opened = [liar.read(int.from_bytes(row.tobytes(), "big"))[:3] for row in made.counts]
    return {
        (label, cell, part)
        for cell, parts in enumerate(opened)
        for label, part in enumerate(parts)
        if part
    }


def test_with_a_made_up_counting_key_the_mediator_would_read_the_parts_past_the_noise(liar):
    paths = [(0, 0, 60), (1, 0, 20), (1, 1, 40), (2, 1, 15)]
    assert parts_read(liar, paths) == set(paths)


@pytest.fixture
def mediator_that_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = RootlessOwner(Random(43), harness.BITS)
    known = harness.paillier
    monkeypatch.setattr(
        harness,
        "paillier",
        lambda name, *size: made_up if name == "mediator" else known(name, *size),
    )


def test_the_platforms_agent_adds_up_under_no_such_key(mediator_that_lies):
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        ask("attribution", {"model": "linear", **TIMES}, *five_people())


def test_without_the_proof_it_would_and_the_answer_would_look_as_ever(
    mediator_that_lies, monkeypatch
):
    without_proofs(monkeypatch)
    result = ask("attribution", {"model": "linear", **TIMES}, *five_people()).result
    expected = page_row("linear")
    expected.pop("unattributed")
    assert campaigns(result) == pytest.approx(expected, abs=4 / 2520 + 5e-4)


@pytest.mark.parametrize("spoilt", ["different job", "another room", "cut", "of nothing"])
def test_a_counting_key_proved_for_something_else_is_refused(monkeypatch, spoilt):
    def other(room: str, job: str) -> bytes:
        room, job = {"different job": (room, "0" * 32), "another room": ("0" * 32, job)}.get(
            spoilt, (room, job)
        )
        return engine.counting_context(room, job)

    monkeypatch.setattr(harness, "counting_context", other)
    if spoilt in ("cut", "of nothing"):
        prove = paillier.PrivateKey.prove
        end = -1 if spoilt == "cut" else 0
        monkeypatch.setattr(
            paillier.PrivateKey,
            "prove",
            lambda key, to: prove(key, to)[:end] if b"mediator/" in to else prove(key, to),
        )
    with pytest.raises(InvalidKeyError, match="proof of roots"):
        ask("attribution", {"model": "linear", **TIMES}, *five_people())
