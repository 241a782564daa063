"""Turn entries into lines that people read, and choose among them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import subject
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.report import LANGUAGES, Language, if_known, why
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


def lines(
    leaves: Iterable[bytes], chosen: Filter | None = None, language: Language = "en"
) -> Iterator[Line]:
    """Yield the chosen entries of a log; it is read from its beginning, to know all names."""
    names = _Names(language)
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

    def __init__(self, language: Language) -> None:
        self._language = language
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
                about=if_known(entry["detail"] or "", self._language)
                or _about(entry["kind"], body, entry["facts"], self._language),
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


ABOUT: Final = {
    "job.release": (
        "{released} released, {suppressed} suppressed, k {k}",
        "公布 {released} 个分组，未公布 {suppressed} 个，k {k}",
    ),
    "job.sums": (
        "{sums} masked sums to be opened by their owner",
        "{sums} 个加掩码的合计值，由其所有者解密",
    ),
    "result.read": ("{part}", "{part}"),
    "audit.cosign": ("{size} entries", "{size} 条"),
    "alignment.join": ("people: {count}", "人数：{count}"),
    "job.step": ("{step}", "{step}"),
    "job.refuse": ("{rule}: {told}", "{rule}：{told}"),
    "amendment.propose": (
        "agreement number {agreement[amends][number]}",
        "协议第 {agreement[amends][number]} 版",
    ),
    "dataset.erase": (
        "up to {people} people asked to be erased",
        "个人请求删除（至多 {people} 人）",
    ),
    "data.expire": ("kept as long as is agreed: {counted}", "约定期限届满：{counted}"),
    "data.delete": ("deleted ({why}): {counted}", "已删除（{why}）：{counted}"),
}
"""The one thing of an entry that a reader looks for, by kind."""

ALONE: Final = ("k {k}, groups told to the receiver alone", "k {k}，分组数仅告知接收方")
COUNTED: Final = {
    "datasets": ("{count} datasets", "{count} 个数据集"),
    "alignments": ("{count} alignments", "{count} 次对齐"),
    "messages": ("{count} messages", "{count} 次查询的传输内容"),
    "answers": ("{count} answers", "{count} 个结果"),
}
PARTS: Final = {
    "release": "公布内容",
    "people": "人数",
    "measures": "加密合计值",
    "matched": "匹配的行",
}
QUESTION: Final = {
    "repeated": ("asked before: the same answer", "此前已有相同查询，结果相同"),
    "part": (", a part by {columns}", "，按 {columns} 限定人群"),
    "asked": (
        "{name}{part}: rho {rho:g}, {left:g} left",
        "{name}{part}：rho {rho:g}，剩余 {left:g}",
    ),
}


def _about(kind: str, body: dict[str, Any], facts: dict[str, Any], language: Language) -> str:
    """Say the one thing of an entry that a reader looks for."""
    if kind == "job.submit":
        return _question(body, facts, language)
    place = LANGUAGES.index(language)
    if kind == "job.release" and facts["released"] is None:
        return ALONE[place].format(k=facts["k"])
    named = {noun: facts[noun] for noun in TERMS if isinstance(facts.get(noun), list)}
    counted = (COUNTED[noun][place].format(count=len(ones)) for noun, ones in named.items())
    values = {
        **facts,
        **body,
        "counted": ("，" if language == "zh" else ", ").join(counted),
        "told": why(body.get("rule", ""), body.get("reason", ""), language),
    }
    if language == "zh":
        values |= {"part": PARTS.get(values.get("part", ""), values.get("part"))}
    return ABOUT.get(kind, ("", ""))[place].format(**values)


def _question(body: dict[str, Any], facts: dict[str, Any], language: Language) -> str:
    place = LANGUAGES.index(language)
    if facts.get("repeated"):
        return QUESTION["repeated"][place]
    if "left_after" not in facts:
        return ""
    told = facts.get("outcome", ())
    columns = [column for column in facts.get("where", ()) if column not in told]
    part = QUESTION["part"][place].format(columns=", ".join(columns)) if columns else ""
    return QUESTION["asked"][place].format(
        name=body["job"]["name"], part=part, rho=facts["rho"], left=facts["left_after"]
    )


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
