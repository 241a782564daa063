"""Rehearse both sides inside one notebook: mediator and agents are the real programs beside it."""

from __future__ import annotations

import atexit
import signal
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cleanroom.agent import asking, datasets
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import SIDES, PartyRole
from cleanroom.ingest import Table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.queries.registry import templates
from cleanroom.room.alignments import check_profiles
from cleanroom.workbench import rehearse
from cleanroom.workbench.asked import Question, Questions, Tell
from cleanroom.workbench.described import Described
from cleanroom.workbench.frames import at_hand, library
from cleanroom.workbench.live import described, pool, read, tell_lines

Tables = dict[PartyRole, dict[str, tuple[DatasetSpec, Table]]]
NOISELESS = {"noise": "none"}


class Rehearsal(Questions):
    """A room with both sides on this machine; it ends when it is closed, or with the notebook."""

    def __init__(self, sides: Mapping[PartyRole, Room], frames: str, tell: Tell, stack: ExitStack):
        super().__init__(sides, "brand", frames, tell)
        self._stack = stack

    def audit(self) -> dict[str, Any]:
        """Return the room's log with what each side saw of it, verified.

        Raises ``InvalidInput`` or ``ProtocolError`` if it does not hold.
        """
        from cleanroom.audit import verify_audit_bundle  # noqa: PLC0415

        bundle = rehearse.bundle(list(self.sides.values()))
        file = Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "audit.json"
        rehearse.write(file, bundle)
        verify_audit_bundle(file)
        return bundle

    def _submit(self, section: JobSection) -> Question:
        asked = super()._submit(section)
        rehearse.approve(self.sides.values(), asked.job)
        return asked

    def close(self) -> None:
        """End the mediator and the agents, and delete what they kept."""
        self._stack.close()
        atexit.unregister(self._stack.close)

    def __repr__(self) -> str:
        return "<Rehearsal: both sides on this machine; nothing in it is private>"


def simulate(
    *,
    brand: Mapping[str, Described],
    platform: Mapping[str, Described],
    policy: Mapping[str, Any] | None = None,
    grants: Sequence[Mapping[str, Any]] = (),
    segments: Mapping[str, Sequence[str]] | None = None,
    stage_rules: Path | str | None = None,
    intent_weights: Sequence[Mapping[str, Any]] = (),
    tell: Tell = tell_lines,
) -> Rehearsal:
    """Run a two-sided rehearsal: keys, room, uploads and alignment; return what can be asked.

    ``brand`` and ``platform`` are datasets by name.  The other arguments are the sections of
    ``room.toml``; without a policy there is no noise, so that answers can be held against the
    data.  Takes some seconds.  Raises what the programs raise: ``InvalidInput`` for data that
    cannot be taken, with the dataset, the row and the way out.
    """
    room: dict[str, Any] = {"name": "notebook", "rehearsal": True, "templates": tuple(templates())}
    if stage_rules is not None:
        room["stage_rules"] = str(Path(stage_rules).absolute())
    others = {
        "policy": dict(NOISELESS if policy is None else policy),
        "grants": tuple(grants),
        "segments": dict(segments or {}),
        "intent_weights": tuple(intent_weights),
    }
    sections = {"brand": brand, "platform": platform}
    first = [one.data for party in sections.values() for one in party.values()]
    frames = next(filter(None, map(library, first)), None) or at_hand()
    with ExitStack() as stack:
        with described(sections, room=room, **others) as file, pool() as executor:
            check_profiles(
                *([one.profiles for one in file.datasets.get(side, {}).values()] for side in SIDES)
            )
            found: Tables = {side: {} for side in SIDES}
            for side in SIDES:  # a refusal needs no keys
                for name, spec in file.datasets.get(side, {}).items():
                    path = file.path(spec)
                    found[side][name] = spec, read(name, spec, path, executor, tell)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cleanroom-")))
            tell(
                "Starting the mediator; the parties are making their keys, which takes a few"
                " seconds ..."
            )
            sides = rehearse.start(stack, folder)
            members = rehearse.sign_room(file, sides)
            signed: dict[PartyRole, Room] = {side: members[side] for side in SIDES}
            agents = [stack.enter_context(rehearse.agent(side)) for side in sides.values()]
            for process in agents:  # told to end together, before one is waited for
                stack.callback(process.send_signal, signal.SIGTERM)
            with ThreadPoolExecutor(len(SIDES)) as threads:
                list(threads.map(lambda side: _send(signed[side], found[side], executor), SIDES))
            if brand and platform:
                asking.align(signed["brand"], list(brand), list(platform), tell=tell)
        rehearsal = Rehearsal(signed, frames, tell, stack.pop_all())
    atexit.register(rehearsal._stack.close)
    return rehearsal


def _send(
    room: Room, tables: Mapping[str, tuple[DatasetSpec, Table]], executor: Executor | None
) -> None:
    for name, (spec, table) in tables.items():
        datasets.upload(room, name, spec, table, executor)
