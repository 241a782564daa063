"""Read entries from their canonical bytes (RFC 8785), and make such bytes again.

The standard library writes the same bytes as RFC 8785 but for numbers with an exponent, and for
names beyond the basic plane of Unicode, which sort in another order.  Entries with either take
the long way, many times slower.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from cleanroom.audit.failures import require
from cleanroom.documents.document import LARGEST
from cleanroom.documents.statement import Entry, SignedStatement, Statement

ENTRY_FIELDS: Final = frozenset(Entry.model_fields)
SIGNED_FIELDS: Final = frozenset(SignedStatement.model_fields)
STATEMENT_FIELDS: Final = frozenset(Statement.model_fields)

_BEFORE_STATEMENT: Final = tuple(sorted(ENTRY_FIELDS - {"statement", "time"}))
_FOUR_BYTES: Final = re.compile(rb"[\xf0-\xff]")
"""The first byte of a character beyond the basic plane, in UTF-8."""

_encode: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
).encode


@dataclass(frozen=True, slots=True)
class Read:
    """What an entry's bytes say, with the bytes of its parts that are signed and hashed.

    ``statement`` is what its author signed, ``signed`` the statement with its signature; both are
    empty where there is none.
    """

    value: dict[str, Any]
    statement: bytes = b""
    signed: bytes = b""

    def body(self) -> bytes:
        """Return the canonical bytes of the statement's body, once its form is known.

        The fields after the body hold no quotation mark, so the last ``,"kind":`` ends it.
        """
        return self.statement[len(b'{"body":') : self.statement.rindex(b',"kind":')]


class Canonical:
    """Read and write canonical JSON, each part of an entry once."""

    def __init__(self) -> None:
        self._unusual = False
        self._decoder = json.JSONDecoder(
            parse_float=self._number, parse_int=_integer, parse_constant=_no_constant
        )

    def _number(self, text: str) -> float:
        value = float(text)
        # Both write the shortest digits; they differ in exponents and in fractions of nothing.
        plain = text == repr(value) and "e" not in text and not text.endswith(".0")
        self._unusual |= not plain
        return value

    def read(self, index: int, leaf: bytes) -> Read:
        """Return what an entry's bytes say; raise ``BadEntry`` unless they are canonical."""
        self._unusual = False
        found = None
        try:
            value = self._decoder.raw_decode(leaf.decode())[0]
            self._unusual |= not leaf.isascii() and _FOUR_BYTES.search(leaf) is not None
            if isinstance(value, dict):
                found, text = self._parts(value)
                found = found if text == leaf else None
        except (ValueError, RecursionError):
            found = None
        require(found is not None, index, "the bytes are not canonical JSON")
        return found or Read({})

    def _parts(self, value: dict[str, Any]) -> tuple[Read, bytes]:
        """Write the statement, put it into its signature and both into the entry."""
        said: Any = value.get("statement")
        if value.keys() != ENTRY_FIELDS or not isinstance(said, dict):
            return Read(value), self.write(value)
        signature = said.get("signature")
        plain = type(signature) is str and type(value["time"]) is int
        if said.keys() != SIGNED_FIELDS or not plain:
            return Read(value), self.write(value)
        statement = self.write(said["statement"])
        # A signature is written as it is: one that needs an escape differs from the entry's bytes.
        signed = b'{"signature":"%b","statement":%b}' % (str(signature).encode(), statement)
        before = self.write({name: value[name] for name in _BEFORE_STATEMENT})[:-1]
        text = b'%b,"statement":%b,"time":%d}' % (before, signed, value["time"])
        return Read(value, statement, signed), text

    def write(self, value: Any) -> bytes:
        """Return the canonical bytes of a part of the last entry that was read."""
        return rfc8785.dumps(value) if self._unusual else _encode(value).encode()


def _integer(text: str) -> int:
    value = int(text)
    # Others are not numbers of RFC 8785: a reader that takes them for doubles sees another value.
    if not -LARGEST <= value <= LARGEST:
        raise ValueError("an integer has 53 bits")
    return value


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")
