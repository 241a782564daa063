"""What a dataset's row means: its manifest, its owner's key, where its rows lie."""

from __future__ import annotations

from cleanroom.documents.agreement import PaillierKey
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import NotFound
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.uploads import Stream
from protocols.paillier import PublicKey


def rows_stream(transaction: Transaction, row: Row) -> tuple[Stream, PublicKey | None]:
    """Return where a dataset's rows go, and its owner's key if they carry ciphertexts."""
    manifest = Manifest.parse(row["manifest"])
    key = public_key(transaction, row["room"], row["party"]) if manifest.measures else None
    width = manifest.row_width(key.ciphertext_bytes if key else 0)
    name = f"datasets/{row['id']}/rows"
    # A width of nothing has no chunk, whatever the padded count says.
    return Stream(name, width or 1, manifest.rows if width else 0), key


def public_key(transaction: Transaction, room: str, party: str) -> PublicKey:
    """Return a member's Paillier key in a room."""
    member = transaction.get("members", room=room, name=party)
    if member is None or member["paillier"] is None:
        raise NotFound("the member has no Paillier key")
    return PublicKey(int(PaillierKey.parse(member["paillier"]).n, 16))
