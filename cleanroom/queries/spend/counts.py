"""Read what an answer tells of each campaign: bounds that hold together, all at once, with 95 %."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

from scipy.special import gammaincinv

from cleanroom.errors import InvalidInput
from cleanroom.queries.reach import ALL
from cleanroom.queries.spend.curves import Ends

ERROR: Final = 0.05
"""Chance that any of the bounds of one plan misses the truth."""


@dataclass(frozen=True)
class Count:
    """A released number with the deviation of its noise, which sums up ``cells`` cells."""

    value: float
    sd: float = 0.0
    cells: int = 1

    def ends(self, kind: str, error: float) -> Ends:
        """Return what the noise leaves possible but for a chance of ``error``."""
        if not self.sd:
            return Ends(self.value, self.value)
        if kind == "discrete-laplace":
            # One share per cell and one of the peer; each passes scale ln(1 / p) with chance p.
            shares = self.cells + 1
            scale = self.sd / math.sqrt(2 * shares)
            half = shares * scale * math.log(shares / error)
        else:
            half = self.sd * NormalDist().inv_cdf(1 - error / 2)
        return Ends(max(0.0, self.value - half), max(0.0, self.value + half))


def expected(count: Ends, error: float) -> Ends:
    """Return what a number of people that chance has drawn can be on average.

    Exact for a Poisson number (Garwood 1936, Biometrika 28, 437-442); a sum of independent
    people's chances varies less.
    """
    low = float(gammaincinv(count.low, error / 2)) if count.low > 0 else 0.0
    return Ends(low, float(gammaincinv(count.high + 1, 1 - error / 2)))


@dataclass(frozen=True)
class Read:
    """What a plan takes from an answer: the counts of each campaign, and of what is pooled."""

    kind: str
    counts: Mapping[str, Mapping[int, Count | None]]
    """By campaign and frequency (conversions: 0); None is held back."""
    pool: Count | None
    suppressed: bool
    dropped: bool = False
    """Whether people of single campaigns may have been dropped: of all together, nobody was."""

    def ends(self, campaign: str) -> dict[int, Ends]:
        """Return the bounds of every count of a campaign, all campaigns' together at 95 %.

        Reach is of expected people, for another amount of money draws them anew.
        """
        drawn = 0 not in self.counts[campaign]
        cells = sum(map(len, self.counts.values())) + 1
        error = ERROR / cells / (2 if drawn else 1)
        return {
            often: self._ends(campaign, one, error, drawn)
            for often, one in self.counts[campaign].items()
        }

    def _ends(self, campaign: str, one: Count | None, error: float, drawn: bool) -> Ends:
        if one is None and not self.suppressed:
            found = Ends(0.0, 0.0)
        elif one is None:
            found = Ends(0.0, self.pool.ends(self.kind, error).high if self.pool else math.inf)
        else:
            found = one.ends(self.kind, error)
        if self.dropped and campaign != ALL:
            found = Ends(found.low, math.inf)
        if not drawn:
            return found
        low, high = expected(Ends(found.low, min(found.high, 1e15)), error)
        return Ends(low, high if math.isfinite(found.high) else math.inf)


def read_reach(result: Mapping[str, Any], campaigns: Iterable[str]) -> Read:
    """Read people by campaign and frequency from an answer of ``reach_frequency``.

    ``campaigns`` are the ones to plan for; one of which nothing was released is held back.
    """
    found: dict[str, dict[str, Any]] = {}
    dropped = False
    for group in result["groups"]:
        (name,) = (value for key, value in group["key"].items() if key != "frequency")
        found.setdefault(name, {})[group["key"]["frequency"]] = group
        dropped |= (group.get("people_bounds") or (0, 0))[1] is None
    most = max(int(text.rstrip("+")) for ones in found.values() for text in ones) if found else 1
    open_ended = any(text.endswith("+") for ones in found.values() for text in ones)
    # Of an answer that shows no last frequency, the last is the next one: what is beyond is there.
    last = most if open_ended else most + 1
    names = [f"{often}{'+' * (often == last)}" for often in range(1, last + 1)]
    counts = {
        name: {
            often: _count(found.get(name, {}).get(text), "people")
            for often, text in enumerate(names, start=1)
        }
        for name in (*campaigns, ALL)
    }
    return _read(result, counts, "people", dropped)


def check_credits(result: Mapping[str, Any]) -> None:
    """Raise ``InvalidInput`` for an attribution of whose credits nothing can be planned."""
    if any(len(group["key"]) != 1 for group in result["groups"]):
        raise InvalidInput("spending is planned for campaigns: ask without by_action")
    if result.get("model") == "markov":
        raise InvalidInput(
            "spending is planned from credits that add up: ask a model other than markov"
        )


def read_conversions(result: Mapping[str, Any], campaigns: Iterable[str]) -> Read:
    """Read the conversions that each campaign earned from an answer of ``attribution``."""
    found = {next(iter(group["key"].values())): group for group in result["groups"]}
    counts = {name: {0: _count(found.get(name), "conversions")} for name in campaigns}
    return _read(result, counts, "conversions")


def _read(
    result: Mapping[str, Any],
    counts: Mapping[str, Mapping[int, Count | None]],
    name: str,
    dropped: bool = False,
) -> Read:
    other = result.get("other")
    pool = _count(other, name)
    suppressed = bool((result.get("suppressed") or {}).get("groups"))
    kind = str(result.get("privacy", {}).get("noise", "none"))
    return Read(kind, counts, pool, suppressed, dropped)


def _count(entry: Mapping[str, Any] | None, name: str) -> Count | None:
    if not entry or entry.get(name) is None:
        return None
    return Count(float(entry[name]), float(entry.get(f"{name}_sd") or 0.0), entry.get("groups", 1))
