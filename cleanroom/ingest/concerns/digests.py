"""Notice digests of what a column beside them has, as it was typed and not as a profile has it.

Whoever hashes before normalising has digests that nobody else has, and nothing shows in them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from cleanroom.ingest.identifiers.names import HASHED, kind_of
from cleanroom.ingest.identifiers.profiles import PROFILES, normalise
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.identifier_spec import IdentifierSpec
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec

_NAMES: Final = {
    "email": re.compile(r"(?i)e?-?mail|邮箱|邮件|郵箱|電郵|メール|이메일|correo|courriel"),
    "phone": re.compile(
        r"(?i)phone|mobil|cell|msisdn|(?:^|[_ ])tel|handy|telefon|手机|手機|电话|電話|携帯"
        r"|휴대|전화"
    ),
}
"""Names of columns that may have what was hashed."""

_MOST, _ROWS, _FEWEST = 3, 500, 3
"""Columns beside that are looked at, rows of each, and the fewest that tell."""


def as_typed(spec: DatasetSpec, source: Source) -> Iterator[Concern]:
    """Yield, per column of digests, how many are of cells beside them that no profile leaves so."""
    for one in spec.ids:
        named = _NAMES.get(kind_of(one.profile))
        if named is None or not one.profile.startswith(HASHED):
            continue
        for name in [name for name in source.others if named.search(name)][:_MOST]:
            digests, cells = source.first((one.column, name))
            pairs = islice(zip(digests, cells, strict=True), _ROWS)
            right = [_is_right(digest, cell, one) for digest, cell in pairs]
            rows, of = right.count(False), len(right) - right.count(None)
            if rows >= _FEWEST:
                yield Concern("as-typed", one.column, rows, of, name)


def _is_right(digest: str, cell: str, one: IdentifierSpec) -> bool | None:
    """Tell whether a digest is of a cell as the profile has it, or in another form; else None."""
    with suppress(NotNormalisable):
        found = normalise(digest, one.profile, None, one.words)
        plain = one.profile.removeprefix(HASHED)
        if found == _digest(normalise(cell, plain, one.region, one.words)):
            return True
        return False if found in {*map(_digest, _forms(cell, one))} else None
    return None


def _forms(cell: str, one: IdentifierSpec) -> Iterator[str]:
    """Yield other forms in which a cell may have been hashed."""
    bare, digits = cell.strip(), re.sub(r"\D", "", cell)
    yield from (cell, bare, bare.lower(), bare.upper(), cell.lower(), cell.upper(), digits)
    # A column of numbers with gaps is one of floats, and a line of a program ends.
    yield from (f"{bare}.0", f"{digits}.0", f"{bare}\n", f"{bare}\r\n")
    mobile = digits[-11:]
    yield from (f"+{digits}", mobile, digits[-10:], f"86{mobile}", f"+86{mobile}", f"+86{mobile}.0")
    for profile in PROFILES:
        if kind_of(profile) == kind_of(one.profile) and not profile.startswith(HASHED):
            with suppress(NotNormalisable):
                form = normalise(cell, profile, one.region, one.words)
                yield from (form, form.replace("+", "00"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
