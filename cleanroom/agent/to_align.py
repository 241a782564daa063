"""Choose which datasets of a room file two members align, and in how many alignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cleanroom.agent.lines import Line
from cleanroom.agent.room_file import RoomFile
from cleanroom.documents.agreement import Agreement, Card
from cleanroom.errors import PolicyRefusal
from cleanroom.room.alignments import check_profiles
from cleanroom.room.members import partners


def to_align(
    described: RoomFile,
    agreement: Agreement,
    asked: Sequence[tuple[Line, Line]],
    there: Callable[[Line], bool] = lambda _line: True,
) -> list[tuple[list[str], list[str]]]:
    """Return what to align of a file so that two members can be asked about pairs of datasets.

    That is all that they may join, at once, if every two of these have a kind of identifier in
    common; else what is asked about alone, in as few alignments as come of taking pair by pair.
    """
    (brand, _), (platform, _) = asked[0]
    groups = [_described_for(described, agreement, brand, platform, there)]
    if not _share_kinds(agreement, *groups[0]):
        groups = []
        for one, other in asked:
            wider = ((_with(group[0], one), _with(group[1], other)) for group in groups)
            fits = next((n for n, sides in enumerate(wider) if _share_kinds(agreement, *sides)), -1)
            if fits < 0:
                groups.append(([one], [other]))
            else:
                first, second = groups[fits]
                groups[fits] = (_with(first, one), _with(second, other))
    written = (([f"{party}.{line}" for party, line in side] for side in sides) for sides in groups)
    return [(first, second) for first, second in written if first and second]


def _with(group: list[Line], line: Line) -> list[Line]:
    return group if line in group else [*group, line]


def _share_kinds(agreement: Agreement, *sides: Sequence[Line]) -> bool:
    terms = [[agreement.terms(*line) for line in side] for side in sides]
    try:
        check_profiles(*([one.profiles for one in side if one] for side in terms))
    except PolicyRefusal:
        return False
    return True


def _described_for(
    described: RoomFile,
    agreement: Agreement,
    brand: str,
    platform: str,
    there: Callable[[Line], bool],
) -> tuple[list[Line], list[Line]]:
    """Return the datasets of a file that two members may join, those of the brand first."""

    def of(card: Card | None, other: str) -> list[Line]:
        return [
            (card.name, line)
            for line in (described.specs(card) if card else ())
            if card and other in partners(agreement, card.name, line) and there((card.name, line))
        ]

    return of(agreement.member(brand), platform), of(agreement.member(platform), brand)
