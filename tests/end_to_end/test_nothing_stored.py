"""Search everything that the mediator keeps for what it must never hold."""

from __future__ import annotations

import base64
import re
import sqlite3

from tests.end_to_end.conftest import PASSPHRASE
from tests.end_to_end.stranger import AGES, TIERS


def everything(folder):
    """Return all bytes of the mediator's home, database cells decoded as well."""
    parts = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    database = sqlite3.connect(f"file:{folder / 'mediator.sqlite'}?mode=ro", uri=True)
    for (table,) in database.execute("select name from sqlite_master where type = 'table'"):
        for row in database.execute(f'select * from "{table}"'):
            parts += [c if isinstance(c, bytes) else str(c).encode() for c in row if c is not None]
    return b"\n".join(parts)


def test_the_mediator_stores_no_identifier_hash_label_or_sum(rehearsal):
    kept = everything(rehearsal.folder / "mediator")
    assert b"overlap" in kept, "the search must see what is really there"
    assert b"age_band" in kept, "column names are part of the agreement"
    for name in rehearsal.stranger.identifiers():
        for needle in (name.encode(), name.upper().encode(), name.split("@")[0].encode()):
            assert needle not in kept
    for digest in rehearsal.stranger.hashes():
        for needle in (digest, digest.hex().encode(), base64.b64encode(digest)):
            assert needle not in kept
    for label in (*AGES, *TIERS):
        assert label.encode() not in kept
    assert PASSPHRASE.encode() not in kept
    for result in rehearsal.results.values():
        for number in result.get("total", {}).get("sums", {}).values():
            for text in (str(number), str(round(number * 100))):
                # As a word: a few digits in a row turn up by chance in hex and base64.
                assert not re.search(rf"(?<![\w+/-]){re.escape(text)}(?![\w+/-])".encode(), kept)


def test_the_parties_homes_are_encrypted(rehearsal):
    for side in ("brand", "platform"):
        home = rehearsal.folder / side
        kept = b"\n".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
        for name in rehearsal.stranger.identifiers():
            assert name.encode() not in kept
        for path in (home / "keys").iterdir():
            assert path.stat().st_mode & 0o077 == 0
