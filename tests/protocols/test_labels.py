import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import labels
from protocols.errors import InvalidMessageError, LocalError
from protocols.labels import dictionary_entry, parse_entry, pseudonym, pseudonyms

KEY = bytes(range(32))


def test_pseudonym_by_the_book() -> None:
    message = b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (b"cleanroom/label/1", b"campaign", b"upload", "春季".encode())
    )
    expected = hmac.new(KEY, message, hashlib.sha256).digest()[:8]
    assert pseudonym(KEY, "campaign", b"upload", "春季") == expected


def test_every_field_matters() -> None:
    rows = {
        pseudonym(KEY, "column", b"upload", "value"),
        pseudonym(bytes(32), "column", b"upload", "value"),
        pseudonym(KEY, "columnu", b"pload", "value"),
        pseudonym(KEY, "column", b"uploadv", "alue"),
        pseudonym(KEY, "column", b"upload", "other"),
    }
    assert len(rows) == 5


def test_pseudonyms_keep_the_order() -> None:
    domain = [f"campaign {i}" for i in range(4096)]
    rows = pseudonyms(KEY, "campaign", b"upload", domain)
    assert rows.shape == (4096, 8)
    assert [row.tobytes() for row in rows[:3]] == [
        pseudonym(KEY, "campaign", b"upload", value) for value in domain[:3]
    ]
    assert pseudonyms(KEY, "campaign", b"upload", []).shape == (0, 8)


def test_domains_that_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalError, match="at most"):
        pseudonyms(KEY, "c", b"u", [str(i) for i in range(4097)])
    with pytest.raises(LocalError, match="twice"):
        pseudonyms(KEY, "c", b"u", ["a", "a"])
    with pytest.raises(LocalError, match="32 bytes"):
        pseudonyms(b"short", "c", b"u", ["a"])
    # Real HMAC values that collide: 300 values in one byte must.
    monkeypatch.setattr(labels, "PSEUDONYM_BYTES", 1)
    with pytest.raises(LocalError, match="same pseudonym"):
        pseudonyms(KEY, "c", b"u", [str(i) for i in range(300)])


def test_entry_bytes() -> None:
    assert dictionary_entry("tier", "gold") == (
        bytes([4])  # length of the column
        + b"tier"
        + bytes([4])  # length of the value
        + b"gold"
        + bytes(118)  # zeros up to 128
    )


@given(st.text(max_size=20), st.text(max_size=11))
def test_entry_round_trip(column: str, value: str) -> None:
    entry = dictionary_entry(column, value)
    assert len(entry) == 128
    assert parse_entry(entry) == (column, value)


def test_longest_entry() -> None:
    assert parse_entry(dictionary_entry("c" * 6, "v" * 120)) == ("c" * 6, "v" * 120)
    with pytest.raises(LocalError):
        dictionary_entry("c" * 6, "v" * 121)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        bytes(127),
        bytes(129),
        b"\xff" + bytes(127),
        b"\x7f" + bytes(126) + b"\x01",
        b"\x01a\x7f" + bytes(125),
        b"\x01a\x01b" + bytes(123) + b"\x01",
        b"\x01\xff\x00" + bytes(125),
        b"\x01a\x01\xff" + bytes(124),
    ],
)
def test_entries_that_are_none(entry: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        parse_entry(entry)
