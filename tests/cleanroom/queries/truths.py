"""Draw true numbers, release them as a room does, and hold everything that is shown against them.

What the agents' rows add up to is taken as given here (``harness`` asks whole questions); a scene
starts from the true number of every cell.  The truth of a result is what the template itself makes
of cells without noise, threshold or bound per person, which other tests hold against definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

import numpy as np

from cleanroom.agent.jobs import LocalJob
from cleanroom.privacy.noise import NoiseSpec
from cleanroom.privacy.release import pool, pool_tables
from cleanroom.queries.plan import ANY
from cleanroom.queries.template import Group, Opened
from cleanroom.words.estimate import Estimate
from cleanroom.words.table import ENDS, INTERVALS
from cleanroom.words.units import OF_MEASURES, unit_of

Key = tuple[str, ...]
Cells = dict[Key, tuple[int, tuple[int, ...]]]
"""People (in the plan's units) and scaled sums by key, of every cell of the domain."""


NOISY = {"noise": "discrete-gaussian", "rho_per_release": 1.0}
CAMPAIGNS = ("Feed", "Hero", "Sample", "Search", "Stream")
SIZES = (0, 3, 15, 40, 90, 300, 2500)
"""About how many people there are in a cell: some below, some around, some above every k."""

Random = np.random.Generator


@dataclass(frozen=True)
class World:
    """One draw: what the question counts, and what is true beyond its bounds per person.

    ``base`` is what the receiver holds of bases, before noise.
    """

    counted: Cells
    whole: Cells
    base: Mapping[str, Mapping[Key, float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    true_facts: Mapping[str, Any] = field(default_factory=dict)


def people(random: Random) -> int:
    return int(random.poisson(random.choice(SIZES)))


def cells_of(keys: list[tuple[str, ...]], random: Random, *means: float) -> Cells:
    found: Cells = {}
    for key in keys:
        number = people(random)
        sums = tuple(int(random.poisson(mean * number * random.uniform(0.5, 2))) for mean in means)
        found[key] = (number, sums)
    return found


def same(cells: Cells, **more: Any) -> World:
    return World(cells, cells, **more)


@dataclass(frozen=True)
class Scene:
    """A planned question with a way to draw its truths."""

    job: LocalJob
    draw: Callable[[np.random.Generator], World]
    private: Mapping[str, Any] = field(default_factory=dict)
    truth: Callable[[World, Mapping[str, Any]], dict[str, Any]] | None = None
    """Returns the truth of a result, where what is shown follows from the noise; else it is what
    the template makes of exact cells."""


@dataclass(frozen=True)
class Shown:
    """What came of one draw: the result as shown, the truth, and the truth of the pool."""

    result: dict[str, Any]
    truth: dict[str, Any]
    pooled: dict[str, Any] | None


def show(scene: Scene, random: np.random.Generator, k: int, sigma: float) -> Shown:
    """Draw a world, release it with threshold k and noise sigma (0: none), report it."""
    job, world = scene.job, scene.draw(random)
    charge, units = job.charge, job.plan.units
    noise = NoiseSpec("discrete-gaussian" if sigma else "none", sigma)
    slots = tuple(
        NoiseSpec(noise.kind, sigma * slot.delta.l2 / job.plan.people_delta.l2)
        for slot in job.plan.slots
    )
    charge = replace(charge, k=k, people=replace(noise, scale=sigma * units), slots=slots)
    asked = Opened(
        question=job.question, plan=job.plan, groups=(), other=None, charge=charge,
        base=world.base, private=scene.private or job.private(), facts=world.facts,
    )  # fmt: skip
    exact = replace(
        charge, k=1, people=NoiseSpec("none", 0), slots=(NoiseSpec("none", 0),) * len(slots)
    )
    plain = replace(asked, charge=exact, facts=world.true_facts or world.facts)
    truth = job.template.result(replace(plain, groups=_groups(world.whole)))
    opened, inside = _release(asked, world.counted, random)
    if sigma and any(not base.public for base in job.plan.base):
        opened = _noised_base(opened, job, random)
    shown = job.template.result(opened)
    if scene.truth is not None:
        truth = scene.truth(world, shown)
    pooled = None
    if inside:
        rest = {key: one for key, one in world.counted.items() if key not in inside}
        some = replace(plain, groups=_groups(rest), other=_pool(world.counted, inside))
        pooled = job.template.result(replace(some, suppressed=len(inside)))
    return Shown(shown, truth, pooled)


def _groups(cells: Cells) -> tuple[Group, ...]:
    return tuple(Group(key, *cells[key]) for key in sorted(cells) if cells[key][0])


def _pool(cells: Cells, keys: Sequence[Key]) -> Group:
    sums = (
        np.array([cells[key][1] for key in keys], dtype=object).sum(axis=0).tolist() if keys else ()
    )
    return Group(("other",), sum(cells[key][0] for key in keys), tuple(sums), len(keys))


def _release(
    asked: Opened, cells: Cells, random: np.random.Generator
) -> tuple[Opened, tuple[Key, ...]]:
    """Threshold noised counts and add the peer's shares, as the engine and the agents do."""
    charge = asked.charge
    keys = sorted(cells, key=lambda key: ([label == ANY for label in key], key))

    def share(scale: float) -> int:
        return round(random.normal(0, scale)) if scale else 0

    shares = charge.shares
    noised = [cells[key][0] + share(charge.people.scale * sqrt(shares)) for key in keys]
    firsts = _tables(keys) if asked.plan.margins else []
    if asked.plan.hub is not None and not asked.plan.veiled:
        keys = [asked.plan.hub.key(cell)[0] for cell in range(asked.plan.cells)]
        noised = [cells[key][0] + share(charge.people.scale) for key in keys]
        firsts = list(asked.plan.firsts)
    terms = (charge.k * charge.units, charge.people, shares)
    found = pool_tables(noised, firsts, *terms) if firsts else pool(noised, *terms)

    def givers() -> int:
        return share(charge.people.scale * sqrt(charge.givers))

    def sums(group: Group) -> tuple[int, ...]:
        return tuple(
            value + share(noise.scale * sqrt(1 + charge.givers))
            for value, noise in zip(group.sums, charge.slots, strict=True)
        )

    groups = []
    for at in found.released:
        group = Group(keys[at], noised[at] + givers(), cells[keys[at]][1])
        groups.append(replace(group, sums=sums(group)))
    inside = tuple(keys[at] for at in found.other)
    other = None
    if inside:
        group = _pool(cells, inside)
        people = sum(noised[at] for at in found.other) + givers()
        other = replace(group, people=people, sums=sums(group))
    suppressed = len(found.suppressed)
    return replace(asked, groups=tuple(groups), other=other, suppressed=suppressed), inside


def _tables(keys: Sequence[Key]) -> list[int]:
    """Return where the tables begin in keys that are ordered by them: by the columns left out."""
    left_out = [tuple(label == ANY for label in key) for key in keys]
    return [at for at, one in enumerate(left_out) if not at or one != left_out[at - 1]]


def _noised_base(opened: Opened, job: LocalJob, random: np.random.Generator) -> Opened:
    sigma = opened.charge.people.sd
    own = job.question.job.receiver
    noised = {
        name: counts
        if name.startswith(f"{own}.")
        else {key: count + round(random.normal(0, sigma)) for key, count in counts.items()}
        for name, counts in opened.base.items()
    }
    return replace(opened, base=noised, base_sigma=sigma)


@dataclass(frozen=True)
class Checked:
    """One number that is shown, with its truth; ``name`` has no labels in it."""

    name: str
    shown: Estimate
    truth: float | None

    @property
    def said(self) -> bool:
        return self.shown.bound != "unknown"

    @property
    def holds(self) -> bool:
        """Tell whether the interval or the bound holds the truth; a bare number has to be it."""
        truth = self.truth or 0.0
        slack = 1e-6 * max(1.0, abs(truth))
        low, high = self.shown.low, self.shown.high
        return (low is None or low <= truth + slack) and (high is None or high >= truth - slack)


LISTS = (
    "categories", "channels", "drivers", "groups", "campaigns", "steps", "synergy", "frequency",
    "platforms",
)  # fmt: skip
NOT_NUMBERS = {
    "frequencies", "impressions_counted_up_to", "rows", "bounds", "base_kind", "denominator",
    "model", "segment", "split_by", "budget", "p_value", "most", "lower_bound", "reach_lower_bound",
    "mean_lower_bound", "ranking", "tree",
}  # fmt: skip
"""Fields that say nothing about people: definitions, flags, the receiver's own facts, and what
says the numbers of a tree once more."""


def checked(shown: Shown) -> list[Checked]:
    """Return every number of a result with its truth."""
    found = list(_walk(shown.result, shown.truth, ""))
    pooled = (shown.pooled or {}).get("other") or {}
    if shown.result.get("other"):
        found += _walk({**shown.result["other"]}, pooled, "other.")
    return found


def _walk(entry: Mapping[str, Any], truth: Mapping[str, Any], path: str) -> Iterator[Checked]:
    beside = {f"{name}{end}" for name in entry for end in ENDS} | set(INTERVALS.values())
    for name, value in entry.items():
        if name in beside | NOT_NUMBERS | {"key", "other"} or isinstance(value, str | bool):
            continue
        true = truth.get(name)
        if name in OF_MEASURES and isinstance(value, Mapping):
            for measure, number in value.items():
                ends = {f"x{end}": (entry.get(name + end) or {}).get(measure) for end in ENDS}
                one = Estimate.read({"x": number, **ends}, "x", "sum")
                yield Checked(f"{path}{name}", one, (true or {}).get(measure))
        elif isinstance(value, Mapping):
            yield from _walk(value, true or {}, f"{path}{name}.")
        elif name in LISTS and isinstance(value, list):
            known = {_identity(one): one for one in true or ()}
            for one in value:
                yield from _walk(one, known.get(_identity(one), {}), f"{path}{name}.")
        elif isinstance(value, int | float) or value is None:
            one = Estimate.read(entry, name, unit_of(name))
            if name in INTERVALS and entry.get(INTERVALS[name]):
                low, high = entry[INTERVALS[name]]
                one = replace(one, interval=(low, high))
            yield Checked(f"{path}{name}", one, true)


def _identity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    if "key" in entry:
        return tuple(entry["key"].items())
    return tuple(entry.get(name) for name in ("campaign", "step"))


def coverage(scene: Scene, seeds: int, noise: bool) -> dict[str, list[Checked]]:
    """Return what is said over many draws, by field: k and the noise are drawn as well."""
    found: dict[str, list[Checked]] = defaultdict(list)
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        k = int(random.choice([1, 5, 20, 60]))
        sigma = float(random.choice([2.0, 5.0, 12.0])) if noise else 0.0
        for one in checked(show(scene, random, k, sigma)):
            if one.said:
                found[one.name].append(one)
    return found
