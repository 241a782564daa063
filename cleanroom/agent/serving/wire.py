"""Write and read a question and its answer: bytes, signed by the platform.

question = publication (16) || BE(milliseconds, 8) || nonce (16) || element || ...
answer   = BE(minute, 8) || proof (64) || element || ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cleanroom.errors import InvalidInput, PeerFault
from protocols.errors import InvalidMessageError
from protocols.voprf import PROOF_BYTES, split

QUESTION_DOMAIN: Final = "cleanroom/serving/question/1"
TABLE_DOMAIN: Final = "cleanroom/serving/table/1"
SIGNATURE_HEADER: Final = "Cleanroom-Signature"
CURRENT_HEADER: Final = "Cleanroom-Publication"
HEAD_BYTES: Final = 40
_MINUTE_BYTES: Final = 8


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
    """Return minute, elements and proof; raise ``PeerFault`` for what is no answer."""
    head = _MINUTE_BYTES + PROOF_BYTES
    if len(data) < head:
        raise PeerFault("the answer is cut short")
    try:
        elements = split(data[head:])
    except InvalidMessageError as error:
        raise PeerFault(str(error)) from None
    return int.from_bytes(data[:_MINUTE_BYTES], "big"), elements, data[_MINUTE_BYTES:head]
