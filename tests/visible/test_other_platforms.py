"""What one platform sees of whether another one is in a question: the whole of its view, compared.

Two rooms are alike but that weibo is in the question of one of them.  All that douyin can fetch is
fetched at every step of the question, from the service and from its own console.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.console.party import create_party_console, make_ticket
from cleanroom.agent import jobs
from cleanroom.agent.earlier import kept_result
from tests.cleanroom.queries.room import Data, audience, events
from tests.simulation.several import Several, several

HUB = [f"p{n}" for n in range(20)]
START, END = 1000, 2000
QUESTION = {"start": START, "end": END, "max_frequency": 3}
SEEN = {"douyin": range(3, 15), "weibo": range(9, 30)}
NOISY = {"noise": "discrete-gaussian", "rho_per_release": 1.0, "rho_budget": 20.0}

View = dict[str, Any]
"""By what was fetched: the status, and JSON, the text of a page, or how many bytes came."""


def seen(people: range) -> Data:
    ids = [f"p{n}" for n in people for _ in range(1 + n % 3)]
    return events(ids, [START + n for n in range(len(ids))], [0] * len(ids))


class Stage:
    """Hold a room, and what douyin saw at every step of its questions."""

    def __init__(self, room: Several) -> None:
        self.room = room
        side = room.rooms["douyin"]
        self.line = side.client.transport
        app = create_party_console(side.home, self.line)
        self.pages = app.test_client()
        opened = self.pages.post("/sign-in", data={"ticket": make_ticket(side.home)})
        assert opened.status_code < 400, opened.text

    def ask(self, *others: str) -> tuple[jobs.LocalJob, list[View]]:
        """Ask about the hub and others, step by step; return what douyin sees after each."""
        room = self.room
        asked = room.document("cross_reach", "crm", dict.fromkeys(others, "seen"), QUESTION)
        self.before = len(self.entries())
        identity = jobs.submit(asked)["resource"]["id"]
        views = [self.view(identity)]
        for turn in range(4):
            for name in ("acme", "weibo", "douyin"):
                if turn == 0 and name == "douyin":
                    views.append(self.view(identity))
                room.agents[name].once(room.agents[name].client.work(0))
            room.service.worker().run_once()
            if turn in (0, 3):
                views.append(self.view(identity))
        assert kept_result(room.rooms["acme"], identity) is not None
        return asked, views

    def entries(self) -> list[Any]:
        """Return the log as douyin is shown it."""
        found = self.fetched(f"/v1/audit/entries?room={self.room.rooms['douyin'].identity}")
        return list(found[1]["entries"])

    def view(self, job: str) -> View:
        room = self.room.rooms["douyin"].identity
        of_job, named = f"/v1/jobs/{job}", f"?room={room}"
        kinds = ("noise-people", "names", "masked-sums")
        paths = [
            *(f"/v1/rooms{rest}" for rest in ("", f"/{room}", f"/{room}/members")),
            *(f"/v1/{name}{named}" for name in LISTS),
            *(f"/v1/datasets/{one}" for one in self.room.ids.values()),
            *(f"/v1/alignments/{one}" for one in self.room.joined.values()),
            *(f"{of_job}{rest}" for rest in ("", "/events")),
            *(f"{of_job}/messages/{kind}/0" for kind in kinds),
            *(f"{of_job}/result?part={part}" for part in ("release", "people", "matched")),
            "/v1/work",
            "/v1/mediator",
        ]
        found: View = {path: self.fetched(path) for path in paths}
        for page in (*PAGES, f"/questions/{job}", f"/approvals/{job}"):
            answer = self.pages.get(f"/rooms/{room}{page}")
            found[f"page {page}"] = (answer.status_code, answer.text)
        return found

    def fetched(self, path: str) -> tuple[int, Any]:
        plain, _, query = path.partition("?")
        request = self.line.signed(
            "GET", plain, None, {}, dict(one.split("=") for one in query.split("&") if one)
        )
        answer = self.line._client.send(request)
        told = "json" in answer.headers.get("content-type", "")
        return answer.status_code, answer.json() if told else f"{len(answer.content)} bytes"


LISTS = ("datasets", "alignments", "standing", "jobs", "serving", "delegations", "budgets",
         "audit/entries", "audit/checkpoint", "audit/cosignatures")  # fmt: skip
PAGES = ("", "/questions", "/approvals", "/budget", "/datasets", "/alignments", "/ask")


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    files = {
        "acme": {"crm": audience(HUB)},
        **{name: {"seen": seen(people)} for name, people in SEEN.items()},
    }
    with (
        several(tmp_path_factory.mktemp("with"), files, **NOISY) as first,
        several(tmp_path_factory.mktemp("without"), files, **NOISY) as second,
    ):
        for room in (first, second):
            room.align("crm", {"douyin": "seen"})
            room.align("crm", {"weibo": "seen"})
        yield {"with": Stage(first), "without": Stage(second)}


RANDOM = re.compile(
    r"[0-9a-f]{16,}|\d{9,}|[A-Za-z0-9+/]{40,}={0,2}|question-\w+|[\w-]{43}(?=\\\")"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
)
"""Identifiers and digests, times, signatures, names of questions, tokens of forms."""

OF_THE_LOG = {"sequence", "index", "size", "checkpoint", "log_index"}
"""Places in the log and its root: they follow from how many entries there are."""
OF_CHANCE = {"finished"}
"""Who of the two sides of an alignment, which is over, was there first."""
OF_THE_NUMBER = {"cells", "outputs"}
"""What follows from how many others a question names, which its document says."""


def masked(value: Any) -> str:
    """Return a view as text in which random bytes have nothing but their length."""
    return RANDOM.sub(lambda found: f"*{len(found[0])}", json.dumps(value, sort_keys=True))


def without_weibo(value: Any) -> Any:
    """Take out what a question names of weibo: party and side, what that side sent, its entries."""
    if isinstance(value, dict):
        return {
            name: "planned" if name in OF_THE_NUMBER else "log" if name in OF_THE_LOG
            else share(one) if name == "noise-people" or value.get("kind") == "noise-people"
            else sorted(one) if name in OF_CHANCE
            else without_weibo(one)
            for name, one in value.items()
            if name != "platform-2"
        }  # fmt: skip
    if isinstance(value, list | tuple):
        return [without_weibo(one) for one in value if not of_weibo(one)]
    return value


def of_weibo(one: Any) -> bool:
    if not isinstance(one, dict):
        return one in ("weibo", "platform-2")
    named = one.get("actor") == "weibo" or one.get("side") == "platform-2"
    joined = one.get("party") == "weibo" and bool({"alignment", "checkpoint"} & one.keys())
    return named or joined


def share(upload: Any) -> Any:
    """Return an upload of a share of noise, which has a row for each output."""
    return {**upload, "rows": "planned"} if isinstance(upload, dict) else upload


def compared(stage: Stage, asked: jobs.LocalJob, view: View) -> dict[str, str]:
    """Return what is compared of a view, by what was fetched."""
    found = {}
    deviation = f"{asked.charge.people.sd * (1 + asked.charge.givers) ** 0.5:.2f}"
    told = {
        "douyin, weibo": "douyin",
        f"standard deviation is {deviation.rstrip('0').rstrip('.')}": "standard deviation",
        f"<dd>{asked.plan.cells}</dd>": "<dd>cells</dd>",
    }
    for path, (status, body) in view.items():
        seen = body
        if "audit/entries" in path:
            seen = {"entries": body["entries"][stage.before :]}
        if path.startswith("page "):
            for text, other in told.items():
                seen = seen.replace(text, other)
        if path.endswith("noise-people/0") and status == 200:
            assert body == f"{asked.plan.outputs * 128} bytes"
            seen = "planned"
        found[masked(path)] = masked([status, without_weibo(seen)])
    return found


def test_a_platform_sees_of_another_one_what_the_question_names_and_nothing_else(
    stages: dict[str, Stage],
) -> None:
    first, second = (stages[name] for name in ("with", "without"))
    (asked, views), (alone, others) = first.ask("douyin", "weibo"), second.ask("douyin")
    assert len(views) == len(others)
    for view, other in zip(views, others, strict=True):
        seen, wanted = compared(first, asked, view), compared(second, alone, other)
        assert seen.keys() == wanted.keys()
        for path, text in seen.items():
            assert text == wanted[path], path
    assert "weibo" in masked(views[0][f"/v1/jobs/{asked.identity}"]), "as the document does"


def test_of_a_question_to_another_one_it_finds_the_log_alone(stages: dict[str, Stage]) -> None:
    """Whom the two others ask stands in the log that all verify; nothing else says a word of it."""
    stage = stages["without"]
    own = stage.ask("douyin")[0].identity
    before, said = stage.view(own), len(stage.entries())
    found = stage.room.ask("cross_reach", "crm", {"weibo": "seen"}, QUESTION)
    for path, seen in stage.view(own).items():
        if "audit/" in path:
            continue
        shown = [masked(without_weibo(one) if path.endswith("/members") else one)
                 for one in (seen, before[path])]  # fmt: skip
        assert shown[0] == shown[1], path
    asked = found["receipt"]["job"]
    assert {stage.fetched(f"/v1/jobs/{asked}{rest}")[0] for rest in ("", "/events")} == {404}
    about = [entry for entry in stage.entries()[said:] if asked in json.dumps(entry)]
    assert {entry["actor"] for entry in about} == {"acme", "weibo", "mediator"}
