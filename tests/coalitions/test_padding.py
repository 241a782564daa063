"""The mediator tells padding from people by its labels, and so counts people.

A side makes as many rows for a question as the documents say, most of them padding.  If these had
labels of their own choice, a label that no person has would tell how many they are, and so how many
people the side reached in a period, matched or not.  In an upload there is little padding; labels
that no person has together would give each row of it away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cleanroom.agent import datasets, job_rows, row_spool
from tests.cleanroom.queries.harness import ask, audience, events
from tests.cleanroom.queries.room import sign_room
from tests.coalitions.test_weights import ask_about

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


def shares() -> tuple[int, int, int, np.ndarray]:
    """Return how many rows of a platform were made and sent, its shares, and rows by label."""
    answer = ask_about(converted=False)
    job = answer.platform
    made = job.template.rows(job.question, job_rows.party_data(job))
    labels = answer.desk.uploads("job.rows")["platform"]["labels"]
    layout = job_rows.row_layout(job)
    data = answer.desk.whole(f"{job.path}/rows", "platform")
    rows = layout.decode(np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.width), labels)
    return made.rows, len(rows), len(made.vectors), np.bincount(rows.cell, minlength=labels)


def test_labels_tell_neither_how_many_shares_occur_nor_how_many_rows_are_padding(monkeypatch):
    drawn = np.random.default_rng(3)
    monkeypatch.setattr(
        row_spool, "random_integers", lambda bound, count: drawn.integers(0, bound, count)
    )
    made, sent, vectors, found = shares()
    assert 10 * vectors < (found > 0).sum()
    of_nobody = np.sort(found)[:-vectors].sum()
    assert 10 < of_nobody < 0.9 * (sent - made)


def test_with_labels_of_other_rows_alone_it_sees_how_many_shares_occur(monkeypatch):
    honest = row_spool._labelled
    monkeypatch.setattr(
        row_spool, "_labelled",
        lambda made, codes, padding: honest(replace(made, vectors=()), codes, padding),
    )  # fmt: skip
    _, _, vectors, found = shares()
    assert (found > 0).sum() == vectors


FEW = 40


def combinations() -> tuple[int, int]:
    """Return how many rows of an upload there are, and how many have labels that go together."""
    cities = [f"city {number % 20}" for number in range(FEW)]
    labels = {"city": cities, "street": [f"{city}, high street" for city in cities]}
    room = sign_room("overlap", {"brand": audience(PEOPLE[:FEW], labels),
                                 "platform": audience(PEOPLE)}, (), None, {})  # fmt: skip
    manifest = datasets.local(room.rooms["brand"], room.datasets["brand"])
    names = [manifest.domains()[column.name] for column in manifest.manifest.labels]
    data = room.desk.whole(f"/v1/datasets/{room.datasets['brand']}/chunks", "brand")
    rows = [data[start : start + 16].hex() for start in range(0, len(data), 16)]
    read = [(names[0][row[:16]], names[1][row[16:]]) for row in rows]
    return len(rows), sum(street.startswith(f"{city},") for city, street in read)


def test_no_row_of_an_upload_has_labels_that_nobody_has_together():
    assert combinations() == (64, 64)


def test_with_labels_drawn_one_by_one_padding_is_told_row_by_row(monkeypatch):
    honest = datasets._write_labels

    def one_by_one(dataset, table, order, spool):
        """Draw the labels of each column by themselves, by writing one after the other."""
        whole = []
        for _ in dataset.manifest.labels:
            honest(dataset, table, order, spool)
            whole.append(spool.copy())
        for position, one in enumerate(whole):
            spool[:, 8 * position : 8 * position + 8] = one[:, 8 * position : 8 * position + 8]

    monkeypatch.setattr(datasets, "_write_labels", one_by_one)
    rows, together = combinations()
    assert rows == 64
    # Each of 24 rows of padding goes together with a chance of 1 in 20.
    assert together < FEW + 16
