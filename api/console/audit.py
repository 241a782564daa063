"""The log for people: a list that can be searched, a job's chain, proofs, the report.

The pages are the same over the mediator's database, over its interface and over a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from api.console.frame import language
from api.console.log_groups import grouped
from api.console.logs import Log, as_entries, chain, entries_of, subject
from cleanroom.audit import page as report_page
from cleanroom.audit import questions, show
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.proofs import INCLUSION
from cleanroom.audit.verify import Report, verify_bundle
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator.search import KINDS, Wanted
from protocols import checkpoint as notes
from protocols.checkpoint import Checkpoint
from protocols.signing import VerifyingKey

blueprint = Blueprint("audit", __name__, url_prefix="/rooms/<room>")

ROWS = 100
"""Entries on one page."""

REPORT_ENTRIES, REPORT_BYTES = 5_000, 16 << 20
"""A longer log is verified by the command line: here others wait meanwhile."""

_reporting = Lock()
"""One report is made at a time, so that reports hold one thread at most."""


def room_log(room: str) -> Log:
    """Return the log of a room that whoever is signed in may read."""
    return cast(Callable[[str], Log], current_app.extensions["log"])(room)


@blueprint.get("/log")
def list_entries(room: str) -> str:
    """List entries, the newest first, chosen by kind, member, outcome and text.

    Without a choice they are grouped by question.  A text is looked for in a part of a long log at
    a time; the page offers to go on.
    """
    log = room_log(room)
    note = log.checkpoint()
    head = notes.parse(note)[0]
    chosen = {
        name: request.args.get(name, "").strip() for name in ("kind", "party", "outcome", "q")
    }
    end = min(head.size, number(request.args.get("before"), head.size))
    if not any(chosen.values()) and request.args.get("view") != "entries":
        groups, older = grouped(log, head.size, end, language())
        return render_template(
            "audit/groups.html",
            **_frame(room, log, note),
            groups=groups,
            older=older,
            alarm=log.alarm(),
        )
    wanted = Wanted(chosen["kind"], chosen["party"], chosen["outcome"], text=chosen["q"][:200])
    found = log.search(wanted, end, ROWS)
    return render_template(
        "audit/log.html",
        **_frame(room, log, note),
        entries=_lines(found.leaves),
        chosen=chosen,
        kinds=KINDS,
        start=found.next or 0,
        end=end,
        alarm=log.alarm(),
    )


def _lines(leaves: list[bytes]) -> list[dict[str, Any]]:
    """Return entries with the job and the one thing that each is about."""
    about = {line.number: line.about for line in show.lines(reversed(leaves), language=language())}
    entries = as_entries(leaves)
    return [{**one, "job": subject(one), "about": about[one["index"]]} for one in entries]


@blueprint.get("/log/<int:index>")
def show_entry(room: str, index: int) -> str:
    """Show one entry as its canonical bytes, with the proof that it is in the log."""
    log = room_log(room)
    note = log.checkpoint()
    head = notes.parse(note)[0]
    entry = _entry(log, index, head)
    return render_template(
        "audit/entry.html",
        **_frame(room, log, note),
        entry=entry,
        job=subject(entry),
        proof=log.inclusion(index, head.size),
    )


@blueprint.get("/log/<int:index>/proof.json")
def download_proof(room: str, index: int) -> Response:
    """Return the proof of an entry as a document for ``cleanroom audit check``."""
    log = room_log(room)
    note = log.checkpoint()
    head = notes.parse(note)[0]
    leaf = json.loads(_entry(log, index, head)["leaf"])
    document = {
        "format": INCLUSION,
        "mediator_key": log.agreement.mediator_key,
        "checkpoint": note,
        "index": index,
        "entry": leaf,
        "proof": log.inclusion(index, head.size),
    }
    response = jsonify(document)
    response.headers["Content-Disposition"] = f'attachment; filename="entry-{index}.json"'
    return response


@blueprint.get("/log/jobs/<job>")
def show_chain(room: str, job: str) -> str:
    """Show everything that the log says of one job: asked, approved, computed, read."""
    log = room_log(room)
    note = log.checkpoint()
    head = notes.parse(note)[0]
    entries = chain(log, job, head.size)
    if not entries:
        raise NotFound("The log has no such question.")
    return render_template("audit/chain.html", **_frame(room, log, note), job=job, entries=entries)


@blueprint.get("/checkpoint")
def show_checkpoint(room: str) -> str:
    """Show the signed head; the browser holds it against the last one that it saw."""
    log = room_log(room)
    note = log.checkpoint()
    head = notes.parse(note)[0]
    first = number(request.args.get("from"), 0)
    if first > head.size:
        raise InvalidInput(f"The log has {head.size} entries.")
    return render_template(
        "audit/checkpoint.html",
        **_frame(room, log, note),
        alarm=log.alarm(),
        first=first,
        proof=log.consistency(first, head.size) if first else [],
    )


@blueprint.get("/consistency.json")
def consistency(room: str) -> Response:
    """Return the proof that one size of the log begins with another."""
    log = room_log(room)
    first, second = (number(request.args.get(name), 0) for name in ("first", "second"))
    if not 0 < first <= second <= notes.parse(log.checkpoint())[0].size:
        raise InvalidInput("The log has no such sizes.")
    return jsonify({"proof": log.consistency(first, second)})


@blueprint.get("/report.<kind>")
def report(room: str, kind: str) -> Response:
    """Verify the whole log and return the page for a compliance file."""
    log = room_log(room)
    if kind not in ("html", "md"):
        raise NotFound("A report must be html or md.")
    if not _reporting.acquire(blocking=False):
        raise Conflict("Another report is being made. Try again in a minute.", rule="busy")
    try:
        text = _report(log, room, kind)
    finally:
        _reporting.release()
    media = "text/html" if kind == "html" else "text/markdown"
    headers = {
        "Content-Disposition": f'attachment; filename="audit-report.{kind}"',
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(text, headers=headers, content_type=f"{media}; charset=utf-8")


@blueprint.get("/questions")
def list_questions(room: str) -> str:
    """Verify the whole log and show who asked what, who agreed and what came of it."""
    log = room_log(room)
    if not _reporting.acquire(blocking=False):
        raise Conflict("Another report is being made. Try again in a minute.", rule="busy")
    try:
        bundle, checked = _verified(log, room)
    finally:
        _reporting.release()
    asked = questions.questions(bundle.leaves())
    return render_template(
        "audit/questions.html",
        room=room,
        size=checked.size,
        header=questions.HEADER[language()],
        asked=[(one.job, one.entry, questions.row(one, language())) for one in asked],
    )


def _report(log: Log, room: str, kind: str) -> str:
    """Verify a log that is short enough, and write the report."""
    bundle, checked = _verified(log, room)
    as_page = report_page.as_html if kind == "html" else report_page.markdown
    return as_page(bundle, checked, language())


def _verified(log: Log, room: str) -> tuple[Bundle, Report]:
    """Verify a log that is short enough; raise ``InvalidInput`` for a longer one."""
    size = notes.parse(log.checkpoint())[0].size
    bundle = log.bundle(REPORT_BYTES) if size <= REPORT_ENTRIES else None
    if bundle is None:
        raise InvalidInput(
            "The log is too long to be verified while a page loads.",
            remedy="Run: cleanroom audit report --out report.html",
        )
    return bundle, verify_bundle(bundle, room=room)


def _entry(log: Log, index: int, head: Checkpoint) -> dict[str, Any]:
    found = entries_of(log, index, 1) if index < head.size else []
    if not found:
        raise NotFound(f"The log has {head.size} entries, from 0 to {head.size - 1}.")
    return found[0]


def _frame(room: str, log: Log, note: str) -> dict[str, Any]:
    head = notes.parse(note)[0]
    key = VerifyingKey(bytes.fromhex(log.agreement.mediator_key))
    return {
        "room": room,
        "agreement": log.agreement,
        "note": note,
        "head": head,
        "root_hex": head.root.hex(),
        "fingerprint": key.fingerprint(),
        "origin": f"{log.agreement.origin}/{room}",
    }


def number(text: str | None, otherwise: int) -> int:
    """Return a number of an address, or another where it is none."""
    plain = text is not None and text.isdecimal() and text.isascii() and len(text) < 16
    return int(text) if text and plain else otherwise
