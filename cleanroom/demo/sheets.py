"""Turn a world into files: columns, the order of rows, spellings, repeated and unusable rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import iso
from cleanroom.demo.customers import CATEGORIES, INTERACTIONS
from cleanroom.demo.media import CAMPAIGNS, CHANNEL_OF, CHANNELS, STEPS, Touches
from cleanroom.demo.names import UNUSABLE, Addresses, draw_spellings
from cleanroom.demo.population import AGE_BANDS, ARMS, CITY_TIERS, FEATURES, GENDERS, STAGES, TIERS
from cleanroom.demo.world import World
from cleanroom.spreadsheets import write_csv

I64 = npt.NDArray[np.int64]
Cells = Callable[[I64], list[object]]
"""Give the cells of one column for some rows."""

CHUNK = 1 << 15


@dataclass(frozen=True)
class Sheet:
    """Describe a file: its columns, which row stands where, and how many rows are unusable.

    The first column is the address.  ``order`` lists rows of the columns; ``unusable`` more rows
    are copies of some whose first cell cannot be read.  ``repeats`` of the rows, in an audience,
    are their person's second.
    """

    name: str
    columns: dict[str, Cells]
    order: I64
    unusable: int
    repeats: int = 0

    def write(self, folder: Path, random: np.random.Generator) -> None:
        """Write the file into a folder."""
        places = np.sort(random.integers(len(self.order) + 1, size=self.unusable))
        copies = random.choice(self.order, size=self.unusable)
        order = np.insert(self.order, places, copies)
        spoiled = np.zeros(len(order), dtype=np.bool_)
        spoiled[places + np.arange(self.unusable)] = True
        write_csv(folder / self.name, list(self.columns), self._rows(order, spoiled))

    def _rows(self, order: I64, spoiled: npt.NDArray[np.bool_]) -> Iterator[Sequence[object]]:
        seen = 0
        for first in range(0, len(order), CHUNK):
            chunk = order[first : first + CHUNK]
            rows = list(zip(*(cells(chunk) for cells in self.columns.values()), strict=True))
            for row in np.flatnonzero(spoiled[first : first + CHUNK]):
                rows[row] = (UNUSABLE[seen % len(UNUSABLE)], *rows[row][1:])
                seen += 1
            yield from rows


def unusable_rows(rows: int) -> int:
    """Return how many unusable rows a file of so many rows gets: a few, as exports have them."""
    return min(max(3, rows // 1500), 200)


def _names(codes: I64, names: Sequence[str]) -> Cells:
    known = np.array(names, dtype=object)
    return lambda rows: known[codes[rows]].tolist()


def _hundredths(cents: I64) -> Cells:
    return lambda rows: (cents[rows] / 100).tolist()


def _times(moments: I64) -> Cells:
    return lambda rows: iso(moments[rows])


def _dates(moments: I64) -> Cells:
    return lambda rows: [str(text)[:10] for text in iso(moments[rows])]


def _addresses(who: Addresses, person: I64, spelling: I64) -> Cells:
    return lambda rows: who.pick(person[rows], spelling[rows])


class Desk:
    """Make the sheets of one world; the same seed gives the same files."""

    def __init__(self, world: World, addresses: Addresses, random: np.random.Generator) -> None:
        self._world = world
        self._addresses = addresses
        self._random = random

    def audiences(self) -> list[Sheet]:
        """Return what the shortest demonstration needs: customers and users."""
        return [self._brand(), self._users()]

    def others(self) -> list[Sheet]:
        """Return the files that the other questions need."""
        world, people = self._world, self._world.people
        tried = np.flatnonzero(people.is_user & (people.arm > 0))
        trial = {
            "arm": _names(people.arm[tried], ARMS),
            "assigned_at": _times(people.assigned[tried]),
        }
        steps = {
            "channel": _names(world.steps.channel, CHANNELS),
            "step": _names(world.steps.step, STEPS),
        }
        known_planted = np.flatnonzero(people.is_user & people.planted)
        answer = {"email": _addresses(self._addresses, known_planted, 0 * known_planted)}
        return [
            self._orders(),
            self._interactions(),
            self.touches("touches.csv", world.touches),
            self._impressions(),
            self._audience("trial.csv", tried, trial),
            self._events("steps.csv", world.steps.person, steps),
            self._audience("seeds.csv", world.seeds, {}),
            Sheet("planted.csv", answer, np.arange(len(known_planted)), 0),
        ]

    def second_platform(self, person: I64) -> Sheet:
        """Return the file of another platform, which knows these people."""
        return self._audience("weibo.csv", person, {"age_band": self._ages(person)})

    def _ages(self, person: I64) -> Cells:
        return _names(self._world.people.age[person], AGE_BANDS)

    def _audience(self, name: str, person: I64, columns: dict[str, Cells]) -> Sheet:
        order = self._random.permutation(len(person))
        return self._sheet(name, person, columns, order)

    def _events(self, name: str, person: I64, columns: dict[str, Cells]) -> Sheet:
        return self._sheet(name, person, columns, np.arange(len(person)))

    def _sheet(self, name: str, person: I64, columns: dict[str, Cells], order: I64) -> Sheet:
        spelling = draw_spellings(len(person), self._random)
        email = {"email": _addresses(self._addresses, person, spelling)}
        return Sheet(name, {**email, **columns}, order, unusable_rows(len(person)))

    def _repeating(self, name: str, person: I64, repeats: int, columns: dict[str, Cells]) -> Sheet:
        """Make a sheet whose last rows repeat people; those come after all the others."""
        once = len(person) - repeats
        order = np.concatenate(
            (self._random.permutation(once), once + self._random.permutation(repeats))
        )
        return replace(self._sheet(name, person, columns, order), repeats=repeats)

    def _brand(self) -> Sheet:
        world, people = self._world, self._world.people
        person = np.concatenate((np.arange(people.customers), world.brand_repeats))
        spend = np.concatenate((people.spend[: people.customers], world.repeat_spend))
        before, after = world.brand_stages
        columns = {
            "tier": _names(people.tier[person], TIERS),
            "spend": _hundredths(spend),
            "s0": _names(before[person], STAGES),
            "s1": _names(after[person], STAGES),
            "step": _names(world.brand_step[person], (*STEPS, "none")),
            "member_since": _dates(world.joined[person]),
        }
        return self._repeating("brand.csv", person, len(world.brand_repeats), columns)

    def _users(self) -> Sheet:
        world, people = self._world, self._world.people
        person = np.concatenate((np.arange(people.first_user, people.people), world.user_repeats))
        category = people.category_spend[person]
        # The second row of a user is an older one: only the first may count.
        category[people.users :] //= 2
        before, after = world.platform_stages
        assigned = _times(people.assigned[person])
        arm = people.arm[person]
        columns = {
            "age_band": self._ages(person),
            "city_tier": _names(people.city[person], CITY_TIERS),
            "gender": _names(people.gender[person], GENDERS),
            "s0": _names(before[person], STAGES),
            "s1": _names(after[person], STAGES),
            "category_spend": _hundredths(category),
            "arm": _names(arm, ARMS),
            "assigned_at": lambda rows: [
                cell if code else "" for cell, code in zip(assigned(rows), arm[rows], strict=True)
            ],
            **{f"f{i}": self._feature(person, i) for i in range(FEATURES)},
        }
        return self._repeating("users.csv", person, len(world.user_repeats), columns)

    def _feature(self, person: I64, column: int) -> Cells:
        features = self._world.people.features
        return lambda rows: features[person[rows], column].tolist()

    def _orders(self) -> Sheet:
        world, orders = self._world, self._world.orders
        first = np.full(world.people.customers, np.iinfo(np.int64).max)
        np.minimum.at(first, orders.person, orders.time)
        new = (orders.time == first[orders.person]) & (orders.time == world.joined[orders.person])
        columns = {
            "ts": _times(orders.time),
            "amount": _hundredths(orders.amount),
            "new_or_returning": _names(new.astype(np.int64), ("returning", "new")),
            "category": _names(orders.category, CATEGORIES),
        }
        return self._events("orders.csv", orders.person, columns)

    def _interactions(self) -> Sheet:
        acts = self._world.interactions
        columns = {"ts": _times(acts.time), "interaction": _names(acts.kind, INTERACTIONS)}
        return self._events("interactions.csv", acts.person, columns)

    def touches(self, name: str, touches: Touches) -> Sheet:
        """Return the file of what a platform showed."""
        columns = {
            **self._shown(touches.time, touches.campaign),
            "action": _names(touches.click, ("view", "click")),
            "cost": _hundredths(touches.cost),
        }
        return self._events(name, touches.person, columns)

    def _impressions(self) -> Sheet:
        shown = self._world.impressions
        columns = self._shown(shown.time, shown.campaign)
        return self._events("impressions.csv", shown.person, columns)

    def _shown(self, time: I64, campaign: I64) -> dict[str, Cells]:
        return {
            "ts": _times(time),
            "campaign": _names(campaign, [c.name for c in CAMPAIGNS]),
            "channel": _names(CHANNEL_OF[campaign], CHANNELS),
        }
