"""Bound, per template, what one person can change.

Neighbours differ in all rows of one person, added to or removed from ONE party's data.  Each
function takes what the job declares and returns the L1 and L2 sensitivity of the vector of
released people counts, and of the vector of sums of each measure, in that measure's integer
units.  Gaussian noise is scaled by L2, Laplace noise by L1.  Public constants of a job (weights,
bounds, domains) do not change between neighbours.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cleanroom.errors import InvalidInput
from cleanroom.privacy.checks import non_negative, positive, whole
from cleanroom.privacy.noise import Delta

Bounds = Mapping[str, float]
"""Per measure, the greatest magnitude of one person's value: max(|minimum|, |maximum|)."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What one person changes: in the people counts, and by name in each measure's sums."""

    people: Delta
    measures: Mapping[str, Delta] = field(default_factory=dict)


def tables(count: int, bound: float = 1.0) -> Delta:
    """Return the sensitivity of ``count`` tables with at most one cell of a person in each.

    A person adds at most ``bound`` in magnitude to that one cell: L1 is count x bound, L2 is
    sqrt(count) x bound.
    """
    whole("tables", count, 1)
    positive("bound", bound)
    return Delta(count * bound, math.sqrt(count) * bound)


def places(count: int, bound: float = 1.0, *, gathered: bool = False) -> Delta:
    """Return the sensitivity of a person's ``count`` places, honestly one in each table.

    Where they are ``gathered``, whoever labels them reads the answer too: it may put all of them
    into one cell, so that L2 is L1.
    """
    found = tables(count, bound)
    return Delta(found.l1, found.l1) if gathered else found


def _over(count: int, bounds: Bounds, *, gathered: bool = False) -> dict[str, Delta]:
    return {name: places(count, bound, gathered=gathered) for name, bound in bounds.items()}


def rematched(brand: int, platform: int) -> int:
    """Return how many pairs of others one person unmatches, given the tokens of each side's rows.

    A new row with n tokens meets n rows of the other side at most.  If these have one token each,
    none of them was matched before.  Otherwise each may prefer the new row to its match, which is
    then unmatched for good; of the new row's own pairs one is matched.  An old row that goes does
    the reverse.
    """
    ways = ((brand, platform), (platform, brand))
    return max((own for own, others in ways if others > 1), default=0)


def moved(delta: Delta, pairs: int, *, positive: bool) -> Delta:
    """Return the sensitivity of a person who comes and unmatches so many pairs, or the reverse.

    Each pair moves the vector by ``delta`` at most.  Where no pair lowers any number of it
    (``positive``), what comes and what goes are vectors at a right angle or less, and the squares
    of their lengths add up at most; otherwise the lengths do.
    """
    length = math.sqrt(1 + pairs**2) if positive else 1 + pairs
    return Delta((1 + pairs) * delta.l1, length * delta.l2)


def overlap(bounds: Bounds) -> Sensitivity:
    """Derive ``overlap``: a matched person is one row with one combination of labels.

    Adding or removing the person on either side adds or removes that matched row: one cell by 1,
    one sum by at most its bound.  The total is released + other, post-processing.
    """
    return Sensitivity(tables(1), _over(1, bounds))


def overlap_of_hub(bounds: Bounds) -> Sensitivity:
    """Derive ``overlap`` over several: a person of another dataset moves one row of the hub.

    The row leaves one set for another, or for nobody: two cells by 1 and, with its measures, two
    sums by at most the bound.  A person of the hub adds or removes one row, which is less.
    """
    return Sensitivity(tables(2), _over(2, bounds))


def cross_reach() -> Sensitivity:
    """Derive ``cross_reach``: a row of the hub is in one set, at one frequency, and in the total.

    A person of another dataset moves it to another set and frequency, four cells, or out of all
    three tables.
    """
    return Sensitivity(tables(4))


def match_rate(kinds: int) -> Sensitivity:
    """Derive ``match_rate``: a person has one identifier of each kind, each in a cell of its own.

    The side that does not receive says which kind a row is of, so that no row of the receiver puts
    two of a person's into one cell.
    """
    return Sensitivity(tables(kinds))


def profile(columns: int, bounds: Bounds, *, base_public: bool) -> Sensitivity:
    """Derive ``profile``: per column one table of the overlap, and one of the base if noised.

    A person of the base's owner is in one cell of each: 2 tables a column, L2 sqrt(2 columns).  A
    public base is not protected: sqrt(columns).  Measures are summed over the overlap only.
    """
    per_column = 1 if base_public else 2
    return Sensitivity(tables(per_column * columns), _over(columns, bounds))


def aipl(bounds: Bounds, *, base_public: bool) -> Sensitivity:
    """Derive ``aipl``: one table of the overlap by stage, and each side's base counts.

    The cross-table is merged before noise, so a person is in one cell.  Neighbours differ on one
    side, so only that side's base counts change: 2 tables, or 1 with public bases.  Platform-only
    and brand-only are differences of released numbers.  With BOTH bases noised the bound is the
    same, for the same reason.
    """
    return profile(1, bounds, base_public=base_public)


def aipl_flow(bounds: Bounds) -> Sensitivity:
    """Derive ``aipl_flow``: a matched person is in one cell of the 5 x 5 matrix."""
    return overlap(bounds)


def drivers(count: int) -> Sensitivity:
    """Derive ``drivers``: a matched person is in one cell of each of so many tables.

    Adding or removing the person on either side moves one count of every table by 1.  Counts of
    deeper tables add up to those of shallower ones, but each is noised for itself: sqrt(count).
    """
    return Sensitivity(tables(count))


def basket(categories_per_person: int) -> Sensitivity:
    """Derive ``basket``: one cell of all buyers, one per category, one per pair of these.

    A person is counted in at most C categories (the rest is dropped): 1 + C + C (C - 1) / 2 cells,
    each moved by 1.
    """
    most = whole("categories per person", categories_per_person, 1)
    return Sensitivity(tables(1 + most + most * (most - 1) // 2))


def channel_flow(channels_per_person: int) -> Sensitivity:
    """Derive ``channel_flow``: a move and a start in at most C channels, and over all of them.

    A person is in one cell of moves and in one of starts at each of C + 1 places.
    """
    return Sensitivity(tables(2 * (whole("channels per person", channels_per_person, 1) + 1)))


def reach_frequency(
    campaigns_per_person: int, bounds: Bounds, *, gathered: bool = False
) -> Sensitivity:
    """Derive ``reach_frequency``: one frequency cell per campaign and one over all campaigns.

    A person is counted in at most C campaigns (the rest is dropped) and once de-duplicated:
    C + 1 tables.  A measure's bound holds for every one of these rows, the one over all campaigns
    among them.  ``gathered``: the platform, which labels these rows, receives.
    """
    rows = whole("campaigns per person", campaigns_per_person, 1) + 1
    return Sensitivity(places(rows, gathered=gathered), _over(rows, bounds, gathered=gathered))


def funnel(
    channels_per_person: int,
    steps: int,
    bounds: Bounds,
    *,
    closed: bool = True,
    gathered: bool = False,
) -> Sensitivity:
    """Derive ``funnel``: per channel, a person's furthest step is one cell.

    The counts at earlier steps of a closed funnel are sums of those, and the all-channel rate is
    weighted by people, so both are post-processing: sqrt(channels).  An open funnel counts every
    step on its own: sqrt(channels x steps).  ``gathered``: the platform, which labels these rows,
    receives.
    """
    cells = whole("channels", channels_per_person, 1) * (1 if closed else whole("steps", steps, 1))
    return Sensitivity(places(cells, gathered=gathered), _over(cells, bounds, gathered=gathered))


def attribution(
    max_conversions: int, value_cap: float, *, total_released: bool = False
) -> Sensitivity:
    """Derive ``attribution``: at most m conversions of a person, one primary, all of one label.

    People are the flagged groups: one primary conversion per person, one label: 1.  Conversions:
    all m can fall on one label, and the credit vectors of each sum to 1, so L1 and L2 are m.
    Value: the cap per person, which must bound the sum of MAGNITUDES where refunds are negative:
    +1000 on one label and -900 on another are 1900.

    Removing a person on the PLATFORM's side moves its conversions from labels to unattributed.
    Where unattributed or the total is released beside the labels (the receiver does not own the
    conversions), that is a second vector of the same norm: pass ``total_released``.
    """
    count = 2 if total_released else 1
    conversions = float(whole("conversions per person", max_conversions, 1))
    return Sensitivity(
        tables(count),
        {"conversions": tables(count, conversions), "value": tables(count, value_cap)},
    )


def cross_attribution(max_conversions: int, bounds: Bounds) -> Sensitivity:
    """Derive ``cross_attribution``: credit of at most m conversions, each divided into parts.

    A person of the hub adds m conversions, whose parts add up to one each: m, all in one cell at
    worst.  A person of a platform joins s others that share a conversion: it gains 1 / (s + 1) and
    they lose as much together, which is 1 at most, or takes a conversion that was nobody's, 1.
    People are counted in the same parts: honestly by one conversion, but a changed agent of the
    hub may let all m of them count, so this is m, too.
    """
    most = float(whole("conversions per person", max_conversions, 1))
    return Sensitivity(tables(1, most), _over(1, bounds))


def sequence(value_cap: float, *, pairs_per_person: int = 0) -> Sensitivity:
    """Derive ``sequence``: one conversion per person, one transition label (m = 1).

    Synergy adds the pairs of channels before the conversion, at most ``pairs_per_person`` more
    cells, each a label of its own.
    """
    cells = 1 + whole("pairs per person", pairs_per_person, 0)
    return Sensitivity(tables(cells), {"value": tables(cells, value_cap)})


def purchase_intent(max_conversions: int, weights: Mapping[str, float]) -> Sensitivity:
    """Derive ``purchase_intent``: m interactions of each kind, times its weight, in the index only.

    One campaign's index moves by at most m x sum of |w_j|, and so does the whole vector, because
    the attributed credits of an interaction sum to 1.  Reached people are one count: 1.
    """
    whole("interactions per person", max_conversions, 1)
    if not weights:
        raise InvalidInput("an index needs weights")
    total = sum(non_negative("weight", weight) for weight in weights.values())
    return Sensitivity(tables(1), {"index": tables(1, max_conversions * total)})


def lift(max_conversions: int, value_cap: float) -> Sensitivity:
    """Derive ``lift``: a person is in one arm, so each statistic changes in one cell.

    People 1, conversions m, value C, and the square of the person's sum C^2.
    """
    conversions = float(whole("conversions per person", max_conversions, 1))
    cap = positive("value cap", value_cap)
    return Sensitivity(
        tables(1),
        {
            "conversions": tables(1, conversions),
            "value": tables(1, cap),
            "squared_value": tables(1, cap * cap),
        },
    )


def lookalike(scale: int, dimensions: int) -> Sensitivity:
    """Derive ``lookalike``: a vector clipped to norm 1, times ``scale``, floored to integers.

    Flooring moves each coordinate by less than 1, so the norm is below scale + sqrt(dimensions),
    and L1 at most sqrt(dimensions) times that (Cauchy and Schwarz).  The seed's size is a count: 1.
    """
    root = math.sqrt(whole("dimensions", dimensions, 1))
    norm = whole("scale", scale, 1) + root
    return Sensitivity(tables(1), {"features": Delta(root * norm, norm)})


def activation() -> Sensitivity:
    """Derive ``activation``: the brand learns one number, the size: 1.

    That the platform learns which of its rows matched is the purpose, by the brand's explicit
    grant, and outside differential privacy.
    """
    return Sensitivity(tables(1))
