"""Keep in mind whom this party erased, so that no file of its own brings them back.

What is kept of a person are digests: HMAC-SHA256 under a key that this home draws, of the SHA-256
of the normalised identifier, per profile.  Key and digests lie in the vault.  Without the
passphrase they say nothing; with it, whoever holds them can try a list of identifiers.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cleanroom.agent.home import Home
from cleanroom.errors import InvalidInput
from cleanroom.files import held, make_folder
from cleanroom.ingest import identifiers as ids
from cleanroom.ingest.identifiers.names import HASHED
from cleanroom.ingest.table import LabelColumn, Table
from protocols.strings import PackedStrings

FOLDER = "erasures"
KEPT = "people"
DIGEST_BYTES = 16
"""For 10^8 people and 10^6 digests, two are taken for one with probability below 2^-81."""

LEAST_SLOTS = 64
"""The file has a power of two of places, from so many on; those that are free are random."""

Mask = npt.NDArray[np.bool_]


@contextmanager
def steady(home: Home) -> Iterator[None]:
    """Make something of people's rows while nobody is erased; others may do the same.

    An erasure waits for all who are here, so whatever is written here is there for it to find.
    """
    with held(_folder(home) / "lock", shared=True):
        yield


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Erase people while nobody makes anything of rows."""
    with held(_folder(home) / "lock"):
        yield


def forms(value: str, region: str | None, profiles: Iterable[str]) -> set[bytes]:
    """Return what is hashed of an identifier: one message for each profile that it fits.

    A value that is a digest already fits the profiles of digests, and equals the plain ones.
    """
    found = set()
    for profile in profiles:
        plain = profile.removeprefix(HASHED)
        for name in (plain, HASHED + plain):
            try:
                found.add(canonical(ids.message(name, ids.normalise(value, name, region))))
            except ids.NotNormalisable:
                continue
    return found


def canonical(written: bytes) -> bytes:
    """Return the protocol's message with a digest for its value, whether it had one or not."""
    profile, _, value = written.partition(b"\0")
    if profile.startswith(HASHED.encode()):
        return written
    return HASHED.encode() + profile + b"\0" + hashlib.sha256(value).hexdigest().encode()


def everything(value: str, region: str | None) -> set[bytes]:
    """Return the forms of an identifier under every profile there is, for files to come."""
    return forms(value, region, [name for name in ids.PROFILES if not name.startswith(HASHED)])


def read(
    lines: Sequence[str], file: str, region: str | None, profiles: Collection[str] | None
) -> tuple[frozenset[bytes], ...]:
    """Return what is kept of each identifier, one a line; ``file`` is how messages call them.

    Raises ``InvalidInput`` that names a line which fits no profile; no message repeats a line.
    """
    ids.check_region(region)
    for name in profiles or ():
        ids.find_profile(name)
    if profiles is not None and not profiles:
        raise InvalidInput("This party has no dataset in any room.")
    people = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if profiles is not None and not forms(line, region, profiles):
            raise InvalidInput(
                f"This is not an identifier of {', '.join(profiles)}.",
                file=file,
                row=number,
                remedy="Write one identifier per line, as in your data, without a header.",
            )
        people.add(frozenset(everything(line, region)))
    if not people:
        raise InvalidInput("It contains no identifiers.", file=file)
    return tuple(sorted(people, key=sorted))


def add(home: Home, messages: Iterable[bytes]) -> None:
    """Keep people out from now on; raise nothing for those who are out already."""
    key, known = _read(home)
    _write(home, key, known | {_digest(key, one) for one in messages})


def lift(home: Home, messages: Iterable[bytes]) -> None:
    """Let people in again: the next file that has them brings them back."""
    key, known = _read(home)
    _write(home, key, known - {_digest(key, one) for one in messages})


def marked(home: Home, identifiers: PackedStrings) -> Mask:
    """Return which identifiers are those of people who are kept out."""
    if not (_folder(home) / KEPT).exists():
        return np.zeros(len(identifiers), dtype=np.bool_)
    key, known = _read(home)
    gone = (_digest(key, canonical(one)) in known for one in identifiers)
    return np.fromiter(gone, dtype=np.bool_, count=len(identifiers))


def without(home: Home, table: Table) -> Table:
    """Return a table without the people who are kept out; raise ``InvalidInput`` if none is left.

    Somebody with several identifiers is out if one of them is.  People are numbered anew, in
    their order.
    """
    gone = _people_of(table, marked(home, table.people))
    if not gone.any():
        return table
    if gone.all():
        raise InvalidInput("Everybody in this file asked to be erased.")
    return _of_nobody(_taken_out(table, gone))


def blanked(table: Table, identifiers: Mask) -> Table:
    """Return a table that says nothing of some people; rows and people keep their places."""
    gone = _people_of(table, identifiers)
    if table.identifiers is not None:
        identifiers = np.zeros_like(identifiers)
        theirs = table.identifiers[gone]
        identifiers[theirs[theirs >= 0]] = True
    left = (~gone[table.person]).astype(np.int64)
    return replace(
        _of_nobody(table),
        people=_blank(table.people, identifiers),
        values=_blank(table.values, identifiers),
        labels={
            name: LabelColumn((label.codes * left).astype(label.codes.dtype), label.domain)
            for name, label in table.labels.items()
        },
        measures={name: values * left for name, values in table.measures.items()},
        time=None if table.time is None else table.time * left,
        action=None if table.action is None else (table.action * left).astype(np.uint8),
    )


def compact(table: Table) -> Table:
    """Return a blanked table without the places of those who are gone."""
    return _taken_out(table, absent(table))


def absent(table: Table) -> Mask:
    """Return which people were blanked."""
    return _people_of(table, np.diff(table.people.offsets) == 0)


def _people_of(table: Table, identifiers: Mask) -> Mask:
    """Return the people of whom one identifier is marked."""
    if table.identifiers is None:
        return identifiers
    known = table.identifiers >= 0
    marks = identifiers[np.where(known, table.identifiers, 0)] & known
    return np.asarray(marks.any(axis=1), dtype=np.bool_)


def _taken_out(table: Table, gone: Mask) -> Table:
    kept, left = table.only(~gone[table.person]), np.flatnonzero(~gone)
    places = None
    if table.identifiers is not None:
        theirs = table.identifiers[left]
        left = np.unique(theirs[theirs >= 0])
        places = np.where(theirs >= 0, np.searchsorted(left, theirs), -1)
    taken = replace(
        kept,
        people=table.people.take(left),
        values=table.values.take(left),
        person=(np.cumsum(~gone) - 1)[kept.person],
        identifiers=places,
    )
    counts = replace(table.report, usable=taken.rows, people=taken.people_count)
    return replace(taken, report=counts)


def _blank(strings: PackedStrings, gone: Mask) -> PackedStrings:
    packed = strings.slice(0, len(strings))
    lengths = np.diff(packed.offsets)
    kept = np.where(gone, 0, lengths)
    return PackedStrings(
        packed.buffer[np.repeat(~gone, lengths)], np.concatenate([[0], np.cumsum(kept)])
    )


def _of_nobody(table: Table) -> Table:
    """Return a table whose report quotes no cell: it may be the cell of somebody who is gone."""
    report = table.report
    faults = tuple(replace(one, sample=None) for one in report.faults)
    return replace(table, report=replace(report, faults=faults, concerns=(), labels={}))


def _folder(home: Home) -> Path:
    folder = home.path / FOLDER
    make_folder(folder)
    return folder


def _digest(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")[:DIGEST_BYTES]


def _read(home: Home) -> tuple[bytes, set[bytes]]:
    file = _folder(home) / KEPT
    if not file.exists():
        return secrets.token_bytes(32), set()
    found = home.vault.read_arrays(file)
    count = int(found["count"][0])
    return found["key"].tobytes(), {row.tobytes() for row in found["digests"][:count]}


def _write(home: Home, key: bytes, known: set[bytes]) -> None:
    slots = max(LEAST_SLOTS, 1 << (len(known) - 1).bit_length() if known else 0)
    free = secrets.token_bytes(DIGEST_BYTES * (slots - len(known)))
    rows = np.frombuffer(b"".join(sorted(known)) + free, dtype=np.uint8)
    home.vault.write_arrays(
        _folder(home) / KEPT,
        key=np.frombuffer(key, dtype=np.uint8),
        count=np.array([len(known)], dtype=np.int64),
        digests=rows.reshape(-1, DIGEST_BYTES),
    )
