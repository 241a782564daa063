"""The rules ``identity:v1``, person by person in plain Python, written from their text alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

Row = tuple[str | None, ...]

JOIN_IN_TURN = ("raw", "email", "phone")
MOST = 5


@dataclass
class Answer:
    """Each row's person as the set of its rows, what each person keeps, and the counts told."""

    rows: list[frozenset[int]]
    kept: dict[frozenset[int], Row]
    joined: dict[str, int]
    dropped: dict[str, set[str]]
    spare: dict[str, int]


def people_of(rows: list[Row], kinds: tuple[str, ...]) -> Answer:
    """Find the people of rows that name them in several ways."""
    groups: list[set[Row]] = [{record} for record in dict.fromkeys(rows)]
    joined = dict.fromkeys(kinds, 0)
    strong: list[int] = []
    for kind in JOIN_IN_TURN:
        if kind not in kinds:
            continue
        place = kinds.index(kind)
        before = len(groups)
        for identifier in sorted({row[place] for row in rows if row[place] is not None}):
            if len({row for row in rows if row[place] == identifier}) > MOST:
                continue
            carriers = [g for g in groups if any(record[place] == identifier for record in g)]
            firm = [g for g in carriers if any(record[p] for record in g for p in strong)]
            if len(firm) <= 1 and len(carriers) >= 2:
                groups = [g for g in groups if g not in carriers] + [set().union(*carriers)]
        joined[kind] = before - len(groups)
        strong.append(place)
    whose = [
        frozenset(n for n, other in enumerate(rows) if other in group)
        for row in rows
        for group in groups
        if row in group
    ]
    people = set(whose)
    kept: dict[frozenset[int], list[str | None]] = {person: [] for person in people}
    dropped: dict[str, set[str]] = {}
    spare = dict.fromkeys(kinds, 0)
    for place, kind in enumerate(kinds):
        counts = {
            person: Counter(rows[n][place] for n in person if rows[n][place]) for person in people
        }
        claims = Counter(name for own in counts.values() for name in own)
        dropped[kind] = {name for name, times in claims.items() if times > 1}
        for person, own in counts.items():
            left = [name for name in own if name not in dropped[kind]]
            best = sorted(left, key=lambda name: (-own[name], name.encode()))
            kept[person].append(best[0] if best else None)
            spare[kind] += max(0, len(best) - 1)
    return Answer(
        whose, {person: tuple(names) for person, names in kept.items()}, joined, dropped, spare
    )
