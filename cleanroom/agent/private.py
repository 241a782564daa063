"""Seal the parameters of a question that only its parties may read, and open them.

Where an agency asks in a brand's place it seals the same to both sides, with a key to tell that it
is the same: who asks could else show the two of them different conditions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.documents.agreement import Card, other_side
from cleanroom.documents.job import joined_with, side_of_others
from cleanroom.errors import InvalidInput, PeerFault
from protocols.errors import InvalidMessageError
from protocols.sealing import open_sealed, pairwise_key, seal

if TYPE_CHECKING:
    from cleanroom.agent.jobs import LocalJob

PRIVATE: Final = b"cleanroom/private-parameters/1"
ON_BEHALF: Final = b"cleanroom/private-parameters/on-behalf/1"
PRIVATE_BYTES: Final = tuple(1024 << doubled for doubled in range(4))
"""Lengths to which private parameters are filled up, so that no name can be told by its length."""

Closing = Callable[[Room, Mapping[str, Any], bytes], Mapping[str, Any]]
"""Make the fields of a question that hold private parameters, from its other fields and a text."""

KEY_BYTES: Final = 32
FILE: Final = "private"
"""Name in a job's folder: the parameters, for who asks."""


def sealed_fields(
    room: Room, peer: Card, fields: Mapping[str, Any], text: bytes, brand: Card | None
) -> dict[str, Any]:
    """Return the fields of a question that hold private parameters, sealed to the peer.

    ``brand`` is in whose place an agency asks, None for who asks for itself.  Those of a hub are
    sealed to none of the others: its owner leaves its own people out.
    """
    of_hub = bool(fields.get("others"))
    if brand is None and of_hub:
        return {"private": digest(room, room.own, fields, text), "sealed": ""}
    if brand is None:
        info = PRIVATE + bytes.fromhex(room.identity)
        blob = seal(filled(text), sealing_key(peer), info, room.home.signing)
        return {"private": digest(room, peer, fields, text), "sealed": blob.hex()}
    key = pairwise_key(room.home.sealing, sealing_key(room.own), _about(room, fields))
    info = ON_BEHALF + bytes.fromhex(room.identity)
    to_peer, to_brand = (
        seal(key + filled(text), sealing_key(card), info, room.home.signing).hex()
        for card in (peer, brand)
    )
    return {
        "private": hmac.digest(key, text, "sha256").hex(),
        "sealed": "" if of_hub else to_peer,
        "behalf": {**fields["behalf"], "sealed": to_brand},
    }


def opened(job: LocalJob) -> bytes:
    """Return a job's private parameters as text; who asked keeps its own in the vault.

    Raises ``PeerFault`` unless they are those that the job names.
    """
    room, document = job.room, job.document
    if job.asks:
        text = room.home.vault.read(job.folder / FILE)
        if document.behalf is None:
            kept_with = room.own if document.others else job.peer
            _check(digest(room, kept_with, document.to_json(), text), document.private)
        return text
    if document.behalf is None:
        return unsealed(room, job.peer, document.to_json(), document.sealed, document.private)
    info = ON_BEHALF + bytes.fromhex(room.identity)
    sealed = bytes.fromhex(document.behalf.sealed if job.side == "brand" else document.sealed)
    agency = verifying_key(room.member(document.behalf.agency))
    blob = open_sealed(sealed, room.home.sealing, info, agency)
    key, text = blob[:KEY_BYTES], blob[KEY_BYTES:].rstrip()
    if len(key) != KEY_BYTES:
        raise InvalidMessageError("the private parameters come without their key")
    _check(hmac.digest(key, text, "sha256").hex(), document.private)
    return text


def unsealed(
    room: Room, peer: Card, asked: Mapping[str, Any], sealed: str, named: str | None
) -> bytes:
    """Return what the peer sealed; ``PeerFault`` unless it is bound to what is asked."""
    info = PRIVATE + bytes.fromhex(room.identity)
    blob = bytes.fromhex(sealed)
    text = open_sealed(blob, room.home.sealing, info, verifying_key(peer)).rstrip()
    _check(digest(room, peer, asked, text), named)
    return text


def _check(found: str, named: str | None) -> None:
    if not hmac.compare_digest(found, named or ""):
        raise PeerFault("The private parameters are not those that the job names.")


def filled(text: bytes) -> bytes:
    """Return private parameters with blanks behind them, in one of a few lengths."""
    length = next((size for size in PRIVATE_BYTES if len(text) <= size), None)
    if length is None:
        raise InvalidInput(
            f"The conditions or private parameters take more than {PRIVATE_BYTES[-1]:,} bytes.",
            remedy="Name fewer values, or name the others with not in.",
        )
    return text.ljust(length)


def digest(room: Room, peer: Card, asked: Mapping[str, Any], text: bytes) -> str:
    """Return what binds private parameters to a question.

    It stands in the log.  Equal parameters have equal digests only where the same is asked of the
    same datasets: otherwise a condition that the mediator sees at work in one question would be
    known again in another template, and its labels in another version.  Those of a hub are bound
    under a key that its owner alone has (``peer`` is itself), in whatever order others are named
    that asks the same.
    """
    key = pairwise_key(room.home.sealing, sealing_key(peer), _about(room, asked))
    return hmac.digest(key, text, "sha256").hex()


def _about(room: Room, asked: Mapping[str, Any]) -> bytes:
    about = [str(asked[name]) for name in ("template", "brand", "platform")]
    if asked.get("others"):
        hub = other_side(side_of_others(asked["others"]))
        about[1:] = [str(asked[hub]), *joined_with(asked)]
    return PRIVATE + bytes.fromhex(room.identity) + hashlib.sha256(rfc8785.dumps(about)).digest()
