"""Let two sides' rungs on one ladder meet so that the higher one counts, and tell neither.

A rung is a step of a funnel or a stage; rung 0 is to be on none of them.  The brand's row says, by
its tokens, all that is true of the brand's rung: which one it is, and no higher than which ones.
The platform waits for one such statement for each rung that may come out: that the brand's is no
higher than its own, or that it is this one, above its own.  Exactly one of them is true.

So the platform has one row for each rung that may come out, and a brand whose rows say what is not
true has a person counted once on each of these rungs, and never twice on one.
"""

from __future__ import annotations

import numpy as np

from cleanroom.queries.media import I64, Bools


def statements(rung: I64, rungs: int) -> Bools:
    """Mark what is true of the brand's rungs, shape (rows, 2 rungs), ``rungs`` marks at most.

    Statement u is "no higher than u", statement ``rungs`` + u "on u", for u above 0.
    """
    every = np.arange(rungs)[None, :]
    return np.hstack([every >= rung[:, None], (every == rung[:, None]) & (every > 0)])


def outcomes(rung: I64, rungs: int) -> Bools:
    """Mark the rungs that may come out for each of the platform's, shape (rows, rungs)."""
    found: Bools = np.arange(rungs)[None, :] >= rung[:, None]
    return found


def awaited(rung: I64, outcome: I64, rungs: int) -> I64:
    """Return the statement of the brand by which each rung of the platform comes out as this."""
    return np.where(outcome == rung, outcome, rungs + outcome)


def above_none(said: Bools, rungs: int) -> Bools:
    """Leave the one statement of each row that a platform waits for whose rungs are all 0."""
    number = np.arange(2 * rungs)
    found: Bools = said & ((number == 0) | (number >= rungs))
    return found
