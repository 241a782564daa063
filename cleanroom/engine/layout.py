"""Lay out the rows that a party makes for one job.

A row is its tokens, a label code (4 bytes, little-endian), a flag (1 byte) and, on the value
side, one ciphertext.  All rows of an upload have one width, so a chunk needs no parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.documents.agreement import PartyRole
from cleanroom.queries.plan import Plan
from protocols import limits
from protocols.errors import InvalidMessageError

Bytes = npt.NDArray[np.uint8]

Fields = tuple[tuple[int, tuple[str, ...]], ...]
"""Label columns in order: the position in the row and the declared domain (hex pseudonyms)."""


@dataclass(frozen=True)
class SideRows:
    """One side's rows, in columns: what the engine works on.

    ``tokens`` has shape (rows, tokens per row, 16); ``cell`` is the row's part of the group, an
    index into the combinations of this side's grouping labels, or shape (rows, tokens per row)
    where every token has a label; ``flag`` says that a matched row
    counts a person; ``ciphertexts`` has shape (rows, width) on the value side; ``inside`` says
    which rows the question counts and ``met`` which have its outcome, None for all.
    """

    tokens: Bytes
    cell: npt.NDArray[np.int64]
    flag: npt.NDArray[np.bool_]
    ciphertexts: Bytes | None = None
    inside: npt.NDArray[np.bool_] | None = None
    met: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class RowLayout:
    """Say how wide a row is: tokens per row and bytes of its ciphertext (0 for none).

    ``veiled`` rows have a label for each of their tokens, others one.
    """

    tokens: int
    ciphertext_bytes: int
    veiled: bool = False

    @classmethod
    def of(cls, plan: Plan, side: PartyRole, ciphertext_bytes: int) -> RowLayout:
        """Return how one side lays out the rows that it makes for a plan."""
        tokens = plan.brand_tokens if side == "brand" else plan.platform_tokens
        return cls(tokens, ciphertext_bytes, plan.veiled)

    @property
    def label_bytes(self) -> int:
        """Return the bytes of a row's labels."""
        return 4 * (self.tokens if self.veiled else 1)

    @property
    def width(self) -> int:
        """Return the bytes of a row."""
        return self.tokens * limits.TOKEN_BYTES + self.label_bytes + 1 + self.ciphertext_bytes

    def encode(
        self,
        tokens: Bytes,
        label: npt.NDArray[np.int32],
        flag: npt.NDArray[np.bool_],
        ciphertexts: Bytes | None = None,
    ) -> Bytes:
        """Return the rows as bytes, shape (rows, width)."""
        parts = [
            tokens.reshape(len(label), self.tokens * limits.TOKEN_BYTES),
            np.ascontiguousarray(label, dtype="<i4").view(np.uint8).reshape(-1, self.label_bytes),
            flag.astype(np.uint8).reshape(-1, 1),
        ]
        if ciphertexts is not None:
            parts.append(ciphertexts)
        return np.hstack(parts)

    def decode(self, rows: Bytes, labels: int) -> SideRows:
        """Read rows of shape (rows, width); raise ``InvalidMessageError`` that names a bad row."""
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise InvalidMessageError(f"a row has {self.width} bytes")
        split = self.tokens * limits.TOKEN_BYTES
        end = split + self.label_bytes
        cell = np.ascontiguousarray(rows[:, split:end]).view("<i4").astype(np.int64)
        flag = rows[:, end]
        bad = np.flatnonzero(((cell < 0) | (cell >= labels)).any(axis=1) | (flag > 1))
        if len(bad):
            raise InvalidMessageError(f"row {bad[0]}: its label or its flag is out of range")
        return SideRows(
            tokens=rows[:, :split].reshape(len(rows), self.tokens, limits.TOKEN_BYTES),
            cell=cell if self.veiled else cell[:, 0],
            flag=flag.astype(np.bool_),
            ciphertexts=rows[:, end + 1 :] if self.ciphertext_bytes else None,
        )


def audience_rows(
    tokens: Bytes,
    rows: Bytes,
    columns: Fields,
    ciphertext_bytes: int,
    where: Fields = (),
    kept: Bytes | None = None,
    outcome: Sequence[bool] = (),
) -> SideRows:
    """Read an uploaded audience: pseudonyms become a mixed-radix code over their domains.

    ``columns`` are the grouping columns.  ``where`` are those with conditions, and ``kept`` says of
    every label of them in turn whether it passes, shape (labels, 16); ``outcome`` says of each
    column whether it tells the outcome or leaves people out, all do the latter if it is empty.
    ``rows`` has shape (rows, row width), width 0 allowed.  Raises ``InvalidMessageError`` that
    names the first row whose pseudonym is not in the domain, and if there is another number of rows
    than of tokens or a row is too narrow for what it must hold.
    """
    fields = max((position + 1 for position, _ in (*columns, *where)), default=0)
    if len(rows) != len(tokens):
        raise InvalidMessageError(f"there are {len(rows)} rows for {len(tokens)} tokens")
    if rows.shape[1] < fields * limits.PSEUDONYM_BYTES + ciphertext_bytes:
        raise InvalidMessageError(f"rows of {rows.shape[1]} bytes do not hold what they must")
    cell = np.zeros(len(tokens), dtype=np.int64)
    for position, domain in columns:
        cell = cell * len(domain) + _codes(rows, position, domain)
    passes = _passes(rows, where, kept)
    tells = outcome or [False] * len(where)
    return SideRows(
        tokens=tokens.reshape(len(tokens), -1, limits.TOKEN_BYTES),
        cell=cell,
        flag=np.ones(len(tokens), dtype=np.bool_),
        ciphertexts=rows[:, rows.shape[1] - ciphertext_bytes :] if ciphertext_bytes else None,
        inside=_all([one for one, told in zip(passes, tells, strict=True) if not told]),
        met=_all([one for one, told in zip(passes, tells, strict=True) if told]),
    )


def _passes(rows: Bytes, where: Fields, kept: Bytes | None) -> list[npt.NDArray[np.bool_]]:
    """Mark, for each column with conditions, the rows whose label passes."""
    if not where:
        return []
    labels = sum(len(domain) for _, domain in where)
    if kept is None or kept.shape != (labels, limits.WHERE_BYTES):
        raise InvalidMessageError(f"the conditions are about {labels} labels")
    passes, start = (kept[:, 0] & 1).astype(np.bool_), 0
    found = []
    for position, domain in where:
        found.append(passes[start : start + len(domain)][_codes(rows, position, domain)])
        start += len(domain)
    return found


def _all(marks: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_] | None:
    """Mark the rows that pass everywhere, None if there is nothing to pass."""
    return np.logical_and.reduce(marks) if marks else None


def _codes(rows: Bytes, position: int, domain: tuple[str, ...]) -> npt.NDArray[np.int64]:
    start = position * limits.PSEUDONYM_BYTES
    part = np.ascontiguousarray(rows[:, start : start + limits.PSEUDONYM_BYTES])
    field = part.view(">u8")[:, 0]
    known = np.array([int(pseudonym, 16) for pseudonym in domain], dtype=np.uint64)
    order = np.argsort(known)
    place = np.searchsorted(known[order], field).clip(max=len(known) - 1)
    codes: npt.NDArray[np.int64] = order[place].astype(np.int64)
    bad = np.flatnonzero(known[codes] != field)
    if len(bad):
        raise InvalidMessageError(f"row {bad[0]}: its pseudonym is not in the declared domain")
    return codes
