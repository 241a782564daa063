"""Take the rows that matched, on the platform, and hand them out as a segment's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import aligned_rows, endings, erased, selection
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.job_rows import PEOPLE
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.errors import InvalidInput, NotFound, PeerFault
from cleanroom.files import write_file
from cleanroom.ingest import Table
from cleanroom.ingest.identifiers.names import kind_of
from cleanroom.queries.where import inside
from cleanroom.spreadsheets import write_csv

STEP = "activated"
SEGMENT = "segment"
MOST_EXPANSION = 30


@alone
def activate(job: LocalJob) -> None:
    """Keep which of this party's own rows matched, then say so, signed.

    Asking for the rows is an entry of the log by itself.  Raises ``PeerFault`` if the mediator
    names places that this party never uploaded.
    """
    data = job.room.client.result_bytes(job.identity, "matched")
    if len(data) % 8:
        raise PeerFault("The mediator's matched rows are truncated.")
    with erased.steady(job.room.home):
        job.check_open()
        rows = own_rows(job, np.frombuffer(data, dtype="<i8").astype(np.int64))
        job.room.home.vault.write_arrays(job.folder / SEGMENT, rows=rows)
    body = {"job": job.identity, "step": STEP, "messages": {}}
    job.room.chain.say(f"{job.path}/steps", "job.step", body, check=job.check_open)


def own_rows(job: LocalJob, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the table rows at uploaded places, in the order of the party's own file.

    What cannot have matched is left out: padding, and people outside the question's conditions on
    this party's own labels.  It is not a reason to refuse, for a refusal would tell a mediator that
    tries places which of them are padding.
    """
    table, order = job.dataset.table(), _rows_sent(job)
    if len(places) and not 0 <= places.min() <= places.max() < len(order):
        raise PeerFault("The mediator names matched rows that were never uploaded.")
    if len(np.unique(places)) != len(places):
        raise PeerFault("The mediator names a matched row twice.")
    rows = np.sort(order[places])
    rows = rows[rows < table.rows]
    marked = inside(selection.conditions(job), job.side, table)
    own: npt.NDArray[np.int64] = rows[marked[rows]]
    return own


def _rows_sent(job: LocalJob) -> npt.NDArray[np.int64]:
    """Return the table row behind each row that was sent; numbers past the table are padding.

    Of a person with several rows it is the first.
    """
    if job.plan.source == "audience":
        return aligned_rows.order(job.alignment, job.dataset)
    table, kept = job.dataset.table(), job.kept(PEOPLE)
    if kept is None:
        raise PeerFault("This party sent no rows for the job.")
    people, first = np.unique(table.person, return_index=True)
    row_of = np.full(table.people_count + 1, table.rows, dtype=np.int64)
    row_of[people] = first
    return row_of[kept.view(np.int64)]


@dataclass(frozen=True)
class Segment:
    """The people of a segment, normalised; ``scores`` has one number each for a lookalike.

    ``kinds`` has a column for each kind of identifier, empty where a person has none of it.
    """

    kinds: tuple[list[str], ...]
    scores: npt.NDArray[np.float64] | None = None


def has_segment(job: LocalJob) -> bool:
    """Tell whether this party has people of a job to write out."""
    if job.template.by_model:
        return job.side == "platform" and bool(_model(job))
    return _people(job) is not None


def _people(job: LocalJob) -> Path | None:
    """Return the file of the people of a job, None where there is none whose time is not over."""
    file = job.folder / SEGMENT
    over = endings.is_over(job.room.agreement.policy, job.folder)
    return file if file.exists() and not over else None


def _model(job: LocalJob) -> dict[str, Any] | None:
    return (kept_result(job.room, job.identity) or {}).get("model")


def segment(job: LocalJob, expansion: int | None = None) -> Segment:
    """Return the people that were activated, or the best of the base of a lookalike.

    ``expansion`` is per cent of the base; left out, it is what the question says.  Raises
    ``NotFound`` if there is no segment.
    """
    if job.template.by_model:
        return _by_model(job, expansion)
    file = _people(job)
    if file is None:
        raise NotFound("This party holds no segment from that job.")
    table = job.dataset.table()
    rows = _present(table, job.room.home.vault.read_arrays(file)["rows"])
    return Segment(_identifiers(table, rows))


def _present(table: Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the rows of people who were not erased since."""
    present: npt.NDArray[np.int64] = rows[~erased.absent(table)[table.person[rows]]]
    return present


def _by_model(job: LocalJob, expansion: int | None) -> Segment:
    model = _model(job)
    if model is None or job.side != "platform":
        raise NotFound("This party holds no model from that job.")
    percent = model["expansion"] if expansion is None else expansion
    if not 1 <= percent <= MOST_EXPANSION:
        raise InvalidInput(f"The expansion must be 1 to {MOST_EXPANSION} per cent of the base.")
    table = erased.compact(job.dataset.table())
    rows, scores = job.template.best(job.question, table, model, percent)
    return Segment(_identifiers(table, rows), scores)


def _identifiers(table: Table, rows: npt.NDArray[np.int64]) -> tuple[list[str], ...]:
    """Return the normalised identifiers of rows, a column for each kind."""
    people = table.person[rows]
    if table.identifiers is None:
        return ([value.decode() for value in table.values.take(people)],)
    columns = []
    for places in table.identifiers[people].T:
        has = places >= 0
        texts = iter(table.values.take(places[has]))
        columns.append([next(texts).decode() if one else "" for one in has])
    return tuple(columns)


def export(job: LocalJob, path: Path, expansion: int | None = None) -> int:
    """Write a segment's file, readable by the owner alone; return the number of people.

    ``.csv`` has a header and cells that a spreadsheet takes for text, and the scores of a
    lookalike, the best first; any other name gets one identifier a line and nothing else, as the
    upload pages of advertising platforms want it.  Raises ``InvalidInput`` for such a file where
    people have several.
    """
    found = segment(job, expansion)
    people = len(found.kinds[0])
    if path.suffix.lower() != ".csv":
        if len(found.kinds) > 1:
            raise InvalidInput(
                "These people have several identifiers, which do not fit on one line.",
                remedy="Write a .csv file, which has a column for each kind.",
            )
        write_file(path, "".join(f"{text}\n" for text in found.kinds[0]).encode())
        return people
    profiles = job.question.manifest(job.side).profiles
    heads = [profile.split(":")[0] for profile in profiles]
    if len(heads) > 1:
        heads = [kind_of(profile) for profile in profiles]
    columns: list[list[Any]] = [*found.kinds]
    if found.scores is not None:
        heads.append("score")
        columns.append(found.scores.round(6).tolist())
    write_csv(path, heads, zip(*columns, strict=True))
    return people
