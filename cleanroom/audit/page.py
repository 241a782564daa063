"""Write one page about a room for a compliance file: as Markdown or as HTML.

The page is made from a bundle that was verified in the same call, and says so.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.questions import HEADER, questions, row
from cleanroom.audit.show import Line, clock, lines
from cleanroom.audit.verify import Report
from cleanroom.documents.agreement import DatasetTerms, Grant
from cleanroom.privacy.accounting import epsilon_of
from protocols.signing import VerifyingKey

Cells = Sequence[object]


@dataclass(frozen=True)
class Section:
    """A heading and a table below it, or one sentence where there is nothing to list."""

    title: str
    header: Cells
    rows: Sequence[Cells]
    empty: str = "None."


def sections(bundle: Bundle, report: Report) -> list[Section]:
    """Return what the page says, in order."""
    agreement, policy = bundle.agreement, bundle.agreement.policy
    entries = [json.loads(leaf) for leaf in bundle.leaves()]
    shown = list(lines(bundle.leaves()))
    asked = questions(bundle.leaves())
    spent = sum(one.rho for one in asked)
    rules = [
        ("room", bundle.room),
        ("name", agreement.name),
        ("rehearsal", "yes" if agreement.rehearsal else "no"),
        ("agreement, SHA-256", agreement.digest()),
        ("templates", ", ".join(agreement.templates)),
        ("smallest group", policy.k_min),
        ("noise", policy.noise),
        ("privacy budget, rho", f"{policy.rho_budget:g}"),
        ("approval of questions", policy.approval),
        ("grants", "; ".join(map(_grant, agreement.grants)) or "none"),
        ("datasets", "; ".join(map(_terms, agreement.datasets))),
        ("expires", clock(policy.expires * 1000)),
    ]
    keys = {card.name: _fingerprint(card.signing_key) for card in agreement.members}
    return [
        Section("Agreement", ("term", "value"), rules),
        Section(
            "Members",
            ("name", "role", "key"),
            [(card.name, card.role, keys[card.name]) for card in agreement.members],
        ),
        Section("Datasets", ("when", "who", "what", "dataset"), _about(shown, "dataset")),
        Section("Alignments", ("when", "who", "what", "datasets"), _about(shown, "alignment")),
        Section("Questions", HEADER["en"], [row(one) for one in asked]),
        Section("Activations", ("when", "who", "what", "rule"), _activations(entries)),
        Section(
            "Refusals",
            ("when", "entry", "who", "what", "why"),
            [
                (x.time, x.number, x.actor, x.kind, x.rule or x.about)
                for x in shown
                if x.outcome == "refused" or x.kind == "job.refuse"
            ],
        ),
        Section("Privacy budget", ("figure", "value"), _budget(bundle, spent)),
        Section(
            "Verification",
            ("step", "what was checked", "what was found"),
            [(step.number, step.title, step.found) for step in report.steps],
        ),
        Section("What could not be checked", ("",), [(sentence,) for sentence in report.unchecked]),
    ]


def _grant(grant: Grant) -> str:
    purposes = f" for {', '.join(grant.purposes)}" if grant.purposes else ""
    return f"{grant.party} grants {grant.kind}{purposes}"


def _terms(terms: DatasetTerms) -> str:
    columns = ", ".join([*terms.labels, *(measure.name for measure in terms.measures)])
    return f"{terms.party}/{terms.name} ({terms.kind}): {columns or 'no columns'}"


def _fingerprint(key: str) -> str:
    return VerifyingKey(bytes.fromhex(key)).fingerprint()


def _about(shown: Sequence[Line], noun: str) -> list[Cells]:
    found = [x for x in shown if x.kind.startswith(f"{noun}.") and x.outcome == "accepted"]
    return [(x.time, x.actor, x.kind.partition(".")[2], x.datasets) for x in found]


def _activations(entries: Sequence[dict[str, Any]]) -> list[Cells]:
    """List the jobs that tell the platform which rows matched, and each reading of them."""
    found: list[Cells] = []
    for entry in entries:
        facts = entry["facts"]
        when = clock(entry["time"])
        if entry["kind"] == "job.submit" and facts.get("activates") is True:
            found.append((when, entry["actor"], "asked", entry["rule"] or ""))
        if entry["kind"] == "result.read" and facts.get("part") == "matched":
            found.append((when, entry["actor"], "matched rows read", ""))
    return found


def _budget(bundle: Bundle, spent: float) -> list[Cells]:
    policy = bundle.agreement.policy
    return [
        ("granted, rho per pair of parties", f"{policy.rho_budget:g}"),
        ("spent by all jobs, rho", f"{spent:g}"),
        (f"spent, epsilon at delta {policy.delta:g}", f"{epsilon_of(spent, policy.delta):.3g}"),
    ]


def markdown(bundle: Bundle, report: Report) -> str:
    """Return the page as Markdown."""
    parts = [f"# Audit report: {_escape(bundle.agreement.name)}", _lead(report)]
    for section in sections(bundle, report):
        parts.append(f"## {section.title}")
        if not section.rows:
            parts.append(section.empty)
            continue
        table = [section.header, ["---"] * len(section.header), *section.rows]
        parts.append("\n".join(f"| {' | '.join(map(_escape, row))} |" for row in table))
    return "\n\n".join(parts) + "\n"


def as_html(bundle: Bundle, report: Report) -> str:
    """Return the page as one HTML document without scripts or outside parts."""
    name = html.escape(bundle.agreement.name)
    parts = [f"<h1>Audit report: {name}</h1>", f"<p>{html.escape(_lead(report))}</p>"]
    for section in sections(bundle, report):
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        if not section.rows:
            parts.append(f"<p>{section.empty}</p>")
            continue
        rows = [_html_row("th", section.header), *(_html_row("td", row) for row in section.rows)]
        parts.append(f"<table>{''.join(rows)}</table>")
    style = (
        "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;max-width:80rem}"
        "table{border-collapse:collapse;width:100%}"
        "th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;"
        "overflow-wrap:anywhere;vertical-align:top}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Audit report: {name}</title><style>{style}</style></head>\n"
        f"<body>{chr(10).join(parts)}</body></html>\n"
    )


def _lead(report: Report) -> str:
    return (
        f"The log of room {report.room} has {report.size} entries under root {report.root}. "
        f"It verified in {len(report.steps)} steps, listed below."
    )


def _escape(cell: object) -> str:
    """Keep a cell from ending its column or starting a tag."""
    text = str(cell).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    return text.replace("<", "&lt;")


def _html_row(tag: str, row: Cells) -> str:
    cells = "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row)
    return f"<tr>{cells}</tr>"
