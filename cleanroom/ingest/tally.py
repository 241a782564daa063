"""Count faulty rows by reason, remember the first few of each, and say where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.report import Fault

EXAMPLES = 10
"""Most places that are named for one reason."""

Mask = npt.NDArray[np.bool_]


class Tally:
    """Collect faults batch by batch; a row counts under its first reason only."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[int]] = {}
        self._samples: dict[str, str] = {}

    def add(self, reason: str, rows: npt.NDArray[np.int64]) -> None:
        """Count rows under a reason."""
        if len(rows):
            self._counts[reason] = self._counts.get(reason, 0) + len(rows)
            kept = self._examples.setdefault(reason, [])
            kept += rows[: EXAMPLES - len(kept)].tolist()

    def sift(
        self,
        faults: list[tuple[str, Mask]],
        first: int,
        count: int,
        sample: Callable[[str, int], str] | None = None,
    ) -> Mask:
        """Count a batch whose rows start at ``first``; return which of them are usable.

        ``sample(reason, row of the batch)`` returns the masked cell, kept for a reason's first row.
        """
        usable = np.ones(count, dtype=np.bool_)
        for reason, mask in faults:
            rows = np.flatnonzero(mask & usable)
            if len(rows) and sample is not None and reason not in self._samples:
                self._samples[reason] = sample(reason, int(rows[0]))
            self.add(reason, first + rows)
            usable &= ~mask
        return usable

    def document(self) -> dict[str, Any]:
        """Return all that was counted, in plain values."""
        return {
            "counts": self._counts,
            "examples": self._examples,
            "samples": self._samples,
        }

    def absorb(self, document: Mapping[str, Any], before: int) -> None:
        """Add what was counted of rows that stand behind ``before`` others."""
        for reason, count in document["counts"].items():
            self._counts[reason] = self._counts.get(reason, 0) + int(count)
            kept = self._examples.setdefault(reason, [])
            kept += [before + row for row in document["examples"][reason]][: EXAMPLES - len(kept)]
        self._samples = {**document["samples"], **self._samples}

    @property
    def rows(self) -> list[int]:
        """Return every remembered row."""
        return [row for rows in self._examples.values() for row in rows]

    def faults(self, places: dict[int, int]) -> tuple[Fault, ...]:
        """Return the faults, most frequent first, with each row's place."""
        order = sorted(self._counts, key=lambda reason: (-self._counts[reason], reason))
        return tuple(
            Fault(
                reason,
                self._counts[reason],
                tuple(places[row] for row in self._examples[reason]),
                self._samples.get(reason),
            )
            for reason in order
        )
