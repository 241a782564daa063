"""Hide the values of a label column behind keyed pseudonyms, and pad its dictionary's entries.

A pseudonym is HMAC-SHA256 under a 32-byte key, cut to 8 bytes, over column, upload and value with
their lengths before them.  The key is the owner's own secret, or the pairwise key of
``protocols.sealing`` for a column that two parties combine (stages).  A fresh ``upload`` makes
fresh pseudonyms, so the mediator cannot follow a label from one upload to the next.

A dictionary entry is the plaintext that the owner seals: always 128 bytes, so that the sealed
entry does not tell the length of the label.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import MAXIMUM_DOMAIN, PSEUDONYM_BYTES, SECRET_BYTES

ENTRY_BYTES = 128

_PURPOSE = b"cleanroom/label/1"


def pseudonym(key: bytes, column: str, upload: bytes, value: str) -> bytes:
    """Return the 8-byte pseudonym of one value."""
    if len(key) != SECRET_BYTES:
        raise LocalError("a label key has 32 bytes")
    parts = (_PURPOSE, column.encode(), upload, value.encode())
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(key, message, "sha256")[:PSEUDONYM_BYTES]


def pseudonyms(
    key: bytes, column: str, upload: bytes, domain: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """Return the pseudonyms of a whole domain in its order, shape (len(domain), 8).

    Raises LocalError for a domain that is too large or names a value twice, and in the case, once
    in 10^12 full domains, that two values collide: then the upload takes a new identifier.
    """
    if len(domain) > MAXIMUM_DOMAIN:
        raise LocalError(f"a label column has at most {MAXIMUM_DOMAIN} values")
    if len(set(domain)) != len(domain):
        raise LocalError("the domain names a value twice")
    rows = [pseudonym(key, column, upload, value) for value in domain]
    if len(set(rows)) != len(rows):
        raise LocalError("two labels have the same pseudonym: choose another upload identifier")
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, PSEUDONYM_BYTES).copy()


def dictionary_entry(column: str, value: str) -> bytes:
    """Return ``length (1) || column || length (1) || value || zeros``, 128 bytes in all.

    LocalError if column and value need more than 126 bytes of UTF-8.
    """
    names = (column.encode(), value.encode())
    if sum(map(len, names)) > ENTRY_BYTES - len(names):
        raise LocalError("column and label have at most 126 bytes together")
    return b"".join(bytes([len(name)]) + name for name in names).ljust(ENTRY_BYTES, b"\0")


def parse_entry(entry: bytes) -> tuple[str, str]:
    """Return the column and the value of an opened entry, or raise InvalidMessageError."""
    if len(entry) != ENTRY_BYTES:
        raise InvalidMessageError("a dictionary entry has 128 bytes")
    column, rest = _take(entry)
    value, padding = _take(rest)
    if any(padding):
        raise InvalidMessageError("the padding of the dictionary entry is not zero")
    try:
        return column.decode(), value.decode()
    except UnicodeDecodeError as error:
        raise InvalidMessageError("the dictionary entry is not UTF-8") from error


def _take(data: bytes) -> tuple[bytes, bytes]:
    length = data[0] if data else 0
    if len(data) < 1 + length:
        raise InvalidMessageError("the dictionary entry is cut short")
    return data[1 : 1 + length], data[1 + length :]
