"""When somebody bought: what rows of an event job tell a mediator.

The line "times and paths" of the table: the mediator sees padded token groups, and whether a
group matched.  The attack links rows that share a token: they are one person's, and the more
tokens they share, the closer in time.  It fails, and succeeds on rows that send every conversion's
ancestors by themselves.
"""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import combinations

import numpy as np

from cleanroom.queries.credit import tokens as attribution_tokens
from cleanroom.queries.credit.groups import Conversions, bound, conversion_groups
from cleanroom.queries.credit.pieces import Pieces
from cleanroom.queries.credit.tokens import brand_tokens, platform_tokens
from cleanroom.queries.credit.vectors import CreditVectors
from protocols.dyadic import ancestors
from protocols.tokens import event_tokens

DEPTH, PEOPLE, EACH = 10, 30, 3
SECRETS = np.frombuffer(secrets.token_bytes(32 * PEOPLE), dtype=np.uint8).reshape(-1, 32)
PERSON = np.repeat(np.arange(PEOPLE), EACH)
TICK = np.sort(
    np.frombuffer(secrets.token_bytes(2 * len(PERSON)), dtype=np.uint16).reshape(-1, EACH) % 1024
).reshape(-1).astype(np.int64)  # fmt: skip


def linked(rows: list[set[bytes]]) -> int:
    """Count the pairs of rows that share a token."""
    return sum(bool(one & other) for one, other in combinations(rows, 2))


def groups_as_sent(depth: int = DEPTH) -> list[set[bytes]]:
    order = np.frombuffer(secrets.token_bytes(8 * len(PERSON)), dtype=np.uint64)
    conversions = Conversions(PERSON, TICK, np.ones((len(PERSON), 1), dtype=np.int64), order)
    groups = conversion_groups(bound(conversions, EACH).conversions, depth, secrets.token_bytes)
    rows = brand_tokens(groups, SECRETS, b"job", secrets.token_bytes)
    return [{token.tobytes() for token in row} for row in rows]


def conversions_by_themselves() -> list[set[bytes]]:
    """Send the ancestors of each conversion as a row of its own."""
    index = ancestors(TICK, DEPTH)
    level = np.broadcast_to(np.arange(DEPTH + 1), index.shape)
    people = np.repeat(PERSON, DEPTH + 1)
    tokens = event_tokens(
        SECRETS, b"job", "event", level.reshape(-1), index.reshape(-1), people=people
    )
    rows = tokens.reshape(len(PERSON), DEPTH + 1, 16)
    return [{token.tobytes() for token in row} for row in rows]


def test_rows_of_one_person_share_no_token():
    rows = groups_as_sent()
    assert linked(rows) == 0
    assert len(rows) > PEOPLE


def test_conversions_sent_by_themselves_are_all_linked():
    assert linked(conversions_by_themselves()) == PEOPLE * EACH * (EACH - 1) // 2


def lengths(rows: list[set[bytes]]) -> set[int]:
    """Count what is of each row alone: padding that repeats does not hide how long a row is."""
    seen = Counter(token for row in rows for token in row)
    return {sum(seen[token] == 1 for token in row) for row in rows}


def test_every_row_has_as_many_tokens_whatever_stands_behind_it():
    assert lengths(groups_as_sent()) == {DEPTH + 1}


def test_with_padding_that_can_be_told_rows_tell_their_levels(monkeypatch):
    """The number of its nodes is how long conversions stay together: how close in time they are."""
    monkeypatch.setattr(
        attribution_tokens, "random_tokens", lambda count, random: np.zeros((count, 16), np.uint8)
    )
    assert len(lengths(groups_as_sent()) - {DEPTH + 1}) > 2


def test_rows_of_the_same_people_in_two_jobs_share_no_token():
    level = np.zeros(PEOPLE, dtype=np.int64)
    jobs = [event_tokens(SECRETS, job, "event", level, level) for job in (b"one", b"two", b"one")]
    sets = [{token.tobytes() for token in rows} for rows in jobs]
    assert not sets[0] & sets[1]
    assert sets[0] == sets[2]  # with one job's name they would be the same


def test_the_stated_limit_mediator_and_brand_read_intervals_of_its_people_by_trying_nodes():
    """The brand derives the token of every node, the mediator has those of the platform."""
    person, low, high = np.array([[0, 1, 1], [37, 5, 700], [901, 6, 812]])
    whole = CreditVectors(np.array([0, 1]), np.array([0]), np.array([1]), 1)
    shown = Pieces(person, low, high, np.zeros(3, dtype=np.int32), whole)
    sent = {token.tobytes() for token in platform_tokens(shown, SECRETS, b"job")[0]}
    ticks = np.arange(1 << DEPTH)
    for wanted in (0, 1, 2):
        covered = np.zeros(len(ticks), dtype=np.bool_)
        for level in range(DEPTH + 1):
            index = np.arange(1 << (DEPTH - level))
            people = np.full(len(index), wanted)
            tried = event_tokens(SECRETS, b"job", "event", 0 * index + level, index, people=people)
            met = np.array([token.tobytes() in sent for token in tried])
            covered |= np.repeat(met, 1 << level)
        mine = person == wanted
        inside = (ticks[:, None] >= low[mine]) & (ticks[:, None] < high[mine])
        assert (covered == inside.any(axis=1)).all()
