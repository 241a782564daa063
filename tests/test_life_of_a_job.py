"""The page that follows a job names real functions, in the order in which real jobs call them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cleanroom import audit, ingest
from cleanroom.agent import alignments, datasets, jobs, logs, loop
from cleanroom.agent.memory import memory_of
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import DatasetTerms, Grant, Policy
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.room.encryption import Taken
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.queries.room import FOREVER

__all__ = ["meeting"]

ROOTS = ("api", "cleanroom", "protocols")
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "life-of-a-job.md"
STEP = re.compile(r"^\| \d+ \|.*`([a-zA-Z_.]+)` \|", re.MULTILINE)
WAITS = re.compile(r"^\| `([a-z]+)` \|", re.MULTILINE)
STEPS = STEP.findall(PAGE.read_text("utf-8"))
PEOPLE = [f"+861380013800{number}" for number in range(6)]
DAY = 1_750_000_000
ROUNDS = 30
POLICY = Policy(
    k_min=1, noise="none", paillier_bits=512, expires=FOREVER, alignment=("dh",),
    rows=("paillier", "lattice"),
)  # fmt: skip


def resolve(name: str) -> tuple[Any, str, Callable[..., Any]]:
    """Return what holds a function, its name there, and the function."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            holder: Any = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:-1]:
            holder = getattr(holder, part)
        return holder, parts[-1], getattr(holder, parts[-1])
    raise AssertionError(name)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note every step of the page at its call, wherever the function was imported to."""
    seen: list[str] = []

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            seen.append(name)
            return function(*args, **kwargs)

        return call

    for name in STEPS:
        holder, last, function = resolve(name)
        noted = noting(name, function)
        monkeypatch.setattr(holder, last, noted)
        for module in [*sys.modules.values()]:
            space = vars(module) if module.__name__.split(".")[0] in ROOTS else {}
            for key in [key for key, value in space.items() if value is function]:
                monkeypatch.setattr(module, key, noted)
    yield seen


ID = {"column": "phone", "profile": "phone:cn11:v1"}
EVENTS = {"kind": "events", "id": ID, "time": "at"}
SPECS = {
    ("acme", "crm"): {
        "kind": "audience",
        "id": ID,
        "measures": {"spend": {"column": "spend", "max": 9}},
    },
    ("telco", "users"): {"kind": "audience", "id": ID},
    ("acme", "orders"): {**EVENTS, "measures": {"value": {"column": "value", "max": 9}}},
    ("telco", "touches"): {
        **EVENTS,
        "labels": ("campaign",),
        "domains": {"campaign": ("A", "B")},
        "action": {"column": "kind", "click": "click", "view": "view"},
    },
}
FILES = {
    "crm": ["phone,spend", *(f"{one},5" for one in PEOPLE)],
    "users": ["phone", *PEOPLE],
    "orders": ["phone,at,value", *(f"{one},{DAY + 90},7" for one in PEOPLE)],
    "touches": [
        "phone,at,campaign,kind",
        *(f"{one},{DAY + 10 + at},{'AB'[at]},click" for one in PEOPLE for at in (0, 1)),
    ],
}
CREDIT = {"model": "linear", "start": DAY, "end": DAY + 100, "window": "90s", "measures": ["value"]}


def open_a_room(
    meeting: Place, folder: Path, minimum: int
) -> tuple[dict[str, Room], dict[str, str]]:
    """Sign a room, read and upload four files, and propose that their people be joined."""
    specs = {key: DatasetSpec.model_validate({"file": "f", **one}) for key, one in SPECS.items()}
    terms = tuple(
        DatasetTerms(
            party=party,
            name=name,
            kind=spec.kind,
            identifier_profile=ID["profile"],
            labels=spec.labels,
            measures=datasets.measure_terms(spec),
        )
        for (party, name), spec in specs.items()
    )
    grant = Grant(party="acme", kind="activation", purposes=("spring",), minimum=minimum)
    templates = ("activation", "attribution", "overlap")
    brand = meeting.propose(datasets=terms, templates=templates, policy=POLICY, grants=(grant,))
    rooms = {"acme": brand, "telco": meeting.sign(brand.identity)}
    ids = {}
    for (party, name), spec in specs.items():
        path = folder / f"{name}.csv"
        path.write_text("\n".join(FILES[name]))
        ids[name] = datasets.upload(rooms[party], name, spec, ingest.read_table(spec, path))
    alignments.propose(brand, (ids["crm"],), (ids["users"],), "dh")
    alignments.propose(brand, (ids["orders"],), (ids["touches"],), "dh")
    return rooms, ids


def work(meeting: Place) -> set[str]:
    """Let agents and mediator work until nothing waits; return the words they worked by."""
    words: set[str] = set()
    compute = meeting.mediator.worker()
    agents = [loop.Agent(home, meeting.client(name)) for name, home in [*meeting.homes.items()]]
    for _ in range(ROUNDS):
        lists = [agent.client.work(0) for agent in agents]
        found = {one["what"] for each in lists for one in [*each["alignments"], *each["jobs"]]}
        with ThreadPoolExecutor(len(agents)) as pool:
            list(pool.map(loop.Agent.once, agents, lists))
        if not compute.run_once() and not found:
            return words
        words |= found
    raise AssertionError(f"not done after {ROUNDS} rounds: {words}")


def ask(room: Room, template: str, pair: tuple[str, str], receiver: str, **parameters: Any) -> str:
    fields = {"name": template, "template": template, "receiver": receiver, "rho": None}
    fields |= {"brand": pair[0], "platform": pair[1]}
    fields["alignment"] = jobs.find_alignment(room, *pair)
    return str(jobs.submit(jobs.write_job(room, fields, parameters))["resource"]["id"])


def verify(rooms: dict[str, Room]) -> None:
    memories = [memory_of(room.home, room.identity) for room in rooms.values()]
    brand = rooms["acme"]
    audit.verify_audit_bundle(logs.bundle_of(brand.client, brand.agreement, memories))


def test_three_questions_take_every_step_in_the_order_of_the_page(
    meeting: Place, tmp_path: Path, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The values of six people travel as those of a million do.
    monkeypatch.setattr(datasets, "of_rows", lambda *_: Taken("lattice", "many"))
    rooms, ids = open_a_room(meeting, tmp_path, minimum=3)
    brand, platform = rooms["acme"], rooms["telco"]

    words, walks = work(meeting), [[*called]]
    for room, template, pair, parameters in (
        (brand, "activation", ("crm", "users"), {"purpose": "spring"}),
        (platform, "attribution", ("orders", "touches"), CREDIT),
        (platform, "overlap", ("crm", "users"), {"measures": ["spend"]}),
    ):
        called.clear()
        versions = ids[pair[0]], ids[pair[1]]
        receiver = "brand" if room is brand else "platform"
        asked = ask(room, template, versions, receiver, **parameters)
        words |= work(meeting)
        assert brand.client.job(asked)["state"] == "SUCCESS"
        verify(rooms)
        walks.append([*called])
    for walk in walks:
        first = list(dict.fromkeys(walk))
        assert first == sorted(first, key=STEPS.index)
    assert set().union(*walks) == set(STEPS)
    assert words == set(WAITS.findall(PAGE.read_text("utf-8"))) - {"run", "renew"}


def test_a_segment_that_is_held_back_activates_nothing_and_its_log_verifies(
    meeting: Place, tmp_path: Path
) -> None:
    rooms, ids = open_a_room(meeting, tmp_path, minimum=len(PEOPLE) + 1)
    brand = rooms["acme"]
    work(meeting)
    asked = ask(brand, "activation", (ids["crm"], ids["users"]), "brand", purpose="spring")
    assert "activate" not in work(meeting)
    assert brand.client.job(asked)["state"] == "SUCCESS"
    verify(rooms)


def test_every_name_of_the_page_is_a_function() -> None:
    assert all(callable(resolve(name)[2]) for name in STEPS) and len(STEPS) == len(set(STEPS))
