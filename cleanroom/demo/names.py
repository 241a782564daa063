"""Make up e-mail addresses, and the ways in which two companies spell the same one.

Nobody owns them: they lie in domains that are set aside for examples (RFC 2606), or at gmail.com
with an underscore in the local part, which Gmail gives to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

I64 = npt.NDArray[np.int64]

SURNAMES = (
    *("wang", "li", "zhang", "liu", "chen", "yang", "huang", "zhao", "wu", "zhou", "xu", "sun"),
    *("ma", "zhu", "hu", "guo", "he", "lin", "gao", "luo", "zheng", "liang", "xie", "song"),
)
GIVEN = (
    *("fang", "na", "min", "jing", "xiuying", "li", "yan", "juan", "xia", "ting", "yuting", "xue"),
    *("wei", "qiang", "lei", "yang", "jun", "jie", "tao", "ming", "haoran", "zihan", "yichen"),
)
DOMAINS = ("gmail.com", "mail.example", "post.example", "example.com", "example.net")
_SHARES = (0.3, 0.3, 0.2, 0.1, 0.1)

SPELLINGS = 4
"""How many spellings a person has; the first is the normalised one."""

_SHARES_OF_SPELLINGS = (0.7, 0.1, 0.1, 0.1)

MOST_PEOPLE = 9_999_991
"""A prime: multiplying by another number modulo it gives every person a number of their own."""

UNUSABLE = ("", "n/a", "unknown", "not an address", "two@@mail.example", "mail.example")
"""Cells that stand where an address should, as exports have them."""


@dataclass(frozen=True)
class Addresses:
    """Hold which name and domain each person has; the addresses are spelled when asked for."""

    surname: I64
    given: I64
    domain: I64

    def pick(self, person: I64, spelling: I64) -> list[object]:
        """Return the addresses of some people, each in the spelling asked for.

        All four are one person under ``email:uid2:v1``: upper case and blanks anywhere, dots and
        tags at gmail.com alone, where they mean nothing.
        """
        surname = _choose(SURNAMES, self.surname[person])
        given = _choose(GIVEN, self.given[person])
        domain = _choose(DOMAINS, self.domain[person])
        number = pa.array(person * 48_271 % MOST_PEOPLE).cast(pa.string())
        digits = pc.utf8_lpad(number, 7, "0")
        gmail = pa.array(self.domain[person] == 0)
        first, second = pc.utf8_capitalize(surname), pc.utf8_capitalize(given)

        plain = _join(surname, "_", given, digits, "@", domain)
        title = _join(first, "_", second, digits, "@", domain)
        dotted = _join(first, "_", given, ".", digits, "@GMail.com")
        tagged = _join(surname, "_", given, digits, "+shop@", domain)
        others = (
            pc.utf8_upper(plain),
            pc.if_else(gmail, dotted, title),
            pc.if_else(gmail, tagged, _join(" ", plain, " ")),
        )
        chosen = plain
        for which, spelled in enumerate(others, start=1):
            chosen = pc.if_else(pa.array(spelling == which), spelled, chosen)
        cells: list[object] = chosen.to_pylist()
        return cells


def make_addresses(people: int, random: np.random.Generator) -> Addresses:
    """Give each of so many people a name and a domain; a number makes every address one's own."""
    return Addresses(
        surname=random.integers(len(SURNAMES), size=people),
        given=random.integers(len(GIVEN), size=people),
        domain=random.choice(len(DOMAINS), size=people, p=_SHARES),
    )


def draw_spellings(rows: int, random: np.random.Generator) -> I64:
    """Draw a spelling for each row: seven of ten are plain."""
    drawn: I64 = random.choice(SPELLINGS, size=rows, p=_SHARES_OF_SPELLINGS).astype(np.int64)
    return drawn


def _choose(names: tuple[str, ...], codes: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(names).take(pa.array(codes))


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
