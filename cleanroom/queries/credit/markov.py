"""Estimate what each channel is worth to a first-order chain of touches: the removal effect.

The states are start, the channels, conversion and null.  A person's touches form one path from
the start to null; a conversion ends a path and starts a new one.  A job releases, per (last touch,
next touch or none), how many people converted between the two; together with the platform's count
of steps that is the whole chain, so Markov attribution costs no more than last touch.
(Anderl, Becker, von Wangenheim, Schumann: Mapping the customer journey, IJRM 33, 2016.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.queries.credit.pieces import Touches
from cleanroom.queries.credit.rules import Rule
from cleanroom.queries.credit.ticks import Clock

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def count_steps(touches: Touches, rule: Rule, clock: Clock) -> I64:
    """Count the steps of all paths, conversions unseen: shape (channels + 1, channels + 1).

    Rows are the channels, then the start; columns the channels, then null.  Reads the touches
    that the job reads.
    """
    reach = max(clock.reach(w, rule.strict) for w in (rule.view_window, rule.click_window))
    read = touches.between(-reach, clock.ticks).sorted_by_time()
    count = touches.campaigns
    first = np.ones(len(read), dtype=np.bool_)
    first[1:] = read.person[1:] != read.person[:-1]
    last = np.append(first[1:], True)[: len(read)]
    before = np.where(first, count, np.concatenate([[count], read.campaign])[: len(read)])
    steps = np.zeros((count + 1, count + 1), dtype=np.int64)
    np.add.at(steps, (before, read.campaign), 1)
    np.add.at(steps, (read.campaign[last], count), 1)
    return steps


@dataclass(frozen=True)
class Chain:
    """Hold the probabilities of a step; rows are channels, then the start.

    ``onward`` goes to the channels, shape (..., channels + 1, channels), ``converts`` to
    conversion, the rest to null.  Chains of the same channels may stand side by side.
    """

    onward: F64
    converts: F64


def build_chain(steps: npt.ArrayLike, conversions: npt.ArrayLike) -> Chain:
    """Split the paths at their conversions and normalise.

    ``conversions[..., i, j]`` people converted after channel i and before channel j, in the last
    column before no further touch: shape (..., channels, channels + 1).  Noise can make a count
    negative or larger than its steps; it is cut to that range first.
    """
    walked = np.clip(np.asarray(steps, dtype=np.float64), 0, None)
    count = len(walked) - 1
    cut = np.clip(np.asarray(conversions, dtype=np.float64), 0, walked[:count])
    left = np.broadcast_to(walked, (*cut.shape[:-2], *walked.shape)).copy()
    left[..., :count, :] -= cut
    left[..., count, :count] += cut[..., :count].sum(axis=-2)
    converts = np.concatenate([cut.sum(axis=-1), np.zeros((*cut.shape[:-2], 1))], axis=-1)
    whole = left.sum(axis=-1) + converts
    scale = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
    return Chain(left[..., :count] * scale[..., None], converts * scale)


def conversion_probability(chain: Chain, removed: int | None = None) -> F64:
    """Return the probability to convert from the start; steps into ``removed`` end in null."""
    count = chain.onward.shape[-1]
    onward = chain.onward.copy()
    if removed is not None:
        onward[..., removed] = 0
    square = np.concatenate([onward, np.zeros((*onward.shape[:-1], 1))], axis=-1)
    # Only states that can reach a conversion have one to expect; among them the system is regular.
    live = chain.converts > 0
    for _ in range(count + 1):
        live = live | ((square @ live[..., None].astype(np.float64))[..., 0] > 0)
    among = live[..., :, None] & live[..., None, :]
    system = np.eye(count + 1) - np.where(among, square, 0.0)
    found = np.linalg.solve(system, np.where(live, chain.converts, 0.0)[..., None])
    chance: F64 = np.asarray(found[..., -1, 0], dtype=np.float64)
    return chance


def removal_effects(chain: Chain) -> F64:
    """Return, per channel, the part of all conversions that goes when the channel goes."""
    whole = conversion_probability(chain)[..., None]
    count = chain.onward.shape[-1]
    kept = np.stack([conversion_probability(chain, at) for at in range(count)], axis=-1)
    left = np.ones(kept.shape)
    np.divide(kept, whole, out=left, where=whole > 0)
    effects: F64 = np.asarray(np.clip(1 - left, 0, 1), dtype=np.float64)
    return effects


def shares_of(steps: npt.ArrayLike, conversions: npt.ArrayLike) -> F64:
    """Return each channel's part of all removal effects, shape (..., channels), zero of none."""
    effects = removal_effects(build_chain(steps, conversions))
    whole = effects.sum(axis=-1, keepdims=True)
    shares: F64 = np.divide(effects, whole, out=np.zeros_like(effects), where=whole > 0)
    return shares


def markov_credit(
    steps: npt.ArrayLike, conversions: npt.ArrayLike, attributed: float, campaigns: Sequence[str]
) -> dict[tuple[str], float]:
    """Share ``attributed`` conversions in proportion to the removal effects."""
    shares = shares_of(steps, conversions)
    return {(name,): float(e) * attributed for name, e in zip(campaigns, shares, strict=True)}
