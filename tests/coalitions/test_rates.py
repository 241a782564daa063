"""Match rates of kinds of identifier: who has which, and how far one person moves the counts.

The mediator counts the rows of a question by their opaque labels, to learn how many people have a
telephone.  A brand that receives knows somebody's address and telephone, enters both wherever it
likes, and looks in which count that person is twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cleanroom.agent.job_rows import party_data
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.queries.match_rate.sensitivity import match_rate
from cleanroom.queries.template import PartyRows
from protocols.tokens import audience_tokens
from tests.cleanroom.ingest.identity_oracle import Row
from tests.cleanroom.queries.harness import plan_jobs, sign_room
from tests.cleanroom.queries.test_several_kinds import crm, touches

MOST: list[Row] = [(f"p{n}@example.com", f"+861380013{8000 + n}") for n in range(40)]
FEW: list[Row] = [(email, phone if n < 3 else None) for n, (email, phone) in enumerate(MOST)]


def made_of(rows: list[Row]) -> PartyRows:
    """Make the rows of a platform that does not receive: it says which kind each is of."""
    sides = {"brand": crm(MOST), "platform": touches(rows)}
    room = sign_room("match_rate", sides, (), None, {})
    job = plan_jobs(room, "match_rate", {}, "brand", None)["platform"]
    return job.template.rows(job.question, party_data(job))


def spread(labels: npt.NDArray[np.int32]) -> list[int]:
    return np.bincount(labels, minlength=2).tolist()


def test_labels_do_not_tell_the_mediator_how_many_people_have_a_kind() -> None:
    assert spread(made_of(MOST).label) == spread(made_of(FEW).label) == [40, 40]


def test_with_rows_of_those_alone_who_have_one_it_counts_them() -> None:
    for rows, with_phone in ((MOST, 40), (FEW, 3)):
        made = made_of(rows)
        assert made.row is not None
        assert spread(made.label[made.row]) == [40, with_phone]


def uploads() -> tuple[SideRows, SideRows]:
    """Return rows of a brand that knows one person wholly, and of the platform with that person.

    The brand labels as it likes: both of its rows alike.
    """
    secrets = np.random.default_rng(1).integers(0, 256, (2, 32), dtype=np.uint8)
    tokens = audience_tokens(secrets, b"alignment", b"brand", b"platform")[:, np.newaxis]
    marks = np.ones(2, dtype=np.bool_)
    honest = SideRows(tokens, np.arange(2), marks)
    return replace(honest, cell=np.zeros(2, dtype=np.int64)), honest


def test_whatever_a_receiver_enters_a_person_counts_once_in_a_kind() -> None:
    brand, platform = uploads()
    counts = np.bincount(platform.cell[match(brand, platform, "brand").platform])
    assert counts.tolist() == [1, 1]
    assert np.linalg.norm(counts) <= match_rate(2).people.l2


def test_where_the_receiver_says_which_kind_it_is_a_person_counts_twice_in_one() -> None:
    brand, platform = uploads()
    counts = np.bincount(brand.cell[match(brand, platform, "brand").brand])
    assert np.linalg.norm(counts) == 2 > match_rate(2).people.l2
