"""The clean room: parties, agreements, jobs, privacy and the log.

``Client`` speaks to a mediator; ``Room``, ``Dataset`` and ``Job`` are what an agent works with;
``verify_audit_bundle`` holds a room's log against everybody.  In a notebook, ``simulate`` or
``connect`` is where to begin; ``audience``, ``events`` and ``measure`` describe dataframes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import deferred

if TYPE_CHECKING:
    from cleanroom.agent.datasets import LocalDataset as Dataset
    from cleanroom.agent.http import Client
    from cleanroom.agent.jobs import LocalJob as Job
    from cleanroom.agent.rooms import Room
    from cleanroom.audit import verify_audit_bundle
    from cleanroom.workbench.answer import Answer
    from cleanroom.workbench.described import audience, events, measure
    from cleanroom.workbench.live import connect, erase
    from cleanroom.workbench.rehearsal import simulate

__all__ = [
    "Answer",
    "Client",
    "Dataset",
    "Job",
    "Room",
    "audience",
    "connect",
    "erase",
    "events",
    "measure",
    "simulate",
    "verify_audit_bundle",
]

# A worker process does not load the whole product.
__getattr__ = deferred(
    __name__,
    {
        "Answer": "cleanroom.workbench.answer",
        "Client": "cleanroom.agent.http",
        "Dataset": "cleanroom.agent.datasets:LocalDataset",
        "Job": "cleanroom.agent.jobs:LocalJob",
        "Room": "cleanroom.agent.rooms",
        "audience": "cleanroom.workbench.described",
        "connect": "cleanroom.workbench.live",
        "erase": "cleanroom.workbench.live",
        "events": "cleanroom.workbench.described",
        "measure": "cleanroom.workbench.described",
        "simulate": "cleanroom.workbench.rehearsal",
        "verify_audit_bundle": "cleanroom.audit",
    },
)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
