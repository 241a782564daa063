"""Whose label is which: what the mediator alone, and with one party, makes of opaque labels.

Lines of the table "who learns what": aggregates, and mediator with one party, which is that party's
matches, the peer's labels of those matches by name for the holder of the dictionary, and nothing of
anybody else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from random import Random

import numpy as np

from cleanroom.agent import alignments, datasets, sealed_labels
from cleanroom.agent.rooms import verifying_key
from cleanroom.agent.sealed_labels import label_info
from cleanroom.documents.agreement import Card
from cleanroom.documents.dataset import Manifest
from protocols.errors import InvalidMessageError
from protocols.labels import dictionary_entry, parse_entry, pseudonym
from protocols.limits import PSEUDONYM_BYTES, TOKEN_BYTES
from protocols.sealing import SealingKey, open_sealed, seal
from protocols.signing import SigningKey
from protocols.tokens import audience_tokens
from tests.cleanroom.queries.harness import audience
from tests.cleanroom.queries.room import Signed, sign_room

BUYERS = [f"p{number}" for number in range(20)]
VIEWERS = {f"p{number}": ("18-24", "25-34")[number % 3 == 0] for number in range(10, 40)}


def signed() -> Signed:
    viewers = audience(list(VIEWERS), {"age": list(VIEWERS.values())})
    return sign_room("overlap", {"brand": audience(BUYERS), "platform": viewers}, (), {}, {})


def named_rows(room: Signed, names: list[str]) -> dict[str, str]:
    """Return the pseudonym of the platform's row of every name whose token the brand can make.

    The brand knows T of its own people in the order of its file; the mediator has both uploads.
    """
    brand, platform = (room.datasets[side] for side in ("brand", "platform"))
    known = alignments.find(room.rooms["brand"], room.alignment).secrets_of(brand)
    ids = [bytes.fromhex(one) for one in (room.alignment, brand, platform)]
    own = [row.tobytes() for row in audience_tokens(known[: len(names)], *ids)]
    path = f"/v1/alignments/{room.alignment}/tokens/{brand}/{platform}"
    tokens = rows_of(room.desk.whole(path, "platform"), TOKEN_BYTES)
    labels = rows_of(
        room.desk.whole(f"/v1/datasets/{platform}/chunks", "platform"), PSEUDONYM_BYTES
    )
    by_token = dict(zip(tokens, labels, strict=True))
    return {
        name: by_token[token].hex()
        for name, token in zip(names, own, strict=True)
        if token in by_token
    }


def rows_of(data: bytes, width: int) -> list[bytes]:
    return [row.tobytes() for row in np.frombuffer(data, dtype=np.uint8).reshape(-1, width)]


def dictionary(room: Signed, key: SealingKey) -> dict[str, str]:
    """Open what the mediator keeps of the platform's dictionary with some party's key."""
    platform, identity = room.rooms["platform"], room.datasets["platform"]
    nonce, opened = room.desk.manifests[identity]["nonce"], {}
    for entry in room.desk.dictionaries[identity]["entries"]:
        info = label_info(platform, nonce, entry["pseudonym"])
        sealed = base64.b64decode(entry["sealed"])
        try:
            blob = open_sealed(sealed, key, info, verifying_key(platform.own))
        except InvalidMessageError:
            continue
        opened[entry["pseudonym"]] = parse_entry(blob)[1]
    return opened


MEDIATOR = SealingKey(hashlib.sha256(b"a key of the mediator").digest())


def test_the_mediator_alone_opens_no_entry_of_a_dictionary():
    assert dictionary(signed(), MEDIATOR) == {}


def test_where_it_hands_out_the_readers_key_it_opens_every_entry(monkeypatch):
    """The agent seals to the key in the agreement, which the members signed."""
    monkeypatch.setattr(sealed_labels, "sealing_key", lambda card: MEDIATOR.public_key)
    assert set(dictionary(signed(), MEDIATOR).values()) == set(VIEWERS.values())


def test_mediator_and_brand_name_the_labels_of_the_brands_matches_and_of_nobody_else():
    """The table says so: the brand holds the key of the dictionary, the mediator all entries."""
    room = signed()
    pseudonyms = named_rows(room, BUYERS)
    names = dictionary(room, room.rooms["brand"].home.sealing)
    found = {person: names[pseudonym] for person, pseudonym in pseudonyms.items()}
    assert found == {person: VIEWERS[person] for person in BUYERS if person in VIEWERS}


def test_mediator_and_a_third_member_name_labels_of_what_was_made_for_it_alone():
    """A dataset for several members is explained to each of them: **stated**; any other to none."""
    room = signed()
    platform, identity = room.rooms["platform"], room.datasets["platform"]
    manifest = Manifest.from_json(room.desk.manifests[identity])
    third = SealingKey(hashlib.sha256(b"a key of another brand").digest())
    card = Card(
        name="rival",
        role="brand",
        signing_key="ab" * 32,
        sealing_key=third.public_key.raw.hex(),
    )
    members = (*platform.agreement.members, card)
    wide = replace(platform, agreement=platform.agreement.model_copy(update={"members": members}))

    def named(also: tuple[str, ...]) -> set[str]:
        described = manifest.model_copy(update={"also": also})
        domains = datasets.local(platform, identity).domains()
        found = set()
        for entry in sealed_labels.dictionary(wide, described, domains).entries:
            info = label_info(wide, manifest.nonce, entry.pseudonym)
            sealed, author = base64.b64decode(entry.sealed), verifying_key(platform.own)
            with suppress(InvalidMessageError):
                found.add(parse_entry(open_sealed(sealed, third, info, author))[1])
        return found

    assert named(()) == set()
    assert named(("rival",)) == set(VIEWERS.values())


# The mediator guesses labels from their pseudonyms and the sizes of their entries.

AGES = ["18-24", "25-34", "35-44"]
UPLOADS = bytes(range(16)), bytes(range(16, 32))


def labels_named(key: bytes) -> Counter[str]:
    """Try every label under every key that follows from public names."""
    public = [bytes(32), UPLOADS[0] + UPLOADS[0], UPLOADS[0] + bytes(16), b"age".ljust(32, b"\0")]
    uploaded = {pseudonym(key, "age", UPLOADS[0], age) for age in AGES}
    return Counter(
        age
        for age in [*AGES, "unknown"]
        for guess in public
        if pseudonym(guess, "age", UPLOADS[0], age) in uploaded
    )


def test_pseudonyms_name_no_label_without_the_owners_key():
    assert labels_named(Random(41).randbytes(32)) == Counter()
    assert labels_named(UPLOADS[0] + UPLOADS[0]) == Counter(AGES)


def test_a_label_is_not_followed_from_one_upload_to_the_next():
    key = Random(42).randbytes(32)
    first, second = ({pseudonym(key, "age", upload, age) for age in AGES} for upload in UPLOADS)
    assert not first & second
    assert first == {pseudonym(key, "age", UPLOADS[0], age) for age in AGES}


def test_a_sealed_dictionary_entry_does_not_tell_the_length_of_its_label():
    reader, signer = SealingKey(Random(43).randbytes(32)), SigningKey(Random(44).randbytes(32))

    def sizes(messages: list[bytes]) -> set[int]:
        return {len(seal(one, reader.public_key, b"", signer)) for one in messages}

    values = ["a", "a longer one", "年" * 40]
    assert len(sizes([dictionary_entry("age", value) for value in values])) == 1
    assert len(sizes([value.encode() for value in values])) == 3
