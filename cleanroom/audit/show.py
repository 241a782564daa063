"""Turn entries into lines that people read, and choose among them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import subject
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.report import why
from cleanroom.room.retention import TERMS
from cleanroom.spreadsheets import quote_cell


@dataclass(frozen=True)
class Line:
    """One entry as it is shown; ``datasets`` are names of the form ``party/name@version``."""

    number: int
    time: str
    kind: str
    actor: str
    outcome: str
    rule: str
    template: str
    datasets: str
    job: str
    about: str


@dataclass(frozen=True)
class Filter:
    """Choose entries; every part that is None lets all through.

    ``kind`` may be a noun alone (``job``).  ``dataset`` is a name, ``party/name``,
    ``party/name@version`` or an identifier.  ``since`` and ``until`` are Unix milliseconds,
    until exclusive.
    """

    party: str | None = None
    dataset: str | None = None
    template: str | None = None
    since: int | None = None
    until: int | None = None
    outcome: str | None = None
    kind: str | None = None


def lines(leaves: Iterable[bytes], chosen: Filter | None = None) -> Iterator[Line]:
    """Yield the chosen entries of a log; it is read from its beginning, to know all names."""
    names = _Names()
    chosen = chosen or Filter()
    for leaf in leaves:
        try:
            entry = json.loads(leaf)
            line, datasets = names.line(entry)
            wanted = _fits(chosen, entry, line, datasets)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput):
            raise AuditFailure("An entry cannot be read; verify the bundle.") from None
        if wanted:
            yield line


def as_csv(found: Iterable[Line]) -> str:
    """Return lines as CSV that a spreadsheet does not run."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([field.name for field in fields(Line)])
    for line in found:
        cells = asdict(line).values()
        writer.writerow([quote_cell(c) if isinstance(c, str) else c for c in cells])
    return text.getvalue()


def moment(text: str) -> int:
    """Read a date or a time (ISO 8601, UTC if it names no offset) as Unix milliseconds."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"'{text}' is not a time.", remedy="Write 2026-06-01 or 2026-06-01T12:00:00Z."
        ) from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def clock(milliseconds: int) -> str:
    """Write Unix milliseconds as UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


class _Names:
    """Learn what identifiers stand for while reading."""

    def __init__(self) -> None:
        self._datasets: dict[str, str] = {}
        self._jobs: dict[str, tuple[str, list[str]]] = {}
        self._alignments: dict[str, list[str]] = {}

    def line(self, entry: dict[str, Any]) -> tuple[Line, list[str]]:
        """Return an entry's line and the identifiers of the datasets that it is about."""
        signed = entry["statement"]
        accepted = entry["outcome"] == "accepted"
        # What was refused may be anything: it is shown as it stands and never interpreted.
        body = signed["statement"]["body"] if signed and accepted else entry["facts"]
        if accepted and signed:
            self._learn(entry["kind"], body)
        job = subject(signed["statement"]["body"] if signed else {}, entry["facts"])
        if entry["kind"] == "job.submit" and not job and accepted:
            job = JobDocument.from_json(body["job"]).identity()
        template, datasets = self._jobs.get(job, ("", []))
        datasets = datasets or self._alignments.get(_alignment(body), [])
        datasets = datasets or [d for d in [_text(body.get("dataset"))] if d in self._datasets]
        if entry["kind"] in ("dataset.erase", "data.expire", "data.delete") and accepted:
            named = map(_text, body.get("datasets", ()))
            datasets = [one for one in named if one in self._datasets]
        if entry["kind"] == "dataset.create" and accepted:
            datasets = [Manifest.from_json(body["manifest"]).identity()]
        return (
            Line(
                number=entry["index"],
                time=clock(entry["time"]),
                kind=entry["kind"],
                actor=entry["actor"],
                outcome=entry["outcome"],
                rule=entry["rule"] or "",
                template=template,
                datasets=" ".join(self._datasets.get(one, one) for one in datasets),
                job=job[:8],
                about=entry["detail"] or _about(entry["kind"], body, entry["facts"]),
            ),
            datasets,
        )

    def _learn(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "dataset.create":
            manifest = Manifest.from_json(body["manifest"])
            name = f"{manifest.party}/{manifest.name}@{manifest.version}"
            self._datasets[manifest.identity()] = name
        elif kind == "alignment.propose":
            document = AlignmentDocument.from_json(body["alignment"])
            joined = [*document.brand_datasets, *document.platform_datasets]
            self._alignments[document.identity()] = joined
        elif kind == "job.submit":
            job = JobDocument.from_json(body["job"])
            self._jobs[job.identity()] = (job.template, list(job.datasets))


def _alignment(body: dict[str, Any]) -> str:
    """Return the alignment that a body names or proposes."""
    named = body.get("alignment")
    return (
        AlignmentDocument.from_json(named).identity() if isinstance(named, dict) else _text(named)
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _about(kind: str, body: dict[str, Any], facts: dict[str, Any]) -> str:
    """Say the one thing of an entry that a reader looks for."""
    if kind == "job.submit":
        return _question(body, facts)
    if kind == "job.release" and facts["released"] is None:
        return f"k {facts['k']}, groups told to the receiver alone"
    says = {
        "job.release": "{released} released, {suppressed} suppressed, k {k}",
        "job.sums": "{sums} masked sums to be opened by their owner",
        "result.read": "{part}",
        "audit.cosign": "{size} entries",
        "alignment.join": "people: {count}",
        "job.step": "{step}",
        "job.refuse": "{rule}: {told}",
        "amendment.propose": "agreement number {agreement[amends][number]}",
        "dataset.erase": "up to {people} people asked to be erased",
        "data.expire": "kept as long as agreed: {counted}",
        "data.delete": "deleted ({why}): {counted}",
    }
    named = {noun: facts[noun] for noun in TERMS if isinstance(facts.get(noun), list)}
    counted = ", ".join(f"{len(ones)} {noun}" for noun, ones in named.items())
    return says.get(kind, "").format(
        **{**facts, **body}, counted=counted, told=why(body.get("rule", ""), body.get("reason", ""))
    )


def _question(body: dict[str, Any], facts: dict[str, Any]) -> str:
    if facts.get("repeated"):
        return "asked before: the same answer"
    if "left_after" in facts:
        told = facts.get("outcome", ())
        columns = [column for column in facts.get("where", ()) if column not in told]
        part = f", a part by {', '.join(columns)}" if columns else ""
        return f"{body['job']['name']}{part}: rho {facts['rho']:g}, {facts['left_after']:g} left"
    return ""


def _fits(chosen: Filter, entry: dict[str, Any], line: Line, datasets: list[str]) -> bool:
    names = {*datasets}
    for name in line.datasets.split():
        party_name = name.partition("@")[0]
        names |= {name, party_name, party_name.partition("/")[2]}
    kinds = {line.kind, line.kind.partition(".")[0]}
    return (
        chosen.party in (None, line.actor)
        and chosen.template in (None, line.template)
        and chosen.outcome in (None, line.outcome)
        and (chosen.dataset is None or chosen.dataset in names)
        and (chosen.kind is None or chosen.kind in kinds)
        and (chosen.since is None or entry["time"] >= chosen.since)
        and (chosen.until is None or entry["time"] < chosen.until)
    )
