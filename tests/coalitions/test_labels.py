"""Whose label is which: what the mediator and one party make of matched rows together.

Line "mediator + one party" of the table "who learns what": that party's matches, the peer's labels
of those matches by name for the holder of the dictionary, and nothing of anybody else.
"""

from __future__ import annotations

import base64
import secrets

import numpy as np

from cleanroom.agent import alignments
from cleanroom.agent.datasets import label_info
from cleanroom.agent.rooms import verifying_key
from protocols.errors import InvalidMessageError
from protocols.labels import parse_entry
from protocols.limits import PSEUDONYM_BYTES, TOKEN_BYTES
from protocols.sealing import SealingKey, open_sealed
from protocols.tokens import audience_tokens
from tests.cleanroom.templates.harness import audience
from tests.cleanroom.templates.room import Signed, sign_room

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


def test_the_mediator_alone_opens_no_entry_of_a_dictionary():
    room = signed()
    assert dictionary(room, SealingKey(secrets.token_bytes(32))) == {}


def test_mediator_and_brand_name_the_labels_of_the_brands_matches_and_of_nobody_else():
    """The table says so: the brand holds the key of the dictionary, the mediator all entries."""
    room = signed()
    pseudonyms = named_rows(room, BUYERS)
    names = dictionary(room, room.rooms["brand"].home.sealing)
    found = {person: names[pseudonym] for person, pseudonym in pseudonyms.items()}
    assert found == {person: VIEWERS[person] for person in BUYERS if person in VIEWERS}
