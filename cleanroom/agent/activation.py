"""Take the rows that matched, on the platform, and hand them out as a segment's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import aligned_rows, selection
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.jobs import LocalJob, alone
from cleanroom.errors import InvalidInput, NotFound, PeerFault
from cleanroom.files import write_file
from cleanroom.ingest import write_csv
from cleanroom.queries.lookalike_model import expanded, scores
from cleanroom.queries.where import inside
from protocols.strings import PackedStrings

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
        raise PeerFault("The mediator's matched rows are cut short.")
    rows = own_rows(job, np.frombuffer(data, dtype="<i8").astype(np.int64))
    job.room.home.vault.write_arrays(job.folder / SEGMENT, rows=rows)
    body = {"job": job.identity, "step": STEP, "messages": {}}
    job.room.chain.say(f"{job.path}/steps", "job.step", body)


def own_rows(job: LocalJob, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the table rows at uploaded places, in the order of the party's own file.

    What cannot have matched is left out: padding, and people outside the question's conditions on
    this party's own labels.  It is no reason to refuse, for a refusal would tell a mediator that
    tries places which of them are padding.
    """
    order, table = aligned_rows.order(job.alignment, job.dataset), job.dataset.table()
    if len(places) and not 0 <= places.min() <= places.max() < len(order):
        raise PeerFault("The mediator names matched rows that were never uploaded.")
    if len(np.unique(places)) != len(places):
        raise PeerFault("The mediator names a matched row twice.")
    rows = np.sort(order[places])
    rows = rows[rows < table.rows]
    marked = inside(selection.conditions(job), job.side, table)
    own: npt.NDArray[np.int64] = rows[marked[rows]]
    return own


@dataclass(frozen=True)
class Segment:
    """The people of a segment, normalised; ``scores`` has one number each for a lookalike."""

    values: PackedStrings
    scores: npt.NDArray[np.float64] | None = None


def has_segment(job: LocalJob) -> bool:
    """Tell whether this party has people of a job to write out."""
    if job.document.template == "lookalike":
        return job.side == "platform" and bool(_model(job))
    return (job.folder / SEGMENT).exists()


def _model(job: LocalJob) -> dict[str, Any] | None:
    return (kept_result(job.room, job.identity) or {}).get("model")


def segment(job: LocalJob, expansion: int | None = None) -> Segment:
    """Return the people that were activated, or the best of the base of a lookalike.

    ``expansion`` is per cent of the base; left out, it is what the question says.  Raises
    ``NotFound`` if there is no segment.
    """
    if job.document.template == "lookalike":
        return _lookalike(job, expansion)
    file = job.folder / SEGMENT
    if not file.exists():
        raise NotFound("This party has no segment of that job.")
    rows = job.room.home.vault.read_arrays(file)["rows"]
    table = job.dataset.table()
    return Segment(table.values.take(table.person[rows]))


def _lookalike(job: LocalJob, expansion: int | None) -> Segment:
    model = _model(job)
    if model is None or job.side != "platform":
        raise NotFound("This party has no model of that job.")
    percent = model["expansion"] if expansion is None else expansion
    if not 1 <= percent <= MOST_EXPANSION:
        raise InvalidInput(f"The expansion is 1 to {MOST_EXPANSION} per cent of the base.")
    table = job.dataset.table()
    score = scores(job.question, table, model)
    rows = expanded(score, percent)
    return Segment(table.values.take(table.person[rows]), score[rows])


def export(job: LocalJob, path: Path, expansion: int | None = None) -> int:
    """Write a segment's file, readable by the owner alone; return the number of people.

    ``.csv`` has a header and cells that a spreadsheet takes for text, and the scores of a
    lookalike, the best first; any other name gets one identifier a line and nothing else, as the
    upload pages of advertising platforms want it.
    """
    found = segment(job, expansion)
    texts = [value.decode() for value in found.values]
    if path.suffix.lower() != ".csv":
        write_file(path, "".join(f"{text}\n" for text in texts).encode())
        return len(texts)
    kind = job.question.manifest(job.side).identifier_profile.split(":")[0]
    if found.scores is None:
        write_csv(path, [kind], ([text] for text in texts))
    else:
        scored = zip(texts, found.scores.round(6).tolist(), strict=True)
        write_csv(path, [kind, "score"], scored)
    return len(texts)
