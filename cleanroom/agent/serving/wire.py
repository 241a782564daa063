"""Write and read a question and its answer: bytes, signed by the platform.

question = publication (16) || BE(milliseconds, 8) || nonce (16) || element || ...
answer   = BE(minute, 8) || proof (64) || element || ...

Through the mediator, which could otherwise say that a question was refused or counted elsewhere:

passed   = BE(piece of the table, 2) || signature (64) || question
reply    = signature of the brand (64) || BE(status, 2) || publication or zeros (16) || content
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cleanroom.errors import InvalidInput, PeerFault
from protocols.errors import InvalidMessageError
from protocols.limits import CHUNK_BYTES
from protocols.signing import SigningKey, VerifyingKey
from protocols.voprf import PROOF_BYTES, split

QUESTION_DOMAIN: Final = "cleanroom/serving/question/1"
TABLE_DOMAIN: Final = "cleanroom/serving/table/1"
REPLY_DOMAIN: Final = "cleanroom/serving/reply/1"
SIGNATURE_HEADER: Final = "Cleanroom-Signature"
CURRENT_HEADER: Final = "cleanroom-publication"
"""In lower case, as a ``Reply`` has it."""
HEAD_BYTES: Final = 40
PIECE_BYTES: Final = CHUNK_BYTES // 2
"""Bytes of the table that one reply holds; 0 is not a piece but a question, 1 the first one."""
PROBLEM: Final = "application/problem+json"
_MINUTE_BYTES: Final = 8
_PIECE_BYTES, _SIGNATURE_BYTES = 2, 64
_OF_REPLY: Final = _SIGNATURE_BYTES + 2 + 16


@dataclass(frozen=True)
class Question:
    """Blinded elements under one publication; a request for the table has none."""

    publication: str
    milliseconds: int
    nonce: bytes
    elements: list[bytes]

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed and sent."""
        time = self.milliseconds.to_bytes(8, "big")
        return bytes.fromhex(self.publication) + time + self.nonce + b"".join(self.elements)

    @classmethod
    def from_bytes(cls, data: bytes) -> Question:
        """Read a question; raise ``InvalidInput`` for what is none."""
        if len(data) < HEAD_BYTES:
            raise InvalidInput("the question is cut short")
        try:
            elements = split(data[HEAD_BYTES:])
        except InvalidMessageError as error:
            raise InvalidInput(str(error)) from None
        milliseconds = int.from_bytes(data[16:24], "big")
        return cls(data[:16].hex(), milliseconds, data[24:HEAD_BYTES], elements)


def write_answer(minute: int, elements: list[bytes], proof: bytes) -> bytes:
    """Return an answer's bytes."""
    return minute.to_bytes(_MINUTE_BYTES, "big") + proof + b"".join(elements)


def read_answer(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Return minute, elements and proof; raise ``PeerFault`` for what is not an answer."""
    head = _MINUTE_BYTES + PROOF_BYTES
    if len(data) < head:
        raise PeerFault("the answer is cut short")
    try:
        elements = split(data[head:])
    except InvalidMessageError as error:
        raise PeerFault(str(error)) from None
    return int.from_bytes(data[:_MINUTE_BYTES], "big"), elements, data[_MINUTE_BYTES:head]


@dataclass(frozen=True)
class Reply:
    """What came back, with the names that ``httpx.Response`` has; header names are lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return what the content says; raise ``ValueError`` if it is not JSON."""
        return json.loads(self.content)


def write_passed(piece: int, signature: bytes, question: bytes) -> bytes:
    """Return what the mediator passes on to the brand's server."""
    return piece.to_bytes(_PIECE_BYTES, "big") + signature + question


def read_passed(data: bytes) -> tuple[int, bytes, bytes]:
    """Return piece, signature and question, which are still to be checked, whatever was sent."""
    signed = data[_PIECE_BYTES:]
    piece = int.from_bytes(data[:_PIECE_BYTES], "big")
    return piece, signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]


def write_reply(key: SigningKey, passed: bytes, status: int, current: str, content: bytes) -> bytes:
    """Return a reply to one question and no other, signed by the brand."""
    said = status.to_bytes(2, "big") + (bytes.fromhex(current) or bytes(16)) + content
    return key.sign(REPLY_DOMAIN, hashlib.sha256(passed).digest() + said) + said


def read_reply(key: VerifyingKey, passed: bytes, data: bytes) -> Reply:
    """Return what the brand replied to a question; ``PeerFault`` if it did not sign that."""
    signature, said = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
    try:
        key.verify(REPLY_DOMAIN, hashlib.sha256(passed).digest() + said, signature)
    except InvalidMessageError:
        raise PeerFault("the reply is not signed by the brand") from None
    if len(data) < _OF_REPLY:
        raise PeerFault("the reply is cut short")
    status, current, content = int.from_bytes(said[:2], "big"), said[2:18], said[18:]
    headers = {"content-type": "application/octet-stream" if status == 200 else PROBLEM}
    if any(current):
        headers[CURRENT_HEADER] = current.hex()
    return Reply(status, headers, content)
