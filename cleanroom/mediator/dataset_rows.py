"""What a dataset's row means: its manifest, its owner's key, where its rows lie."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.documents.agreement import PaillierKey
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.uploads import Stream
from cleanroom.room.states import DatasetState
from protocols import limits
from protocols.errors import InvalidCiphertextError
from protocols.paillier import PublicKey

if TYPE_CHECKING:
    from cleanroom.mediator.statements import Said


def rows_stream(
    transaction: Transaction, row: Row, name: str | None = None
) -> tuple[Stream, PublicKey | None]:
    """Return where a dataset's rows go, and its owner's key if they carry ciphertexts."""
    manifest = Manifest.parse(row["manifest"])
    key = public_key(transaction, row["room"], row["party"]) if manifest.ciphertexts else None
    width = manifest.row_width(key.ciphertext_bytes if key else 0)
    # A width of nothing has no chunk, whatever the padded count says.
    return Stream(
        name or f"datasets/{row['id']}/rows", width or 1, manifest.rows if width else 0
    ), key


def public_key(transaction: Transaction, room: str, party: str) -> PublicKey:
    """Return a member's Paillier key in a room."""
    member = transaction.get("members", room=room, name=party)
    if member is None or member["paillier"] is None:
        raise NotFound("the member has no Paillier key")
    return PublicKey(int(PaillierKey.parse(member["paillier"]).n, 16))


def check_rows(key: PublicKey, stream: Stream, number: int, data: bytes) -> None:
    """Check the ciphertexts of a chunk; the fault's row is counted over the dataset, from 1."""
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, stream.width)
    ciphertexts = np.ascontiguousarray(rows[:, stream.width - key.ciphertext_bytes :])
    first = number * limits.rows_per_chunk(stream.width)
    try:
        key.check_ciphertexts(ciphertexts, first)
    except InvalidCiphertextError as error:
        raise InvalidInput(str(error), row=error.index + 1) from None


def check_quota(
    said: Said, most: int, announced: Manifest | None = None, aligned: tuple[str, ...] = ()
) -> None:
    """Refuse what the disk was not set aside for, when it is announced and not when it is full.

    Each alignment of a dataset after its first has the rows once more.
    """
    room, ciphertext = said.room, said.place.agreement.policy.paillier_bits // 4
    times = Counter(aligned)
    for row in said.transaction.find("alignments", room=room):
        document = AlignmentDocument.parse(row["document"])
        times.update((*document.brand_datasets, *document.platform_datasets))
    size = announced.rows * announced.row_width(ciphertext) if announced else 0
    for row in said.transaction.find("datasets", room=room):
        if row["state"] != DatasetState.WITHDRAWN:
            kept = Manifest.parse(row["manifest"])
            size += kept.rows * kept.row_width(ciphertext) * max(1, times[row["id"]])
    if size > most:
        raise PolicyRefusal("the room's datasets would be larger than its share", rule="quota")
