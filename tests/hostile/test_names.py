"""Hostile text in every place that takes text: inert data or refused, never more."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from tests.api import story
from tests.api.party import World
from tests.api.test_rooms import entries

CONTROL = {
    "crlf": "a\r\nX-Injected: 1",
    "escape": "a\x1b[2Jb",
    "bell": "a\x07b",
    "separator": "a\u2028b",
    "null": "a\x00b",
}
INERT = {
    "sql": "x'; DROP TABLE jobs; --",
    "path": "../../etc/passwd",
    "html": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)",
    "svg": "<svg/onload=alert(1)>",
    "json": '","role":"auditor","x":"',
    "formula": "=HYPERLINK(1)",
}
HOSTILE = {**CONTROL, **INERT}


def tables(room: World) -> set[str]:
    with sqlite3.connect(room.home / "mediator.sqlite") as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {row[0] for row in rows}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_name_holds_no_hostile_text(room: World, kind: str) -> None:
    """Names of rooms, datasets, jobs, templates, rules and steps are plain words."""
    text, before = HOSTILE[kind], tables(room)
    aligned = ("0" * 32,) * 3
    job = {**story.question(room, aligned), "name": text}
    manifest = {**story.manifest("brand").to_json(), "name": text}
    refusal = {"job": "0" * 32, "rule": text, "reason": "x"}
    agreement = {**room.describe(), "name": text}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("/v1/jobs", "job.submit", {"job": job}),
        ("/v1/datasets", "dataset.create", {"manifest": manifest, "dictionary": ""}),
        (f"/v1/jobs/{'0' * 32}/refuse", "job.refuse", refusal),
        ("/v1/rooms", "room.propose", {"agreement": agreement, "paillier": None}),
    ]
    for path, said, body in asked:
        answer = room.brand.say(path, said, body)
        assert answer.status_code == 422, (path, answer.get_json())
        check_inert(answer, text)
    assert tables(room) == before


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_in_a_path_or_a_query_is_refused(room: World, kind: str) -> None:
    from urllib.parse import quote

    text = quote(HOSTILE[kind], safe="")
    for path in (
        f"/v1/rooms/{text}",
        f"/v1/datasets?room={text}",
        f"/v1/jobs?room={room.room}&state={text}",
        f"/v1/rooms?cursor={text}",
        f"/v1/jobs/{'0' * 32}/messages/{text}/0",
        f"/v1/audit/entries?room={room.room}&from={text}",
    ):
        answer = room.brand.get(path)
        wanted = 422 if "?" in path else 400
        assert answer.status_code == wanted, (path, answer.get_json())
        check_inert(answer, HOSTILE[kind])


@pytest.mark.parametrize("kind", CONTROL)
def test_a_line_of_text_holds_no_control_character(room: World, kind: str) -> None:
    job = story.started(room)
    body = {"job": job, "rule": "refused-by-person", "reason": CONTROL[kind]}
    answer = room.brand.say(f"/v1/jobs/{job}/refuse", "job.refuse", body)
    assert answer.status_code == 422
    check_inert(answer, CONTROL[kind])


@pytest.mark.parametrize("kind", INERT)
def test_what_a_reason_or_a_column_says_stays_data(room: World, kind: str) -> None:
    text = INERT[kind]
    job = story.started(room)
    body = {"job": job, "rule": "refused-by-person", "reason": text}
    room.brand.must_say(f"/v1/jobs/{job}/refuse", "job.refuse", body)
    answer = room.brand.get(f"/v1/jobs/{job}")
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.get_json()["problem"]["detail"] == text
    logged = entries(room, room.room)[-1]["statement"]["statement"]["body"]
    assert logged["reason"] == text
    column = {"labels": [{"name": text, "domain": [story.AGES[0]]}]}
    described = story.manifest("platform", **column).to_json()
    refused = room.platform.say(
        "/v1/datasets", "dataset.create", {"manifest": described, "dictionary": ""}
    )
    assert (refused.status_code, refused.get_json()["rule"]) == (403, "label-not-allowed")


def check_inert(answer: Any, text: str) -> None:
    """The text does not come back in a header, nor in anything but JSON."""
    assert answer.content_type.startswith("application/problem+json")
    assert all(text not in value for _, value in answer.headers)
    assert "X-Injected" not in answer.headers
    assert text not in json.dumps(answer.get_json(), ensure_ascii=False)
