"""The mediator counts the rows that a side makes for a question by how labels are spread over them.

A side sends as many rows as the documents say, most of them padding.  If these had labels of their
own choice, a label that no person has would tell how many they are, and so how many people the side
reached in a period, matched or not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cleanroom.agent import job_rows, row_spool
from tests.cleanroom.queries.harness import ask, audience, events

PEOPLE = [f"p{number}" for number in range(384)]
MOST = 4
PERIOD = {"start": 1000, "end": 2000, "max_frequency": MOST}


def spread(reached: int) -> np.ndarray:
    """Return how many of the platform's rows have each label; it reached so many people once."""
    times = [1500 if number < reached else 3000 for number in range(len(PEOPLE))]
    shown = events(PEOPLE, times, [0] * len(PEOPLE))
    noisy: dict[str, Any] = {"noise": "discrete-gaussian", "rho_per_release": 1.0}
    answer = ask("cross_reach", PERIOD, audience(PEOPLE[:64]), shown, **noisy)
    job = answer.platform
    data = answer.desk.whole(f"{job.path}/rows", "platform")
    layout = job_rows.row_layout(job)
    rows = layout.decode(np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.width), MOST)
    assert len(rows) == len(PEOPLE)
    return np.bincount(rows.cell, minlength=MOST)


def test_labels_do_not_tell_how_many_rows_are_padding():
    assert spread(20).tolist() == spread(300).tolist() == [len(PEOPLE), 0, 0, 0]


def evenly(made: Any, codes: np.ndarray, padding: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = row_spool.random_integers(len(codes), padding)
    label = np.concatenate([codes[made.label], drawn])
    return label, np.ones(len(label), dtype=np.bool_)


def test_with_labels_of_its_own_padding_is_counted_by_a_label_that_nobody_has(monkeypatch):
    monkeypatch.setattr(row_spool, "_labelled", evenly)
    for reached in (20, 300):
        padding = MOST * spread(reached)[1:].mean()
        # Three of four rows of padding are seen: ten standard deviations are 110 rows.
        assert abs(len(PEOPLE) - padding - reached) < 120
